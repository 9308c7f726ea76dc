"""The judge: evidence and a grader script in, a report out. Nothing else is read, nothing is run.

judge
├── unreadable?            every exercise: error, with the reason
├── for each exercise      ask every check of the evidence
│   └── for each check     passed | partial | failed ── explained by ── unattempted | error | limit
├── collect flags          what was found while reading, doubts, limits, close calls, marks carried forward
└── add up
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from fairmark.checks.accuracy import Accuracy, measured_accuracy
from fairmark.checks.expectation import Doubted, NotShown, Unmet, collecting_parts
from fairmark.checks.grader import Check, Exercise, Grader
from fairmark.checks.view import RunView
from fairmark.evidence import (
    CellFinished,
    Evidence,
    FitStarted,
    Flag,
    ModelExported,
    RecorderFailed,
    RunFinished,
    Submission,
)
from fairmark.notebook.tampering import tampering_in
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report, RunSummary, worst

__all__ = ["judge", "put_off", "to_put_right"]

_LIMITS = ("timeout", "out_of_memory", "output_limit", "crashed")


@dataclass(frozen=True)
class _Answer:
    """What came of one check, before the points are counted."""

    outcome: Outcome
    share: float = 0.0
    message: str = ""
    found: str | None = None
    expected: str | None = None
    cell: int | None = None
    flag: Flag | None = None


def judge(evidence: Evidence, grader: Grader) -> Report:
    """The report for one submission. Pure: the same evidence and grader give the same report."""
    asked = [
        exercise for exercise in grader.exercises if not (evidence.run.training_skipped and exercise.needs_training)
    ]
    flags: list[Flag] = [*evidence.submission.flags]
    exercises = tuple(_judge_exercise(evidence, exercise, flags) for exercise in asked)
    flags.extend(_flags_of_the_run(evidence, grader))
    submission = evidence.submission
    return Report(
        student=submission.student,
        assignment=submission.assignment,
        notebook_sha256=submission.notebook_sha256,
        outcome=worst([exercise.outcome for exercise in exercises]),
        score=_total(exercise.score for exercise in exercises),
        max_score=_total(exercise.max_score for exercise in exercises),
        run=_summary(evidence),
        exercises=exercises,
        flags=tuple(dict.fromkeys(flags)),
    )


def put_off(evidence: Evidence, grader: Grader, reason: str) -> Report:
    """The report of a submission that could not be marked through no fault of the student's."""

    def unanswered(exercise: Exercise) -> ExerciseResult:
        answer = _Answer("needs_attention", message="This could not be marked yet; a person will look.")
        checks = tuple(_result(check, answer, evidence.submission) for check in exercise.checks)
        return ExerciseResult(
            id=exercise.id,
            title=exercise.title,
            outcome="needs_attention",
            score=0.0,
            max_score=_total(check.max_score for check in checks),
            checks=checks,
        )

    exercises = tuple(unanswered(exercise) for exercise in grader.exercises)
    return Report(
        student=evidence.submission.student,
        assignment=evidence.submission.assignment,
        notebook_sha256=evidence.submission.notebook_sha256,
        outcome="needs_attention",
        score=0.0,
        max_score=_total(exercise.max_score for exercise in exercises),
        run=_summary(evidence),
        exercises=exercises,
        flags=(Flag(kind="not_marked", message=reason),),
    )


def to_put_right(evidence: Evidence, report: Report, grader: Grader) -> tuple[str, ...]:
    """Exercises to replace by the reference's in a second run: those before the training that lost marks, where a
    model was trained and missed the hidden accuracy. Empty where a second run would change nothing."""
    probe, threshold = evidence.probe, grader.hidden_accuracy
    if probe is None or threshold is None:
        return ()
    measured = _measured(RunView(evidence))
    if measured is not None and measured.share >= threshold:
        return ()
    return tuple(
        result.id
        for result in report.exercises
        if result.outcome in ("failed", "partial") and not _exercise(grader, result.id).needs_training
    )


def _exercise(grader: Grader, name: str) -> Exercise:
    return next(exercise for exercise in grader.exercises if exercise.id == name)


