"""Opening a file that someone else may have laid there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from fairmark.errors import MachineError, UnreadableNotebook

__all__ = ["MAX_FILE_BYTES", "read_bytes", "too_large"]

MAX_FILE_BYTES = 20 * 1024 * 1024
"""Bytes of one notebook file, outputs included (default 20 MiB); a larger one is `UnreadableNotebook`."""

CLEAR_OUTPUTS = "Clear the outputs (Edit > Clear Outputs of All Cells), save, and hand it in again."

ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}
NOT_A_FILE = {errno.ELOOP, errno.ENXIO, errno.EISDIR}


def read_bytes(path: Path) -> bytes:
    """The file's bytes, at most `MAX_FILE_BYTES`.

    Links are not followed and nothing but a regular file is opened for reading: a submission must not be able to
    stand for another file of this computer, nor to keep the reader waiting at a pipe.

    Raises `UnreadableNotebook` where there is no such file, where it is a link, folder, pipe, socket or device, or
    where it is too large; `MachineError` where this computer cannot read it (permissions, a failing disk).
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _not_a_file(path)
            if status.st_size > MAX_FILE_BYTES:
                raise too_large(path, status.st_size)
            data = _read_up_to(descriptor, MAX_FILE_BYTES + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise _cannot_open(path, error) from error
    if len(data) > MAX_FILE_BYTES:  # it grew meanwhile
        raise too_large(path, len(data))
    return data


def _read_up_to(descriptor: int, size_bytes: int) -> bytes:
    parts = []
    while size_bytes > 0 and (part := os.read(descriptor, min(size_bytes, 1 << 20))):
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)


def _cannot_open(path: Path, error: OSError | ValueError) -> UnreadableNotebook | MachineError:
    code = getattr(error, "errno", None)
    if isinstance(error, ValueError) or code in ABSENT:
        return UnreadableNotebook(path, "there is no such file", remedy="Check the name, and hand the notebook in.")
    if code in NOT_A_FILE:
        return _not_a_file(path)
    return MachineError(f"{path}: cannot be read: {error.strerror}", remedy="Check the permissions and the disk.")


def _not_a_file(path: Path) -> UnreadableNotebook:
    reason = "is not a regular file but a link, a folder, a pipe or a device"
    return UnreadableNotebook(path, reason, remedy="Hand in the notebook file itself.")


def too_large(path: Path | str, size_bytes: int) -> UnreadableNotebook:
    """The error for a file beyond `MAX_FILE_BYTES`."""
    limit = MAX_FILE_BYTES // 1024**2
    return UnreadableNotebook(
        path, f"has {size_bytes / 1024**2:.1f} MiB, and {limit} MiB is the limit", remedy=CLEAR_OUTPUTS
    )
