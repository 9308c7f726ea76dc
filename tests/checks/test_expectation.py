"""The words a check is written in, and the sentences people read where it is not met."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark import expect, part
from fairmark.checks import CheckFailed, ConflictingEvidence, NoEvidence, Observed
from fairmark.checks.expectation import collecting_parts, spell


def loss(value: object) -> Observed[object]:
    return Observed(value, "the loss", 12)


# --- expect -----------------------------------------------------------------------------------------------------------


def test_what_is_met_says_nothing() -> None:
    expect(loss("binary_crossentropy")).to_be("binary_crossentropy")
    expect(loss("acc")).to_be_one_of("accuracy", "acc")


def test_what_is_not_met_carries_subject_found_expected_and_cell() -> None:
    with pytest.raises(CheckFailed) as caught:
        expect(loss("mse")).to_be("binary_crossentropy")
    unmet = caught.value
    assert (unmet.subject, unmet.found, unmet.expected, unmet.cell) == ("the loss", "mse", "binary_crossentropy", 12)
    assert unmet.message == str(unmet) == "The loss: found mse, expected binary_crossentropy."


def test_one_of_several_is_expected_as_a_list_or_in_words() -> None:
    with pytest.raises(CheckFailed, match=r"^The loss: found mse, expected binary_crossentropy or hinge\.$"):
        expect(loss("mse")).to_be_one_of("binary_crossentropy", "hinge")
    with pytest.raises(CheckFailed, match=r"^The loss: found mse, expected one for two classes\.$"):
        expect(loss("mse")).to_be_one_of("binary_crossentropy", expected="one for two classes")


@pytest.mark.parametrize(
    ("found", "expected"), [(0.0010000000474974513, 0.001), (0.003921568859368563, 1 / 255), (8, 8), (8.0, 8)]
)
def test_numbers_are_equal_as_float32_keeps_them(found: float, expected: float) -> None:
    expect(loss(found)).to_be(expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (0.00101, 0.001),
        (1 / 225, 1 / 255),
        (math.nan, 0.001),
        (math.nan, math.nan),
        (math.inf, 1),
        (None, 0),
        ("8", 8),
        (10**400, 8),
    ],
)
def test_other_numbers_are_not(found: object, expected: float) -> None:
    with pytest.raises(CheckFailed):
        expect(loss(found)).to_be(expected)


def test_a_message_may_replace_the_sentence() -> None:
    assert CheckFailed("the loss", found="mse", message="Not for classes.").message == "Not for classes."


def test_where_nothing_in_particular_is_expected_the_sentence_is_shorter() -> None:
    assert CheckFailed("the loss", found="none").message == "The loss: found none."


def test_a_variable_keeps_its_spelling_at_the_start_of_a_sentence() -> None:
    assert CheckFailed("steps_per_epoch", found="9").message == "steps_per_epoch: found 9."


def test_what_was_not_shown_is_unmet_too() -> None:
    assert isinstance(NoEvidence("the model", found="none"), CheckFailed)


def test_a_doubt_is_no_wrong_answer() -> None:
    assert not issubclass(ConflictingEvidence, CheckFailed)
    assert (ConflictingEvidence("two stories", cell=3).message, ConflictingEvidence("two stories", cell=3).cell) == (
        "two stories",
        3,
    )


# --- part -------------------------------------------------------------------------------------------------------------


def test_a_part_that_fails_does_not_end_the_others() -> None:
    with collecting_parts() as parts:
        with part():
            expect(loss(1)).to_be(2)
        with part():
            expect(loss(1)).to_be(1)
    assert [unmet and unmet.found for unmet in parts] == ["1", None]


def test_outside_the_judge_a_part_raises() -> None:
    with pytest.raises(CheckFailed), part():
        expect(loss(1)).to_be(2)


def test_what_is_no_answer_ends_the_check() -> None:
    for problem in (ConflictingEvidence("two stories"), KeyError("a slip of the author's")):
        with collecting_parts() as parts:
            with pytest.raises(type(problem)), part():
                raise problem
            assert parts == []


def test_the_parts_of_one_check_are_not_those_of_the_next() -> None:
    with collecting_parts() as first, part():
        pass
    with collecting_parts() as second:
        pass
    assert (first, second) == ([None], [])


# --- spell ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "nothing"),
        (True, "True"),
        (1024, "1024"),
        ("binary", "binary"),
        (1 / 255, "1/255"),
        (0.003921568859368563, "1/255"),
        (-1 / 255, "-1/255"),
        (1 / 225, "1/225"),
        (1 / 127.5, "0.00784314"),
        (1 / 300, "1/300"),
        (0.001, "0.001"),
        (0.0010000000474974513, "0.001"),
        (0.008, "0.008"),
        (3e-5, "3e-05"),
        (0.02, "0.02"),
        (1.0, "1"),
        (8.5, "8.5"),
        (0.0, "0"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (5e-324, "4.94066e-324"),
        ((300, 300), "300 x 300"),
        ([3, 3], "3 x 3"),
        ((1, 300, 300, 3), "1, 300, 300, 3"),
        (["accuracy", None], "accuracy, nothing"),
        ((), "nothing"),
        ((0.5, 0.25), "0.5, 0.25"),
    ],
)
def test_values_are_spelled_as_a_student_would_write_them(value: object, spelled: str) -> None:
    assert spell(value) == spelled


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.tuples(inner, inner)))
def test_any_value_can_be_spelled(value: object) -> None:
    assert isinstance(spell(value), str)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_spelled_to_six_digits(value: float) -> None:
    sign, _, fraction = spell(value).rpartition("1/")
    read = (-1 if sign else 1) / int(fraction) if "/" in spell(value) else float(spell(value))
    assert math.isclose(read, value, rel_tol=1e-5, abs_tol=1e-320)


@given(st.integers(min_value=100, max_value=4096).filter(lambda whole: len(f"{1 / whole:.6g}".lstrip("0.")) > 3))
def test_a_factor_of_pixels_is_spelled_as_the_fraction_it_is(whole: int) -> None:
    assert spell(1 / whole) == f"1/{whole}"
