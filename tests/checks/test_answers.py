"""Answers typed into a stub: every way to write the right one counts, and what is said of a wrong one gives nothing
away."""

from __future__ import annotations

import math
import re
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from recorded import unmet, view

from fairmark.checks import NoEvidence
from fairmark.checks.answer_key import is_given_the_answer
from fairmark.checks.answers import are_numbers, is_number, is_word, number_in
from fairmark.evidence import Value
from fairmark.keras.views.run_view import RunView

ANY_TEXT = st.text(max_size=100)
ANY_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
ANY_VALUE = ANY_SCALAR | st.lists(ANY_SCALAR, max_size=4) | st.lists(st.lists(ANY_SCALAR, max_size=3), max_size=3)
COUNTS = st.integers(-(10**12), 10**12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERLIKE = st.text(st.sampled_from("0123456789+-.,_/ %eE²½٣−"), max_size=100)
LETTERS = st.text(string.ascii_letters, min_size=1, max_size=12)

FULL_WIDTH = str.maketrans(string.digits, "０１２３４５６７８９")
CELL = 5
"""The position of the cell of steps, in which ``answer`` is typed."""


def answered(value: object) -> RunView:
    """A notebook that bound ``answer`` to the value."""
    return view(steps={"values": {"answer": value}}, sources={"steps": "answer = given()"})


# --- which number a value names ---------------------------------------------------------------------------------------


@given(COUNTS)
def test_a_whole_number_may_be_typed_with_any_separator_of_thousands(number: int) -> None:
    commas, written = f"{number:,}", [number, float(number), str(number), f"{number:,}", f"{number:_}"]
    written += [commas.replace(",", " "), commas.replace(",", "\N{NARROW NO-BREAK SPACE}")]
    assert {number_in(one, None) for one in written} == {float(number)}


@given(COUNTS)
def test_a_number_may_be_typed_on_any_keyboard(number: int) -> None:
    written = [f" {number}\n", f"{number}.", str(number).translate(FULL_WIDTH), str(number).replace("-", "−")]
    assert {number_in(one, None) for one in written} == {float(number)}


@given(FLOATS)
@example(1e-300)
@example(-0.1)
def test_a_number_is_read_as_python_writes_it(number: float) -> None:
    assert number_in(number, None) == number_in(str(number), None) == number_in(str(number).upper(), None) == number


@pytest.mark.parametrize(
    ("text", "number"), [(".5", 0.5), ("-.5", -0.5), ("+5", 5), ("5.", 5), ("1E3", 1000), ("٣", 3)]
)
def test_a_number_may_be_short(text: str, number: float) -> None:
    assert number_in(text, None) == number


@given(st.integers(-(10**12) + 1, 10**12 - 1), st.integers(1, 10**12 - 1), st.sampled_from(["/", " / ", "/ "]))
def test_a_fraction_is_divided(above: int, below: int, bar: str) -> None:
    assert number_in(f"{above}{bar}{below}", None) == above / below


def test_a_fraction_of_nothing_is_no_number() -> None:
    assert number_in("1/0", None) is None


@given(FLOATS, st.sampled_from(["%", " %", "percent", " Percent", " per cent", " %."]))
def test_a_percentage_is_a_share(number: float, sign: str) -> None:
    assert number_in(f"{number}{sign}", None) == number / 100


@given(COUNTS, st.sampled_from(["", " ", "  "]), st.sampled_from(["parameters", "Parameters", "PARAMETERS."]))
def test_the_unit_may_stand_behind_the_number(number: int, space: str, unit: str) -> None:
    assert number_in(f"{number:,}{space}{unit}", "parameters") == number


@given(COUNTS, LETTERS)
def test_any_other_word_behind_a_number_makes_it_none(number: int, word: str) -> None:
    assume(word.lower() not in ("parameters", "percent"))
    assert number_in(f"{number} {word}", "parameters") is None
    assert number_in(f"{number} parameters", None) is None


def test_the_unit_is_meant_as_it_is_written() -> None:
    assert number_in("5 m.s", "m.s") == 5
    assert number_in("5 mXs", "m.s") is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "",
        " ",
        ".",
        "-",
        "%",
        "e5",
        "nan",
        "inf",
        "Infinity",
        "eight",
        "1,23",
        "12,34,567",
        "1.2.3",
        "1 2",
        "35 * 35",
        "0x10",
        "½",
        "8 or 9",
        "1/3/5",
        [8],
        [],
        [[8]],
    ],
)
def test_what_names_no_number_or_several_is_none(value: Value) -> None:
    assert number_in(value, None) is None


