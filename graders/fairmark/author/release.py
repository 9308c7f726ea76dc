"""Release: the student notebook of an assignment, written beside its solution (see `notebook/student_notebook.py`)."""

from __future__ import annotations

from pathlib import Path

from fairmark.atomic_write import write_file
from fairmark.errors import MachineError, ReleaseError, UnreadableNotebook
from fairmark.notebook.parse import parse_notebook
from fairmark.notebook.stub import skeleton, stub_lines
from fairmark.notebook.student_notebook import read_solution, release_notebook

__all__ = ["is_stale", "release"]


def release(course_solution: Path, destination: Path, *, force: bool = False) -> bool:
    """Write the student notebook of the solution to ``destination``, and say whether that changed the file.

    The file is replaced as a whole or left as it was; its folder is made. Raises `ReleaseError` where the solution
    cannot be released (see `release_notebook`) or, without ``force``, where exercises were answered in the file;
    `MachineError` where a file cannot be read or written.
    """
    released = _released(course_solution)
    current = _current(destination)
    if current == released:
        return False
    answered = [] if force or current is None else _answered_in(current, destination)
    if answered:
        raise ReleaseError(
            f"{destination}: holds answers to {_listed(answered)}, which would be lost",
            remedy="Copy the file first if they matter, then release with --force.",
        )
    write_file(destination, released)
    return True


def _answered_in(notebook: bytes, path: Path) -> list[str]:
    """The exercises whose cell no longer holds the stub's line that raises, nor is empty."""
    try:
        cells = parse_notebook(notebook, path=path).cells
    except UnreadableNotebook:
        return []
    answered = []
    for cell in cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        exercise = nbgrader.get("grade_id")
        if nbgrader.get("solution") is True and isinstance(exercise, str) and skeleton(cell.source):
            raising = stub_lines(exercise)[1]
            answered += [exercise] if all(line.strip() != raising for line in cell.source.split("\n")) else []
    return answered


def _listed(exercises: list[str]) -> str:
    *first, last = exercises[:10] if len(exercises) <= 10 else [*exercises[:9], "others"]
    return f"{', '.join(first)} and {last}" if first else last


def is_stale(solution: Path, destination: Path) -> bool:
    """Whether `release` would change ``destination``. Raises as `release` does, but writes nothing."""
    return _current(destination) != _released(solution)


def _released(solution: Path) -> bytes:
    return release_notebook(read_solution(solution), path=solution)


def _current(destination: Path) -> bytes | None:
    try:
        return destination.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        remedy = "Check what stands in its place."
        raise MachineError(f"{destination}: cannot be read: {error.strerror}", remedy=remedy) from error
