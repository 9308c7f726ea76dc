"""How accuracy went from epoch to epoch, as the notebook itself measured it. No mark rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from fairmark.evidence import EpochEnded, Run
from fairmark.evidence.objects import ACCURACY_KEYS

__all__ = ["Accuracy", "Curve", "accuracy_key", "binned", "curve_of"]

Accuracy: TypeAlias = float | None
"""Between 0 and 1; None where an epoch has no such number."""

_MOST_STEPS = 10**9
"""More steps in an epoch are shown as these: the number comes from inside, and may have thousands of digits."""


@dataclass(frozen=True)
class Curve:
    """One entry per epoch, in order, in each of the three; ``steps`` are those that ran."""

    accuracy: tuple[Accuracy, ...]
    validation_accuracy: tuple[Accuracy, ...]
    steps: tuple[int, ...]

    @property
    def has_validation(self) -> bool:
        """Whether any epoch has a validation accuracy."""
        return any(value is not None for value in self.validation_accuracy)


def accuracy_key(keys: Iterable[str]) -> str | None:
    """Which of the ``keys`` of an epoch's logs is the accuracy on training pictures; None if none is."""
    known = set(keys)
    return next((key for key in ACCURACY_KEYS if key in known or f"val_{key}" in known), None)


def curve_of(run: Run) -> Curve | None:
    """The curve of the last fit of ``run`` that finished an epoch; None if there is none or it logged no accuracy.

    An epoch that is reported twice counts as it was reported last. What is not a number between 0 and 1 is left out.
    """
    ended = [stamped.event for stamped in run.events if isinstance(stamped.event, EpochEnded)]
    if not ended:
        return None
    epochs = {event.epoch: event for event in ended if event.fit == ended[-1].fit}
    in_order = [epochs[number] for number in sorted(epochs)]
    key = accuracy_key(key for event in in_order for key in event.logs)
    if key is None:
        return None
    curve = Curve(
        accuracy=tuple(_accuracy(event.logs.get(key)) for event in in_order),
        validation_accuracy=tuple(_accuracy(event.logs.get(f"val_{key}")) for event in in_order),
        steps=tuple(max(0, min(event.steps, _MOST_STEPS)) for event in in_order),
    )
    return curve if curve.has_validation or any(value is not None for value in curve.accuracy) else None


def binned(values: Sequence[Accuracy], columns: int) -> list[Accuracy]:
    """The values themselves, or as many means of neighbours as there are columns."""
    if len(values) <= columns:
        return list(values)
    edges = [len(values) * column // columns for column in range(columns + 1)]
    bins = [[value for value in values[start:stop] if value is not None] for start, stop in pairwise(edges)]
    return [sum(numbers) / len(numbers) if numbers else None for numbers in bins]


def _accuracy(value: float | None) -> Accuracy:
    # NaN compares false with everything, so it is left out here too.
    return value if value is not None and 0.0 <= value <= 1.0 else None
