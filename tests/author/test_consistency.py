"""Notebook and grader script name the same exercises, and no answer can be read in what students are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import tiny_course

from fairmark.author.consistency import require_agreement, require_graders
from fairmark.course import Assignment, Course
from fairmark.errors import FairmarkError, GraderError, ReleaseError


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path / "course", "compile_settings")


@pytest.fixture
def assignment(course: Course) -> Assignment:
    return course.assignment("compile_settings")


def edit(assignment: Assignment, old: str, new: str) -> None:
    text = assignment.grader.read_text()
    assert old in text
    assignment.grader.write_text(text.replace(old, new))


def message(assignment: Assignment, kind: type[FairmarkError]) -> str:
    with pytest.raises(kind) as caught:
        require_agreement(assignment)
    assert caught.value.remedy
    return caught.value.message


def test_what_agrees_gives_the_grader(assignment: Assignment) -> None:
    assert [exercise.id for exercise in require_agreement(assignment).exercises] == ["compile", "training"]


def test_an_exercise_without_a_stub_is_named_by_file_and_line(assignment: Assignment) -> None:
    edit(assignment, '"training"', '"trainings"')
    edit(assignment, 'grader.exercise("compile"', 'grader.exercise(\n    "compile"')
    assert message(assignment, ReleaseError) == (
        f"{assignment.solution}: cell 4: the stub 'training' has no exercise in {assignment.grader}"
    )
    edit(assignment, "fitting =", 'more = grader.exercise("training", title="T")\nfitting =')
    edit(
        assignment,
        "@settings",
        "@more.check('M', points=1)\ndef more_of(run: RunView) -> None:\n    pass\n\n\n@settings",
    )
    assert message(assignment, GraderError) == (
        f"{assignment.grader}:8: the exercise 'trainings' has no stub in {assignment.solution}"
    )


def test_an_exercise_without_a_check_is_named_by_file_and_line(assignment: Assignment) -> None:
    edit(assignment, "@fitting.check", "@settings.check")
    assert message(assignment, GraderError) == f"{assignment.grader}:6: the exercise 'training' has no check"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Which one fits two classes?", "Try loss='binary_crossentropy'", "hint of the check 'loss'"),
        ("The loss fits", "loss = 'binary_crossentropy',", "title of the check 'loss'"),
        ('title="Train it"', "title=\"Train with loss='binary_crossentropy'\"", "title"),
        ('title="Train it"', 'title="T", hints=("So: loss  =  \'binary_crossentropy\'",)', "hint"),
        ('title="Train it"', 'title="T", lesson="As loss = \'binary_crossentropy\' did"', "lesson"),
    ],
)
def test_an_answer_that_can_be_read_in_the_graders_words_is_refused(
    old: str, new: str, what: str, assignment: Assignment
) -> None:
    edit(assignment, old, new)
    told = message(assignment, GraderError)
    assert f": the {what} of '" in told
    assert told.endswith("shows a line of the answer to 'compile': loss = 'binary_crossentropy'")


def test_a_lesson_may_repeat_the_answer_it_is_about(assignment: Assignment) -> None:
    edit(assignment, 'title="Compile the model"', 'title="T", lesson="loss = \'binary_crossentropy\' fits."')
    require_agreement(assignment)


def test_a_script_that_cannot_be_loaded_is_named_by_file_and_line(assignment: Assignment) -> None:
    edit(assignment, "points=2", "points=zwei")
    with pytest.raises(GraderError) as caught:
        require_agreement(assignment)
    assert caught.value.message == f"{assignment.grader}:9: NameError: name 'zwei' is not defined"


def test_a_solution_without_a_grader_script_is_not_passed_over(course: Course) -> None:
    require_graders(course)
    other = course.root / "solutions" / "other.ipynb"
    other.write_bytes(course.assignment("compile_settings").solution.read_bytes())
    with pytest.raises(ReleaseError, match=r"other\.ipynb: has no grader script"):
        require_graders(course)
