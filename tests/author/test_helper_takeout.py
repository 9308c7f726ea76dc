"""What students get of helpers: what the scripts they get use, and nothing that only held-back checks need."""

from __future__ import annotations

import pytest

from fairmark.author.helper_takeout import helpers_for

HELPER = '''\
"""Questions about rates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isclose, pi
from typing import TYPE_CHECKING

import _tables

if TYPE_CHECKING:
    from fairmark.keras import RunView

# which one was best
SECRET_RATE = 0.0173
"""Measured last year."""
RATES = {}
RATES["low"] = pi
"""Greek."""
SECRETS = {}
SECRETS["rate"] = SECRET_RATE
SECRETS.update(again=0.0173)
if SECRETS:
    SECRETS["third"] = 0.0173
assert SECRET_RATE > 0.01


@dataclass
class Rate:
    """One of them."""

    value: float


@dataclass
class Secret:
    value: float = 0.0173


def is_low(run: RunView) -> bool:
    return Rate(RATES["low"]).value < 1


@cache
def is_best(rate: float) -> bool:
    return isclose(rate, SECRET_RATE) or _tables.best(rate)
'''

LEFT = '''\
"""Questions about rates."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairmark.keras import RunView

RATES = {}
RATES["low"] = pi
"""Greek."""


@dataclass
class Rate:
    """One of them."""

    value: float


def is_low(run: RunView) -> bool:
    return Rate(RATES["low"]).value < 1
'''


@pytest.mark.parametrize(
    "script",
    [
        "from _rates import is_low",
        "from _rates import is_low as low",
        "import _rates\n_rates.is_low",
        "import _rates as rates\nrates.is_low",
        "from _rates import *\nis_low",
        "def late():\n    from _rates import is_low",
    ],
)
def test_what_nothing_uses_goes_with_all_that_only_it_used(script: str) -> None:
    tables = {"_tables": "BEST = 0.0173\n\ndef best(rate):\n    return rate == BEST\n"}
    assert helpers_for([script], {"_rates": HELPER, **tables}) == {"_rates": LEFT}


def test_what_is_used_through_another_helper_stays() -> None:
    helpers = {"_a": "from _b import two\n\ndef one():\n    return two() - 1\n", "_b": "def two():\n    return 2\n"}
    assert helpers_for(["from _a import one"], helpers) == helpers


def test_helpers_that_only_use_each_other_go() -> None:
    helpers = {
        "_a": "import _b\n\ndef one():\n    return _b.two()\n\ndef shown():\n    pass\n",
        "_b": "import _a\n\ndef two():\n    return _a.one()\n",
    }
    assert helpers_for(["from _a import shown"], helpers) == {"_a": "def shown():\n    pass\n"}
    assert helpers_for(["import math"], helpers) == {}


def test_a_helper_that_is_passed_on_as_a_whole_stays_whole() -> None:
    assert helpers_for(["import _rates\nprint(_rates)"], {"_rates": HELPER}) == {"_rates": HELPER}


def test_statements_of_one_line_stay_or_go_together() -> None:
    helper = "A = 1; B = 2\nC = 3; D = 4\n"
    assert helpers_for(["from _h import B"], {"_h": helper}) == {"_h": "A = 1; B = 2\n"}