@given(ANY_VALUE | NUMBERLIKE, st.none() | ANY_TEXT)
@example(10**400, None)
@example(-(10**400), None)
@example("9" * 5000, None)
@example("%" * 5000, None)
@example("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 5000, None)
@example("5", "")
def test_any_value_is_read_as_a_number_or_as_none(value: Value, unit: str | None) -> None:
    found = number_in(value, unit)
    assert found is None or isinstance(found, float)


def test_a_number_that_no_float_holds_is_infinite() -> None:
    assert [number_in(value, None) for value in (10**400, -(10**400), "1e999")] == [math.inf, -math.inf, math.inf]


# --- one number -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [78_400, 78_400.0, "78,400", "78 400", "78400 features"])
def test_the_number_is_met_however_it_is_typed(value: object) -> None:
    is_number(answered(value), "answer", 78_400, unit="features")


def test_one_of_several_numbers_may_be_met() -> None:
    is_number(answered(1283), "answer", 1280, accept=[1283])
    assert unmet(is_number, answered(1281), "answer", 1280, accept=[1283]).expected == "another number"


@given(st.floats(-1000, 1000), st.floats(0.01, 10), st.floats(0, 0.999))
def test_a_number_within_the_tolerance_is_met(expected: float, tolerance: float, part: float) -> None:
    is_number(answered(expected + part * tolerance), "answer", expected, tolerance=tolerance)
    is_number(answered(expected - part * tolerance), "answer", expected, tolerance=tolerance)


@given(st.floats(-1000, 1000), st.floats(0.01, 10), st.floats(1.001, 100), st.sampled_from([1, -1]))
def test_a_number_beyond_the_tolerance_is_not(expected: float, tolerance: float, times: float, side: int) -> None:
    assume(abs(times * tolerance) > 1e-5 * max(abs(expected), 1))
    found = expected + side * times * tolerance
    assert unmet(is_number, answered(found), "answer", expected, tolerance=tolerance).expected == "another number"


def test_without_a_tolerance_seven_digits_must_agree() -> None:
    is_number(answered(0.0010000000474974513), "answer", 0.001)
    assert unmet(is_number, answered(0.001001), "answer", 0.001).found == "0.001001"


def test_a_wrong_number_is_quoted_with_its_cell() -> None:
    raised = unmet(is_number, answered("78,401"), "answer", 78_400)
    assert raised.message == "answer: '78,401' is not what this comes to."
    assert (raised.subject, raised.found, raised.expected, raised.cell) == (
        "answer",
        "'78,401'",
        "another number",
        CELL,
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "nothing"),
        (True, "True"),
        (math.nan, "'NaN'"),
        ([8], "8"),
        ([], "nothing"),
        ("eight", "'eight'"),
        ("x" * 200, "'" + "x" * 78 + "…"),
    ],
)
def test_what_is_no_number_is_told_that_one_is_asked_for(value: object, found: str) -> None:
    assert unmet(is_number, answered(value), "answer", 8).message == f"answer: found {found}, expected a number."


def test_a_number_of_another_unit_is_told_which_unit_is_asked_for() -> None:
    raised = unmet(is_number, answered("8 pictures"), "answer", 8, unit="steps")
    assert raised.message == "answer: found '8 pictures', expected a number of steps."


@pytest.mark.parametrize("value", [10**400, -(10**400), "1e999"])
def test_a_number_that_no_float_holds_is_a_wrong_number(value: object) -> None:
    assert unmet(is_number, answered(value), "answer", 8).expected == "another number"


@given(ANY_VALUE, st.integers(10**6, 10**9), st.integers(10**6, 10**9))
def test_what_is_said_of_a_wrong_number_does_not_depend_on_the_right_one(value: Value, one: int, other: int) -> None:
    assume(number_in(value, None) not in (one, other))
    said = [unmet(is_number, answered(value), "answer", right, tolerance=0.25).message for right in (one, other)]
    assert said[0] == said[1]


# --- a list of numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [[298, 149], ["298", 149.0], [298.4, "148.6"]])
def test_a_list_is_met_entry_by_entry(value: object) -> None:
    are_numbers(answered(value), "answer", [298, 149], tolerance=0.5)


def test_one_number_may_be_typed_without_a_list() -> None:
    are_numbers(answered(298), "answer", [298])


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8), st.data())
def test_the_entries_that_are_wrong_are_named_and_no_others(right: list[int], data: st.DataObject) -> None:
    wrong = data.draw(st.sets(st.integers(1, len(right)), min_size=1))
    typed = [number + (place in wrong) for place, number in enumerate(right, start=1)]
    said = unmet(are_numbers, answered(typed), "answer", right).message
    places = re.fullmatch(rf"answer: not right yet: entr(?:y|ies) ([\d, ]+) of {len(right)}\.", said)
    assert places is not None
    assert [int(place) for place in places[1].split(", ")] == sorted(wrong)


def test_one_wrong_entry_is_named_as_one_and_two_as_two() -> None:
    raised = unmet(are_numbers, answered([1, 9, 3]), "answer", [1, 2, 3])
    assert raised.message == "answer: not right yet: entry 2 of 3."
    assert (raised.found, raised.expected, raised.cell) == ("1, 9, 3", "other numbers", CELL)
    assert unmet(are_numbers, answered([3, 2, 1]), "answer", [1, 2, 3]).message == (
        "answer: not right yet: entries 1, 3 of 3."
    )


