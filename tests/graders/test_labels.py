"""Questions about labels that were read off a network's outputs."""

from __future__ import annotations

import pytest
from built_in import helper
from recorded import STEPS, unmet, view

from fairmark.checks import NoEvidence
from fairmark.evidence import NamesBound, Value
from fairmark.keras import RunView

_labels = helper("_labels")
reads_labels = _labels.reads_labels

RIGHT = [0, 1, 1, 0]


def bound(value: Value) -> RunView:
    return view(also=[NamesBound(cell=STEPS, values={"labels": value})], sources={"steps": "# computed"})


@pytest.mark.parametrize(
    "value",
    [
        [0, 1, 1, 0],
        [0.0, 1.0, 1.0, 0.0],
        [False, True, True, False],
        [[0], [1], [1], [0]],
        [[False], [True], [True], [False]],
    ],
)
def test_any_array_of_the_right_labels_is_right(value: Value) -> None:
    reads_labels(bound(value), "labels", RIGHT)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, "1"),
        ("0, 1, 1, 0", "0, 1, 1, 0"),
        (None, "nothing"),
        ([[0, 1], [1, 0], [1, 0], [0, 1]], "2 entries for a picture"),
        ([[], [], [], []], "0 entries for a picture"),
        ([0.08, 0.51, 0.97, 0.49], "0.08, 0.51, 0.97, 0.49"),
        ([float("nan"), 1, 1, 0], "NaN, 1, 1, 0"),
        (["0", "1", "1", "0"], "0, 1, 1, 0"),
        ([0, 1, 1], "3 labels"),
        ([], "0 labels"),
    ],
)
def test_what_is_not_one_label_for_each_picture_is_told(value: Value, found: str) -> None:
    refused = unmet(reads_labels, bound(value), "labels", RIGHT)
    assert refused.message == f"labels: found {found}, expected one label, 0 or 1, for each of the 4 pictures."
    assert refused.cell == STEPS


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0, 0, 0, 0], "labels: every picture gets the label 0; this rule tells nothing apart."),
        ([True, True, True, True], "labels: every picture gets the label 1; this rule tells nothing apart."),
        ([1, 0, 0, 1], "labels: every picture gets the other class's label; the rule is turned round."),
        ([0, 0, 1, 0], "labels: not right yet for picture 2."),
        ([0, 0, 0, 1], "labels: not right yet for pictures 2, 3, 4."),
    ],
)
def test_a_wrong_rule_is_told_by_what_it_does(value: Value, message: str) -> None:
    assert unmet(reads_labels, bound(value), "labels", RIGHT).message == message


def test_a_long_answer_is_cut() -> None:
    refused = unmet(reads_labels, bound([0.5] * 300), "labels", RIGHT)
    assert refused.found is not None
    assert len(refused.found) == 80


def test_labels_that_were_not_given_are_not_shown() -> None:
    with pytest.raises(NoEvidence) as caught:
        reads_labels(view(), "labels", RIGHT)
    assert caught.value.message == "labels: found no value."
