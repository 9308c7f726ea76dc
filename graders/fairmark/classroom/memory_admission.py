"""Admission by memory: runs begin only while what they are expected to need fits into this machine together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

__all__ = ["MemoryAdmission", "free_bytes"]

_SHARE = 0.85
"""Of what is free when a batch begins; the rest is for the grader itself and for whoever else works here."""


def free_bytes() -> int:
    """What runs may use together."""
    return int(psutil.virtual_memory().available * _SHARE)


class MemoryAdmission:
    """``size_bytes`` in all. Whoever asks waits until there is enough; one that needs more than there is in all runs
    alone, and meets its own limit."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, needed_bytes: int) -> Iterator[None]:
        needed = min(needed_bytes, self.size_bytes)
        with self._changed:
            self._changed.wait_for(lambda: self._taken + needed <= self.size_bytes)
            self._taken += needed
        try:
            yield
        finally:
            with self._changed:
                self._taken -= needed
                self._changed.notify_all()
