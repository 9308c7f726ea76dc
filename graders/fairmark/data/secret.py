"""The secret seed: 256 random bits, made on first use, that decide what hidden pictures show and in which order."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from fairmark.data.atomic import locked, translated_disk_errors
from fairmark.data.places import secret_folder
from fairmark.errors import MachineError
from fairmark.whole import replace_file

__all__ = ["secret_seed"]


def secret_seed() -> str:
    """The seed of this installation, 64 hexadecimal digits, from ``secret_folder()/seed`` (mode 0600).

    Processes that ask for it first at the same moment get the same one. Raises :class:`MachineError` where the file is
    damaged or readable by other users, or cannot be written.
    """
    path = secret_folder() / "seed"
    with translated_disk_errors(path):
        if not path.exists():
            with locked(path):
                if not path.exists():
                    replace_file(path, f"{secrets.token_hex(32)}\n".encode(), mode=0o600)
        return _read(path)


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode & 0o777
        content = file.read(200).decode("ascii", "replace").strip()
    if mode & 0o077:
        raise MachineError(
            f"{path}: other users can read the secret seed (mode {mode:04o})",
            remedy="Delete the file if anyone may have read it, which changes all hidden pictures; else chmod 600 it.",
        )
    if not re.fullmatch("[0-9a-f]{64}", content):
        raise MachineError(
            f"{path}: this is not a seed of 64 hexadecimal digits",
            remedy="Restore the file from a backup, or delete it, which changes all hidden pictures.",
        )
    return content
