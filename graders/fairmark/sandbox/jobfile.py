"""A job as a file that both sides have open: the run reads the job from its beginning, and behind it what the
supervisor replies to it later."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import tempfile
import time

from fairmark.sandbox.jobs import JOB, Job

__all__ = ["JobFile", "Replies", "read_job"]

_LOOK_EVERY_SECONDS = 0.002
_REPLIES_BYTES = 4096
"""Room for replies behind the job: about a thousand."""


class JobFile:
    """Our side. ``descriptor`` is for the run, which may write what it likes into the file: we never read it.

    The file has no name: on Linux it lies in memory, and can neither grow nor shrink, since nobody counts it as the
    run's; elsewhere it was unlinked.
    """

    def __init__(self, job: Job) -> None:
        document = JOB.dump_json(job) + b"\n"
        self._next, self._end = len(document), len(document) + _REPLIES_BYTES
        self.descriptor = _nameless()
        os.truncate(self.descriptor, self._end)
        os.pwrite(self.descriptor, document, 0)
        if sys.platform == "linux":
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)

    def reply(self, word: str) -> None:
        """One word (no white space) for a run that waits for it. One that has been told a thousand hears no more."""
        line = f"{word}\n".encode("ascii")
        if self._next + len(line) <= self._end:
            with contextlib.suppress(OSError):  # the run has set the file to append: then it goes without
                self._next += os.pwrite(self.descriptor, line, self._next)

    def close(self) -> None:
        os.close(self.descriptor)


def _nameless() -> int:
    if sys.platform == "linux":
        return os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def read_job(descriptor: int) -> tuple[bytes, Replies]:
    """The run's side: the job, and where replies will stand."""
    found = bytearray()
    while b"\n" not in found:
        piece = os.pread(descriptor, 1 << 20, len(found))
        if not piece:
            break
        found += piece
    job, _, _ = bytes(found).partition(b"\n")
    return job, Replies(descriptor, len(job) + 1)


class Replies:
    """The run's side: what the supervisor said, a word at a time."""

    def __init__(self, descriptor: int, begins: int) -> None:
        self._descriptor = descriptor
        self._next = begins
        self._late = 0

    def close(self) -> None:
        """There will be none."""
        os.close(self._descriptor)

    def wait(self, seconds: float) -> str | None:
        """The next word; None where none comes in time. A word that comes too late is not taken for the next one."""
        latest = time.monotonic() + seconds
        while time.monotonic() < latest:
            word = self._read()
            if word is None:
                time.sleep(_LOOK_EVERY_SECONDS)
            elif self._late:
                self._late -= 1
            else:
                return word
        self._late += 1
        return None

    def _read(self) -> str | None:
        line, end, _ = os.pread(self._descriptor, 64, self._next).partition(b"\n")
        if not end:
            return None
        self._next += len(line) + 1
        return line.decode("ascii", "replace")
