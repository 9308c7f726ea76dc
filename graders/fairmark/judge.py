"""The judge: evidence and a grader script in, a report out. Nothing else is read, nothing is run.

judge
├── unreadable?            every exercise: error, with the reason
├── for each exercise      ask every check of the evidence
│   ├── for each check     passed | partial | failed ── explained by ── unattempted | error | limit
│   └── again              where an earlier exercise was put right in a further run, whichever says better
├── collect flags          what was found while reading, doubts, limits, close calls, marks carried forward
└── add up
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fairmark.advice import raised
from fairmark.checks.accuracy import Accuracy, settled_accuracy
from fairmark.checks.expectation import (
    Doubted,
    LeftOpen,
    NeedsRun,
    NotShown,
    Unmet,
    collecting_parts,
    collecting_unfinished,
)
from fairmark.checks.grader import Check, Exercise, Grader
from fairmark.checks.view import RunView
from fairmark.evidence import (
    CellFinished,
    Evidence,
    FitStarted,
    Flag,
    ModelExported,
    RecorderFailed,
    Run,
    RunFinished,
    Submission,
)
from fairmark.notebook.tampering import tampering_in
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report, RunSummary, worst

__all__ = ["judge", "put_off"]

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
    refuted: bool = False
    """Whether the evidence shows that it is wrong, rather than not showing that it is right."""


def judge(evidence: Evidence, grader: Grader, *, everything: bool = False) -> Report:
    """The report for one submission. Pure: the same evidence and grader give the same report.

    A run that trained nothing is not asked about exercises that need training, unless ``everything`` says so.
    """
    evidence = _as_asked_now(evidence, grader)
    asked = [
        exercise
        for exercise in grader.exercises
        if everything or not (evidence.run.training_skipped and exercise.needs_training)
    ]
    flags: list[Flag] = [*evidence.submission.flags]
    exercises = tuple(_judge_exercise(evidence, exercise, grader, flags) for exercise in asked)
    flags.extend(_flags_of_the_run(evidence, grader))
    submission = evidence.submission
    return Report(
        student=submission.student,
        assignment=submission.assignment,
        notebook_sha256=submission.notebook_sha256,
        file=submission.file,
        file_number=submission.file_number,
        outcome=worst([exercise.outcome for exercise in exercises]),
        score=_total(exercise.score for exercise in exercises),
        max_score=_total(exercise.max_score for exercise in exercises),
        run=_summary(evidence),
        exercises=exercises,
        flags=tuple(dict.fromkeys(flags)),
    )


def _as_asked_now(evidence: Evidence, grader: Grader) -> Evidence:
    """Without what the grader script asks otherwise now: hidden pictures of another data set say nothing, nor does a
    loss that stood still for another number of epochs than the author allows."""
    probe, decided = evidence.probe, evidence.run.decided
    if probe is not None and probe.dataset not in ("", grader.dataset):
        evidence = evidence.model_copy(update={"probe": None})
    if decided is not None and decided.still_epochs != (grader.still_epochs if grader.decide_early else None):
        outdated = decided.model_copy(update={"still_epochs": None})
        evidence = evidence.model_copy(update={"run": evidence.run.model_copy(update={"decided": outdated})})
    return evidence


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
        file=evidence.submission.file,
        file_number=evidence.submission.file_number,
        outcome="needs_attention",
        score=0.0,
        max_score=_total(exercise.max_score for exercise in exercises),
        run=_summary(evidence),
        exercises=exercises,
        flags=tuple(dict.fromkeys((*evidence.submission.flags, Flag(kind="not_marked", message=reason)))),
    )


# --- one exercise, one check ------------------------------------------------------------------------------------------


def _judge_exercise(evidence: Evidence, exercise: Exercise, grader: Grader, flags: list[Flag]) -> ExerciseResult:
    first, *further = _sights(evidence, exercise, grader)
    results = []
    last = first  # of those that answered anything
    for check in exercise.checks:
        answer = _explain(_ask(check, first.view), first.view, exercise)
        for sight in further:
            better = _better(answer, check, exercise, sight)
            if better is not answer:
                answer, last = better, sight
        if answer.flag is not None:
            flags.append(_numbered(answer.flag, evidence.submission))
        results.append(_result(check, answer, evidence.submission))
    outcome = worst([result.outcome for result in results])
    if results and outcome == "passed":
        results[-1] = _told_of_its_error(results[-1], last.view, exercise)
    return ExerciseResult(
        id=exercise.id,
        title=exercise.title,
        outcome=outcome,
        score=_total(result.score for result in results),
        max_score=_total(result.max_score for result in results),
        checks=tuple(results),
        hint=next(iter(exercise.hints), None) if _leads_on([result.outcome for result in results]) else None,
        lesson=exercise.lesson if outcome == "passed" else None,
    )


def _leads_on(outcomes: Sequence[Outcome]) -> bool:
    """Whether an exercise's own hint is of use: its code has run and is not right yet, or nobody has begun it."""
    return bool({"failed", "partial"} & {*outcomes}) or {*outcomes} == {"unattempted"}


