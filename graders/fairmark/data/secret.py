"""The secret seed: 256 random bits, made on first use, that decide what hidden pictures show and in which order.

A seed of which one digit has changed is a seed like any other, and would mark half a class by other pictures than the
rest. So its digest is kept beside it, and both must agree.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from fairmark.atomic_write import replace_file
from fairmark.data.atomic import locked, translated_disk_errors
from fairmark.data.places import secret_folder
from fairmark.errors import MachineError

__all__ = ["secret_seed"]

RECORD = "seed.sha256"
RESTORE = "Restore the file from a backup, or delete it, which changes all hidden pictures."


def secret_seed() -> str:
    """The seed of this installation, 64 hexadecimal digits, from ``secret_folder()/seed`` (mode 0600).

    Processes that ask for it first at the same moment get the same one. Raises :class:`MachineError` where the file is
    damaged, is not the one whose digest was kept, or is readable by other users, or cannot be written.
    """
    path = secret_folder() / "seed"
    record = path.with_name(RECORD)
    with translated_disk_errors(path):
        if not path.exists() or not record.exists():
            with locked(path):
                if not path.exists():
                    record.unlink(missing_ok=True)  # of a seed that was deleted
                    replace_file(path, f"{secrets.token_hex(32)}\n".encode(), mode=0o600)
                if not record.exists():
                    replace_file(record, _digest(_read(path)), mode=0o600)
        seed = _read(path)
        if _content(record) != _digest(seed).decode():
            raise MachineError(
                f"{path}: this is another secret seed than the one whose digest is in {record.name}", remedy=RESTORE
            )
    return seed


def _digest(seed: str) -> bytes:
    return hashlib.sha256(seed.encode()).hexdigest().encode()


def _read(path: Path) -> str:
    content = _content(path)
    if not re.fullmatch("[0-9a-f]{64}", content):
        raise MachineError(f"{path}: this is not a seed of 64 hexadecimal digits", remedy=RESTORE)
    return content


def _content(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        content = file.read(200).decode("ascii", "replace").strip() if stat.S_ISREG(status.st_mode) else ""
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise MachineError(
            f"{path}: other users can read the secret seed (mode {mode:04o})",
            remedy="Delete the file if anyone may have read it, which changes all hidden pictures; else chmod 600 it.",
        )
    return content
