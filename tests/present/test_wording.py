"""Numbers and quantities in words."""

from __future__ import annotations

from typing import get_args

import pytest

from fairmark.evidence import RunOutcome
from fairmark.present.curve import Curve
from fairmark.present.wording import (
    LOOKS,
    RUN_WORDS,
    bytes_in_words,
    lead,
    number,
    percent,
    run_facts,
    seconds_in_words,
    steps_in_words,
)
from fairmark.report import CheckResult, Outcome, RunSummary


@pytest.mark.parametrize(
    ("value", "digits"), [(2.0, "2"), (2.5, "2.5"), (1 / 3, "0.33"), (100.0, "100"), (-0.001, "0"), (float("nan"), "?")]
)
def test_numbers_have_no_zeros_for_show(value: float, digits: str) -> None:
    assert number(value) == digits


def test_percent_has_one_decimal() -> None:
    assert (percent(62.46), percent(100.0), percent(float("inf"))) == ("62.5", "100.0", "?")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (192.4, "3 min 12 s"),
        (7500.0, "2 h 05 min"),
        (-1.0, "? s"),
        (float("nan"), "? s"),
    ],
)
def test_seconds_are_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_memory_is_said_in_decimal_units() -> None:
    assert (bytes_in_words(412_300_000), bytes_in_words(1_900_000_000)) == ("412 MB", "1.9 GB")
    assert bytes_in_words(999_600_000) == "1.0 GB"


def test_steps_tell_even_epochs_from_uneven_ones() -> None:
    assert steps_in_words(Curve((0.5,), (None,), (1,))) == "1 epoch of 1 step"
    assert steps_in_words(Curve((0.5, 0.6), (None, None), (8, 1))) == "2 epochs of 1 to 8 steps"


def test_facts_that_are_not_known_are_left_out() -> None:
    assert run_facts(RunSummary(outcome="not_run")) == ["Was not run"]


def test_every_outcome_has_a_symbol_of_its_own() -> None:
    assert set(LOOKS) == set(get_args(Outcome))
    assert set(RUN_WORDS) == set(get_args(RunOutcome))
    assert len({look.symbol for look in LOOKS.values()}) == len({look.ascii_symbol for look in LOOKS.values()}) == 7


def test_a_message_that_only_repeats_found_and_expected_keeps_its_subject() -> None:
    check = CheckResult(
        id="loss",
        title="The loss fits",
        outcome="failed",
        score=0,
        max_score=1,
        message="The loss: found mse, expected a cross-entropy.",
        found="mse",
        expected="a cross-entropy",
    )
    assert lead(check) == "The loss."
    assert lead(check.model_copy(update={"message": "It was not seen."})) == "It was not seen."
