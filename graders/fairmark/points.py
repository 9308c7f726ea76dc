"""Points, added up exactly: three checks worth a third each come to the whole."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

__all__ = ["exact", "total"]

_FINEST = 10_000
"""The largest denominator: a third of a half of 2.5 points is far from it, and so is what a float is off by."""


def exact(points: float) -> Fraction:
    """What ``points`` were meant to be: ``1 / 3``, which no float is, is a third."""
    return Fraction(points).limit_denominator(_FINEST)


def total(points: Iterable[float]) -> float:
    """The sum of ``points``, as near as a float comes to it."""
    return float(sum(map(exact, points), Fraction()))
