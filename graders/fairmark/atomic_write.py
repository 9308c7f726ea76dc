"""Files that are either whole or as they were before, whatever happens meanwhile: a full disk, a kill, a power cut."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from fairmark.errors import MachineError

__all__ = ["flush_folder", "remove_beyond", "replace_file", "write_file"]


def write_file(path: Path, content: str | bytes) -> None:
    """Put ``content`` (text as UTF-8, line ends as they are) in the place of ``path``; folders are made.

    Raises :class:`MachineError` where the folder or the file cannot be written: no space, no permission, a folder in
    its place.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content.encode() if isinstance(content, str) else content)
    except OSError as problem:
        raise MachineError(
            f"{path}: cannot be written: {problem.strerror or problem}",
            remedy="Make room or choose a folder that you may write to, and run the command again.",
        ) from problem


def replace_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """The same for a folder that exists; what goes wrong is raised as the ``OSError`` it is."""
    # mkstemp opens a new file only: it never follows a link that someone laid there.
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Sees to it that a renaming in ``folder`` outlasts a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_beyond(most_bytes: int, files: Iterable[Path], used: Callable[[os.stat_result], int]) -> int:
    """Removes files, those first whose last use, in whatever unit ``used`` tells it, is longest ago, until at most
    ``most_bytes`` are left; how many."""
    found: list[tuple[os.stat_result, Path]] = []
    for path in files:
        with contextlib.suppress(FileNotFoundError):  # somebody else removes some, too
            found.append((path.stat(), path))
    found.sort(key=lambda one: used(one[0]))
    left = sum(stat.st_size for stat, _ in found)
    removed = 0
    for stat, path in found:
        if left <= most_bytes:
            break
        path.unlink(missing_ok=True)
        left -= stat.st_size
        removed += 1
    return removed
