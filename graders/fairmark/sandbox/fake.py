"""A fake sandbox: a run made from a list of events, for testing graders without training anything.

    run = fake_run(
        PicturesOpened(pictures="pictures-1", cell=2, ...),
        ModelCompiled(model="model-1", cell=4, ...),
        printed={5: "humans"},
    )
    report = judge(Evidence(submission=submission, run=run), grader)

What the recorder adds by itself is added here: the beginning and the end of the session and of every cell. Each event
crosses as one JSON line that is validated, as it would cross the wall, so that a fake run cannot say what a real one
could not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

from fairmark.evidence import (
    EVENT,
    CellError,
    CellFinished,
    CellStarted,
    Event,
    Run,
    RunFinished,
    RunOutcome,
    SessionStarted,
    Stamped,
)

__all__ = ["fake_run"]


def fake_run(
    *events: Event,
    cells: Iterable[int] = (),
    errors: Mapping[int, CellError] | None = None,
    printed: Mapping[int, str] | None = None,
    outcome: RunOutcome | None = None,
    reason: str | None = None,
    training_skipped: bool = False,
) -> Run:
    """The run in which ``events`` happened, in their order.

    An event belongs to the cell it names, and one that names none to the cell of the event before it. ``cells`` are
    positions of further cells that ran, ``errors`` those that raised, each after its last event. ``outcome`` is by
    default ``completed``, or ``student_error`` where a cell raised; where it is a limit, the last cell does not end.
    Events come a second apart, the end of an epoch as late as that took. Raises ``pydantic.ValidationError`` for an
    event that would not cross the wall.
    """
    raised = dict(errors or {})
    by_cell = _by_cell(events)
    positions = sorted({*by_cell, *cells, *raised} - {0})
    ended = outcome in (None, "completed", "student_error")
    told: list[Event] = [SessionStarted(software={"fairmark": "fake"}, numerics="float32", seed=1), *by_cell.get(0, [])]
    for position in positions:
        told += [CellStarted(cell=position), *by_cell.get(position, [])]
        if ended or position != positions[-1]:
            told.append(CellFinished(cell=position, seconds=1.0, error=raised.get(position)))
    told += [RunFinished()] if ended else []
    times = list(accumulate(max(1.0, getattr(event, "seconds", 0.0)) for event in told[1:]))
    return Run(
        outcome=outcome or ("student_error" if raised else "completed"),
        reason=reason,
        wall_seconds=times[-1] + 1.0 if times else 1.0,
        isolation=("fake",),
        software={"fairmark": "fake"},
        events=tuple(
            Stamped(at_seconds=second, event=EVENT.validate_json(event.model_dump_json(warnings=False)))
            for second, event in zip([0.0, *times], told, strict=True)
        ),
        printed=dict(printed or {}),
        training_skipped=training_skipped,
    )


def _by_cell(events: Iterable[Event]) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    position = 0
    for event in events:
        position = getattr(event, "cell", position)
        found.setdefault(position, []).append(event)
    return found
