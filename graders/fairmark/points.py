"""Points, added up exactly: three checks worth a third each come to the whole."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

__all__ = ["exact", "total"]

_FINEST = 10_000
"""The largest denominator: a third of a half of 2.5 points is far from it."""
_NOISE = Fraction(1, 10**12)
"""The relative error that a few steps of floats leave behind, and more."""


def exact(points: float) -> Fraction:
    """What ``points`` were meant to be: ``1 / 3``, which no float is, is a third; else the decimal number they are
    written as."""
    near = Fraction(points).limit_denominator(_FINEST)
    return (
        near if abs(near - Fraction(points)) <= _NOISE * max(Fraction(1), abs(near)) else Fraction(repr(float(points)))
    )


def total(points: Iterable[float]) -> float:
    """The sum of ``points``, as near as a float comes to it."""
    return float(sum(map(exact, points), Fraction()))
