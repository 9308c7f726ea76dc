"""What students may see."""

from __future__ import annotations

import pytest

from fairmark.checks import Grader
from fairmark.evidence import Flag
from fairmark.present.files import report_files, report_json
from fairmark.present.visibility import asked_at_once, asked_later, for_student
from fairmark.report import Report, Visibility


def with_visibility(report: Report, visibility: Visibility) -> Report:
    exercise = report.exercises[0]
    checks = tuple(check.model_copy(update={"visibility": visibility}) for check in exercise.checks)
    return report.model_copy(update={"exercises": (exercise.model_copy(update={"checks": checks}),)})


WORDS = ("mse", "binary_crossentropy", "which cross-entropy", '"loss"')
TITLES = ("sigmoid", "RMSprop")


@pytest.mark.parametrize(
    ("visibility", "deadline_passed", "words"),
    [("after_deadline", False, WORDS), ("never", False, WORDS + TITLES), ("never", True, WORDS + TITLES)],
)
def test_words_that_are_held_back_are_nowhere(
    small_report: Report, visibility: Visibility, deadline_passed: bool, words: tuple[str, ...]
) -> None:
    seen = for_student(with_visibility(small_report, visibility), deadline_passed=deadline_passed)
    text = report_json(seen)
    assert not [word for word in words if word in text]
    assert (seen.score, seen.exercises[0].checks[1].outcome) == (1, "failed")
    assert all(check.is_held_back for check in seen.exercises[0].checks)


def test_it_is_said_when_what_was_found_is_shown(small_report: Report) -> None:
    later = for_student(with_visibility(small_report, "after_deadline")).exercises[0].checks
    assert [check.message for check in later] == ["", "What was found is shown after the deadline."]
    assert later[1].title == "The loss fits one sigmoid neuron"
    never = for_student(with_visibility(small_report, "never")).exercises[0].checks
    assert (never[1].title, never[1].message) == ("A check that is not shown", "What was found is not shown.")


def test_flags_say_nothing_of_what_is_held_back(small_report: Report) -> None:
    doubt = Flag(kind="witnesses_disagree", message="The loss is mse.", cell=12, checks=("compile.loss",))
    broken = Flag(kind="grader_failed", message="check 'loss' raised KeyError: 'mse'")
    other = Flag(kind="close_call", message="hidden pictures named rightly: 80%")
    report = with_visibility(small_report, "never").model_copy(update={"flags": (doubt, broken, other)})
    assert for_student(report).flags == (
        Flag(kind="witnesses_disagree", message="a check could not be decided"),
        Flag(kind="grader_failed", message="a check could not be decided"),
        Flag(kind="close_call", message="the accuracy on hidden images is close to what is asked"),
    )


@pytest.mark.parametrize(("visibility", "deadline_passed"), [("always", False), ("after_deadline", True)])
def test_what_may_be_seen_is_unchanged(small_report: Report, visibility: Visibility, deadline_passed: bool) -> None:
    report = with_visibility(small_report, visibility)
    assert for_student(report, deadline_passed=deadline_passed) == report


# --- what is asked ----------------------------------------------------------------------------------------------------


def grader(*, is_students: bool) -> Grader:
    """Three exercises: all shown, one shown of four, none shown; as the author has it or as students do."""
    made = Grader("rates", title="Rates", dataset="tiles")
    first, second, third = (made.exercise(name, title=name.capitalize()) for name in ("loss", "rate", "steps"))
    first.check("It fits", points=1)(lambda run: None)
    held = (
        (second, "It is the best", 1.5, "after_deadline"),
        (second, "It is found", 0.5, "after_deadline"),
        (second, "It is copied", 2, "never"),
        (third, "They are guessed", 1, "never"),
    )
    second.check("It is chosen", points=1)(lambda run: None)
    for number, (exercise, title, points, visibility) in enumerate(held):
        if is_students:
            shown = title if visibility == "after_deadline" else "A check that is not shown"
            exercise.unseen(shown, points=points, visibility=visibility)  # type: ignore[arg-type]
        else:

            def question(run: object) -> None: ...

            question.__name__ = f"held_{number}"
            exercise.check(title, points=points, visibility=visibility)(question)  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize("is_students", [False, True])
def test_what_is_asked_at_once_and_what_later_is_the_same_wherever_it_is_asked(is_students: bool) -> None:
    whole = grader(is_students=is_students)
    shown = asked_at_once(whole)
    assert [(exercise.id, exercise.points) for exercise in shown.exercises] == [("loss", 1), ("rate", 1)]
    assert len(whole.exercises) == 3
    assert asked_later(whole) == [
        "Rate: once you hand it in, 3 more checks, 4 points: “It is the best”, “It is found”, 1 that is not shown",
        "Steps: once you hand it in, 1 more check, 1 point: 1 that is not shown",
    ]


def test_what_all_may_see_and_is_made_elsewhere_is_announced_by_its_title() -> None:
    made = Grader("rates", title="Rates", dataset="tiles")
    made.exercise("loss", title="Loss").unseen("It comes to 0.69", points=2, visibility="always")
    assert asked_later(made) == ["Loss: once you hand it in, 1 more check, 2 points: “It comes to 0.69”"]
    assert asked_at_once(made).exercises == []


def test_a_grader_that_keeps_nothing_back_says_nothing_of_later() -> None:
    made = Grader("rates", title="Rates", dataset="tiles")
    made.exercise("loss", title="Loss").check("It fits", points=1)(lambda run: None)
    assert asked_later(made) == []


def test_counts_of_hidden_pictures_are_rounded_and_the_instructor_has_them_exact(small_report: Report) -> None:
    exercise = small_report.exercises[0]
    exact = "152 of 200 (76.0%, 95% interval 69.6%-81.4%)"
    told = exercise.checks[1].model_copy(
        update={"message": f"Named rightly: {exact}.", "found": exact, "roughly": {exact: "about 75%"}}
    )
    report = small_report.model_copy(update={"exercises": (exercise.model_copy(update={"checks": (told,)}),)})
    [check] = for_student(report).exercises[0].checks
    assert (check.message, check.found) == ("Named rightly: about 75%.", "about 75%")
    assert exact in report_json(report)
    assert "roughly" not in report_json(report)
    files = report_files(report)
    [page] = [text for name, text in files.items() if name.endswith(".html")]
    assert "152" not in page
    assert "76.0" not in page