# --- one exercise, one check ------------------------------------------------------------------------------------------


def _judge_exercise(evidence: Evidence, exercise: Exercise, flags: list[Flag]) -> ExerciseResult:
    view = RunView(evidence, exercise.id)
    results = []
    for check in exercise.checks:
        answer = _explain(_ask(check, view), view, exercise)
        if answer.flag is not None:
            flags.append(_numbered(answer.flag, evidence.submission))
        results.append(_result(check, answer, evidence.submission))
    return ExerciseResult(
        id=exercise.id,
        title=exercise.title,
        outcome=worst([result.outcome for result in results]),
        score=_total(result.score for result in results),
        max_score=_total(result.max_score for result in results),
        checks=tuple(results),
    )


def _ask(check: Check, view: RunView) -> _Answer:
    """Puts the question; an exception that is not an answer is the grader's fault, never the student's."""
    if view.evidence.run.outcome == "unreadable":
        return _Answer("error", message=view.evidence.run.reason or "The file could not be read.")
    with collecting_parts() as parts:
        try:
            remark = check.question(view)
        except NotShown as missing:
            return _Answer("unattempted", 0.0, missing.message, missing.found, missing.expected, missing.cell)
        except Unmet as unmet:
            return _Answer("failed", 0.0, unmet.message, unmet.found, unmet.expected, unmet.cell)
        except Doubted as doubted:
            flag = Flag(kind="witnesses_disagree", message=doubted.message, cell=doubted.cell)
            return _Answer("needs_attention", message=doubted.message, cell=doubted.cell, flag=flag)
        except (Exception, SystemExit) as problem:
            where = traceback.extract_tb(problem.__traceback__)[-1]
            said = f"check {check.id!r} raised {type(problem).__name__}: {problem} ({where.name}, line {where.lineno})"
            flag = Flag(kind="grader_failed", message=said)
            return _Answer("needs_attention", message="This check could not be made; a person will look.", flag=flag)
    return _from_parts(parts, remark)


def _from_parts(parts: list[Unmet | None], remark: str | None) -> _Answer:
    failed = [unmet for unmet in parts if unmet is not None]
    if not failed:
        return _Answer("passed", 1.0, remark or "")
    share = 1.0 - len(failed) / len(parts)
    first = failed[0]
    outcome: Outcome = "partial" if share else "unattempted" if isinstance(first, NotShown) else "failed"
    message = " ".join(dict.fromkeys(unmet.message for unmet in failed))
    found = "; ".join(dict.fromkeys(unmet.found for unmet in failed if unmet.found)) or None
    expected = "; ".join(dict.fromkeys(unmet.expected for unmet in failed if unmet.expected)) or None
    return _Answer(outcome, share, message, found, expected, first.cell)


def _explain(answer: _Answer, view: RunView, exercise: Exercise) -> _Answer:
    """Why an answer is missing or wrong: the stub is untouched, its cell raised, an earlier one did, or a limit."""
    if answer.outcome not in ("failed", "unattempted") or view.evidence.run.outcome == "unreadable":
        return answer
    cells = [cell for cell in view.evidence.submission.cells if cell.exercise == exercise.id]
    if not any(cell.touched for cell in cells):
        return _Answer("unattempted", message="Not attempted yet.", cell=cells[0].position if cells else None)
    own = view.error_in(cell.position for cell in cells)
    if own is not None and own.error is not None:
        line = f", line {own.error.line}" if own.error.line else ""
        return _Answer(
            "error",
            message=f"This cell raised {own.error.type}{line}: {own.error.message}",
            found=f"{own.error.type}: {own.error.message}",
            cell=own.cell,
        )
    if answer.outcome == "failed":
        return answer
    return _explain_missing(answer, view, [cell.position for cell in cells if cell.touched])


