"""Takes an exported model out of the folder of a run, which may be alive and up to no good meanwhile."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from fairmark.sandbox.limits import GIB

__all__ = ["EXPORT_BYTES", "copy_model"]

EXPORT_BYTES = GIB
"""The most one exported model may weigh; the week's largest has 0.16 GiB."""
_PIECE_BYTES = 1 << 22


def copy_model(top: Path, steps: Sequence[str], destination: Path) -> bool:
    """Copies the folder that lies ``steps`` below ``top`` to ``destination``, which does not exist yet.

    False where it does not hold what the recorder writes: one configuration and arrays numbered from 0, all plain files
    with one name each. No link is followed.
    """
    copied = False
    try:
        with _Folder(top, steps) as source:
            copied = source.copy_to(destination)
    except (OSError, ValueError):  # a link, a name too long or with a NUL in it, rights taken away, gone
        pass
    if not copied:
        shutil.rmtree(destination, ignore_errors=True)
    return copied


class _Folder:
    """A folder opened step by step, without following a link, so that nothing that is moved leads us elsewhere."""

    def __init__(self, top: Path, steps: Sequence[str]) -> None:
        self._descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for step in steps:
                inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._descriptor)
                os.close(self._descriptor)
                self._descriptor = inner
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> _Folder:
        return self

    def __exit__(self, *problem: object) -> None:
        os.close(self._descriptor)

    def copy_to(self, destination: Path) -> bool:
        """Whether it holds one configuration and arrays numbered from 0, all plain files; then they are copied."""
        names = os.listdir(self._descriptor)  # noqa: PTH208 - of a descriptor
        if set(names) != {"config.json", *(f"weights-{number}.npy" for number in range(len(names) - 1))}:
            return False
        destination.mkdir()
        left = EXPORT_BYTES
        for name in names:
            # O_NONBLOCK: a pipe of that name must not keep us waiting.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.open(name, flags, dir_fd=self._descriptor)
            try:
                if not _is_plain(os.fstat(file)):
                    return False
                left -= _copy(file, destination / name, left)
            finally:
                os.close(file)
        return left >= 0


def _is_plain(found: os.stat_result) -> bool:
    """A file with one name. One with holes would grow when it is copied; small ones may lie in their directory entry,
    without a block."""
    whole = found.st_blocks * 512 >= found.st_size or found.st_size < 4096
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and whole


def _copy(file: int, destination: Path, most: int) -> int:
    """Copies what is there, and no more than a byte beyond ``most``; how much that was."""
    copied = 0
    with destination.open("wb") as copy:
        while piece := os.read(file, min(_PIECE_BYTES, max(0, most - copied) + 1)):
            copied += copy.write(piece)
            if copied > most:
                break
    return copied
