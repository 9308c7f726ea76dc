"""One name of an older Keras in a function, or one switch of an older TensorFlow, costs its own check and not all else.

old_name_in     the next such name that ended a function of an exercise; None if none did
check_it_costs  the one check that the call with the old name answers
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fairmark.checks import Grader
from fairmark.checks.causes import cause_in
from fairmark.evidence import (
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    Function,
    ModelCompiled,
    ModelEvaluated,
    ModelPredicted,
    Submission,
)
from fairmark.frameworks import OldName
from fairmark.grading.judge import judge
from fairmark.keras import RunView
from fairmark.keras.facts.respell import Respelled, respelled, without_switch
from fairmark.report import Report

__all__ = ["check_it_costs", "old_name_in"]


def old_name_in(evidence: Evidence, exercises: Iterable[str]) -> OldName | None:
    """The old name that the first error of one of ``exercises`` is about, if it is about one in a function, or the old
    switch that was thrown before it; None if there is neither."""
    view = RunView(evidence)
    sources = {cell.position: cell.source for cell in evidence.submission.cells}
    for exercise in exercises:
        cause = cause_in(view, exercise)
        if cause is None or cause.error.line is None or cause.cell not in sources:
            continue
        found = respelled(sources[cause.cell], cause.error.line, cause.error.message)
        if found is not None:
            return OldName(exercise, cause.cell, found.source, found.subject)
        switch = _switch_before(evidence.submission, cause.raised_in)
        if switch is not None:
            position, found = switch
            return OldName(exercise, position, found.source, found.subject)
    return None


def _switch_before(submission: Submission, position: int) -> tuple[int, Respelled] | None:
    """The first cell, up to ``position``, that has TensorFlow work as version 1 did, and its text without that."""
    for cell in submission.cells:
        found = without_switch(cell.source) if cell.touched and cell.position <= position else None
        if found is not None:
            return cell.position, found
    return None


def check_it_costs(first: Report, evidence: Evidence, grader: Grader, name: OldName) -> str | None:
    """The check (``exercise.check``) that keeps the error: the first that the call with the old name answers, and if
    that is none, the first that the error took along. ``first`` is the report of the run with the error, ``evidence``
    that of the run without it."""
    answered = _passed(judge(evidence, grader), name.exercise)
    for altered in _without(name.subject, evidence):
        lost = answered - _passed(judge(altered, grader), name.exercise)
        if lost:
            return next(one for one in _checks(first, name.exercise) if one in lost)
    taken = [one for one in _checks(first, name.exercise) if one not in _passed(first, name.exercise)]
    return next(iter(taken), None)


def _checks(report: Report, exercise: str) -> list[str]:
    return [f"{one.id}.{check.id}" for one in report.exercises if one.id == exercise for check in one.checks]


def _passed(report: Report, exercise: str) -> set[str]:
    return {
        f"{one.id}.{check.id}"
        for one in report.exercises
        if one.id == exercise
        for check in one.checks
        if check.outcome == "passed"
    }


def _without(subject: str, evidence: Evidence) -> Iterator[Evidence]:
    """The evidence as it would be without what the call was to do: first without just that, then without the call that
    it is a part of."""
    if subject == "everything":
        return
    if subject == "optimizer":
        yield _altered(evidence, _unknown_optimizer)
    kinds = {
        "optimizer": (ModelCompiled,),
        "fit": (FitStarted, EpochEnded, FitFinished),
        "evaluate": (ModelEvaluated,),
        "predict": (ModelPredicted,),
    }[subject]
    yield _altered(evidence, lambda event: None if isinstance(event, kinds) else event)


def _unknown_optimizer(event: Event) -> Event | None:
    if not isinstance(event, ModelCompiled):
        return event
    return event.model_copy(update={"optimizer": Function(name="none"), "learning_rate": None})


def _altered(evidence: Evidence, edit: Callable[[Event], Event | None]) -> Evidence:
    kept = []
    for stamped in evidence.run.events:
        event = edit(stamped.event)
        if event is not None:
            kept.append(stamped.model_copy(update={"event": event}))
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": tuple(kept)}), "reruns": ()})
