"""How training computes: as asked, else by what the processor has."""

from __future__ import annotations

from typing import Literal

import pytest

from fairmark.sandbox import choose_numerics


@pytest.mark.parametrize("wish", ["float32", "bfloat16"])
def test_a_wish_is_granted_whatever_the_processor_has(wish: Literal["float32", "bfloat16"]) -> None:
    assert choose_numerics(wish) == wish


def test_left_open_it_is_one_of_the_two() -> None:
    assert choose_numerics() in ("float32", "bfloat16")
