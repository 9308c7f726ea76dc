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

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from fairmark.checks.causes import Cause, cause_before, cause_behind, cause_in, defines_functions
from fairmark.checks.expectation import (
    CheckFailed,
    ConflictingEvidence,
    LeftOpen,
    NeedsRun,
    NoEvidence,
    collecting_exact,
    collecting_parts,
    collecting_unfinished,
    collecting_unsupported,
)
from fairmark.checks.given_below import given_below, said_of_given_below
from fairmark.checks.grader import Check, Exercise, Grader
from fairmark.checks.hidden_accuracy import collecting_thresholds
from fairmark.checks.view import EvidenceView
from fairmark.evidence import (
    CellFinished,
    CellStarted,
    Evidence,
    FitStarted,
    Flag,
    RecorderFailed,
    Submission,
)
from fairmark.frameworks import Framework, framework_of
from fairmark.grading.perspective import Sight, has_tried, misses_narrowly, sights
from fairmark.grading.run_flags import LIMITS, ended_itself, flags_of_run
from fairmark.points import total
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report, RunSummary, worst

__all__ = ["judge", "put_off", "share_of"]

_Part: TypeAlias = Literal["right", "wrong", "missing"]
_OF_OUTCOME: dict[Outcome, str] = {"failed": "Not right yet.", "partial": "Right in part."}
"""All that is said of an answer in a run with the reference's answers."""
_ADDRESS = re.compile(r"(?: at)? 0x[0-9a-fA-F]{8,16}\b")


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
    missing: bool = False
    """Whether the evidence does not show the answer, or a part of it."""
    cause: Cause | None = None
    """The error that explains it."""
    given_below: tuple[str, ...] = ()
    """Names that a cell which belongs to no exercise gives another value, which does not count."""
    why: str = ""
    """What the message says of that error, before what is missing."""
    parts: tuple[_Part, ...] = ()
    """What came of each of its parts, where it has several."""
    roughly: Mapping[str, str] = field(default_factory=dict)
    """What students read in the place of exact numbers."""
    was_tried: bool = False
    """Whether it is about an accuracy, for which a training has tried."""
    is_near_miss: bool = False
    """Whether it missed that so narrowly that another training may reach it by luck, whatever is put right before."""


def judge(evidence: Evidence, grader: Grader, *, everything: bool = False) -> Report:
    """The report for one submission. Pure: the same evidence and grader give the same report.

    A run that trained nothing is not asked about exercises that need training, unless ``everything`` says so, and what
    it did not reach is not checked.
    """
    evidence = _as_asked_now(evidence, grader)
    flags: list[Flag] = [*evidence.submission.flags]
    exercises: list[ExerciseResult] = []
    not_checked: list[str] = []
    for exercise in grader.exercises:
        if evidence.run.training_skipped and exercise.needs_training and not everything:
            not_checked += [f"{exercise.id}.{check.id}" for check in exercise.checks if check.visibility == "always"]
            continue
        result = _judge_exercise(evidence, exercise, grader, flags, not_checked)
        exercises += [result] if result is not None else []
    flags.extend(flags_of_run(evidence, grader))
    submission = evidence.submission
    return Report(
        student=submission.student,
        assignment=submission.assignment,
        notebook_sha256=submission.notebook_sha256,
        file=submission.file,
        file_number=submission.file_number,
        outcome=worst([exercise.outcome for exercise in exercises]),
        score=total(exercise.score for exercise in exercises),
        max_score=total(exercise.max_score for exercise in exercises),
        run=_summary(evidence, grader),
        exercises=tuple(exercises),
        flags=_each_once(flags),
        not_checked=tuple(not_checked),
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
            max_score=total(check.max_score for check in checks),
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
        max_score=total(exercise.max_score for exercise in exercises),
        run=_summary(evidence, grader),
        exercises=exercises,
        flags=tuple(dict.fromkeys((*evidence.submission.flags, Flag(kind="not_marked", message=reason)))),
    )