def _explain_missing(answer: _Answer, view: RunView, positions: list[int]) -> _Answer:
    """Why the evidence says nothing about an answer that was attempted; ``positions`` are those of its cells."""
    run, position = view.evidence.run, min(positions)
    ended = {finished.cell for finished in view.all(CellFinished)}
    if run.outcome in _LIMITS and not ended.issuperset(positions):
        return _Answer("limit", message=f"This was not reached: {run.reason or run.outcome}.", cell=position)
    earlier = view.error_in(range(1, position))
    if earlier is not None and earlier.error is not None:
        return _Answer(
            "error",
            message=f"An earlier cell raised {earlier.error.type}, so this could not be seen: {earlier.error.message}",
            cell=earlier.cell,
        )
    if view.all(RecorderFailed):
        flag = Flag(kind="recorder_failed", message=view.all(RecorderFailed)[0].message)
        return _Answer("needs_attention", message="This could not be observed; a person will look.", flag=flag)
    return _Answer("failed", 0.0, answer.message, answer.found, answer.expected, answer.cell or position)


def _result(check: Check, answer: _Answer, submission: Submission) -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        outcome=answer.outcome,
        score=_total([check.points * answer.share]),
        max_score=_total([check.points]),
        message=answer.message,
        found=answer.found,
        expected=answer.expected,
        hint=None if answer.outcome == "passed" else check.hint,
        cell=_number(answer.cell, submission),
        visibility=check.visibility,
    )


# --- the whole --------------------------------------------------------------------------------------------------------


def _flags_of_the_run(evidence: Evidence, grader: Grader) -> Iterable[Flag]:
    run, probe, view = evidence.run, evidence.probe, RunView(evidence)
    if run.outcome in _LIMITS:
        yield Flag(kind=run.outcome, message=run.reason or run.outcome)
    ended = [finished.cell for finished in view.all(CellFinished) if finished.error is None]
    yield from tampering_in(evidence.submission.cells, ended)
    if _ended_too_soon(view):
        yield Flag(kind="forged_events", message="the end was announced before every cell had run")
    if run.unsealed:
        said = f"{run.unsealed} lines on the evidence channel were not the recorder's; they were ignored"
        yield Flag(kind="forged_events", message=said)
    if probe is not None and (probe.weights_swapped or _weights_changed(view, probe.model)):
        yield Flag(kind="weights_changed", message="the model's weights were changed after its last training")
    if evidence.rerun is not None:
        replaced = ", ".join(evidence.rerun.replaced)
        yield Flag(kind="carried_forward", message=f"run again with the reference's {replaced} to judge the training")
    measured, threshold = _measured(view), grader.hidden_accuracy
    if measured is not None and threshold is not None and measured.is_close_to(threshold):
        yield Flag(kind="close_call", message=f"hidden pictures named rightly: {measured}")


def _ended_too_soon(view: RunView) -> bool:
    """Whether the last event came before the last cell had ended; a run without training ends at its first ``fit``."""
    if not view.all(RunFinished) or any(not fit.trained for fit in view.all(FitStarted)):
        return False
    ended = {finished.cell for finished in view.all(CellFinished)}
    return not ended.issuperset(cell.position for cell in view.evidence.submission.cells if cell.touched)


def _measured(view: RunView) -> Accuracy | None:
    try:
        return measured_accuracy(view)
    except Exception:
        return None  # the check of the accuracy has said why


def _weights_changed(view: RunView, model: str) -> bool:
    """Whether the notebook left the model otherwise than training did; marks are for what training left."""
    digests = {exported.moment: exported.digest for exported in view.all(ModelExported) if exported.model == model}
    return "end" in digests and digests["end"] != digests.get("fit")


def _summary(evidence: Evidence) -> RunSummary:
    run = evidence.run
    return RunSummary(
        outcome=run.outcome,
        wall_seconds=run.wall_seconds,
        peak_memory_bytes=run.peak_memory_bytes,
        isolation=run.isolation,
        numerics=run.numerics,
        software=run.software,
    )


def _number(position: int | None, submission: Submission) -> int | None:
    """A cell's number in the file handed in, for its position in the run."""
    return next((cell.number for cell in submission.cells if cell.position == position), None)


def _numbered(flag: Flag, submission: Submission) -> Flag:
    return flag.model_copy(update={"cell": _number(flag.cell, submission)})


def _total(scores: Iterable[float]) -> float:
    """Sums of halves and thirds, without the noise of binary fractions."""
    return round(sum(scores), 4)
