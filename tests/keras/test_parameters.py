"""Questions about numbers that are worked out from one another."""

from __future__ import annotations

import pytest
from recorded import STEPS, unmet, view

from fairmark.checks import NoEvidence
from fairmark.evidence import NamesBound, Value
from fairmark.keras import RunView
from fairmark.keras.parameters import follows_from

FROM_YOURS = "This follows from your sides, which lost its marks there."


def bound(**values: Value) -> RunView:
    return view(also=[NamesBound(cell=STEPS, values=values)], sources={"steps": "# worked out elsewhere"})


def features(run: RunView) -> str | None:
    return follows_from(run, "features", 78_400, given="sides", by=lambda sides: sides[-1] ** 2 * 64, unit="features")


@pytest.mark.parametrize("value", [78_400, 78_400.0, "78,400", "78400 features"])
def test_the_right_number_is_right_whatever_it_was_worked_out_from(value: Value) -> None:
    assert features(bound(features=value)) is None
    assert features(bound(features=value, sides=[298, 36])) is None


@pytest.mark.parametrize("sides", [[298, 36], ["298", "36"], 36, "36"])
def test_a_number_that_follows_from_a_wrong_one_is_right_too(sides: Value) -> None:
    assert features(bound(features=82_944, sides=sides)) == FROM_YOURS


def test_a_number_that_follows_from_nothing_is_wrong() -> None:
    refused = unmet(features, bound(features=1225, sides=[298, 35]))
    assert refused.message == "features: 1225 is not what this comes to."
    assert refused.cell == STEPS


@pytest.mark.parametrize(
    "sides", [None, [], [298, "thirty-six"], [float("nan")], [float("inf")], [1e200], True, [[36, 36]]]
)
def test_nothing_follows_from_what_is_no_number(sides: Value) -> None:
    assert unmet(features, bound(features=82_944, sides=sides)).message == "features: 82944 is not what this comes to."


def test_nothing_follows_from_what_was_not_answered() -> None:
    assert unmet(features, bound(features=82_944)).found == "82944"


def test_what_is_no_number_follows_from_nothing() -> None:
    refused = unmet(features, bound(features="many", sides=[36]))
    assert refused.message == "features: found 'many', expected a number of features."


def test_a_number_that_was_not_given_is_not_shown() -> None:
    with pytest.raises(NoEvidence) as caught:
        features(bound(sides=[298, 35]))
    assert caught.value.message == "features: found no value."
