"""Decide early: ends a training once it is settled what it earns.

At the end of an epoch that looks good the run waits; the model is shown hidden pictures, and where their interval
excludes the threshold the training has earned its marks, whatever would come. A loss that is not a number, a model
with nothing to train, or a loss that has not moved for as long as the author allows, ends it too. The notebook then
goes on with the cells behind.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from fairmark.checks.accuracy import measured_accuracy
from fairmark.checks.expectation import Doubted, LeftOpen, Unmet
from fairmark.checks.view import RunView
from fairmark.evidence import (
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
from fairmark.sandbox.jobs import has_not_moved

__all__ = ["EarlyDecision"]

_Reason: TypeAlias = Literal["reached", "not_a_number", "untrainable", "still"]
_MOST_LOOKS = 40
"""Looks at one run: more than any course has epochs, and an end for a notebook that forges them."""
_MOST_SECONDS = 300.0
"""Spent looking at one run. What it takes is not the run's time, so this is no longer than a run may be kept up."""


class EarlyDecision:
    """Listens to one run. ``look`` shows hidden pictures to the model that the run has just written down.

    ``decided`` says what it came to, None where training went on to its end, and ``probe`` the look that settled it.
    """

    def __init__(
        self,
        submission: Submission,
        threshold: float,
        look: Callable[[Evidence], Probe | None],
        *,
        still_epochs: int | None = None,
    ) -> None:
        self.decided: Decided | None = None
        self.probe: Probe | None = None
        self._submission = submission
        self._threshold = threshold
        self._look = look
        self._still_epochs = still_epochs
        self._events: list[Stamped] = []
        self._looks = 0
        self._looked_seconds = 0.0

    def heard(self, stamped: Stamped) -> str | None:
        """The word for a run that waits: ``stop`` or ``go``; None where it does not wait."""
        self._events.append(stamped)
        event = stamped.event
        if isinstance(event, FitStarted) or self._went_on(event):
            self.decided = self.probe = None  # another training, which may end otherwise; or one that was not told
        if not isinstance(event, ModelExported) or event.moment != "epoch":
            return None
        self._looks += 1
        epochs = [one.event for one in self._events if isinstance(one.event, EpochEnded)]
        fits = {one.event.fit: one.event for one in self._events if isinstance(one.event, FitStarted)}
        if not epochs or epochs[-1].fit not in fits or self._looks > _MOST_LOOKS:
            return "go"
        last = epochs[-1]
        reason = self._reason(fits[last.fit], [epoch for epoch in epochs if epoch.fit == last.fit])
        if reason is None:
            return "go"
        self.decided = Decided(
            fit=last.fit,
            epoch=last.epoch,
            asked=fits[last.fit].epochs,
            reason=reason,
            threshold=self._threshold,
            still_epochs=self._still_epochs,
        )
        return "stop"

    def _went_on(self, event: object) -> bool:
        """Whether a training that had been decided was not ended in time."""
        decided = self.decided
        return decided is not None and isinstance(event, EpochEnded) and event.epoch > decided.epoch

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
        evidence = Evidence(submission=self._submission, run=Run(outcome="completed", events=tuple(self._events)))
        if self._looked_seconds > _MOST_SECONDS:
            return False
        began = time.monotonic()
        probe = self._look(evidence)
        self._looked_seconds += time.monotonic() - began
        if probe is None:
            return False
        try:
            measured = measured_accuracy(RunView(evidence.model_copy(update={"probe": probe})))
        except (Unmet, Doubted, LeftOpen):
            return False
        if measured is None or measured.low < self._threshold:
            return False
        self.probe = probe
        return True
