"""Copies of one another wait while the first of them runs; then they find its evidence, and nobody runs twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

__all__ = ["SingleFlight"]


class SingleFlight:
    """Which submissions are under way, for any number of threads. Whoever waits here should hold nothing that others
    could use."""

    def __init__(self) -> None:
        self._first: dict[str, Event] = {}

    @contextmanager
    def after_the_first(self, like: str) -> Iterator[None]:
        """Waits while another that is ``like`` it, the first of them, is in here; ``""`` is like nothing."""
        own = Event()
        first = self._first.setdefault(like, own) if like else own
        if first is not own:
            first.wait()
        try:
            yield
        finally:
            if self._first.get(like) is own:
                del self._first[like]  # whoever comes now finds what was kept
            own.set()
