"""The one thing to do next."""

from __future__ import annotations

import pytest

from fairmark.present.next_step import NextStep, next_step
from fairmark.present.visibility import for_student
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report, RunSummary


def report_with(outcome: Outcome, cell: int | None = 12, hint: str | None = None) -> Report:
    check = CheckResult(id="loss", title="The loss fits", outcome=outcome, score=0, max_score=1, cell=cell, hint=hint)
    exercise = ExerciseResult(
        id="compile", title="Compile the model", outcome=outcome, score=0, max_score=1, checks=(check,)
    )
    return Report(
        student="ada",
        assignment="a",
        notebook_sha256="",
        outcome=outcome,
        score=0,
        max_score=1,
        run=RunSummary(outcome="completed"),
        exercises=(exercise,),
    )


@pytest.mark.parametrize(
    ("outcome", "action"),
    [
        ("failed", "Go to cell 12, “Compile the model”. Not right yet: The loss fits."),
        ("partial", "Go to cell 12, “Compile the model”. Not right yet: The loss fits."),
        ("error", "Mend cell 12, “Compile the model”: running it raised an error."),
        ("limit", "Make cell 12, “Compile the model” lighter: it reached a limit."),
    ],
)
def test_each_outcome_has_its_own_advice(outcome: Outcome, action: str) -> None:
    assert next_step(report_with(outcome, hint="Look\nup.")) == NextStep(action, cell=12, hint="Look up.")


def test_an_exercise_that_nobody_has_begun_is_started_with_its_first_hint_not_with_that_of_a_check() -> None:
    report = report_with("unattempted", hint="Which loss?")
    begun = report.exercises[0].model_copy(update={"hint": "Read the table."})
    assert next_step(report.model_copy(update={"exercises": (begun,)})) == NextStep(
        "Start cell 12, “Compile the model”: write your code where the stub is.", 12, "Read the table.", begins=True
    )


def test_without_a_cell_the_exercise_is_named() -> None:
    assert next_step(report_with("unattempted", cell=None)).action.startswith("Start “Compile the model”:")


def test_what_a_person_must_look_at_is_nothing_for_the_student_to_do() -> None:
    assert next_step(report_with("needs_attention")).action.startswith("Nothing for you to do: a person will look")


def test_the_first_open_check_in_order_is_named(mixed_report: Report) -> None:
    assert next_step(mixed_report).cell == 9


def test_full_marks_leave_nothing_to_do(full_report: Report) -> None:
    assert next_step(full_report) == NextStep("Nothing left to do: every check passed.")


def test_what_is_checked_later_is_a_reason_to_hand_in(full_report: Report) -> None:
    assert next_step(full_report, is_complete=False).action.startswith("Hand it in: every check made here passed")


def test_an_unreadable_file_is_to_be_saved_again(full_report: Report) -> None:
    unreadable = full_report.model_copy(update={"run": RunSummary(outcome="unreadable"), "exercises": ()})
    assert next_step(unreadable).action.startswith("Hand in another file: this one could not be marked.")


def test_where_all_is_checked_once_it_is_handed_in_that_is_next(full_report: Report) -> None:
    empty = full_report.model_copy(update={"exercises": (), "outcome": "passed"})
    action = "Hand it in: all that is asked in this notebook is checked then, and nothing here."
    assert next_step(empty, is_complete=False) == NextStep(action)


def test_a_report_of_no_exercises_is_for_the_instructor(full_report: Report) -> None:
    empty = full_report.model_copy(update={"exercises": (), "outcome": "failed"})
    assert "instructor" in next_step(empty).action


@pytest.mark.parametrize(
    ("outcome", "action"),
    [
        ("failed", "Read “Compile the model” again: every check you see passed, another did not."),
        ("unattempted", "Start “Compile the model”: write your code where the stub is."),
        ("passed", "Nothing left to do: every check passed."),
    ],
)
def test_a_check_that_is_held_back_is_not_told(outcome: Outcome, action: str) -> None:
    report = report_with(outcome, hint="Look up.")
    exercise = report.exercises[0]
    hidden = exercise.model_copy(
        update={"checks": tuple(check.model_copy(update={"visibility": "never"}) for check in exercise.checks)}
    )
    shown = for_student(report.model_copy(update={"exercises": (hidden,)}))
    assert next_step(shown) == NextStep(action, begins=outcome == "unattempted")
