"""Which assignment a notebook belongs to."""

from __future__ import annotations

from pathlib import Path

from fairmark.course import Course
from fairmark.errors import AssignmentNotFound
from fairmark.notebook.parse import parse_notebook, read_bytes

__all__ = ["assignment_of"]


def assignment_of(notebook: Path, course: Course) -> str:
    """The assignment the notebook names in its metadata; else the one its file is named after; else the course's only
    one.

    Raises :class:`fairmark.errors.UnreadableNotebook` where the file is none, :class:`AssignmentNotFound` where it
    cannot be told.
    """
    known = course.assignments()
    named = parse_notebook(read_bytes(notebook), path=notebook).metadata.get("fairmark", {}).get("assignment")
    if isinstance(named, str) and named:
        return course.assignment(named).name
    if notebook.stem in known:
        return notebook.stem
    if len(known) == 1:
        return known[0]
    raise AssignmentNotFound(
        f"{notebook}: does not say which assignment it is",
        remedy=f"Name the file after it: {', '.join(known)}.",
    )
