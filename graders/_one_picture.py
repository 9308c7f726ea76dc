"""Questions about the array that one picture becomes, and about what a model's outputs for pictures are called.

What an array holds is measured by a locked cell of the notebook, behind the student's, which binds three names:
``batch_shape`` (a list of its sizes), ``largest_value`` and ``mean_value`` (numbers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fairmark.checks.answer_key import answered_by_the_run
from fairmark.checks.answers import number_in
from fairmark.checks.expectation import CheckFailed, NoEvidence, spell
from fairmark.evidence import ModelPredicted, NamesBound, Value
from fairmark.keras.facts.calls import ASKING
from fairmark.keras.views.prepared_text import Wanted, confirm_array, confirm_asked
from fairmark.keras.views.run_view import RunView

__all__ = ["asks_about_it", "has_size", "is_batch_of_one", "is_output", "is_scaled_to_unit", "names_each"]

_ONE = 1.0001
"""Bright pixels times 1/255 may exceed 1 by float32's rounding."""
_DARK = 0.1
"""A picture's brightest pixel, scaled to 0-1, is brighter; one scaled twice is at most 1/255."""
_SAME_MEAN = 1e-3
_ROUNDED = 0.0051
"""How far an answer may be from the output it stands for: it may be rounded to two digits after the point."""


# --- the array --------------------------------------------------------------------------------------------------------


def has_size(run: RunView, name: str, height: int, width: int) -> None:
    """The array ``name`` has the picture's size, wherever it has its other dimensions."""
    shape = _shape(run, name)
    if [side for side in shape if side not in (1, 3)] != [height, width]:
        expected = f"a picture of {height} x {width} pixels"
        raise CheckFailed(name, found=_spelled(shape), expected=expected, cell=_own_cell(run))
    confirm_array(run.corroboration, run.scope.own, name, Wanted(size=(height, width)))


def is_batch_of_one(run: RunView, name: str) -> None:
    """The array ``name`` has four dimensions, the first of them the batch's, with one picture."""
    shape = _shape(run, name)
    if len(shape) == 4 and shape[0] == 1 and shape[3] == 3:
        confirm_array(run.corroboration, run.scope.own, name, Wanted(is_batch=True))
        return
    found = f"{_spelled(shape)}, {len(shape)} dimension{'s' * (len(shape) != 1)}"
    if len(shape) == 3:
        found = f"{_spelled(shape)}, one picture and no batch around it"
    expected = "four dimensions: pictures (one), height, width, colours"
    raise CheckFailed(name, found=found, expected=expected, cell=_own_cell(run))


def is_scaled_to_unit(run: RunView, name: str) -> None:
    """The values of the array ``name`` go from 0 to 1, as those the network is trained with."""
    largest = _measured(run, name, "largest_value")
    found = f"values up to {spell(largest)}"
    if isinstance(largest, int | float) and _DARK < largest <= _ONE:
        confirm_array(run.corroboration, run.scope.own, name, Wanted(scale=1 / 255))
        return
    if isinstance(largest, int | float) and 0 < largest <= _DARK:
        found += ", which is scaled more than once"
    raise CheckFailed(name, found=found, expected="values from 0 to 1, as in training", cell=_own_cell(run))


def asks_about_it(run: RunView, name: str) -> None:
    """The exercise's last question to the model was about the array ``name``, as the locked cell measured it."""
    asked = _asked(run)
    if asked.input_shape != _shape(run, name):
        found = f"an array of {_spelled(asked.input_shape)}"
        raise CheckFailed("what predict was given", found=found, expected=f"your {name}", cell=asked.cell)
    mean = _measured(run, name, "mean_value")
    if not (isinstance(mean, int | float) and math.isclose(asked.mean, mean, rel_tol=_SAME_MEAN)):
        found = f"other pixels, with values up to {spell(round(asked.maximum, 2))}"
        raise CheckFailed("what predict was given", found=found, expected=f"your {name}", cell=asked.cell)
    fit = run.judged_fit
    confirm_asked(run.corroboration, asked.cell, Wanted(is_batch=True), trained_in=None if fit is None else fit.cell)


def _shape(run: RunView, name: str) -> list[int]:
    shape = _measured(run, name, "batch_shape")
    entries = shape if isinstance(shape, list) else []
    return [entry for entry in entries if isinstance(entry, int)]


