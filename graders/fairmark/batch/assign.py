"""Which assignment a notebook belongs to."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from fairmark.course import Course
from fairmark.errors import AssignmentNotFound, FairmarkError
from fairmark.notebook.master import load_master
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.stub import header_of

__all__ = ["assignment_of"]


def assignment_of(notebook: Path, course: Course) -> str:
    """The assignment the notebook names in its metadata; else the one its file is named after; else the course's only
    one; else the one whose exercises it has.

    Raises :class:`fairmark.errors.UnreadableNotebook` where the file is none, :class:`AssignmentNotFound` where it
    cannot be told.
    """
    known = course.assignments()
    content = parse_notebook(read_bytes(notebook), path=notebook)
    named = content.metadata.get("fairmark", {}).get("assignment")
    if isinstance(named, str) and named:
        try:
            return course.assignment(named).name
        except AssignmentNotFound as problem:
            remedy = f"{problem.remedy} If it belongs to another course, name that with --course DIR."
            raise AssignmentNotFound(f"{notebook}: {problem.message}", remedy=remedy) from problem
    if notebook.stem in known:
        return notebook.stem
    if len(known) == 1:
        return known[0]
    found = _by_exercises(content, course)
    if found is not None:
        return found
    raise AssignmentNotFound(
        f"{notebook}: does not say which assignment it is",
        remedy=f"Name the file after it: {', '.join(known)}.",
    )


def _by_exercises(content: NotebookNode, course: Course) -> str | None:
    """The assignment that most exercises of the notebook belong to, and of several the one it has the largest part of;
    None where that is none, or two alike."""
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    named = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells}
    named |= {header_of(cell.source) for cell in cells}
    rated = []
    for name in course.assignments():
        try:
            wanted = load_master(course.assignment(name).notebook).exercises
        except FairmarkError:
            continue  # not released yet
        count = len(named & set(wanted))
        rated.append((count, count / len(wanted), name))
    best, *others = sorted(rated, reverse=True)[:2] or [(0, 0.0, "")]
    if best[0] == 0 or any(other[:2] == best[:2] for other in others):
        return None
    return best[2]
