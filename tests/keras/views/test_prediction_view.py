"""One prediction for a single picture, as graders see it."""

from __future__ import annotations

import pytest
from recorded import CLASSES, LAST, PREDICTION, TRAINING, hidden, view

from fairmark.evidence import NamesBound, Scalar


def names(values: dict[str, Scalar | list[Scalar]], printed: str = "", asked: str | None = None) -> list[str]:
    run = view(named={"values": values}, printed={PREDICTION: printed})
    return run.prediction.names_given(list(CLASSES), asked)


def test_the_prediction_is_observed_in_its_cell() -> None:
    prediction = view().prediction
    assert (prediction.input_shape.value, prediction.input_shape.cell) == ([1, 300, 300, 3], PREDICTION)
    assert (prediction.picture.value, prediction.picture.subject) == ("validation/horses/0001.png", "the picture file")
    assert (prediction.maximum, prediction.outputs) == (1.0, [[0.1]])


@pytest.mark.parametrize("written", ["horses", "horse", "HORSES", " Horse\n"])
def test_a_class_is_named_in_any_case_and_in_the_singular(written: str) -> None:
    assert names({"answer": written}) == ["horses"]


@pytest.mark.parametrize("written", ["seahorses", "hors", "horses humans", "", 0, True, None, ["horses"]])
def test_other_values_name_no_class(written: Scalar | list[Scalar]) -> None:
    assert names({"answer": written}) == []


def test_classes_come_in_the_order_they_were_named() -> None:
    assert names({"a": "humans", "b": "horses"}) == ["humans", "horses"]


def test_the_name_that_is_asked_for_comes_before_all_others() -> None:
    assert names({"a": "humans", "b": "horses"}, asked="a") == ["humans"]
    assert names({"a": "humans", "b": 1}, asked="b") == ["humans"]


def test_what_is_bound_comes_before_what_is_printed() -> None:
    assert names({"a": "humans"}, printed="horses") == ["humans"]
    assert names({"a": 0.1}, printed="It is a horse, not a human.") == ["horses", "humans"]


def test_printed_names_are_whole_words() -> None:
    assert names({}, printed="racehorses horse_power superhuman") == []


def test_only_what_comes_after_the_prediction_is_heard() -> None:
    run = view(
        without=["named"],
        also=[NamesBound(cell=TRAINING, values={"guess": "humans"})],
        printed={TRAINING: "humans", LAST: "horses"},
    )
    assert run.prediction.names_given(list(CLASSES)) == ["horses"]


def test_what_the_rebuilt_model_says_counts_for_the_same_file_only() -> None:
    assert view().prediction.outputs_outside == (0.12,)
    assert view(probe=None).prediction.outputs_outside is None
    assert view(probe=hidden(picture="another.png")).prediction.outputs_outside is None
    assert view(without=["loaded"]).prediction.outputs_outside is None
