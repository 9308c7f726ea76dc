"""Turns the events of a run into progress that people can follow."""

from __future__ import annotations

from fairmark.classroom.reporter import RunProgress
from fairmark.evidence import Cell, CellStarted, EpochEnded, Event, FitStarted, Stamped, StepsWatched
from fairmark.grading.pipeline import first_line
from fairmark.grading.progress import Steps

__all__ = ["steps_of"]


def steps_of(progress: RunProgress) -> Steps:
    """Callbacks for one submission that show its cells and epochs on ``progress``."""
    follower = _Follower(progress)
    return Steps(stage=progress.stage, cells=follower.begin, event=follower.take)


class _Follower:
    def __init__(self, progress: RunProgress) -> None:
        self._progress = progress
        self._lines: dict[int, str] = {}
        self._fits: dict[str, FitStarted] = {}
        self._logs: dict[str, float] = {}

    def begin(self, cells: tuple[Cell, ...]) -> None:
        self._lines = {cell.position: first_line(cell.source) for cell in cells}
        self._progress.stage("Starting the sandbox")

    def take(self, stamped: Stamped) -> None:
        event: Event = stamped.event
        if isinstance(event, CellStarted):
            done = sum(position <= event.cell for position in self._lines)
            self._progress.cell(done, len(self._lines), self._lines.get(event.cell, ""))
        elif isinstance(event, FitStarted):
            self._fits[event.fit] = event
            self._logs = {}
        elif isinstance(event, StepsWatched | EpochEnded) and event.fit in self._fits:
            fit = self._fits[event.fit]
            self._logs = event.logs if isinstance(event, EpochEnded) else self._logs
            step = event.steps if isinstance(event, EpochEnded) else event.step
            self._progress.epoch(event.epoch, fit.epochs, step, fit.steps_per_epoch, self._logs)