def _told_of_its_error(result: CheckResult, view: RunView, exercise: Exercise) -> CheckResult:
    """``result`` as it is, or saying what the exercise's cell raised after it had earned everything."""
    own = view.error_in(view.cells_of(exercise.id))
    if own is None or own.error is None:
        return result
    return result.model_copy(update={"message": f"{result.message} {_raised(own, view)}".strip()})


@dataclass(frozen=True)
class _Sight:
    """The evidence seen through one of its runs. ``answers`` are the checks it may answer, None for all; ``replaced``
    the titles of the exercises that were put right in it; ``may_take_back`` says that it counts against
    what the notebook's own run has shown: that one trained nothing, or this one trained too, with something put right
    before training."""

    view: RunView
    answers: frozenset[str] | None = None
    replaced: tuple[str, ...] = ()
    may_take_back: bool = False


def _sights(evidence: Evidence, exercise: Exercise, grader: Grader) -> Iterable[_Sight]:
    """The run of the notebook as it was handed in, and those further ones in which something before ``exercise`` was
    put right."""
    yield _Sight(RunView(evidence, exercise.id))
    titles = {one.id: one.title for one in grader.exercises}
    order = list(titles)
    for rerun in evidence.reruns:
        before = order[: order.index(exercise.id)]
        if exercise.id in rerun.replaced or not set(before) & set(rerun.replaced):
            continue
        cells = evidence.submission.cells
        vouched = frozenset(cell.position for cell in cells if cell.exercise in rerun.replaced)
        seen = evidence.model_copy(update={"run": rerun.run, "probe": rerun.probe, "reruns": ()})
        replaced = tuple(titles.get(name, name) for name in rerun.replaced if name in before)
        other = any(not one.needs_training for one in grader.exercises if one.id in rerun.replaced)
        yield _Sight(
            RunView(seen, exercise.id, vouched=vouched),
            frozenset(rerun.answers),
            replaced,
            may_take_back=not _trained(evidence.run) or (_trained(rerun.run) and other),
        )


def _trained(run: Run) -> bool:
    return not (run.rehearsed or run.training_skipped)


def _better(answer: _Answer, check: Check, exercise: Exercise, sight: _Sight) -> _Answer:
    """``answer``, or what a further run says of the same, where that is worth more or says more."""
    if answer.share == 1.0 or answer.outcome == "needs_attention":
        return answer
    if sight.answers is not None and f"{exercise.id}.{check.id}" not in sight.answers:
        return answer
    if answer.refuted and exercise.needs_training and not sight.may_take_back:
        return answer  # what a training has shown to be wrong only another one takes back, of what was wrong before it
    again = _explain(_ask(check, sight.view), sight.view, exercise)
    if again.flag is not None and again.flag.kind == NeedsRun.kind:
        return again  # it may be worth more
    says_more = answer.outcome in ("error", "limit") and again.outcome == "failed"
    if again.outcome == "needs_attention" or not (again.share > answer.share or says_more):
        return answer
    titles = " and ".join(f"“{title}”" for title in sight.replaced)
    note = f"Marked with {titles} put right, which lost its marks there."
    return replace(again, message=f"{again.message} {note}".strip())


