"""The way out: one JSON line per event, written at once to a pipe that can only be appended to."""

from __future__ import annotations

import fcntl
import json
import os
import termios
import threading
import time

from pydantic_core import PydanticSerializationError

from fairmark.evidence import Event, RecorderFailed
from fairmark.sandbox.message_authentication import Seal

__all__ = ["Channel"]

_SETTLE_SECONDS = 1.0
_STANDARD_OUTPUT = 1


class Channel:
    """Sends events to the supervisor, in order, from any thread of the process that made it: what a notebook forks has
    the same seal, and nothing to say."""

    def __init__(self, descriptor: int, key: str) -> None:
        self._descriptor = descriptor
        self._seal = Seal(key)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._write = os.write  # bound now, so that a notebook that replaces os.write only deafens itself

    def send(self, event: Event) -> None:
        if os.getpid() != self._process:
            return
        try:
            line = event.model_dump_json().encode()
        except PydanticSerializationError:  # half a surrogate pair, as in file names that are not UTF-8
            line = json.dumps(event.model_dump(), ensure_ascii=False).encode("utf-8", "replace")
        with self._lock:
            line = self._seal.close(line) + b"\n"
            while line:
                line = line[self._write(self._descriptor, line) :]

    def settle(self) -> None:
        """Waits, a second at most, until the supervisor has taken all that was sent and printed so far.

        Events and text travel in two pipes; only so is it known outside which cell a text belongs to.
        """
        latest = time.monotonic() + _SETTLE_SECONDS
        while any(map(_is_waiting, (self._descriptor, _STANDARD_OUTPUT))) and time.monotonic() < latest:
            time.sleep(0.001)

    def failed(self, cell: int, where: str, problem: BaseException) -> None:
        """Says that the recorder itself stumbled; the notebook goes on."""
        self.send(RecorderFailed(cell=cell, where=where, message=f"{type(problem).__name__}: {problem}"[:500]))


def _is_waiting(descriptor: int) -> bool:
    """Whether something written to a pipe has not been read yet; False where that cannot be told."""
    try:
        count = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4))
    except OSError:  # closed by the notebook
        return False
    return count != bytes(4)
