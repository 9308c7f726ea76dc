"""The fake sandbox that grader authors test with: a run made from a list of events."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from fairmark.evidence import (
    CellError,
    EpochEnded,
    ModelExported,
    NamesBound,
    RecorderFailed,
    Run,
    RunOutcome,
)
from fairmark.sandbox.fake import fake_run


def named(cell: int, **values: int) -> NamesBound:
    return NamesBound(cell=cell, values=dict(values))


def told(run: Run) -> list[str]:
    """Kinds of the events, with their cells."""
    return [f"{stamped.event.kind} {getattr(stamped.event, 'cell', '')}".strip() for stamped in run.events]


def test_session_and_cells_begin_and_end_by_themselves() -> None:
    assert told(fake_run(named(2, steps=8), named(4, steps=9))) == [
        "session_started",
        "cell_started 2",
        "names_bound 2",
        "cell_finished 2",
        "cell_started 4",
        "names_bound 4",
        "cell_finished 4",
        "run_finished",
    ]


def test_a_run_of_nothing_is_a_run() -> None:
    assert told(fake_run()) == ["session_started", "run_finished"]


def test_events_come_in_the_order_of_their_cells_and_within_one_as_given() -> None:
    run = fake_run(named(4, a=1), named(2, b=2), named(4, c=3))
    values = [stamped.event.values for stamped in run.events if isinstance(stamped.event, NamesBound)]
    assert values == [{"b": 2}, {"a": 1}, {"c": 3}]


def test_an_event_without_a_cell_belongs_to_that_of_the_event_before_it() -> None:
    exported = ModelExported(model="model-1", moment="fit", folder="export/model-1", digest="aa")
    assert told(fake_run(named(2, a=1), exported, named(3, b=1)))[3] == "model_exported"


def test_what_belongs_to_no_cell_comes_first() -> None:
    failed = RecorderFailed(cell=0, where="install", message="ImportError")
    assert told(fake_run(named(1, a=1), failed))[:2] == ["session_started", "recorder_failed 0"]


def test_further_cells_may_run_and_some_may_raise() -> None:
    error = CellError(type="NameError", message="kears", line=3)
    run = fake_run(cells=[1, 2], errors={3: error})
    assert run.outcome == "student_error"
    assert [kind for kind in told(run) if "finished" in kind] == [
        "cell_finished 1",
        "cell_finished 2",
        "cell_finished 3",
        "run_finished",
    ]


@pytest.mark.parametrize("outcome", ["timeout", "out_of_memory", "crashed", "output_limit"])
def test_at_a_limit_the_last_cell_does_not_end(outcome: RunOutcome) -> None:
    run = fake_run(named(1, a=1), named(2, b=1), outcome=outcome, reason="too long")
    assert (run.outcome, run.reason) == (outcome, "too long")
    assert told(run)[-2:] == ["cell_started 2", "names_bound 2"]


def test_printed_text_and_skipped_training_are_as_given() -> None:
    run = fake_run(printed={1: "horses"}, training_skipped=True)
    assert (run.printed, run.training_skipped) == ({1: "horses"}, True)


def test_a_fake_run_says_that_it_is_one() -> None:
    assert fake_run().isolation == ("fake",)


def test_events_cross_as_they_would_cross_the_wall() -> None:
    epoch = EpochEnded(fit="f", epoch=1, steps=1, validation_steps=0, seconds=1.0, logs={"loss": math.nan})
    (seen,) = [stamped.event for stamped in fake_run(epoch).events if isinstance(stamped.event, EpochEnded)]
    assert math.isnan(seen.logs["loss"])


def test_an_event_that_would_not_cross_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"names_bound\.values"):
        fake_run(named(1, a=1).model_copy(update={"values": None}))