# --- one exercise, one check ------------------------------------------------------------------------------------------


def _judge_exercise(
    evidence: Evidence, exercise: Exercise, grader: Grader, flags: list[Flag], not_checked: list[str]
) -> ExerciseResult | None:
    """None if none of its checks could be made; those that could not are added to ``not_checked``."""
    framework = framework_of(grader)
    first, *further = sights(evidence, exercise, grader)
    results: list[CheckResult] = []
    told: set[Cause] = set()
    last = first  # of those that answered anything
    for check in exercise.checks:
        with collecting_thresholds() as thresholds:
            answer = _ask(check, first.view)
        is_reached = not _is_beyond(answer, first.view, exercise)
        answer = _tried_once(_explain(answer, first.view, exercise), first.view, thresholds, framework)
        for sight in further:
            better = _better(answer, check, exercise, sight, is_reached=is_reached)
            if better is not None:
                answer, last, is_reached = better, sight, True
        if not is_reached:
            not_checked += [f"{exercise.id}.{check.id}"] if check.visibility == "always" else []
            continue
        if answer.flag is not None:
            about = answer.flag.model_copy(update={"checks": (f"{exercise.id}.{check.id}",)})
            flags.append(_numbered(about, evidence.submission))
        results.append(_result(check, _told_once(answer, check, told), evidence.submission))
    if exercise.checks and not results:
        return None
    outcome = worst([result.outcome for result in results])
    if results and outcome == "passed" and last.is_quoted:
        results[-1] = _told_of_its_error(results[-1], last.view, exercise)
    return ExerciseResult(
        id=exercise.id,
        title=exercise.title,
        outcome=outcome,
        score=total(result.score for result in results),
        max_score=total(result.max_score for result in results),
        checks=tuple(results),
        hint=next(iter(exercise.hints), None) if _leads_on([result.outcome for result in results]) else None,
        lesson=exercise.lesson if outcome == "passed" else None,
    )


def _leads_on(outcomes: Sequence[Outcome]) -> bool:
    """Whether an exercise's own hint is of use: its code has run and is not right yet, or nobody has begun it."""
    return bool({"failed", "partial"} & {*outcomes}) or {*outcomes} == {"unattempted"}


def _told_of_its_error(result: CheckResult, view: EvidenceView, exercise: Exercise) -> CheckResult:
    """``result`` as it is, or saying what the exercise's code raised after it had earned everything."""
    own = cause_in(view, exercise.id)
    if own is None:
        return result
    return result.model_copy(update={"message": f"{result.message} {_raised(own, view)}".strip()})


def _told_once(answer: _Answer, check: Check, told: set[Cause]) -> _Answer:
    """``answer``, without the error that took a part of it along if a check that everybody sees has told of that."""
    cause = answer.cause
    if cause is None or check.visibility != "always":
        return answer
    if cause in told and answer.outcome == "partial":
        line = f" in line {cause.error.line}" if cause.error.line else ""
        said = f"The {cause.error.type}{line} has taken a part of this along, too."
        return replace(answer, message=f"{said} {answer.message.removeprefix(answer.why).strip()}")
    told.add(cause)
    return answer


def _is_beyond(answer: _Answer, view: EvidenceView, exercise: Exercise) -> bool:
    """Whether a run that ends at its first ``fit`` ended before what the question is about."""
    if not (view.evidence.run.training_skipped and any(not fit.trained for fit in view.all(FitStarted))):
        return False
    own, ended = view.scope.own, {finished.cell for finished in view.all(CellFinished)}
    if not own & {started.cell for started in view.all(CellStarted)}:
        return bool(own)
    return answer.missing and (not own <= ended or defines_functions(view, exercise.id))


