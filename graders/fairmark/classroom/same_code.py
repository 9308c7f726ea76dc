"""Notebooks of different students that hold the same code: mentioned to whoever grades, and no mark depends on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fairmark.evidence import Submission

__all__ = ["Answers", "Handed", "answers_of", "same_code"]

_TELLING_CHARACTERS = 120
"""Of shorter answers, white space aside, many are the same by chance: only files that are the same are mentioned."""


class Answers(NamedTuple):
    """A digest of what a student wrote, comments included; ``is_telling`` says whether it is long enough to compare."""

    sha256: str
    is_telling: bool


class Handed(NamedTuple):
    """One submission: whose and for what, its file's digest, and what was written in it."""

    student: str
    assignment: str
    file_sha256: str
    answers: Answers


def answers_of(submission: Submission) -> Answers | None:
    """None where no exercise was touched."""
    own = [cell for cell in submission.cells if cell.role == "added" or (cell.role == "exercise" and cell.touched)]
    if not any(cell.role == "exercise" for cell in own):
        return None
    texts = [cell.source.strip() for cell in own]
    written = sum(len("".join(text.split())) for text in texts)
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
    return Answers(digest, written >= _TELLING_CHARACTERS)


def same_code(handed_in: Iterable[Handed]) -> list[tuple[str, list[str]]]:
    """Groups of at least two students by assignment, in the order given: their files are the same, or what they wrote
    is, character for character."""
    everything = [*handed_in]
    group_of = [*range(len(everything))]  # the first that each is the same as

    def first(number: int) -> int:
        while group_of[number] != number:
            number = group_of[number]
        return number

    met: dict[tuple[str, str], int] = {}
    for number, one in enumerate(everything):
        for key in _keys(one):
            group_of[max(first(number), first(met.get(key, number)))] = min(first(number), first(met.get(key, number)))
            met.setdefault(key, number)
    groups: dict[int, dict[str, None]] = {}
    for number, one in enumerate(everything):
        groups.setdefault(first(number), {})[one.student] = None
    return [(everything[number].assignment, [*group]) for number, group in groups.items() if len(group) > 1]


def _keys(one: Handed) -> Iterator[tuple[str, str]]:
    yield one.assignment, f"file {one.file_sha256}"
    if one.answers.is_telling:
        yield one.assignment, f"code {one.answers.sha256}"
