"""Whether the events of a run tell one story: what the recorder sends keeps an order that nobody else need keep.

Views ask for the first of several events here and for the last there. Events that say two things could have each of
them believed where it suits, so a run in which that is possible is told to a person. Of 488 runs of honest notebooks
none broke any of these rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from fairmark.evidence import (
    CellStarted,
    EpochEnded,
    FitFinished,
    FitStarted,
    ModelExported,
    PicturesOpened,
    Run,
)

__all__ = ["breaks_in"]


def breaks_in(run: Run) -> Iterator[str]:
    """What in ``run`` does not fit with the rest of it, in words, as the beginning of a sentence."""
    story = _Story(run)
    for stamped in run.events:
        yield from story.goes_on(stamped.event)


class _Story:
    """What has been told so far."""

    def __init__(self, run: Run) -> None:
        self._ended_early = run.rehearsed or run.decided is not None
        self._cells: list[int] = []
        self._begun: dict[str, FitStarted] = {}
        self._finished: set[str] = set()
        self._epochs: dict[str, list[int]] = {}
        self._opened: dict[str, PicturesOpened] = {}

    def goes_on(self, event: Any) -> Iterator[str]:  # noqa: ANN401 - any event
        """Takes ``event`` up, and gives what does not fit with what came before."""
        match event:
            case CellStarted():
                if self._cells and event.cell <= self._cells[-1]:
                    yield f"cell {event.cell} begins behind cell {self._cells[-1]}"
                self._cells.append(event.cell)
            case _:
                told_of, runs = getattr(event, "cell", None), self._cells[-1] if self._cells else 0
                if told_of not in (None, runs):
                    yield f"{event.kind} is told of cell {told_of} while another runs"
        match event:
            case PicturesOpened():
                yield from self._opens(event)
            case FitStarted():
                if event.fit in self._begun:
                    yield f"{event.fit} begins twice"
                self._begun.setdefault(event.fit, event)
                self._epochs.setdefault(event.fit, [])
            case EpochEnded():
                yield from self._ends_epoch(event)
            case FitFinished():
                yield from self._finishes(event)
            case ModelExported(moment="fit", fit=str(fit)):
                if fit not in self._finished or self._begun[fit].model != event.model:
                    yield f"a model is written down that {fit} has not left"

    def _opens(self, event: PicturesOpened) -> Iterator[str]:
        if self._opened.setdefault(event.pictures, event) != event:
            yield f"{event.pictures} are opened twice, and not alike"
        if event.found < 0 or (event.batch_size is not None and event.batch_size < 1):
            yield f"{event.pictures} hold fewer than no images, or batches of none"

    def _ends_epoch(self, event: EpochEnded) -> Iterator[str]:
        begun = self._begun.get(event.fit)
        if begun is None or event.fit in self._finished:
            yield f"an epoch of {event.fit} ends outside of it"
            return
        ended = self._epochs[event.fit]
        ended.append(event.epoch)
        if event.epoch != begun.initial_epoch + len(ended) or len(ended) > begun.epochs:
            yield f"epoch {event.epoch} of {event.fit} is not its next"
        if min(event.steps, event.validation_steps) < 0 or not 0 <= event.seconds < math.inf:
            yield f"epoch {event.epoch} of {event.fit} has fewer than no steps, or took no time that there is"
        if begun.steps_per_epoch is not None and event.steps > begun.steps_per_epoch:
            yield f"epoch {event.epoch} of {event.fit} has more steps than were asked for"

    def _finishes(self, event: FitFinished) -> Iterator[str]:
        begun = self._begun.get(event.fit)
        if begun is None or event.fit in self._finished or begun.cell != event.cell:
            yield f"{event.fit} ends where it has not begun"
            return
        self._finished.add(event.fit)
        ended = len(self._epochs[event.fit])
        if event.epochs not in (0, ended):
            yield f"{event.fit} is said to have had {event.epochs} epochs, and {ended} ended"
        if ended < begun.epochs and not begun.callbacks and not self._ended_early:
            yield f"{event.fit} ended before its last epoch, with nothing that could have ended it"
