"""Opening a file that someone else may have laid there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fairmark.errors import MachineError, UnreadableNotebook

__all__ = ["CLEAR_OUTPUTS", "MAX_FILE_BYTES", "MAX_KEPT_BYTES", "no_such_file", "opened_file", "too_large"]

MAX_FILE_BYTES = 100 * 1024 * 1024
"""Bytes of one notebook file, outputs included (default 100 MiB); a larger one is `UnreadableNotebook`."""

MAX_KEPT_BYTES = 20 * 1024 * 1024
"""Bytes of one notebook file without its outputs, which nobody reads (default 20 MiB); more: `UnreadableNotebook`."""

CLEAR_OUTPUTS = "Clear the outputs (Edit > Clear Outputs of All Cells), save, and hand it in again."

ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
NOT_A_FILE = {errno.ELOOP, errno.ENXIO, errno.EISDIR}


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """The regular file at ``path``, open for reading.

    Links are not followed and nothing but a regular file is opened: a submission must not be able to stand for another
    file of this computer, nor to keep the reader waiting at a pipe. A hard link is a regular file like any other:
    backups make them, and the kernel lets nobody make one to a file he may not write (``fs.protected_hardlinks``).

    Raises `UnreadableNotebook` where there is no such file or where it is a link, folder, pipe, socket or device;
    `MachineError` where this computer cannot read it (permissions, a failing disk), now or while it is open.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _not_a_file(path)
        with os.fdopen(descriptor, "rb") as file:
            yield file
    except OSError as error:
        raise _cannot_open(path, error) from error
    except ValueError as error:  # a zero byte in the name
        raise no_such_file(path) from error


def _cannot_open(path: Path, error: OSError) -> UnreadableNotebook | MachineError:
    if error.errno in ABSENT:
        return no_such_file(path)
    if error.errno in NOT_A_FILE:
        return _not_a_file(path)
    return MachineError(f"{path}: cannot be read: {error.strerror}", remedy="Check the permissions and the disk.")


def _not_a_file(path: Path) -> UnreadableNotebook:
    reason = "is not a regular file but a link, a folder, a pipe or a device"
    return UnreadableNotebook(path, reason, remedy="Hand in the notebook file itself.")


def no_such_file(path: Path) -> UnreadableNotebook:
    """The error for a file that is not there."""
    return UnreadableNotebook(path, "there is no such file", remedy="Check the name and the folder.")


def too_large(path: Path | str, size_bytes: int) -> UnreadableNotebook:
    """The error for a file beyond `MAX_FILE_BYTES`."""
    limit = MAX_FILE_BYTES // 1024**2
    return UnreadableNotebook(
        path, f"has {size_bytes / 1024**2:.1f} MiB, and {limit} MiB is the limit", remedy=CLEAR_OUTPUTS
    )
