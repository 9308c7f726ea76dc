"""Who may see which check: what students are asked at once, and what a report for them leaves out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

from fairmark.checks.grader import Exercise, Grader
from fairmark.evidence import Flag
from fairmark.points import total
from fairmark.present.wording import number
from fairmark.report import CheckResult, ExerciseResult, Report, Visibility

__all__ = ["NOT_SHOWN", "asked_at_once", "asked_later", "for_student"]

NOT_SHOWN = "A check that is not shown"
"""The title of a check that students never see."""

_CLOSE = "the accuracy on hidden images is close to what is asked"
"""What students are told of a close call: the counts are the instructor's."""


def asked_at_once(grader: Grader) -> Grader:
    """``grader`` with the checks that students see at once; exercises that have no other are left out."""
    shown = copy.copy(grader)
    with_shown = (
        (exercise, [one for one in exercise.checks if one.visibility == "always"]) for exercise in grader.exercises
    )
    shown.exercises = [replace(exercise, checks=checks) for exercise, checks in with_shown if checks]
    return shown


def asked_later(grader: Grader) -> list[str]:
    """What else will be marked: for each exercise that keeps something back one line, with number, points and titles.

    The same whether the checks are in the grader script or only announced there.
    """
    return [line for exercise in grader.exercises for line in _later(exercise)]


def _later(exercise: Exercise) -> Iterator[str]:
    checks = [(check.title, check.points, check.visibility) for check in exercise.checks]
    later = [one for one in checks if one[2] != "always"]
    # Of what is made elsewhere, nothing can be asked here, even if all may see it.
    later += [(check.title, check.points, check.visibility) for check in exercise.unseen_checks]
    if not later:
        return
    named = [title for title, _, visibility in later if visibility != "never"]
    unnamed = len(later) - len(named)
    titles = [f"“{title}”" for title in named]
    titles += [f"{unnamed} that {'is' if unnamed == 1 else 'are'} not shown"] if unnamed else []
    points = total(points for _, points, _ in later)
    yield (
        f"{exercise.title}: once you hand it in, {len(later)} more check{'s' * (len(later) != 1)}, "
        f"{number(points)} point{'s' * (points != 1)}: {', '.join(titles)}"
    )


def for_student(report: Report, *, deadline_passed: bool = False) -> Report:
    """``report`` without the words of checks that are not to be seen, or not yet; marks and outcomes stay.

    Exact numbers about hidden pictures are rounded: whoever hands in often would learn from them which those are.

    An author marks such checks ``after_deadline``, whose titles students know, or ``never``. Their ids, which may tell
    what is asked, go too, and so does what flags say of them.
    """
    seen: set[Visibility] = {"always", "after_deadline"} if deadline_passed else {"always"}
    unsaid = {
        f"{exercise.id}.{check.id}"
        for exercise in report.exercises
        for check in exercise.checks
        if check.visibility not in seen
    }
    return report.model_copy(
        update={
            "exercises": tuple(_exercise_for_student(exercise, seen) for exercise in report.exercises),
            "flags": tuple(_flag_for_student(flag, unsaid) for flag in report.flags),
        }
    )


def _exercise_for_student(exercise: ExerciseResult, seen: set[Visibility]) -> ExerciseResult:
    checks = tuple(
        _rounded(check) if check.visibility in seen else _held_back(check, position)
        for position, check in enumerate(exercise.checks, start=1)
    )
    return exercise.model_copy(update={"checks": checks})


def _rounded(check: CheckResult) -> CheckResult:
    message, found = check.message, check.found
    for exact, roughly in check.roughly.items():
        message = message.replace(exact, roughly)
        found = None if found is None else found.replace(exact, roughly)
    return check.model_copy(update={"message": message, "found": found, "roughly": {}})


def _held_back(check: CheckResult, position: int) -> CheckResult:
    later = check.visibility == "after_deadline"
    said = "What was found is shown after the deadline." if later else "What was found is not shown."
    return CheckResult(
        id=f"held-back-{position}",  # no function is called so
        title=check.title if later else NOT_SHOWN,
        outcome=check.outcome,
        score=check.score,
        max_score=check.max_score,
        message="" if check.outcome in ("passed", "unattempted") else said,
        visibility=check.visibility,
        is_held_back=True,
    )


def _flag_for_student(flag: Flag, unsaid: set[str]) -> Flag:
    """Nothing is said of a check that is held back, nor how one failed to run."""
    seen = tuple(check for check in flag.checks if check not in unsaid)
    if flag.kind == "grader_failed" or (flag.checks and not seen):
        return flag.model_copy(update={"message": "a check could not be decided", "cell": None, "checks": ()})
    flag = flag.model_copy(update={"checks": seen})
    return flag.model_copy(update={"message": _CLOSE}) if flag.kind == "close_call" else flag
