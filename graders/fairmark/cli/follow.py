"""Turns what happens on a journey into progress that people can follow."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from fairmark.cli.say import waiting
from fairmark.evidence import Cell, CellStarted, EpochEnded, Event, FitStarted, Stamped, StepsWatched
from fairmark.grading.pipeline import Journey, Steps, first_line
from fairmark.present.progress import RunProgress

__all__ = ["drawing", "steps_of"]


def drawing(journey: Journey, submissions: int = 1) -> None:
    """Prepares the journey for so many, showing how far the pictures are where they have to be drawn."""
    console = waiting()
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = None

        def drawn(done: int, total: int) -> None:
            nonlocal bar
            bar = bars.add_task("Drawing pictures", total=total) if bar is None else bar
            bars.update(bar, completed=done)

        journey.prepare(drawn, submissions=submissions)


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
        self._progress.stage("Starting TensorFlow")

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
