"""What the supervisor knows of a process inside, whatever confines it; and what every backend has to provide."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Confined

__all__ = ["Child", "Ending", "Files", "Launcher"]


@dataclass(frozen=True)
class Ending:
    """How the process ended: ``status`` as ``wait(2)`` gives it, and what the kernel counted meanwhile.
    ``out_of_memory`` says that the kernel ended it for want of memory."""

    status: int
    peak_memory_bytes: int = 0
    cpu_seconds: float = 0.0
    out_of_memory: bool = False


class Child(Protocol):
    """A running process inside."""

    @property
    def channel(self) -> int:
        """Our end of the pipe its events come by, non-blocking."""

    @property
    def output(self) -> int:
        """Our end of the pipe that what it prints comes by, non-blocking."""

    @property
    def files(self) -> Files:
        """What it has written."""

    def reply(self, word: str) -> None:
        """Says ``word`` to the run, which may be waiting for it."""

    def processes(self) -> list[int]:
        """It and its descendants, as far as they can be told now, by their process ids here."""

    def ran_out(self) -> bool:
        """Whether the kernel has ended any of its processes for want of memory: the others may live on, and wait."""

    def ending(self) -> Ending | None:
        """How it ended; None while it runs."""

    def kill(self) -> None:
        """Ends it and everything it started, and gives back what it took of ours but for ``files``; done when this
        returns. To be called once, whether it has ended or not."""


class Launcher(Protocol):
    """A way to start a process inside."""

    @property
    def isolation(self) -> tuple[str, ...]:
        """What confines it, as reports name it."""

    @property
    def confines(self) -> frozenset[Confined]:
        """What it cannot get out of."""

    def warm_up(self, program: Program) -> None:
        """Begins what has to be done before the first run of ``program``, and does not wait for it."""

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        """Starts ``job`` with ``folder`` as its working folder; ``job.reads`` is all it may read besides.

        Raises :class:`fairmark.errors.InternalError` where it cannot be started.
        """


class Files:
    """The files a run has written, below ``path``: what the process saw as its working folder.

    Where ``descriptor`` is given, that is an open folder on a file system of the run's own, kept in memory, which lasts
    as long as the descriptor.
    """

    def __init__(self, folder: Path, descriptor: int | None = None) -> None:
        self._descriptor = descriptor
        self.path = folder if descriptor is None else Path(f"/proc/self/fd/{descriptor}")
        self._bytes_before, self._files_before = self._in_use() if descriptor is not None else (0, 0)

    @property
    def in_memory(self) -> bool:
        """Whether they count as memory."""
        return self._descriptor is not None

    def usage(self) -> tuple[int, int]:
        """Bytes and number of files, folders and links. Where they lie on a disk they are counted one by one."""
        if self._descriptor is None:
            return _count_below(self.path)
        in_bytes, files = self._in_use()
        return in_bytes - self._bytes_before, files - self._files_before

    def _in_use(self) -> tuple[int, int]:
        assert self._descriptor is not None
        seen = os.fstatvfs(self._descriptor)
        return (seen.f_blocks - seen.f_bfree) * seen.f_frsize, seen.f_files - seen.f_ffree

    def close(self) -> None:
        """Gives them up; on a file system of the run's own they are gone."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_DEEPEST = 64


def _count_below(folder: Path) -> tuple[int, int]:
    """Deeper than 64 levels nothing is counted, but that there is something: more files than any limit allows."""
    in_bytes = files = 0
    waiting = [(str(folder), 0)]
    while waiting:
        parent, depth = waiting.pop()
        if depth > _DEEPEST:
            return in_bytes, sys.maxsize
        with contextlib.suppress(OSError), os.scandir(parent) as entries:  # gone meanwhile, or no right to look
            for entry in entries:
                files += 1
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    waiting.append((entry.path, depth + 1))
                in_bytes += found.st_blocks * 512 if stat.S_ISREG(found.st_mode) else 0
    return in_bytes, files
