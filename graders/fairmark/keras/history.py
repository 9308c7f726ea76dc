"""Questions about curves: numbers read off a history, that of a training that ran or one that is given.

A history is what ``fit`` leaves: a list for each thing measured, with one number an epoch. Answers are held against
what was really measured (``TrainingView.history``), or against curves that the grader script quotes from the notebook.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from fairmark.checks.answers import number_in
from fairmark.checks.expectation import CheckFailed, NoEvidence, Observed, spell
from fairmark.evidence import Value
from fairmark.evidence.objects import ACCURACY_KEYS
from fairmark.keras.facts.accuracy_names import VALIDATION, accuracy_keys, is_accuracy_key
from fairmark.keras.views.run_view import RunView

__all__ = ["History", "is_best_epoch", "is_gap", "lists", "reads"]

History: TypeAlias = Mapping[str, Sequence[float]]
"""Log key to one number an epoch, the first epoch's first."""

_ROUNDED = 0.0051
"""How far an answer may be from what was measured: it may be rounded to two digits after the point."""


def reads(run: RunView, history: History, name: str, key: str, *, epoch: int = -1) -> None:
    """The notebook bound ``name`` to ``history[key]`` of one epoch: an index, -1 for the last.

    An answer taken from another curve or another epoch is told so; the number that was expected is never said.
    """
    answer, history = run.answer(name), _plainly_named(history, run)
    curve = _curve(history, key)
    found = _number(answer, key)
    index = epoch % len(curve)
    if not _near(found, curve[index]):
        said = _read_instead(found, history, key, index) or spell(answer.value)
        raise CheckFailed(
            name, found=said, expected=f"{_what(key)} {_epoch(index, curve)}, taken from the history", cell=answer.cell
        )


def lists(run: RunView, history: History, name: str, key: str) -> None:
    """The notebook bound ``name`` to the whole of ``history[key]``, one number an epoch."""
    answer, history = run.answer(name), _plainly_named(history, run)
    curve, expected = _curve(history, key), f"{_what(key)} of each epoch"
    if not isinstance(answer.value, list):
        raise CheckFailed(name, found=f"{spell(answer.value)}, which is no list", expected=expected, cell=answer.cell)
    if not _same_curve(answer.value, curve):
        other = next((one for one in history if one != key and _same_curve(answer.value, history[one])), None)
        found = f"{_what(other)} of each epoch" if other else spell(answer.value)
        if other is None and len(answer.value) != len(curve):
            found = f"{len(answer.value)} numbers for {len(curve)} epoch{'s' * (len(curve) != 1)}"
        raise CheckFailed(name, found=found, expected=expected, cell=answer.cell)


def is_best_epoch(run: RunView, history: History, name: str, key: str) -> None:
    """The notebook bound ``name`` to the number, from 1, of the epoch in which ``key`` was at its best: a loss at its
    lowest, an accuracy at its highest. Any of several equals is right."""
    answer, history = run.answer(name), _plainly_named(history, run)
    curve = _curve(history, key)
    right, expected = _best_epochs(curve, key), f"the epoch, counted from 1, in which {_what(key)} is {_extreme(key)}"
    found = number_in(answer.value, None)
    if found is None:
        raise CheckFailed(name, found=spell(answer.value), expected=expected, cell=answer.cell)
    if found in right:
        return
    others = [one for one in history if one != key and found in _best_epochs(history[one], one)]
    # A curve of the same kind is mistaken more easily, and one that is at its best once says more than one often is.
    others.sort(key=lambda one: (one.endswith("loss") != key.endswith("loss"), len(_best_epochs(history[one], one))))
    other = next(iter(others), None)
    said = spell(answer.value)
    if found + 1 in right:
        said += ", counted from 0"
    elif other is not None:
        said += f", where {_what(other)} is {_extreme(other)}"
    elif not 1 <= found <= len(curve) or found != int(found):
        said += f", which is none of the {len(curve)} epochs"
    raise CheckFailed(name, found=said, expected=expected, cell=answer.cell)


