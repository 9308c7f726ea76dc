"""Reading a file that somebody named, or that lies where one is expected: no pipe or device keeps anybody waiting."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["MOST_BYTES", "regular_bytes"]

MOST_BYTES = 64 * 1024 * 1024
"""Of a text that people write: a grader script, a recipe, a manifest (default 64 MiB)."""


def regular_bytes(path: Path, *, most_bytes: int = MOST_BYTES) -> bytes:
    """The bytes of the regular file at ``path``; links are followed.

    Raises ``OSError``, with the path, where it cannot be read, is a folder, pipe, socket or device, or has more than
    ``most_bytes``.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is no regular file but a pipe, a socket or a device", str(path))
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EINVAL, f"has more than the {most_bytes} bytes that are read", str(path))
    return content
