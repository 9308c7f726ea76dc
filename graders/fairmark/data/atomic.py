"""Folders that appear whole or not at all.

A set is written into a temporary sibling (``.NAME.making-…``) and renamed into place while a lock file
(``.NAME.lock``) is held. Whoever is killed in between leaves only the sibling, which the next holder of the lock
removes; the kernel gives the lock back when the last process that inherited it has ended.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fairmark.atomic_write import flush_folder
from fairmark.errors import MachineError

__all__ = ["Waiting", "disk_error", "locked", "new_sibling", "put_in_place", "translated_disk_errors"]

Waiting = Callable[[], None]
"""Called once where another process holds the lock, before waiting for it."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def translated_disk_errors(folder: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the body into a :class:`MachineError` that says what the disk under ``folder`` lacks."""
    try:
        yield
    except OSError as error:
        raise disk_error(folder, error) from error


def disk_error(folder: Path, error: OSError) -> MachineError:
    """The :class:`MachineError` to raise for what the disk under ``folder`` answered."""
    if error.errno in FULL:
        return MachineError(
            f"{folder}: no space left for the pictures ({error.strerror})",
            remedy="Free some space, or set FAIRMARK_DATA and FAIRMARK_SECRET to folders on a larger disk.",
        )
    return MachineError(
        f"{error.filename or folder}: {error.strerror or error}",
        remedy="Make the folder writable, or set FAIRMARK_DATA and FAIRMARK_SECRET to folders of your own.",
    )


@contextmanager
def locked(final: Path, waiting: Waiting | None = None) -> Iterator[int]:
    """Hold the lock of the folder ``final`` while the body runs; ``final`` and its parents need not exist.

    Yields the lock's file descriptor: a child process that inherits it keeps the lock until it has ended too. What an
    interrupted holder left behind is cleared first. Threads of one process exclude each other as processes do. Needs a
    file system with ``flock``.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(final.parent / f".{final.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        _clear_leftovers(final)
        yield descriptor
    finally:
        os.close(descriptor)  # never LOCK_UN: that would take the lock from the children as well


def new_sibling(final: Path) -> Path:
    """An empty temporary folder beside ``final``, on the same file system; mode 0700 until it is put in place."""
    return Path(tempfile.mkdtemp(prefix=f".{final.name}.making-", dir=final.parent))


def put_in_place(made: Path, final: Path, *, mode: int = 0o755) -> None:
    """Rename the folder ``made`` to ``final``, whose place may be taken; the caller holds the lock.

    No system call that Python offers exchanges two folders, so between two renames there is none: whoever is killed
    there leaves the former one aside, and the next holder of the lock puts it back.
    """
    made.chmod(mode)
    former = _former(final)
    if final.exists():
        final.rename(former)
    made.rename(final)
    flush_folder(final.parent)
    if former.exists():
        shutil.rmtree(former)


def _former(final: Path) -> Path:
    return final.with_name(f".{final.name}.former")


def _clear_leftovers(final: Path) -> None:
    former = _former(final)
    if former.exists() and not final.exists():
        former.rename(final)
    for leftover in (former, *final.parent.glob(f".{final.name}.making-*")):
        if leftover.exists():
            shutil.rmtree(leftover)
