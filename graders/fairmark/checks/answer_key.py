"""Questions that a grader script gives the right answer itself: whoever can read the script can read the answer.

A number or a word that is typed in is right by being that one; a network or a training is right by what it does. So the
first are told from the second here, and `fairmark release --students` keeps them with the teacher.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

__all__ = ["given_the_answer", "is_given_the_answer"]

Question = TypeVar("Question", bound=Callable[..., object])

_GIVEN_THE_ANSWER: set[Callable[..., object]] = set()


def given_the_answer(question: Question) -> Question:
    """Decorates a question ``question(run, name, *right)`` whose arguments from the third on are, or lead to, what a
    student has to type."""
    _GIVEN_THE_ANSWER.add(question)
    return question


def is_given_the_answer(question: object) -> bool:
    """Whether ``question`` is one that was decorated so, or a part of one."""
    while isinstance(question, functools.partial):
        question = question.func
    return callable(question) and any(question is one for one in _GIVEN_THE_ANSWER)
