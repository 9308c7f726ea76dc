"""What a grader script asks about hidden pictures, found out by asking it about a notebook that did nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from fairmark.checks.grader import Exercise, Grader
from fairmark.checks.hidden_accuracy import collecting_thresholds
from fairmark.checks.view import EvidenceView
from fairmark.evidence import Evidence, Run, Submission
from fairmark.frameworks import framework_of

__all__ = ["AskedOfHidden", "asked_of_hidden"]


@dataclass(frozen=True)
class AskedOfHidden:
    """``thresholds`` are the shares, 0 to 1, that are to be reached, in order; ``exercise`` is the id of the one whose
    training is held against them, empty if none says so."""

    thresholds: tuple[float, ...]
    exercise: str


def asked_of_hidden(grader: Grader) -> AskedOfHidden:
    """What ``grader`` asks: its ``hidden_accuracy``, and whatever its checks ask beside it."""
    nothing = Evidence(
        submission=Submission(student="", assignment=grader.name, notebook_sha256=""), run=Run(outcome="completed")
    )
    view = framework_of(grader).view
    found = {exercise.id: _asked_in(exercise, nothing, view) for exercise in grader.exercises}
    asking = [name for name, thresholds in found.items() if thresholds]
    training = [exercise.id for exercise in grader.exercises if exercise.needs_training]
    own = () if grader.hidden_accuracy is None else (grader.hidden_accuracy,)
    exercise = next(iter([*asking[-1:], *training[-1:]]), "")
    return AskedOfHidden(tuple(sorted({*own, *(one for each in found.values() for one in each)})), exercise)


def _asked_in(exercise: Exercise, nothing: Evidence, view: Callable[[Evidence, str], EvidenceView]) -> set[float]:
    with collecting_thresholds() as thresholds:
        for check in exercise.checks:
            with contextlib.suppress(Exception, SystemExit):  # of a notebook that did nothing, nothing is true
                check.question(view(nothing, exercise.id))
    return {one for one in thresholds if isinstance(one, int | float) and 0 < one <= 1}
