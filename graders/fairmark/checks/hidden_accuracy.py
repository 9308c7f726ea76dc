"""How often a trained model classifies hidden images correctly, and how far that is certain.

The framework's own view says which model, and what its outputs stand for; counting is the same for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fairmark.evidence import Probe

__all__ = [
    "Accuracy",
    "accuracy_of",
    "asks_for",
    "collecting_thresholds",
    "predicted_class",
    "wilson_interval",
]

_Z = 1.959963984540054
"""97.5% quantile of the standard normal distribution: two-sided 95%."""


@dataclass(frozen=True)
class Accuracy:
    """``correct`` of ``total`` hidden pictures, and the 95% Wilson score interval of the share, both 0 to 1."""

    correct: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0

    def is_close_to(self, threshold: float) -> bool:
        """Whether the interval leaves open on which side of ``threshold`` the model is."""
        return self.low < threshold <= self.high

    def roughly(self, threshold: float | None = None) -> str:
        """The share to a twentieth, on its own side of ``threshold``: what students are told."""
        twentieths = round(20 * self.share)
        if threshold is not None and self.share < threshold <= twentieths / 20:
            return f"a little less than {threshold:.0%}"
        return f"about {5 * twentieths}%"

    def __str__(self) -> str:
        return f"{self.correct} of {self.total} ({self.share:.1%}, 95% interval {self.low:.1%}-{self.high:.1%})"


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a share (E. B. Wilson, 1927); (0, 1) where nothing was counted."""
    if total == 0:
        return (0.0, 1.0)
    share, square = correct / total, _Z * _Z
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return (max(0.0, centre - half), min(1.0, centre + half))


def predicted_class(outputs: tuple[float, ...] | list[float], *, logits: bool = False) -> int | None:
    """The label one row of outputs stands for: one number against one half, several by the largest.

    ``logits`` says that a single number has had no sigmoid, so that it is held against 0. None where it is not a
    number.
    """
    if not outputs or any(math.isnan(value) for value in outputs):
        return None
    if len(outputs) == 1:
        return int(outputs[0] > (0.0 if logits else 0.5))
    return max(range(len(outputs)), key=outputs.__getitem__)


def accuracy_of(probe: Probe, classes: list[str], *, logits: bool = False) -> Accuracy:
    """How many predictions name the picture's class; ``classes`` are in the order of the notebook's labels."""
    correct = 0
    for outputs, truth in zip(probe.outputs, probe.truth, strict=True):
        label = predicted_class(outputs, logits=logits)
        if label is not None and label < len(classes) and classes[label] == probe.classes[truth]:
            correct += 1
    low, high = wilson_interval(correct, len(probe.outputs))
    return Accuracy(correct, len(probe.outputs), low, high)


_thresholds: ContextVar[set[float] | None] = ContextVar("thresholds", default=None)


@contextmanager
def collecting_thresholds() -> Iterator[set[float]]:
    """Gathers what :func:`asks_for` is told meanwhile."""
    collected: set[float] = set()
    token = _thresholds.set(collected)
    try:
        yield collected
    finally:
        _thresholds.reset(token)


def asks_for(threshold: float) -> None:
    """Says that a check asks for the share ``threshold``, 0 to 1, of hidden images. Without it nobody knows before a
    run how many images are to be shown, and when a training may end."""
    collected = _thresholds.get()
    if collected is not None:
        collected.add(threshold)
