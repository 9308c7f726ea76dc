"""Decide early: ends a training once it is settled what it earns.

At the end of an epoch that looks good the run waits; the model is shown hidden pictures, and where their interval
excludes the threshold the training has earned its marks, whatever would come. A loss that is not a number, a model
with nothing to train, or a loss that has not moved for as long as the author allows, ends it too. The notebook then
goes on with the cells behind.

An experiment after the answers is not judged, and does not cost the class its time: each of its trainings does all its
epochs, so that its cell finds whatever it counts on, but a single step of each.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from fairmark.checks.expectation import CheckFailed, ConflictingEvidence, LeftOpen
from fairmark.checks.grader import Grader
from fairmark.evidence import (
    Cell,
    Decided,
    EpochEnded,
    Evidence,
    FitStarted,
    ModelDescribed,
    ModelExported,
    Probe,
    Run,
    Stamped,
    Submission,
)
from fairmark.frameworks import Framework, framework_of
from fairmark.sandbox.jobs import has_not_moved

__all__ = ["EarlyDecision", "experiments_after", "is_judged_behind"]

_Reason: TypeAlias = Literal["reached", "not_a_number", "untrainable", "still"]
_MOST_LOOKS = 40
"""Looks at one run: more than any course has epochs, and an end for a notebook that forges them."""
_MOST_SECONDS = 300.0
"""Spent looking at one run. What it takes is not the run's time, so this is no longer than a run may be kept up."""


def experiments_after(cells: Iterable[Cell], grader: Grader) -> int | None:
    """The position behind which nothing but cells of the student's own stands, and no exercise can use what they do.
    None where there is no such cell, or where an exercise that needs training has no cell of its own: its answer may
    stand there."""
    running = [cell for cell in cells if cell.touched]
    answered = {cell.exercise for cell in running if cell.role == "exercise"}
    if any(exercise.needs_training and exercise.id not in answered for exercise in grader.exercises):
        return None
    last = max((cell.position for cell in running if cell.role != "added"), default=None)
    is_last = last is None or all(cell.position <= last for cell in running)
    return None if is_last else last


def is_judged_behind(evidence: Evidence, grader: Grader, position: int) -> bool:
    """Whether a training behind ``position`` is what an exercise is judged on, as it is where the exercise's own cell
    raised, or only says how to train: then it is no experiment."""
    view = framework_of(grader).view
    judged = (view(evidence, exercise.id).judged_fit for exercise in grader.exercises if exercise.needs_training)
    return any(fit is not None and fit.cell > position for fit in judged)


class EarlyDecision:
    """Listens to one run. ``look`` shows hidden pictures to the model that the run has just written down. The training
    that is decided is the one that ``exercise`` is judged on: an experiment beside it changes nothing. ``folders`` are
    what was counted outside, see :class:`fairmark.evidence.Evidence`.

    ``decided`` says what it came to, None where training went on to its end, and ``probe`` the look that settled it.
    """

    def __init__(
        self,
        submission: Submission,
        threshold: float,
        look: Callable[[Evidence], Probe | None],
        *,
        framework: Framework,
        still_epochs: int | None = None,
        exercise: str = "",
        folders: dict[str, dict[str, int]] | None = None,
    ) -> None:
        self.decided: Decided | None = None
        self.probe: Probe | None = None
        self._submission = submission
        self._threshold = threshold
        self._look = look
        self._framework = framework
        self._still_epochs = still_epochs
        self._exercise = exercise
        self._folders = folders or {}
        self._events: list[Stamped] = []
        self._looks = 0
        self._looked_seconds = 0.0

    def heard(self, stamped: Stamped) -> str | None:
        """The word for a run that waits: ``stop`` or ``go``; None where it does not wait."""
        self._events.append(stamped)
        event = stamped.event
        if self._is_replaced(event) or self._went_on(event):
            self.decided = self.probe = None  # another training, which may end otherwise; or one that was not told
        if not isinstance(event, ModelExported) or event.moment != "epoch":
            return None
        self._looks += 1
        epochs = [one.event for one in self._events if isinstance(one.event, EpochEnded)]
        fits = {one.event.fit: one.event for one in self._events if isinstance(one.event, FitStarted)}
        if not epochs or epochs[-1].fit not in fits or self._looks > _MOST_LOOKS:
            return "go"
        last = epochs[-1]
        if last.fit != self._judged_fit():
            return "go"  # an experiment
        reason = self._reason(fits[last.fit], [epoch for epoch in epochs if epoch.fit == last.fit])
        if reason is None:
            return "go"
        self.decided = Decided(
            fit=last.fit,
            epoch=last.epoch,
            asked=fits[last.fit].initial_epoch + fits[last.fit].epochs,
            reason=reason,
            threshold=self._threshold,
            still_epochs=self._still_epochs,
        )
        return "stop"

    def _is_replaced(self, event: object) -> bool:
        """Whether a training begins that is judged in the place of the one that had been decided."""
        begins = self.decided is not None and isinstance(event, FitStarted)
        return begins and self.decided is not None and self._judged_fit() != self.decided.fit

    def _judged_fit(self) -> str | None:
        fit = self._framework.view(self._so_far(), self._exercise).judged_fit
        return None if fit is None else fit.fit

    def _so_far(self) -> Evidence:
        run = Run(outcome="completed", events=tuple(self._events))
        return Evidence(submission=self._submission, run=run, folders=self._folders)

    def _went_on(self, event: object) -> bool:
        """Whether a training that had been decided was not ended in time."""
        decided = self.decided
        if decided is None or not isinstance(event, EpochEnded):
            return False
        return event.fit == decided.fit and event.epoch > decided.epoch

    def _reason(self, fit: FitStarted, epochs: list[EpochEnded]) -> _Reason | None:
        losses = [epoch.logs.get("loss", 0.0) for epoch in epochs]
        if not math.isfinite(losses[-1]):
            return "not_a_number"
        if self._is_untrainable(fit):
            return "untrainable"
        if self._is_reached():
            return "reached"
        still = self._still_epochs
        if still is not None and len(losses) > still and has_not_moved(losses[-still - 1 :]):
            return "still"
        return None

    def _is_untrainable(self, fit: FitStarted) -> bool:
        described = [one.event for one in self._events if isinstance(one.event, ModelDescribed)]
        last = next((model for model in reversed(described) if model.model == fit.model), None)
        return last is not None and last.trainable_parameters == 0

    def _is_reached(self) -> bool:
        evidence = self._so_far()
        if self._looked_seconds > _MOST_SECONDS:
            return False
        began = time.monotonic()
        probe = self._look(evidence)
        self._looked_seconds += time.monotonic() - began
        if probe is None:
            return False
        try:
            view = self._framework.view(evidence.model_copy(update={"probe": probe}), self._exercise)
            measured = self._framework.accuracy_in_training(view)
        except (CheckFailed, ConflictingEvidence, LeftOpen):
            return False
        if measured is None or measured.low < self._threshold:
            return False
        self.probe = probe
        return True