def _better(answer: _Answer, check: Check, exercise: Exercise, sight: Sight, *, is_reached: bool) -> _Answer | None:
    """What a further run says of the same, if that is worth more or says more; else None."""
    if sight.answers is not None and f"{exercise.id}.{check.id}" not in sight.answers:
        return None
    if sight.goes_on and not is_reached:
        return _explain(_ask(check, sight.view), sight.view, exercise)
    if answer.share == 1.0 or answer.outcome == "needs_attention":
        return None
    stands = exercise.needs_training and not (sight.may_take_back and not answer.is_near_miss)
    if stands and (answer.was_tried or (answer.refuted and not answer.missing)):
        return None  # what a training has shown to be wrong only another one takes back, of what was wrong before it
    again = _explain(_ask(check, sight.view), sight.view, exercise)
    if not sight.is_quoted:
        again = _outcome_alone(again, sight, exercise)
    if again.flag is not None and again.flag.kind == NeedsRun.kind:
        return again  # it may be worth more
    if stands and answer.refuted:
        again = _where_missing(answer, again)
    says_more = answer.outcome in ("error", "limit") and again.outcome == "failed"
    if again.outcome == "needs_attention" or not (again.share > answer.share or says_more):
        return None
    return replace(again, message=f"{again.message} {sight.note}".strip())


def _where_missing(answer: _Answer, again: _Answer) -> _Answer:
    """``again`` for those parts that ``answer`` is missing; what was shown to be wrong stands."""
    if len(answer.parts) != len(again.parts):
        return answer
    both = zip(answer.parts, again.parts, strict=True)
    right = sum("right" in (one, other if one == "missing" else one) for one, other in both)
    return replace(again, share=right / len(again.parts), outcome="partial" if right else "failed")


def _outcome_alone(answer: _Answer, sight: Sight, exercise: Exercise) -> _Answer:
    """``answer`` without what was found: the notebook may have read it off the reference's answers. What is left is the
    outcome, the share, and what follows from those and from the text handed in.

    The share of a partial answer stays. It is one of a few that the check's parts allow, so it tells about as much as
    the outcome does, and an honest answer that is half right is worth half.
    """
    cells = [cell.position for cell in sight.view.evidence.submission.cells if cell.exercise == exercise.id]
    flag = None
    if answer.flag is not None and answer.flag.kind == NeedsRun.kind:
        flag = Flag(kind=NeedsRun.kind, message="Whether this is right needs another run.")
    return _Answer(
        outcome=answer.outcome,
        share=answer.share,
        message=_OF_OUTCOME.get(answer.outcome, "") if flag is None else flag.message,
        cell=min(cells, default=None) if answer.share < 1.0 else None,
        flag=flag,
        refuted=answer.refuted,
        missing=answer.missing,
        parts=answer.parts,
    )


def share_of(check: Check, view: EvidenceView) -> float:
    """The share of its points, 0 to 1, that a check earns by what ``view`` shows."""
    return _ask(check, view).share


def _tried_once(answer: _Answer, view: EvidenceView, thresholds: set[float], framework: Framework) -> _Answer:
    """``answer`` of the notebook's own run, which tried for an accuracy if ``thresholds`` were asked for."""
    is_near_miss = answer.share < 1.0 and any(misses_narrowly(framework, view, threshold) for threshold in thresholds)
    return replace(answer, was_tried=bool(thresholds) and has_tried(view), is_near_miss=is_near_miss)


def _ask(check: Check, view: EvidenceView) -> _Answer:
    """Puts the question. What fails because of something that was ended before its end needs another run; what would
    earn something that the notebook's text does not bear out waits for a person."""
    with collecting_unfinished() as unfinished, collecting_unsupported() as unsupported, collecting_exact() as exact:
        answer = replace(_put(check, view), roughly=exact)
    if unsupported and answer.share:
        return _left_open(unsupported[0])
    return _left_open(unfinished[0]) if unfinished and answer.outcome in ("failed", "partial") else answer


def _left_open(question: LeftOpen) -> _Answer:
    flag = Flag(kind=question.kind, message=question.message, cell=question.cell)
    return _Answer("needs_attention", message=question.message, cell=question.cell, flag=flag)


