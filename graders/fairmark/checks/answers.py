"""Questions about answers typed into a stub: numbers worked out by hand, and short written ones.

features = 78_400            # or "78,400", or 35 * 35 * 64
judgement = "overfitting"
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from fairmark.checks.answer_key import given_the_answer
from fairmark.checks.expectation import CheckFailed, spell
from fairmark.checks.view import EvidenceView
from fairmark.evidence import Value

__all__ = ["are_numbers", "is_number", "is_word", "number_in"]

_LONGEST = 80
"""Characters of an answer that are quoted."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[,_ ]\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d{1,3})?|[+-]?\.\d+")
_FRACTION = re.compile(r"([+-]?\d{1,12})\s*/\s*(\d{1,12})")
_PERCENT = re.compile(r"(.*?)\s*(?:%|percent|per cent)", re.IGNORECASE)


@given_the_answer
def is_number(
    run: EvidenceView,
    name: str,
    expected: float,
    *,
    tolerance: float = 0.0,
    unit: str | None = None,
    accept: Sequence[float] = (),
) -> None:
    """The notebook bound ``name`` to ``expected``, or to one of ``accept``, within ``tolerance`` (absolute, in the
    answer's own unit).

    A text counts by the number in it: ``"78,400"``, ``"1/255"``, ``"35 %"`` (0.35), ``"448 parameters"`` where the unit
    is ``parameters``. The sentence that is shown names the answer, never the number that was expected.
    """
    answer = run.answer(name)
    found = number_in(answer.value, unit)
    if found is None:
        raise CheckFailed(name, found=_quoted(answer.value), expected=_a_number(unit), cell=answer.cell)
    if not any(_near(found, right, tolerance) for right in (expected, *accept)):
        message = f"{name}: {_quoted(answer.value)} is not what this comes to."
        raise CheckFailed(
            name, found=_quoted(answer.value), expected="another number", cell=answer.cell, message=message
        )


@given_the_answer
def are_numbers(run: EvidenceView, name: str, expected: Sequence[float], *, tolerance: float = 0.0) -> None:
    """The notebook bound ``name`` to a list of these numbers, in this order. Says which entries are not right."""
    answer = run.answer(name)
    entries = answer.value if isinstance(answer.value, list) else [answer.value]
    if len(entries) != len(expected):
        raise CheckFailed(name, found=f"{len(entries)} entries", expected=f"{len(expected)} of them", cell=answer.cell)
    found = [number_in(entry, None) for entry in entries]
    wrong = [
        str(place)
        for place, (one, right) in enumerate(zip(found, expected, strict=True), start=1)
        if one is None or not _near(one, right, tolerance)
    ]
    if wrong:
        raise CheckFailed(
            name,
            found=_quoted(answer.value),
            expected="other numbers",
            cell=answer.cell,
            message=f"{name}: not right yet: {'entry' if len(wrong) == 1 else 'entries'} {', '.join(wrong)} of "
            f"{len(expected)}.",
        )


@given_the_answer
def is_word(run: EvidenceView, name: str, *accepted: str, expected: str | None = None) -> None:
    """The notebook bound ``name`` to one of ``accepted``; case, accents, spaces, hyphens and a full stop do not count.

    ``expected`` says what kind of answer is asked for ("training or validation"), without giving it away.
    """
    answer = run.answer(name)
    if not isinstance(answer.value, str) or _bare(answer.value) not in {_bare(word) for word in accepted}:
        message = f"{name}: {_quoted(answer.value)} is not right." + (f" Expected: {expected}." if expected else "")
        raise CheckFailed(name, found=_quoted(answer.value), expected=expected, cell=answer.cell, message=message)


def number_in(value: Value, unit: str | None) -> float | None:
    """The number that ``value`` is or names, infinite if no float is as large; None if ``value`` names no number, or
    has another unit than ``unit`` behind it."""
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    text = unicodedata.normalize("NFKC", value[:_LONGEST]).replace("\N{MINUS SIGN}", "-").strip().rstrip(".")
    if unit is not None:
        text = re.sub(rf"\s*{re.escape(unit)}$", "", text, flags=re.IGNORECASE)
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        share = number_in(percent[1], None)
        return None if share is None else share / 100
    fraction = _FRACTION.fullmatch(text)
    if fraction is not None:
        return float(Fraction(int(fraction[1]), int(fraction[2]))) if int(fraction[2]) else None
    if not _NUMBER.fullmatch(text.lower()):
        return None
    return float(re.sub(r"[,_ ]", "", text))


def _near(found: float, expected: float, tolerance: float) -> bool:
    return math.isclose(found, expected, rel_tol=1e-6, abs_tol=tolerance)


def _bare(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text[:_LONGEST]).casefold()
    return "".join(sign for sign in spread if sign.isalnum())


def _a_number(unit: str | None) -> str:
    return f"a number of {unit}" if unit else "a number"


def _quoted(value: Value) -> str:
    text = repr(value) if isinstance(value, str) else spell(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
