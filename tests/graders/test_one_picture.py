"""Questions about the array that one picture becomes, and about what outputs are called."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import pytest
from built_in import helper
from recorded import LAST, PREDICTION, unmet, view

from fairmark.checks import ConflictingEvidence, NoEvidence
from fairmark.evidence import NamesBound
from fairmark.keras import RunView

_one_picture = helper("_one_picture")
asks_about_it = _one_picture.asks_about_it
has_size = _one_picture.has_size
is_batch_of_one = _one_picture.is_batch_of_one
is_output = _one_picture.is_output
is_scaled_to_unit = _one_picture.is_scaled_to_unit
names_each = _one_picture.names_each

CLASSES = ("horses", "humans")


def measured(**edits: Any) -> RunView:  # noqa: ANN401 - what the locked cell measured, or fields of ModelPredicted
    values = {"batch_shape": [1, 300, 300, 3], "largest_value": 1.0, "mean_value": 0.5, "probability": 0.1}
    values |= {name: edits.pop(name) for name in list(edits) if name in values}
    answered = {"probability": values.pop("probability")}
    run = view(named={"values": answered}, predicted=edits, also=[NamesBound(cell=LAST, values=values)])
    return RunView(run.evidence, "prediction")


# --- the array --------------------------------------------------------------------------------------------------------


def test_an_array_as_in_training_is_taken() -> None:
    has_size(measured(), "batch", 300, 300)
    is_batch_of_one(measured(), "batch")
    is_scaled_to_unit(measured(), "batch")
    asks_about_it(measured(), "batch")


@pytest.mark.parametrize("shape", [[300, 300, 3], [300, 300, 3, 1], [1, 300, 300]])
def test_the_size_is_found_wherever_the_other_dimensions_are(shape: list[int]) -> None:
    has_size(measured(batch_shape=shape), "batch", 300, 300)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ([1, 75, 75, 3], "1 x 75 x 75 x 3"),
        ([1, 300, 75, 3], "1 x 300 x 75 x 3"),
        ([], "a single number"),
        (None, "a single number"),
    ],
)
def test_another_size_is_refused(shape: list[int] | None, found: str) -> None:
    refused = unmet(has_size, measured(batch_shape=shape), "batch", 300, 300)
    assert refused.message == f"batch: found {found}, expected a picture of 300 x 300 pixels."
    assert refused.cell == PREDICTION


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ([300, 300, 3], "300 x 300 x 3, one picture and no batch around it"),
        ([300, 300, 3, 1], "300 x 300 x 3 x 1, 4 dimensions"),
        ([2, 300, 300, 3], "2 x 300 x 300 x 3, 4 dimensions"),
        ([270000], "270000, 1 dimension"),
        ([], "a single number, 0 dimensions"),
    ],
)
def test_what_is_no_batch_of_one_is_refused(shape: list[int], found: str) -> None:
    assert unmet(is_batch_of_one, measured(batch_shape=shape), "batch").message == (
        f"batch: found {found}, expected four dimensions: pictures (one), height, width, colours."
    )


@pytest.mark.parametrize(
    ("largest", "found"),
    [
        (255.0, "values up to 255"),
        (1 / 255, "values up to 1/255, which is scaled more than once"),
        (0.0, "values up to 0"),
        (math.nan, "values up to NaN"),
        (None, "values up to nothing"),
    ],
)
def test_pixels_scaled_otherwise_are_refused(largest: float | None, found: str) -> None:
    assert unmet(is_scaled_to_unit, measured(largest_value=largest), "batch").message == (
        f"batch: found {found}, expected values from 0 to 1, as in training."
    )


@pytest.mark.parametrize("ask", [is_batch_of_one, is_scaled_to_unit, asks_about_it])
def test_an_array_that_was_never_made_is_not_shown(ask: Any) -> None:  # noqa: ANN401 - one of the questions
    with pytest.raises(NoEvidence, match=r"^batch: found no array of that name\.$"):
        ask(RunView(view().evidence, "prediction"), "batch")


# --- the question to the model ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        ({"input_shape": [1, 75, 75, 3]}, "an array of 1 x 75 x 75 x 3"),
        ({"mean": 120.0, "maximum": 255.0}, "other pixels, with values up to 255"),
        ({"mean": math.nan}, "other pixels, with values up to 1"),
    ],
)
def test_asking_about_something_else_is_refused(edits: dict[str, Any], found: str) -> None:
    assert unmet(asks_about_it, measured(**edits), "batch").message == (
        f"What predict was given: found {found}, expected your batch."
    )


def test_a_model_that_was_never_asked_is_not_shown() -> None:
    values = {"batch_shape": [1, 300, 300, 3], "largest_value": 1.0, "mean_value": 0.5}
    run = view(without=["predicted"], named={"values": values})
    with pytest.raises(NoEvidence, match=r"^The prediction: found no call of predict"):
        asks_about_it(RunView(run.evidence, "prediction"), "batch")


@pytest.mark.parametrize("value", [0.93, 0.9314, "0.93"])
def test_the_output_may_be_rounded(value: object) -> None:
    is_output(measured(probability=value, outputs=[[0.9314]]), "probability")


@pytest.mark.parametrize(
    ("value", "found", "expected"),
    [
        ([[0.93]], "0.93, still in its array", ""),
        (None, "nothing", ""),
        (93.0, "93, which is no probability", ""),
        (math.nan, "NaN", ""),
        (0.07, "0.07, the probability of the other class", ", 0.930"),
        (1, "1", ", 0.930"),
    ],
)
def test_another_number_is_refused(value: object, found: str, expected: str) -> None:
    refused = unmet(is_output, measured(probability=value, outputs=[[0.93]]), "probability")
    assert refused.message == (
        f"probability: found {found}, expected the one number that the model answered with{expected}."
    )


# --- names ------------------------------------------------------------------------------------------------------------


def named(value: object) -> RunView:
    return view(named={"values": {"names": value}})


@pytest.mark.parametrize("value", [["horses", "humans"], ["Horse", " human "]])
def test_outputs_are_named_in_any_case_and_number(value: list[str]) -> None:
    names_each(named(value), "names", [0.1, 0.9], CLASSES)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("horses", "names: found horses, expected one class name for each of the 2 outputs."),
        (["horses"], "names: found 1 entry, expected one class name for each of the 2 outputs."),
        ([0, 1], "names: found 0 among them, expected one class name for each of the 2 outputs, horses or humans."),
        (["humans", "horses"], "names: every output gets the other class's name; the classes are turned round."),
        (["horses", "horses"], "names: not right yet for output 2."),
    ],
)
def test_other_names_are_refused(value: object, message: str) -> None:
    assert unmet(names_each, named(value), "names", [0.1, 0.9], CLASSES).message == message


# --- what the given cell measured -------------------------------------------------------------------------------------


def test_what_the_answer_types_in_measures_nothing() -> None:
    typed = {"batch_shape": [1, 300, 300, 3], "largest_value": 1.0, "mean_value": 0.5}
    alone = RunView(view(named={"values": typed}).evidence, "prediction")
    with pytest.raises(NoEvidence, match="no array of that name"):
        has_size(alone, "batch", 300, 300)
    text = {"prediction": "batch_shape = list((1, 300, 300, 3))"}
    for measured_then in (
        typed,
        {**typed, "batch_shape": [300, 300, 3]},
    ):  # the first where there was nothing to measure
        beside = view(sources=text, named={"values": typed}, also=[NamesBound(cell=LAST, values=measured_then)])
        with pytest.raises(ConflictingEvidence, match="batch_shape, which a given cell works out"):
            is_batch_of_one(RunView(beside.evidence, "prediction"), "batch")


def test_a_given_cell_that_was_made_to_say_it_is_doubted() -> None:
    said = measured().evidence
    last = said.submission.cells[-1]
    made = last.model_copy(update={"own_text": True, "source": "batch_shape = [1, 300, 300, 3]"})
    tidied = last.model_copy(update={"own_text": True, "source": "batch_shape = [*np.shape(batch)]"})
    for cell, doubted in ((made, pytest.raises(ConflictingEvidence)), (tidied, nullcontext())):
        submission = said.submission.model_copy(update={"cells": (*said.submission.cells[:-1], cell)})
        with doubted:
            has_size(RunView(said.model_copy(update={"submission": submission}), "prediction"), "batch", 300, 300)
