"""Whoever opens the notebook in ``assignments/`` and solves it where it lies is marked, there and handed in.

In a copy of a course with its solutions, in what ``release --students`` gives, and in a course that has neither.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from live.kernels import in_kernel
from scripted import Scripted
from tiny import PRETEND, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.author.students import release_to_students
from fairmark.course import Course
from fairmark.grading.assign import assignment_of
from fairmark.grading.pipeline import Pipeline
from fairmark.notebook.stub import header, stub_lines
from fairmark.report import Report

NAME = "compile_settings"
RIGHT = {"compile": "loss = 'binary_crossentropy'", "training": "epochs = 2"}


def clone(root: Path) -> Course:
    return tiny_course(root / "course")


def given_to_students(root: Path) -> Course:
    """With the grader scripts whole: what is typed in this course would be checked by the teacher alone."""
    course = tiny_course(root / "course")
    given = Course(release_to_students(course, course.assignments(), root / "given"))
    for name in course.assignments():
        shutil.copy(course.assignment(name).grader, given.assignment(name).grader)
    return given


def of_ones_own(root: Path) -> Course:
    """Notebooks and graders, and nothing else that says what was handed out."""
    course = given_to_students(root)
    shutil.rmtree(course.root / "graders" / "handed_out")
    return course


def released_by_hand(root: Path) -> Course:
    """A course whose solutions were put away after the release."""
    course = tiny_course(root / "course")
    shutil.rmtree(course.root / "solutions")
    return course


SITUATIONS = [clone, given_to_students, of_ones_own, released_by_hand]


def solved(course: Course, **answers: str) -> Path:
    """Saves these answers in the notebook of the course itself."""
    notebook = course.assignment(NAME).notebook
    edits = {name: lambda source, n=name: f"# Exercise: {n}\n{answers[n]}" for name in answers}
    notebook.write_bytes(with_answers(notebook.read_bytes(), edits))
    return notebook


def marked(course: Course, path: Path) -> Report:
    pipeline = Pipeline(course, course.assignment(NAME), launcher=Scripted(PRETEND))
    pipeline.prepare()
    return pipeline.mark(path, "ada").report


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    ("answers", "scores"),
    [
        (RIGHT, [2, 1]),
        ({"compile": RIGHT["compile"]}, [2, 0]),
        ({"training": RIGHT["training"]}, [0, 1]),
        ({"compile": "loss = 'mse'", "training": "epochs = 3"}, [0, 0]),
    ],
)
def test_a_notebook_solved_in_place_is_marked(
    situation: Callable[[Path], Course], answers: dict[str, str], scores: list[float], tmp_path: Path
) -> None:
    course = situation(tmp_path)
    path = solved(course, **answers)
    report = marked(course, path)
    assert [exercise.score for exercise in report.exercises] == scores
    attempted = ["compile" in answers, "training" in answers]
    assert [exercise.outcome != "unattempted" for exercise in report.exercises] == attempted
    handed_in = shutil.copy(path, tmp_path / "handed in.ipynb")
    assert [exercise.score for exercise in marked(course, handed_in).exercises] == scores


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_notebook_left_as_it_was_given_out_is_not_attempted(
    situation: Callable[[Path], Course], tmp_path: Path
) -> None:
    course = situation(tmp_path)
    report = marked(course, course.assignment(NAME).notebook)
    assert {exercise.outcome for exercise in report.exercises} == {"unattempted"}


@pytest.mark.parametrize("situation", [clone, given_to_students])
def test_a_notebook_that_was_broken_in_place_costs_nobody_else_anything(
    situation: Callable[[Path], Course], tmp_path: Path
) -> None:
    course = situation(tmp_path)
    handed_in = shutil.copy(solved(course, **RIGHT), tmp_path / "handed in.ipynb")
    course.assignment(NAME).notebook.write_text("{ broken")
    assert marked(course, handed_in).score == 3


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_it_belongs_to_is_known_without_its_name(situation: Callable[[Path], Course], tmp_path: Path) -> None:
    course = situation(tmp_path)
    script = course.assignment("convolutions").grader
    script.write_text(script.read_text().replace('"compile"', '"layers"'))
    for path in (course.root / "graders/handed_out/convolutions.ipynb", course.assignment("convolutions").solution):
        if path.is_file():
            path.write_text(path.read_text().replace("compile", "layers"))
    notebook = course.assignment("convolutions").notebook
    notebook.write_text(notebook.read_text().replace("compile", "layers"))
    content = nbformat.read(solved(course, **RIGHT), 4)
    del content.metadata["fairmark"]
    nbformat.write(content, tmp_path / "handed in.ipynb")
    assert assignment_of(tmp_path / "handed in.ipynb", course) == NAME


@pytest.mark.thorough
@pytest.mark.parametrize("situation", SITUATIONS)
def test_in_a_kernel_that_was_started_beside_it_answers_are_answers(
    situation: Callable[[Path], Course], tmp_path: Path
) -> None:
    course = situation(tmp_path)
    solved(course, compile="loss = 'mse'", training="epochs = 2")
    shown = in_kernel(
        course.root / "assignments",
        [
            "from fairmark import check\ncheck.assignment = 'compile_settings'\nimport tensorflow",
            "# Exercise: compile\nloss = 'mse'",
            'check("compile")',
            "# Exercise: compile\nloss = 'binary_crossentropy'",
            'check("compile")',
        ],
    )
    assert "Not attempted yet" not in shown[2].text
    assert "mse" in shown[2].text
    assert "2 / 2" in shown[4].text


def test_in_a_kernel_an_answer_counts_in_a_cell_of_ones_own(tmp_path: Path) -> None:
    course = clone(tmp_path)
    stub = "\n".join([header("compile"), *stub_lines("compile")])
    shown = in_kernel(
        course.root / "assignments",
        [
            "from fairmark import check\ncheck.assignment = 'compile_settings'\nimport tensorflow",
            stub,
            'check("compile")',
            "loss = 'mse'",
            'check("compile")',
            "print(loss)",
            "loss = 'binary_crossentropy'",
            'check("compile")',
        ],
    )
    assert "Not attempted yet" in shown[2].text
    assert "mse" in shown[4].text
    assert "2 / 2" in shown[7].text