def _put(check: Check, view: EvidenceView) -> _Answer:
    """What the check answers; an exception that is not an answer is the grader's fault, never the student's."""
    if view.evidence.run.outcome == "unreadable":
        return _Answer("error", message=view.evidence.run.reason or "The file could not be read.")
    with collecting_parts() as parts:
        try:
            remark = check.question(view)
        except NoEvidence as missing:
            found = (missing.message, missing.found, missing.expected, missing.cell)
            return _Answer("unattempted", 0.0, *found, missing=True)
        except CheckFailed as unmet:
            return _from_parts([unmet], None, view)
        except ConflictingEvidence as doubted:
            flag = Flag(kind="witnesses_disagree", message=doubted.message, cell=doubted.cell)
            return _Answer("needs_attention", message=doubted.message, cell=doubted.cell, flag=flag)
        except LeftOpen as question:
            return _left_open(question)
        except (Exception, SystemExit) as problem:
            where = traceback.extract_tb(problem.__traceback__)[-1]
            said = f"check {check.id!r} raised {type(problem).__name__}: {problem} ({where.name}, line {where.lineno})"
            flag = Flag(kind="grader_failed", message=said)
            return _Answer("needs_attention", message="This check could not be made; a person will look.", flag=flag)
    return _from_parts(parts, remark, view)


def _from_parts(parts: list[CheckFailed | None], remark: str | None, view: EvidenceView) -> _Answer:
    failed = [unmet for unmet in parts if unmet is not None]
    if not failed:
        return _Answer("passed", 1.0, remark or "", parts=tuple(_came_to(one) for one in parts))
    share = 1.0 - len(failed) / len(parts)
    first = failed[0]
    outcome: Outcome = "partial" if share else "unattempted" if isinstance(first, NoEvidence) else "failed"
    below = given_below(failed, view)
    message = " ".join(dict.fromkeys([*(unmet.message for unmet in failed), said_of_given_below(below)])).strip()
    found = "; ".join(dict.fromkeys(unmet.found for unmet in failed if unmet.found)) or None
    expected = "; ".join(dict.fromkeys(unmet.expected for unmet in failed if unmet.expected)) or None
    shown = [not isinstance(unmet, NoEvidence) for unmet in failed]
    answer = _Answer(outcome, share, message, found, expected, first.cell, refuted=any(shown), missing=not all(shown))
    came_to = tuple(_came_to(one) for one in parts) if len(parts) > 1 else ()
    return replace(answer, given_below=below, parts=came_to)


def _came_to(part: CheckFailed | None) -> _Part:
    return "right" if part is None else "missing" if isinstance(part, NoEvidence) else "wrong"


def _explain(answer: _Answer, view: EvidenceView, exercise: Exercise) -> _Answer:
    """Why an answer is missing or wrong: the stub is untouched, its code raised, other code did, or a limit."""
    run = view.evidence.run
    if answer.outcome not in ("failed", "unattempted", "partial") or run.outcome == "unreadable":
        return answer
    cells = [cell for cell in view.evidence.submission.cells if cell.exercise == exercise.id]
    if not any(cell.touched for cell in cells):
        said = _not_attempted(view.evidence.submission, exercise)
        not_yet = _Answer("unattempted", message=said, cell=cells[0].position if cells else None)
        return answer if answer.outcome == "partial" else not_yet
    own = cause_in(view, exercise.id)
    if answer.outcome == "partial":
        cause = own or cause_behind(view, exercise.id)
        return _with_cause(answer, cause, view) if answer.missing and cause is not None else answer
    if own is not None:
        return _by_error(own, _raised(own, view))
    if answer.outcome == "failed":
        return answer
    return _explain_missing(answer, view, exercise, [cell.position for cell in cells if cell.touched])


def _not_attempted(submission: Submission, exercise: Exercise) -> str:
    """Or attempted in a cell that does not run."""
    for cell in submission.uncounted:
        if cell.exercise == exercise.id:
            kind = "Markdown" if cell.role == "markdown" else "raw text"
            return f"Cell {cell.number} is {kind}: change its type to Code."
    return "Not attempted yet."


