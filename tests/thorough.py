"""What the default suite leaves to ``pytest -m thorough``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

__all__ = ["by_default", "one_in"]


def one_in(many: int, cases: Iterable[Any]) -> list[Any]:
    """For ``parametrize``: the first of every ``many`` cases is for the default suite, all others are thorough. A tuple
    is several arguments."""
    return [_case(case, is_thorough=number % many != 0) for number, case in enumerate(cases)]


def by_default(is_wanted: Callable[[Any], bool], cases: Iterable[Any]) -> list[Any]:
    """The same, where the default suite has the cases that are wanted."""
    return [_case(case, is_thorough=not is_wanted(case)) for case in cases]


def _case(case: object, *, is_thorough: bool) -> object:
    arguments = case if isinstance(case, tuple) else (case,)
    return pytest.param(*arguments, marks=pytest.mark.thorough if is_thorough else ())
