"""Questions with a few possible answers."""

from __future__ import annotations

import math

import pytest
from recorded import unmet, view

from fairmark.checks import NoEvidence
from fairmark.checks.choices import are_words, is_choice
from fairmark.keras.views.run_view import RunView

BECAUSE = {"training": "Learning by heart does well there.", 0.5: "That is a share of all."}
PAIRS = {("Ama", "Dan"): "These two differ in everything."}


def answered(value: object) -> RunView:
    return view(steps={"values": {"word": value}}, sources={"steps": "word = given()"})


@pytest.mark.parametrize("value", ["validation", "Validation", " VALIDATION. "])
def test_the_right_word_is_taken_in_any_case(value: str) -> None:
    is_choice(answered(value), "word", "validation", expected="training or validation")


@pytest.mark.parametrize("value", [0.4167, "0.417", "41.7 %", "5/12"])
def test_a_number_is_taken_within_the_tolerance_and_in_any_form(value: object) -> None:
    is_choice(answered(value), "word", 5 / 12, expected="a share", tolerance=0.004)


def test_a_wrong_answer_with_a_known_cause_is_told_the_cause() -> None:
    raised = unmet(is_choice, answered("training"), "word", "validation", expected="a word", because=BECAUSE)
    assert raised.message == "word: 'training' is not right. Learning by heart does well there."
    assert (raised.found, raised.expected, raised.cell) == ("'training'", "a word", 5)


def test_a_wrong_number_with_a_known_cause_is_told_the_cause() -> None:
    raised = unmet(is_choice, answered(0.5), "word", 0.25, expected="a share", because=BECAUSE)
    assert raised.message == "word: 0.5 is not right. That is a share of all."


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("tests", "'tests'"),
        (None, "nothing"),
        (math.nan, "'NaN'"),
        ([], "nothing"),
        (True, "True"),
        ("x" * 200, "'" + "x" * 78 + "…"),
    ],
)
def test_any_other_answer_is_told_what_kind_is_asked_for(value: object, found: str) -> None:
    raised = unmet(is_choice, answered(value), "word", "validation", expected="training or validation", because=BECAUSE)
    assert raised.message == f"word: {found} is not right. Expected: training or validation."


def test_no_answer_is_not_shown() -> None:
    with pytest.raises(NoEvidence):
        is_choice(answered("x"), "other", "validation", expected="a word")


@pytest.mark.parametrize("value", [["Ama", "Ben"], ["ben", "AMA"], "Ama, Ben", "Ben and Ama", "Ama & Ben"])
def test_words_are_taken_in_any_order_as_a_list_or_a_text(value: object) -> None:
    are_words(answered(value), "word", "Ama", "Ben", expected="two names")


def test_words_may_have_to_be_in_order() -> None:
    are_words(answered("ama -> ben"), "word", "Ama", "Ben", expected="two names", in_order=True)
    raised = unmet(are_words, answered(["Ben", "Ama"]), "word", "Ama", "Ben", expected="two names", in_order=True)
    assert raised.message == "word: Ben, Ama is not right. Expected: two names."


def test_wrong_words_with_a_known_cause_are_told_the_cause() -> None:
    raised = unmet(are_words, answered(["Dan", "Ama"]), "word", "Ama", "Ben", expected="two names", because=PAIRS)
    assert raised.message == "word: Dan, Ama is not right. These two differ in everything."


@pytest.mark.parametrize(
    ("value", "found"),
    [([], "nothing"), (["Ama"], "Ama"), (["Ama", 2], "Ama, 2"), ([["Ama"], ["Ben"]], "Ama, Ben"), (7, "7"), ("", "''")],
)
def test_what_is_not_these_words_is_told_what_is_asked_for(value: object, found: str) -> None:
    raised = unmet(are_words, answered(value), "word", "Ama", "Ben", expected="two names", because=PAIRS)
    assert raised.message == f"word: {found} is not right. Expected: two names."
