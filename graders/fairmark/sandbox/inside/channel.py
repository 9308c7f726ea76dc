"""The way out: one JSON line per event, written at once to a pipe that can only be appended to."""

from __future__ import annotations

import os
import threading

from fairmark.evidence import Event, RecorderFailed

__all__ = ["Channel"]


class Channel:
    """Sends events to the supervisor, in order, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._write = os.write  # bound now, so that a notebook that replaces os.write only deafens itself

    def send(self, event: Event) -> None:
        line = event.model_dump_json(exclude_defaults=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            while line:
                line = line[self._write(self._descriptor, line) :]

    def failed(self, cell: int, where: str, problem: BaseException) -> None:
        """Says that the recorder itself stumbled; the notebook goes on."""
        self.send(RecorderFailed(cell=cell, where=where, message=f"{type(problem).__name__}: {problem}"[:500]))
