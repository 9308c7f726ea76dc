"""Which assignment a notebook belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from fairmark.course import Course
from fairmark.errors import AssignmentNotFound, FairmarkError
from fairmark.notebook.master import Master, master_of
from fairmark.notebook.members import stem_of, without_copy_mark
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.stub import header_of

__all__ = ["Claim", "assignment_of", "claim_of"]

_TELLING_CHARACTERS = 40
"""A given cell whose text is shorter, as a line of imports, stands in notebooks of any course."""


@dataclass(frozen=True)
class Claim:
    """What a notebook shows of where it belongs: ``named`` is the assignment that its metadata name, None where they
    name none."""

    belongs: bool
    named: str | None


def assignment_of(notebook: Path, course: Course) -> str:
    """The assignment the notebook names in its metadata; else the one its file is named after; else the course's only
    one; else the one whose exercises it has.

    Raises :class:`fairmark.errors.UnreadableNotebook` where the file is none, :class:`AssignmentNotFound` where it
    cannot be told.
    """
    return _assignment(parse_notebook(read_bytes(notebook), path=notebook), notebook, course)


def claim_of(notebook: Path, course: Course) -> Claim:
    """Whether the notebook shows that it belongs to ``course``: it names one of its assignments; or it names none and
    has an exercise or a given cell of one.

    Raises :class:`fairmark.errors.UnreadableNotebook` where the file is no notebook.
    """
    content = parse_notebook(read_bytes(notebook), path=notebook)
    named = _named(content)
    if named is not None:
        return Claim(named in course.assignments(), named)
    exercises = _exercises_named(content)
    texts = {cell.source.strip() for cell in content.cells if cell.cell_type == "code"}
    telling = {text for text in texts if len(text) >= _TELLING_CHARACTERS}
    return Claim(any(exercises & {*one.exercises} or telling & _given(one) for one in _masters(course)), None)


def _given(master: Master) -> set[str]:
    return {cell.source.strip() for cell in master.code_cells if cell.exercise is None}


def _masters(course: Course) -> Iterator[Master]:
    for name in course.assignments():
        with suppress(FairmarkError):  # not released yet
            yield master_of(course.assignment(name))


def _assignment(content: NotebookNode, notebook: Path, course: Course) -> str:
    known = course.assignments()
    named = _named(content)
    if named is not None:
        try:
            return course.assignment(named).name
        except AssignmentNotFound as problem:
            remedy = f"{problem.remedy} If it belongs to another course, name that with --course DIR."
            raise AssignmentNotFound(f"{notebook}: {problem.message}", remedy=remedy) from problem
    stem = stem_of(notebook.name)
    for name in (stem, without_copy_mark(stem)):
        if name in known:
            return name
    if len(known) == 1:
        return known[0]
    found = _by_exercises(content, course)
    if found is not None:
        return found
    raise AssignmentNotFound(
        f"{notebook}: does not say which assignment it is",
        remedy=f"Name the file after it: {', '.join(known)}.",
    )


def _named(content: NotebookNode) -> str | None:
    named = content.metadata.get("fairmark", {}).get("assignment")
    return named if isinstance(named, str) and named else None


def _exercises_named(content: NotebookNode) -> set[str | None]:
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells}
    return ids | {header_of(cell.source) for cell in cells}


def _by_exercises(content: NotebookNode, course: Course) -> str | None:
    """The assignment that most exercises of the notebook belong to, and of several the one it has the largest part of;
    None where that is none, or two alike."""
    named = _exercises_named(content)
    rated = []
    for master in _masters(course):
        count = len(named & {*master.exercises})
        rated.append((count, count / len(master.exercises), master.assignment))
    best, *others = sorted(rated, reverse=True)[:2] or [(0, 0.0, "")]
    if best[0] == 0 or any(other[:2] == best[:2] for other in others):
        return None
    return best[2]
