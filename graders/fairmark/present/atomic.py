"""Files that are either whole or as they were before."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from fairmark.errors import MachineError

__all__ = ["write_text"]


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, line ends as they are, beside ``path`` first and then in its place; folders are made.

    Raises:
        MachineError: the folder or the file cannot be written (no space, no permission, a folder in its place).
    """
    partial = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # "x" refuses to follow a link that someone laid there.
            with partial.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as problem:
        raise MachineError(
            f"{path}: cannot be written: {problem.strerror or problem}",
            remedy="Make room or choose a folder that you may write to, and run the command again.",
        ) from problem
