"""Who may see which check: a report for students leaves out what its author holds back."""

from __future__ import annotations

from fairmark.report import CheckResult, Report

__all__ = ["for_student"]


def for_student(report: Report, *, deadline_passed: bool = False) -> Report:
    """``report`` without the words of checks that are not to be seen, or not yet; marks and outcomes stay.

    An author marks such checks ``after_deadline`` or ``never``. Their ids, which may tell what is asked, go too.
    """
    seen = {"always", "after_deadline"} if deadline_passed else {"always"}
    return report.model_copy(
        update={
            "exercises": tuple(
                exercise.model_copy(
                    update={
                        "checks": tuple(
                            check if check.visibility in seen else _hidden(check, position)
                            for position, check in enumerate(exercise.checks, start=1)
                        )
                    }
                )
                for exercise in report.exercises
            )
        }
    )


def _hidden(check: CheckResult, position: int) -> CheckResult:
    later = check.visibility == "after_deadline"
    return CheckResult(
        id=f"hidden-{position}",
        title="A check that is shown after the deadline" if later else "A check that is not shown",
        outcome=check.outcome,
        score=check.score,
        max_score=check.max_score,
        visibility=check.visibility,
    )
