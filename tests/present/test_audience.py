"""What students may see."""

from __future__ import annotations

import pytest

from fairmark.present.audience import for_student
from fairmark.present.files import report_json
from fairmark.report import Report, Visibility


def with_visibility(report: Report, visibility: Visibility) -> Report:
    exercise = report.exercises[0]
    checks = tuple(check.model_copy(update={"visibility": visibility}) for check in exercise.checks)
    return report.model_copy(update={"exercises": (exercise.model_copy(update={"checks": checks}),)})


@pytest.mark.parametrize(
    ("visibility", "deadline_passed"), [("after_deadline", False), ("never", False), ("never", True)]
)
def test_words_that_are_held_back_are_nowhere(
    small_report: Report, visibility: Visibility, deadline_passed: bool
) -> None:
    seen = for_student(with_visibility(small_report, visibility), deadline_passed=deadline_passed)
    text = report_json(seen)
    for word in ("sigmoid", "mse", "binary_crossentropy", "which cross-entropy", '"loss"', "RMSprop"):
        assert word not in text
    assert (seen.score, seen.exercises[0].checks[1].outcome) == (1, "failed")


@pytest.mark.parametrize(("visibility", "deadline_passed"), [("always", False), ("after_deadline", True)])
def test_what_may_be_seen_is_unchanged(small_report: Report, visibility: Visibility, deadline_passed: bool) -> None:
    report = with_visibility(small_report, visibility)
    assert for_student(report, deadline_passed=deadline_passed) == report
