"""Questions that a grader script gives the right answer itself: whoever can read the script can read the answer.

A number or a word that is typed in is right by being that one; a network or a training is right by what it does. So the
first are told from the second here, and `fairmark release --students` keeps them with the teacher.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakSet

__all__ = ["answered_by_the_run", "given_the_answer", "is_answered_by_the_run", "is_given_the_answer"]

Question = TypeVar("Question", bound=Callable[..., object])

_GIVEN_THE_ANSWER: WeakSet[Callable[..., object]] = WeakSet()
_ANSWERED_BY_THE_RUN: WeakSet[Callable[..., object]] = WeakSet()


def given_the_answer(question: Question) -> Question:
    """Decorates a question ``question(run, name, *right)`` whose arguments from the third on are, or lead to, what a
    student has to type."""
    _GIVEN_THE_ANSWER.add(question)
    return question


def answered_by_the_run(question: Question) -> Question:
    """Decorates a question of a helper that reads what was typed, if what is right is worked out from what the run
    tells: its text holds no key, and students may have it. Questions of fairmark's own need not say so."""
    _ANSWERED_BY_THE_RUN.add(question)
    return question


def is_given_the_answer(question: object) -> bool:
    """Whether ``question`` is one that was decorated so, or a part of one."""
    return _is_among(_GIVEN_THE_ANSWER, question)


def is_answered_by_the_run(question: object) -> bool:
    """Whether ``question`` is one that was decorated so, or a part of one."""
    return _is_among(_ANSWERED_BY_THE_RUN, question)


def _is_among(decorated: WeakSet[Callable[..., object]], question: object) -> bool:
    while isinstance(question, functools.partial):
        question = question.func
    return callable(question) and any(question is one for one in decorated)
