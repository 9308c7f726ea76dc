"""What the default suite leaves to ``pytest -m thorough``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["one_in"]


def one_in(many: int, cases: Iterable[Any]) -> list[Any]:
    """For ``parametrize``: the first of every ``many`` cases is for the default suite, all others are thorough. A tuple
    is several arguments."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=() if number % many == 0 else pytest.mark.thorough
        )
        for number, case in enumerate(cases)
    ]
