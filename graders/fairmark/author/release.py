"""Release: the student notebook of an assignment, written beside its solution (see `notebook/student_notebook.py`)."""

from __future__ import annotations

from pathlib import Path

from fairmark.errors import MachineError
from fairmark.notebook.student_notebook import read_solution, release_notebook
from fairmark.whole import write_file

__all__ = ["is_stale", "release"]


def release(course_solution: Path, destination: Path) -> bool:
    """Write the student notebook of the solution to ``destination``, and say whether that changed the file.

    The file is replaced as a whole or left as it was; its folder is made. Raises `ReleaseError` where the solution
    cannot be released (see `release_notebook`), `MachineError` where a file cannot be read or written.
    """
    released = _released(course_solution)
    if _current(destination) == released:
        return False
    write_file(destination, released)
    return True


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