@pytest.mark.parametrize("entry", [None, True, "two", "1/0", math.nan, 10**400])
def test_an_entry_that_is_no_number_is_a_wrong_one(entry: object) -> None:
    assert unmet(are_numbers, answered([1, entry, 3]), "answer", [1, 2, 3]).message == (
        "answer: not right yet: entry 2 of 3."
    )


def test_rows_are_no_numbers() -> None:
    assert unmet(are_numbers, answered([[1], [2]]), "answer", [1, 2]).message == (
        "answer: not right yet: entries 1, 2 of 2."
    )


@pytest.mark.parametrize(("value", "found"), [([1, 2], "2 entries"), ([], "0 entries"), ([1, 2, 3, 4], "4 entries")])
def test_a_list_of_another_length_is_told_both_lengths(value: object, found: str) -> None:
    raised = unmet(are_numbers, answered(value), "answer", [1, 2, 3])
    assert raised.message == f"answer: found {found}, expected 3 of them."
    assert raised.cell == CELL


@given(ANY_VALUE)
def test_any_value_is_met_by_a_list_or_is_told_what_is_wrong(value: Value) -> None:
    raised = unmet(are_numbers, answered(value), "answer", [10**7, 2 * 10**7])
    assert raised.message.startswith("answer: ")


# --- a word -----------------------------------------------------------------------------------------------------------


@given(LETTERS, st.data())
def test_case_spaces_hyphens_and_a_full_stop_do_not_count(word: str, data: st.DataObject) -> None:
    between = st.sampled_from(["", "", "", " ", "-", "_", "\N{NO-BREAK SPACE}"])
    typed = "".join(data.draw(between) + data.draw(st.sampled_from([sign.lower(), sign.upper()])) for sign in word)
    is_word(answered(f" {typed}. "), "answer", word)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("Überangepasst", "uberangepasst"),
        ("naive", "naïve"),
        ("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "été"),
        ("STRASSE", "straße"),
        ("ｏｖｅｒｆｉｔ", "overfit"),
    ],
)
def test_accents_and_forms_of_letters_do_not_count(typed: str, accepted: str) -> None:
    is_word(answered(typed), "answer", accepted)


def test_one_of_several_words_may_be_met() -> None:
    is_word(answered("overfit"), "answer", "overfitting", "overfit")


@given(LETTERS, LETTERS)
def test_another_word_is_not_met(typed: str, accepted: str) -> None:
    assume(typed.lower() != accepted.lower())
    assert unmet(is_word, answered(typed), "answer", accepted).message == f"answer: '{typed}' is not right."


@pytest.mark.parametrize("typed", ["not overfitting", "overfitting or underfitting", "over", "overfitting2"])
def test_a_word_among_others_is_not_met(typed: str) -> None:
    assert unmet(is_word, answered(typed), "answer", "overfitting").found == f"'{typed}'"


def test_what_kind_of_word_is_asked_for_may_be_said() -> None:
    raised = unmet(is_word, answered("tests"), "answer", "validation", expected="training or validation")
    assert raised.message == "answer: 'tests' is not right. Expected: training or validation."
    assert (raised.subject, raised.found, raised.expected, raised.cell) == (
        "answer",
        "'tests'",
        "training or validation",
        CELL,
    )


@pytest.mark.parametrize("value", [None, True, 5, 5.0, math.nan, [], ["validation"], [["validation"]]])
def test_what_is_no_text_is_no_word(value: object) -> None:
    assert unmet(is_word, answered(value), "answer", "validation", "5").message.endswith(" is not right.")


@given(ANY_VALUE)
def test_what_is_said_of_a_wrong_word_does_not_depend_on_the_right_one(value: Value) -> None:
    said = [unmet(is_word, answered(value), "answer", right).message for right in ("overfit" * 9, "learning" * 9)]
    assert said[0] == said[1]


def test_a_long_answer_is_quoted_in_part() -> None:
    assert unmet(is_word, answered("a" * 10_000), "answer", "b").found == "'" + "a" * 78 + "…"


# --- all of them ------------------------------------------------------------------------------------------------------

QUESTIONS = [(is_number, 8), (are_numbers, [8]), (is_word, "eight")]


@pytest.mark.parametrize(("question", "right"), QUESTIONS)
def test_a_name_that_is_not_bound_is_not_shown(question: object, right: object) -> None:
    raised = unmet(question, answered(8), "another_name", right)  # type: ignore[arg-type]
    assert isinstance(raised, NoEvidence)
    assert (raised.subject, raised.found) == ("another_name", "no value")


@pytest.mark.parametrize(("question", "right"), QUESTIONS)
def test_the_question_is_known_as_one_whose_grader_holds_the_answer(question: object, right: object) -> None:
    assert is_given_the_answer(question)
