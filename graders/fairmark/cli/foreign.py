"""Errors that are not ours, as one of ours: what Python and the system raise over a path, a stream or memory.

Rooms translate what they expect where it happens. This is for the rest, so that a path nobody can open ends a command
with a sentence, not with a traceback.
"""

from __future__ import annotations

import errno
import os

from fairmark.errors import FairmarkError, MachineError, UsageError
from fairmark.present.escape import one_line

__all__ = ["translated"]

_OF_THE_NAME = {
    errno.ENAMETOOLONG: "the path is too long",
    errno.ELOOP: "the link leads back to itself",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "is a folder, not a file",
    errno.EEXIST: "is there already",
    errno.EINVAL: "cannot be used: Invalid argument",
}
"""What the person who named the path can put right."""
_SHOWN = 120
"""Characters of a path that is too long to be shown."""


def translated(problem: BaseException) -> FairmarkError | None:
    """The error to show for ``problem``; None where it is a bug of ours, which shows its traceback."""
    if isinstance(problem, OSError) and problem.errno is not None:
        return _of_the_system(problem, problem.errno)
    if isinstance(problem, RuntimeError) and "Symlink loop" in str(problem):  # pathlib's, up to Python 3.12
        return UsageError(f"{problem.args[0]}: {_OF_THE_NAME[errno.ELOOP]}", remedy="Name a path that leads somewhere.")
    if isinstance(problem, ValueError) and "null byte" in str(problem):  # posix module's, for a path
        return UsageError("A path holds a zero byte", remedy="Name a path that leads somewhere.")
    if isinstance(problem, MemoryError):
        return MachineError("This computer has no memory left", remedy="End other programs and run the command again.")
    return None


def _of_the_system(problem: OSError, number: int) -> FairmarkError:
    path = os.fsdecode(problem.filename) if isinstance(problem.filename, str | bytes | os.PathLike) else ""
    if number in _OF_THE_NAME and path:
        place = path if number != errno.ENAMETOOLONG else f"{one_line(path, limit=_SHOWN)} ({len(path)} characters)"
        return UsageError(f"{place}: {_OF_THE_NAME[number]}", remedy="Name another file or folder.")
    where = path or "The output of the command"
    return MachineError(
        f"{where}: {problem.strerror or problem}",
        remedy="Check that it is there, that you may use it, and that the disk has room; then run the command again.",
    )
