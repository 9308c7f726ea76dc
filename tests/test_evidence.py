"""Evidence: what may cross the wall of the sandbox, and that nothing changes on the way."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

import pytest
import recorded
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairmark import evidence
from fairmark.evidence import (
    EVENT,
    BatchSeen,
    CellStarted,
    EpochEnded,
    Event,
    Evidence,
    Prediction,
    RecorderFailed,
    StepsWatched,
)

EVENTS: tuple[Any, ...] = get_args(get_args(Event)[0])

FURTHER = [
    StepsWatched(fit="fit-1", epoch=1, step=3),
    RecorderFailed(cell=3, where="fit", message="KeyError: 'loss'"),
    Prediction(start=0, outputs=[[0.5], [0.25]]),
]


def test_the_schema_is_named_in_every_evidence() -> None:
    written = json.loads(recorded.right_answer().model_dump_json())
    assert written["schema"] == evidence.SCHEMA == "fairmark.evidence/1"


def test_evidence_is_the_same_after_its_way_through_a_file() -> None:
    before = recorded.right_answer(printed={7: "horses"})
    assert Evidence.model_validate_json(before.model_dump_json()) == before


@pytest.mark.parametrize("event", [*recorded.events().values(), *FURTHER], ids=lambda event: event.kind)
def test_an_event_is_the_same_after_its_way_over_the_channel(event: Event) -> None:
    assert EVENT.validate_json(event.model_dump_json()) == event


def test_every_kind_of_event_has_a_name_of_its_own() -> None:
    names = [event.model_fields["kind"].default for event in EVENTS]
    assert len(set(names)) == len(names)


def test_an_event_is_one_line() -> None:
    event = RecorderFailed(cell=1, where="names", message="first\nsecond\r\n\u2028third")
    assert "\n" not in event.model_dump_json()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_stay_standard_json(value: float) -> None:
    event = EpochEnded(fit="fit-1", epoch=1, steps=1, validation_steps=0, seconds=1.0, logs={"loss": value})
    line = event.model_dump_json()
    assert json.loads(line, parse_constant=pytest.fail)["logs"]["loss"] in ("NaN", "Infinity", "-Infinity")
    again = EVENT.validate_json(line)
    assert isinstance(again, EpochEnded)
    assert str(again.logs["loss"]) == str(value)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"kind": "shell"}',
        b'{"kind": "cell_started"}',
        b'{"kind": "cell_started", "cell": "one"}',
        b'{"kind": "cell_started", "cell": 1, "points": 20}',
        b'{"kind": "cell_started", "cell": 1} {"kind": "run_finished"}',
        b'{"kind": "model_exported", "model": "m", "moment": "later", "folder": "f", "digest": "d"}',
        b"\xff\xfe",
    ],
)
def test_what_is_not_in_the_schema_does_not_cross(line: bytes) -> None:
    with pytest.raises(ValidationError):
        EVENT.validate_json(line)


def test_evidence_cannot_be_changed_once_it_is_there() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CellStarted(cell=1).cell = 2  # type: ignore[misc]


def test_evidence_of_another_schema_is_refused() -> None:
    written = json.loads(recorded.untouched().model_dump_json()) | {"schema": "fairmark.evidence/2"}
    with pytest.raises(ValidationError):
        Evidence.model_validate(written)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_validation_error(line: bytes) -> None:
    try:
        event = EVENT.validate_json(line)
    except ValidationError:
        return
    assert isinstance(event, EVENTS)


@given(st.lists(st.floats(), min_size=2, max_size=2))
def test_any_number_crosses_unchanged(extremes: list[float]) -> None:
    event = BatchSeen(
        pictures="p", shape=[1], dtype="float32", minimum=extremes[0], maximum=extremes[1], labels_shape=[]
    )
    again = EVENT.validate_json(event.model_dump_json())
    assert isinstance(again, BatchSeen)
    assert [repr(again.minimum), repr(again.maximum)] == [repr(value) for value in extremes]


def test_the_public_names_are_pinned() -> None:
    names = {name for name, thing in vars(evidence).items() if getattr(thing, "__module__", "") == "fairmark.evidence"}
    names -= {"Schema"}  # the base, of use to this module only
    assert names <= set(evidence.__all__)
