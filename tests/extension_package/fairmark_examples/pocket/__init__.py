"""Pocket: a framework for learning in twenty lines of plain Python. This is the part that notebooks import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Line", "fit_line"]


@dataclass(frozen=True)
class Line:
    """A trained model: what ``x`` comes to is ``slope * x + intercept``."""

    slope: float
    intercept: float


def fit_line(points: Sequence[tuple[float, float]]) -> Line:
    """The line through the first of ``points`` and the last."""
    (left, low), *_, (right, high) = points
    slope = (high - low) / (right - left)
    return Line(slope, low - slope * left)