def is_gap(
    run: RunView, history: History, name: str, above: str, below: str, *, given: tuple[str, str] = ("", "")
) -> str | None:
    """The notebook bound ``name`` to ``history[above] - history[below]`` of the last epoch; the sign does not count.

    The difference of its own two answers ``given`` is right, too: a slip in one of them has cost its marks there.
    Remarks where that is so.
    """
    answer, history = run.answer(name), _plainly_named(history, run)
    high, low = _curve(history, above), _curve(history, below)
    found = _number(answer, above)
    if _near(abs(found), abs(high[-1] - low[-1])):
        return None
    own = [_own_number(run, one) for one in given]
    if own[0] is not None and own[1] is not None and _near(abs(found), abs(own[0] - own[1])):
        return "This follows from your two accuracies, of which one lost its marks there."
    last = len(high) - 1
    said = _read_instead(found, history, "", last) or spell(answer.value)
    expected = f"{_what(above)} less {_what(below)}, both {_epoch(last, high)}"
    raise CheckFailed(name, found=said, expected=expected, cell=answer.cell)


def _own_number(run: RunView, name: str) -> float | None:
    try:
        return number_in(run.answer(name).value, None)
    except NoEvidence:
        return None


# --- what was measured ------------------------------------------------------------------------------------------------


def _plainly_named(history: History, run: RunView) -> dict[str, Sequence[float]]:
    """The same curves, accuracy under ``accuracy`` and ``val_accuracy`` whatever ``compile`` had it called; where it
    was measured several times, the further ones keep their names."""
    plain: dict[str, Sequence[float]] = dict(history)
    for prefix in ("", VALIDATION):
        key = next((prefix + one for one in accuracy_keys(run) if history.get(prefix + one)), None)
        if key is not None and not history.get(f"{prefix}accuracy"):
            plain = {f"{prefix}accuracy" if one == key else one: curve for one, curve in plain.items()}
    return plain


def _curve(history: History, key: str) -> Sequence[float]:
    """The curve of ``key`` in a history with plain names, accuracy under any of Keras's words for it."""
    prefix, word = (VALIDATION, key.removeprefix(VALIDATION)) if key.startswith(VALIDATION) else ("", key)
    curve = history.get(prefix + "accuracy" if word in ACCURACY_KEYS else key)
    if not curve:
        found = "no epoch that ended" if not history else f"nothing but {', '.join(map(_what, history))}"
        raise NoEvidence("the history", found=found, expected=_what(key))
    return curve


def _best_epochs(curve: Sequence[float], key: str) -> set[int]:
    best = min(curve) if key.endswith("loss") else max(curve)
    return {number for number, value in enumerate(curve, start=1) if value == best}


def _same_curve(values: Sequence[object], curve: Sequence[float]) -> bool:
    numbers = [number_in(value, None) if _is_scalar(value) else None for value in values]  # type: ignore[arg-type]
    return len(numbers) == len(curve) and all(
        one is not None and _near(one, measured) for one, measured in zip(numbers, curve, strict=True)
    )


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


# --- what was answered ------------------------------------------------------------------------------------------------


def _number(answer: Observed[Value], key: str) -> float:
    """The answer as a number. Raises :class:`CheckFailed` where it is none, or cannot be what it is asked for."""
    found = number_in(answer.value, None)
    if found is None:
        raise CheckFailed(answer.subject, found=spell(answer.value), expected="a number", cell=answer.cell)
    if not key.endswith("loss") and not abs(found) <= 1:  # NaN is no accuracy
        said = f"{spell(answer.value)}, which cannot be an accuracy"
        raise CheckFailed(answer.subject, found=said, expected="a share of the pictures, from 0 to 1", cell=answer.cell)
    return found


def _near(found: float, measured: float) -> bool:
    return math.isclose(found, measured, rel_tol=1e-6, abs_tol=_ROUNDED)


def _read_instead(found: float, history: History, key: str, index: int) -> str | None:
    """Which other number of the history ``found`` is, to the last digit; None where it is none."""
    for one, curve in [*((one, history[one]) for one in history if one != key), (key, history.get(key, ()))]:
        for place in (index, *range(len(curve))):
            if place < len(curve) and math.isclose(found, curve[place], rel_tol=1e-6):
                return f"{spell(found)}, {_what(one)} {_epoch(place, curve)}"
    return None


# --- words ------------------------------------------------------------------------------------------------------------


def _what(key: str) -> str:
    kind = "accuracy" if is_accuracy_key(key) else key.removeprefix(VALIDATION)
    return f"the {'validation' if key.startswith(VALIDATION) else 'training'} {kind}"


def _epoch(index: int, curve: Sequence[float]) -> str:
    return "of the last epoch" if index == len(curve) - 1 else f"of epoch {index + 1}"


def _extreme(key: str) -> str:
    return "lowest" if key.endswith("loss") else "highest"