def _measured(run: RunView, name: str, measure: str) -> Value:
    """As the given cell measured it: a number that is typed in measures nothing."""
    given = {cell.position for cell in run.evidence.submission.cells if cell.role == "locked"}
    bound = [one for one in run.all(NamesBound) if measure in one.values and one.cell in given]
    if not bound:
        raise NoEvidence(name, found="no array of that name", cell=_own_cell(run))
    run.corroboration.confirm_given(bound[-1].cell, measure)
    return bound[-1].values[measure]


def _own_cell(run: RunView) -> int | None:
    return max(run.cells_of(run.exercise), default=None)


def _spelled(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "a single number"


# --- outputs ----------------------------------------------------------------------------------------------------------


def _asked(run: RunView) -> ModelPredicted:
    own = run.cells_of(run.exercise)
    asked = run.all(ModelPredicted, lambda event: event.pictures is None and event.cell in own)
    if not asked:
        raise NoEvidence("the prediction", found="no call of predict", expected="model.predict on one picture")
    run.corroboration.require_call(asked[-1].cell, ASKING)
    return asked[-1]


@answered_by_the_run
def is_output(run: RunView, name: str) -> None:
    """The notebook bound ``name`` to the one number that the model answered with."""
    asked, answer = _asked(run), run.answer(name)
    output = asked.outputs[0][0] if asked.outputs and asked.outputs[0] else math.nan
    found, expected = number_in(answer.value, None), "the one number that the model answered with"
    if found is None:
        said = f"{spell(answer.value)}, still in its array" if isinstance(answer.value, list) else spell(answer.value)
        raise CheckFailed(name, found=said, expected=expected, cell=answer.cell)
    if not 0 <= found <= 1:
        raise CheckFailed(
            name, found=f"{spell(answer.value)}, which is no probability", expected=expected, cell=answer.cell
        )
    if not abs(found - output) <= _ROUNDED:
        said = spell(answer.value)
        if math.isclose(found, 1 - output, abs_tol=_ROUNDED):
            said += ", the probability of the other class"
        raise CheckFailed(name, found=said, expected=f"{expected}, {output:.3f}", cell=answer.cell)


@answered_by_the_run
def names_each(run: RunView, name: str, outputs: Sequence[float], classes: Sequence[str]) -> None:
    """The notebook bound ``name`` to the class that each of ``outputs``, the probability of the second class, stands
    for: a list in their order. A class may be written in the singular, in any case."""
    answer = run.answer(name)
    expected = f"one class name for each of the {len(outputs)} outputs"
    if not isinstance(answer.value, list):
        raise CheckFailed(name, found=f"{spell(answer.value):.80}", expected=expected, cell=answer.cell)
    if len(answer.value) != len(outputs):
        found = f"{len(answer.value)} entr{'y' if len(answer.value) == 1 else 'ies'}"
        raise CheckFailed(name, found=found, expected=expected, cell=answer.cell)
    labels = [_label(entry, classes) for entry in answer.value]
    unknown = next((entry for entry, label in zip(answer.value, labels, strict=True) if label is None), None)
    if None in labels:
        found = f"{spell(unknown):.40} among them"
        raise CheckFailed(name, found=found, expected=f"{expected}, {' or '.join(classes)}", cell=answer.cell)
    right = [int(output > 0.5) for output in outputs]
    wrong = [str(place) for place, (one, other) in enumerate(zip(labels, right, strict=True), 1) if one != other]
    if not wrong:
        return
    message = f"{name}: not right yet for output{'s' * (len(wrong) > 1)} {', '.join(wrong)}."
    if len(wrong) == len(outputs):
        message = f"{name}: every output gets the other class's name; the classes are turned round."
    raise CheckFailed(
        name, found=f"{spell(answer.value):.80}", expected="other names", cell=answer.cell, message=message
    )


def _label(entry: Value, classes: Sequence[str]) -> int | None:
    """The class that an entry names, by its place in ``classes``."""
    if not isinstance(entry, str):
        return None
    word = entry.strip().lower()
    named = (place for place, one in enumerate(classes) if word in (one.lower(), one.lower().removesuffix("s")))
    return next(named, None)
