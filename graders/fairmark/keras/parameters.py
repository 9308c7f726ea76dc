"""Questions about numbers that are worked out from one another: sizes, features, parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from fairmark.checks.answer_key import given_the_answer
from fairmark.checks.answers import is_number, number_in
from fairmark.checks.expectation import CheckFailed, NoEvidence
from fairmark.keras.views.run_view import RunView

__all__ = ["follows_from"]


@given_the_answer
def follows_from(
    run: RunView,
    name: str,
    expected: float,
    *,
    given: str,
    by: Callable[[Sequence[float]], float],
    unit: str | None = None,
) -> str | None:
    """The notebook bound ``name`` to ``expected``, or to what follows from its own answer ``given``.

    ``by`` works the number out from that answer's numbers, a list even where there is one: a slip in ``given`` has cost
    its marks there, and is not charged again to what was rightly worked out from it. Remarks where that is so.
    """
    try:
        is_number(run, name, expected, unit=unit)
    except NoEvidence:
        raise
    except CheckFailed:
        found = number_in(run.answer(name).value, unit)
        own = _worked_out(run, given, by)
        if found is None or own is None or not math.isclose(found, own, rel_tol=1e-6):
            raise
        return f"This follows from your {given}, which lost its marks there."
    return None


def _worked_out(run: RunView, given: str, by: Callable[[Sequence[float]], float]) -> float | None:
    """What follows from the answer ``given``; None where it was not given, or nothing follows from what it is."""
    try:
        value = run.answer(given).value
    except NoEvidence:
        return None
    numbers = [number_in(entry, None) for entry in (value if isinstance(value, list) else [value])]
    known = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(known) < len(numbers):
        return None
    try:
        return float(by(known))
    except (ArithmeticError, IndexError):  # too few numbers, or too large ones
        return None
