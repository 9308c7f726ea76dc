"""Points are added up exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.points import exact, total


@pytest.mark.parametrize("parts", [1, 2, 3, 6, 7, 9, 11, 12, 13, 49])
def test_as_many_parts_as_there_are_come_to_the_whole(parts: int) -> None:
    assert total([1 / parts] * parts) == 1
    assert total([2.5 / parts] * parts) == 2.5


def test_hundredths_are_what_they_say() -> None:
    assert total([0.1, 0.2]) == 0.3
    assert total([0.33, 0.33, 0.33]) == 0.99


@pytest.mark.parametrize("points", [0.12345, 123.456789, 0.00001, 1e-9])
def test_other_decimals_are_themselves(points: float) -> None:
    assert total([points]) == points


def test_nothing_comes_to_nothing() -> None:
    assert total([]) == 0


@given(st.lists(st.fractions(min_value=0, max_value=100, max_denominator=60), max_size=20))
def test_a_sum_of_fractions_is_the_fraction_of_the_sum(points: list[Fraction]) -> None:
    assert total(map(float, points)) == float(sum(points))


@given(st.fractions(min_value=0, max_value=100, max_denominator=60))
def test_a_float_is_taken_for_the_fraction_it_was_made_of(points: Fraction) -> None:
    assert exact(float(points)) == points
