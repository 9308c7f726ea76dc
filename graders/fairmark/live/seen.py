"""What a kernel has run, as the evidence for one exercise."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter

from fairmark.data import pictures_by_folder, set_folder
from fairmark.errors import FairmarkError
from fairmark.evidence import Cell, CellFinished, Evidence, Probe, Run, Stamped, Submission
from fairmark.live.memory import CellRun
from fairmark.live.which import Asked

__all__ = ["NOT_MEASURED", "evidence_for", "run_again_since", "with_answers_found"]

NOT_MEASURED = "hidden pictures are not shown to it here"
"""What a check that asks hidden pictures finds."""


def evidence_for(asked: Asked, runs: Sequence[CellRun], *, later_cells: bool) -> Evidence:
    """The evidence that a run of the whole notebook would give, as far as this kernel has got.

    ``runs`` are the latest of each cell, in the order they were run. What was run of later exercises before this one
    was run again rests on what is no longer there, and is left out; ``later_cells`` says whether cells without an
    exercise that came after it count, which may be scribbles.
    """
    own = _run_of(asked, runs)
    chosen = [run for run in runs if own is None or _counts(asked, run, own, later_cells)]
    events = [(number, event) for run in chosen for number, event in run.numbered()]
    answers = {run.position for run in chosen if asked.order(run.exercise) is not None}
    return Evidence(
        submission=Submission(
            student="",
            assignment=asked.assignment.name,
            notebook_sha256="",
            cells=tuple(_cell(asked, run) for run in chosen),
        ),
        run=Run(
            outcome="completed",
            events=tuple(
                # A scribble that failed is no reason why an exercise could not be seen.
                Stamped(at_seconds=0.0, event=_without_error(event) if _is_scribble(event, answers) else event)
                for _, event in sorted(events, key=lambda entry: entry[0])
            ),
        ),
        probe=Probe(model="", preparation=None, problem=NOT_MEASURED, left_for_later=True),
        folders=_folders(asked.grader.dataset),
    )


def _folders(dataset: str) -> dict[str, dict[str, int]]:
    """What the data set holds here; nothing if that cannot be read."""
    with contextlib.suppress(FairmarkError):
        return pictures_by_folder(set_folder(dataset))
    return {}


def with_answers_found(asked: Asked, runs: Sequence[CellRun]) -> list[CellRun]:
    """``runs``; where the exercise's own cell is an untouched stub or was not run, the cell without a header that is
    most like its answer stands in its place, of several the last."""
    name = asked.exercise.id
    stubs = [run for run in runs if run.exercise == name]
    if any(not asked.is_stub(name, run.source) for run in stubs):
        return list(runs)
    own = [run for run in reversed(runs) if run.exercise is None and not asked.is_given(run.source)]
    likeness, found = max(
        ((asked.likeness(name, run.source), run) for run in own), key=itemgetter(0), default=(0.0, None)
    )
    if not likeness or found is None:
        return list(runs)
    return [replace(run, answers=name) if run is found else run for run in runs if run not in stubs]


def run_again_since(asked: Asked, runs: Sequence[CellRun]) -> list[str]:
    """Titles of the exercises before this one that were run after it."""
    own = _run_of(asked, runs)
    if own is None:
        return []
    later = {run.exercise for run in runs if run.position > own.position}
    place = asked.order(asked.exercise.id) or 0
    return [exercise.title for exercise in asked.grader.exercises[:place] if exercise.id in later]


def _is_scribble(event: object, answers: set[int]) -> bool:
    """Whether the event ends a cell that is none of ``answers``, and no function of theirs raised."""
    if not isinstance(event, CellFinished) or event.cell in answers:
        return False
    return event.error is None or answers.isdisjoint(event.error.through)


def _without_error(event: object) -> CellFinished:
    assert isinstance(event, CellFinished)
    return event.model_copy(update={"error": None})


def _run_of(asked: Asked, runs: Sequence[CellRun]) -> CellRun | None:
    return next((run for run in runs if run.exercise == asked.exercise.id), None)


def _counts(asked: Asked, run: CellRun, own: CellRun, later_cells: bool) -> bool:
    place, own_place = asked.order(run.exercise), asked.order(own.exercise) or 0
    if place is None:
        return later_cells or run.position <= own.position
    return place <= own_place or run.position > own.position


def _cell(asked: Asked, run: CellRun) -> Cell:
    exercise = run.exercise if asked.order(run.exercise) is not None else None
    return Cell(
        position=run.position,
        number=run.position,
        role="exercise" if exercise is not None else "locked" if asked.is_given(run.source) else "added",
        exercise=exercise,
        touched=exercise is None or not asked.is_stub(exercise, run.source),
        source=run.source,
    )
