"""Questions about numbers read off a history."""

from __future__ import annotations

import math
from typing import Any

import pytest
from recorded import PREDICTION, unmet, view

from fairmark.checks import NoEvidence
from fairmark.keras import RunView
from fairmark.keras.history import is_best_epoch, is_gap, lists, reads

MEASURED = {
    "accuracy": [0.61, 0.88, 0.99],
    "loss": [0.7, 0.31, 0.02],
    "val_accuracy": [0.55, 0.9140625, 0.875],
    "val_loss": [0.69, 0.25, 0.4],
}


def answered(value: Any, **others: Any) -> RunView:  # noqa: ANN401 - whatever a student binds
    return view(named={"values": {"answer": value, **others}})


# --- one number -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.875, 0.88, 0.87, "0.875", "87.5 %"])
def test_the_last_epochs_number_is_read_rounded_or_in_percent(value: object) -> None:
    reads(answered(value), MEASURED, "answer", "val_accuracy")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0.99, "0.99, the training accuracy of the last epoch"),
        (0.4, "0.4, the validation loss of the last epoch"),
        (0.9140625, "0.914062, the validation accuracy of epoch 2"),
        (0.61, "0.61, the training accuracy of epoch 1"),
        (0.5, "0.5"),
    ],
)
def test_a_number_read_elsewhere_is_told_from_where(value: float, found: str) -> None:
    refused = unmet(reads, answered(value), MEASURED, "answer", "val_accuracy")
    assert refused.message == (
        f"answer: found {found}, expected the validation accuracy of the last epoch, taken from the history."
    )
    assert refused.cell == PREDICTION


@pytest.mark.parametrize(("value", "spelled"), [(87.5, "87.5"), (-3, "-3"), (1.01, "1.01")])
def test_no_accuracy_lies_outside_0_and_1(value: float, spelled: str) -> None:
    assert unmet(reads, answered(value), MEASURED, "answer", "accuracy").message == (
        f"answer: found {spelled}, which cannot be an accuracy, expected a share of the pictures, from 0 to 1."
    )


def test_a_loss_may_be_above_1() -> None:
    reads(answered(1.5), {"loss": [1.5]}, "answer", "loss")


@pytest.mark.parametrize(("value", "spelled"), [(None, "nothing"), ("high", "high"), (True, "True")])
def test_what_is_no_number_is_refused(value: object, spelled: str) -> None:
    assert unmet(reads, answered(value), MEASURED, "answer", "loss").message == (
        f"answer: found {spelled}, expected a number."
    )


def test_another_epoch_may_be_asked_for() -> None:
    reads(answered(0.61), MEASURED, "answer", "accuracy", epoch=0)
    assert (
        "expected the training accuracy of epoch 2"
        in unmet(reads, answered(0.61), MEASURED, "answer", "accuracy", epoch=1).message
    )


def test_accuracy_is_found_under_any_of_keras_words() -> None:
    reads(answered(0.9), {"val_acc": [0.9]}, "answer", "val_accuracy")


@pytest.mark.parametrize(
    ("history", "found"),
    [({}, "no epoch that ended"), ({"loss": [0.5]}, "nothing but the training loss")],
)
def test_what_was_not_measured_is_not_shown(history: dict[str, list[float]], found: str) -> None:
    with pytest.raises(NoEvidence, match=f"^The history: found {found}, expected the validation accuracy.$"):
        reads(answered(0.5), history, "answer", "val_accuracy")


def test_an_answer_that_was_never_given_is_not_shown() -> None:
    with pytest.raises(NoEvidence, match=r"^answer: found no value\.$"):
        reads(view(), MEASURED, "answer", "loss")


# --- a whole curve ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [[0.61, 0.88, 0.99], [0.6123, 0.88, 0.99], ["61%", 0.88, 0.99]])
def test_a_curve_is_listed(value: list[object]) -> None:
    lists(answered(value), MEASURED, "answer", "accuracy")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([0.7, 0.31, 0.02], "the training loss of each epoch"),
        ([0.55, 0.9140625, 0.875], "the validation accuracy of each epoch"),
        ([0.61, 0.88], "2 numbers for 3 epochs"),
        ([], "0 numbers for 3 epochs"),
        ([0.1, 0.2, 0.3], "0.1, 0.2, 0.3"),
        ([[0.61], [0.88], [0.99]], "0.61, 0.88, 0.99"),
        (0.99, "0.99, which is no list"),
        (None, "nothing, which is no list"),
    ],
)
def test_another_curve_is_told_from_the_one_asked_for(value: object, found: str) -> None:
    assert unmet(lists, answered(value), MEASURED, "answer", "accuracy").message == (
        f"answer: found {found}, expected the training accuracy of each epoch."
    )


# --- the best epoch ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "number"), [("val_loss", 2), ("loss", 3.0), ("val_accuracy", "2"), ("accuracy", 3)])
def test_the_best_epoch_is_that_of_the_lowest_loss_or_the_highest_accuracy(key: str, number: object) -> None:
    is_best_epoch(answered(number), MEASURED, "answer", key)


@pytest.mark.parametrize("number", [1, 3])
def test_any_of_several_equals_is_the_best(number: int) -> None:
    is_best_epoch(answered(number), {"loss": [0.1, 0.2, 0.1]}, "answer", "loss")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, "1, counted from 0"),
        (3, "3, where the training loss is lowest"),
        (4, "4, which is none of the 3 epochs"),
        (0.25, "0.25, which is none of the 3 epochs"),
        (math.nan, "NaN"),
        ("second", "second"),
    ],
)
def test_another_epoch_is_told_why_it_may_have_been_taken(value: object, found: str) -> None:
    assert unmet(is_best_epoch, answered(value), MEASURED, "answer", "val_loss").message == (
        f"answer: found {found}, expected the epoch, counted from 1, in which the validation loss is lowest."
    )


# --- the gap ----------------------------------------------------------------------------------------------------------


def gap(run: RunView) -> str | None:
    return is_gap(run, MEASURED, "answer", "accuracy", "val_accuracy", given=("one", "other"))


@pytest.mark.parametrize("value", [0.115, -0.115, 0.12, "11.5%"])
def test_the_gap_is_the_difference_of_the_last_epoch_either_way(value: object) -> None:
    assert gap(answered(value)) is None


def test_a_gap_that_follows_from_wrong_answers_is_right() -> None:
    assert gap(answered(0.0, one=0.99, other=0.99)) == (
        "This follows from your two accuracies, of which one lost its marks there."
    )


@pytest.mark.parametrize(
    ("value", "found"), [(0.3, "0.3"), (0.875, "0.875, the validation accuracy of the last epoch")]
)
def test_another_gap_is_refused(value: float, found: str) -> None:
    assert unmet(gap, answered(value, one=0.99, other="?")).message == (
        f"answer: found {found}, expected the training accuracy less the validation accuracy, both of the last epoch."
    )