def _ask(check: Check, view: RunView) -> _Answer:
    """Puts the question. What fails because of something that was ended before its end needs another run."""
    with collecting_unfinished() as unfinished:
        answer = _put(check, view)
    return _left_open(unfinished[0]) if unfinished and answer.outcome in ("failed", "partial") else answer


def _left_open(question: LeftOpen) -> _Answer:
    flag = Flag(kind=question.kind, message=question.message, cell=question.cell)
    return _Answer("needs_attention", message=question.message, cell=question.cell, flag=flag)


def _put(check: Check, view: RunView) -> _Answer:
    """What the check answers; an exception that is not an answer is the grader's fault, never the student's."""
    if view.evidence.run.outcome == "unreadable":
        return _Answer("error", message=view.evidence.run.reason or "The file could not be read.")
    with collecting_parts() as parts:
        try:
            remark = check.question(view)
        except NotShown as missing:
            return _Answer("unattempted", 0.0, missing.message, missing.found, missing.expected, missing.cell)
        except Unmet as unmet:
            return _Answer("failed", 0.0, unmet.message, unmet.found, unmet.expected, unmet.cell, refuted=True)
        except Doubted as doubted:
            flag = Flag(kind="witnesses_disagree", message=doubted.message, cell=doubted.cell)
            return _Answer("needs_attention", message=doubted.message, cell=doubted.cell, flag=flag)
        except LeftOpen as question:
            return _left_open(question)
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
    refuted = not all(isinstance(unmet, NotShown) for unmet in failed)
    return _Answer(outcome, share, message, found, expected, first.cell, refuted=refuted)


def _explain(answer: _Answer, view: RunView, exercise: Exercise) -> _Answer:
    """Why an answer is missing or wrong: the stub is untouched, its cell raised, an earlier one did, or a limit."""
    if answer.outcome not in ("failed", "unattempted") or view.evidence.run.outcome == "unreadable":
        return answer
    cells = [cell for cell in view.evidence.submission.cells if cell.exercise == exercise.id]
    if not any(cell.touched for cell in cells):
        return _Answer("unattempted", message="Not attempted yet.", cell=cells[0].position if cells else None)
    own = view.error_in(cell.position for cell in cells)
    if own is not None and own.error is not None:
        return _Answer(
            "error",
            message=_raised(own, view),
            found=f"{own.error.type}: {own.error.message}",
            cell=own.cell,
        )
    if answer.outcome == "failed":
        return answer
    return _explain_missing(answer, view, [cell.position for cell in cells if cell.touched])


def _raised(finished: CellFinished, view: RunView) -> str:
    """What a cell raised, why, and what mends it."""
    assert finished.error is not None
    *above, source = (cell.source for cell in view.evidence.submission.cells if cell.position <= finished.cell)
    return raised(finished.error, source, above)


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
        # What raised, was not reached or waits for a person has said so, and the hint is about something else.
        hint=check.hint if answer.outcome in ("failed", "partial") else None,
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
    if evidence.reruns:
        replaced = ", ".join(evidence.reruns[-1].replaced)
        yield Flag(kind="carried_forward", message=f"run again with the reference's {replaced}, to judge what follows")
    threshold = grader.hidden_accuracy
    measured = _settled(view, threshold) if threshold is not None else None
    if measured is not None and threshold is not None and measured.is_close_to(threshold):
        yield Flag(kind="close_call", message=f"hidden pictures named rightly: {measured}")


def _ended_too_soon(view: RunView) -> bool:
    """Whether the last event came before the last cell had ended; a run without training ends at its first ``fit``."""
    if not view.all(RunFinished) or any(not fit.trained for fit in view.all(FitStarted)):
        return False
    ended = {finished.cell for finished in view.all(CellFinished)}
    return not ended.issuperset(cell.position for cell in view.evidence.submission.cells if cell.touched)


def _settled(view: RunView, threshold: float) -> Accuracy | None:
    try:
        return settled_accuracy(view, threshold)
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
