"""What a kernel has run, in memory: of each exercise the latest run, with the events it caused.

It stays small however long a kernel lives: a cell that is run again replaces what it did before, events beyond a number
of one kind are forgotten, and so are the oldest cells without an exercise.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fairmark.evidence import BatchSeen, Event, ModelDescribed, PicturesOpened
from fairmark.frameworks import KernelMemory
from fairmark.notebook.stub import header_of

__all__ = ["CellRun", "Memory"]

_OF_A_KIND = 400
"""Events kept of one kind and one run of a cell, the latest; a training loop of one's own causes thousands."""
_OTHER_CELLS = 300
"""Runs kept of cells that belong to no exercise."""
_NOT_KEPT = ("steps_watched", "model_exported", "session_started")


@dataclass
class CellRun:
    """One run of one cell. ``position`` counts all runs of the kernel from 1; ``cell_id`` is the notebook's own, where
    it says; ``is_watched`` is False where the framework was imported only in this very cell. ``answers`` is the
    exercise that a cell without a header is taken to answer."""

    position: int
    source: str
    cell_id: str | None = None
    is_watched: bool = True
    answers: str | None = None
    _kept: dict[str, deque[tuple[int, Event]]] = field(default_factory=dict)

    @cached_property
    def exercise(self) -> str | None:
        return self.answers or header_of(self.source)

    def keep(self, number: int, event: Event) -> None:
        if event.kind not in _NOT_KEPT:
            self._kept.setdefault(event.kind, deque(maxlen=_OF_A_KIND)).append((number, event))

    def numbered(self) -> list[tuple[int, Event]]:
        """Its events, each with its number among all events."""
        return [entry for kept in self._kept.values() for entry in kept]

    def events(self) -> Iterator[Event]:
        return (event for _, event in sorted(self.numbered(), key=lambda entry: entry[0]))

    def is_replaced_by(self, later: CellRun) -> bool:
        """Whether ``later`` is a run of the same cell, or of the same exercise."""
        if self.exercise is not None and self.exercise == later.exercise:
            return True
        if self.cell_id is not None or later.cell_id is not None:
            return self.cell_id == later.cell_id
        return self._text == later._text

    @cached_property
    def _text(self) -> str:
        return "".join(self.source.split())


class Memory(KernelMemory):
    """The recorder's way out in a kernel: events are kept with the run that caused them, from whatever thread."""

    def __init__(self) -> None:
        self.runs: list[CellRun] = []
        self.opened: dict[str, PicturesOpened] = {}
        self._count = 0
        self._events = 0
        self._guard = threading.RLock()

    def begin(self, source: str, cell_id: str | None, *, is_watched: bool) -> list[CellRun]:
        """A cell is run, again or for the first time. Returns the runs that are forgotten for it."""
        with self._guard:
            self._count += 1
            run = CellRun(self._count, source, cell_id, is_watched)
            others = [kept for kept in self.runs if kept.exercise is None]
            gone = [kept for kept in self.runs if kept.is_replaced_by(run)]
            gone += [kept for kept in others[:-_OTHER_CELLS] if kept not in gone]
            self.runs = [*(kept for kept in self.runs if kept not in gone), run]
            for event in (event for kept in gone for event in kept.events()):
                if isinstance(event, PicturesOpened):
                    self.opened.pop(event.pictures, None)
            return gone

    def send(self, event: Event) -> None:
        with self._guard:
            self._events += 1
            if isinstance(event, PicturesOpened):
                self.opened[event.pictures] = event
            owner = self._owner(event)
            if owner is not None:
                owner.keep(self._events, event)

    def settle(self) -> None:
        """Nobody reads along."""

    def _owner(self, event: Event) -> CellRun | None:
        """The run that made the pictures, for the first batch of them, whichever cell draws it; else the latest."""
        if isinstance(event, BatchSeen):
            for run in self.runs:
                if any(isinstance(e, PicturesOpened) and e.pictures == event.pictures for e in run.events()):
                    return run
        return self.runs[-1] if self.runs else None

    def models_of(self, runs: list[CellRun]) -> set[str]:
        """Names of the models that were described in ``runs``."""
        return {event.model for run in runs for event in run.events() if isinstance(event, ModelDescribed)}