def _by_error(cause: Cause, message: str) -> _Answer:
    found = f"{cause.error.type}: {cause.error.message}"
    return _Answer("error", message=message, found=found, cell=cause.cell, cause=cause)


def _with_cause(answer: _Answer, cause: Cause, view: EvidenceView) -> _Answer:
    """A part of the answer is missing: why comes first."""
    why = _raised(cause, view)
    return replace(answer, message=f"{why} {answer.message}", cell=cause.cell, cause=cause, why=why)


def _raised(cause: Cause, view: EvidenceView) -> str:
    """What a cell's code raised, why, and what mends it."""
    *above, source = (cell.source for cell in view.evidence.submission.cells if cell.position <= cause.cell)
    return view.told_of_error(cause.error, source, above)


def _explain_missing(answer: _Answer, view: EvidenceView, exercise: Exercise, positions: list[int]) -> _Answer:
    """Why the evidence says nothing about an answer that was attempted; ``positions`` are those of its cells."""
    run, position = view.evidence.run, min(positions)
    ended = {finished.cell for finished in view.all(CellFinished)}
    if run.outcome in LIMITS and not ended.issuperset(positions):
        return _Answer("limit", message=f"This was not reached: {run.reason or run.outcome}.", cell=position)
    earlier, behind = cause_before(view, exercise.id), cause_behind(view, exercise.id)
    if earlier is not None:
        said = f"An earlier cell raised {earlier.error.type}, so this could not be seen: {earlier.error.message}"
        return replace(_by_error(earlier, said), found=None)
    if behind is not None:
        return _by_error(behind, _raised(behind, view))
    if view.all(RecorderFailed):
        flag = Flag(kind="recorder_failed", message=view.all(RecorderFailed)[0].message)
        return _Answer("needs_attention", message="This could not be observed; a person will look.", flag=flag)
    return replace(answer, outcome="failed", cell=answer.cell or position)


def _result(check: Check, answer: _Answer, submission: Submission) -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        outcome=answer.outcome,
        score=total([check.points * answer.share]),
        max_score=total([check.points]),
        message=_without_addresses(answer.message),
        found=None if answer.found is None else _without_addresses(answer.found),
        expected=answer.expected,
        # What raised, was not reached or waits for a person has said so, and the hint is about something else.
        hint=check.hint if answer.outcome in ("failed", "partial") and answer.cause is None else None,
        cell=_number(answer.cell, submission),
        visibility=check.visibility,
        given_below=answer.given_below,
        roughly=dict(answer.roughly),
    )


# --- the whole --------------------------------------------------------------------------------------------------------


def _summary(evidence: Evidence, grader: Grader) -> RunSummary:
    run = evidence.run
    return RunSummary(
        outcome="completed" if ended_itself(framework_of(grader).view(evidence)) else run.outcome,
        wall_seconds=run.wall_seconds,
        peak_memory_bytes=run.peak_memory_bytes,
        isolation=run.isolation,
        numerics=run.numerics,
        software=run.software,
    )


def _without_addresses(text: str) -> str:
    """Objects of Python's are told with their address in memory, which means nothing to anybody."""
    return _ADDRESS.sub("", text)


def _number(position: int | None, submission: Submission) -> int | None:
    """A cell's number in the file handed in, for its position in the run."""
    return next((cell.number for cell in submission.cells if cell.position == position), None)


def _each_once(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Flags that say the same of several checks are one."""
    found: dict[Flag, list[str]] = {}
    for flag in flags:
        found.setdefault(flag.model_copy(update={"checks": ()}), []).extend(flag.checks)
    return tuple(flag.model_copy(update={"checks": tuple(checks)}) for flag, checks in found.items())


def _numbered(flag: Flag, submission: Submission) -> Flag:
    return flag.model_copy(update={"cell": _number(flag.cell, submission)})
