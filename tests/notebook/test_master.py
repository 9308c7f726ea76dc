"""Masters are loaded from released notebooks, and refused where submissions could not be read against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairmark.course import Assignment, Course
from fairmark.errors import AssignmentNotFound, AuthorError, ReleaseError
from fairmark.notebook.master import (
    Master,
    hand_out,
    handed_out_bytes,
    load_master,
    master_from_bytes,
    master_of,
    master_source,
)
from fairmark.notebook.stub import is_untouched
from fairmark.notebook.student_notebook import release_notebook


def test_a_released_notebook_loads_with_its_cells_and_exercises(tmp_path: Path, released: bytes) -> None:
    (tmp_path / "horses.ipynb").write_bytes(released)
    master = load_master(tmp_path / "horses.ipynb")
    assert master.assignment == "horses"
    assert master.exercises == ("labels", "compile", "predict")
    assert [cell.cell_type for cell in master.cells] == ["markdown", "code", "code", "markdown", "code", "code", "code"]
    assert [cell.kind for cell in master.code_cells] == ["locked", "exercise", "exercise", "locked", "exercise"]


def test_a_master_is_a_value(master: Master, released: bytes) -> None:
    assert master_from_bytes(released, path="again") == master
    assert hash(master) == hash(master_from_bytes(released, path="again"))


def test_a_missing_master_is_an_assignment_not_found(tmp_path: Path) -> None:
    with pytest.raises(AssignmentNotFound, match="there is no such file"):
        load_master(tmp_path / "horses.ipynb")


def test_a_master_that_is_a_folder_is_an_error_of_the_author(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="not a regular file"):
        load_master(tmp_path)


def test_a_solution_loads_with_the_same_ids_and_the_references_cells(solution: bytes, master: Master) -> None:
    reference = master_from_bytes(solution, path="horses.ipynb")
    assert reference.assignment == "horses"
    assert [cell.grade_id for cell in reference.cells] == [cell.grade_id for cell in master.cells]
    assert "model.compile(loss='binary_crossentropy')" in reference.cells[4].source


def _without_grade_id(notebook: dict[str, Any]) -> None:
    del notebook["cells"][2]["metadata"]["nbgrader"]["grade_id"]


def _with_repeated_exercise(notebook: dict[str, Any]) -> None:
    notebook["cells"][4]["metadata"]["nbgrader"]["grade_id"] = "labels"


def _with_exercise_in_markdown(notebook: dict[str, Any]) -> None:
    notebook["cells"][0]["metadata"]["nbgrader"]["solution"] = True


def _without_exercises(notebook: dict[str, Any]) -> None:
    notebook["cells"] = notebook["cells"][:2]


def _of_no_known_format(notebook: dict[str, Any]) -> None:
    notebook["nbformat"] = 9


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_grade_id, "the exercise in cell 3 has no grade_id"),
        (_with_repeated_exercise, "several cells have the grade_id 'labels'"),
        (_with_exercise_in_markdown, "cell 1 is an exercise but not a code cell"),
        (_without_exercises, "has no exercise cell"),
        (_of_no_known_format, "notebook format 9"),
    ],
)
def test_a_spoilt_master_names_file_and_fault(
    released: bytes, spoil: Callable[[dict[str, Any]], None], message: str
) -> None:
    notebook = json.loads(released)
    spoil(notebook)
    with pytest.raises(AuthorError, match=message) as caught:
        master_from_bytes(json.dumps(notebook).encode(), path="horses.ipynb")
    assert caught.value.message.startswith("horses.ipynb: ")
    assert caught.value.remedy


# --- where it comes from ----------------------------------------------------------------------------------------------

SOLVED = "# Exercise: compile\nmodel.compile(loss='mse')"


@pytest.fixture
def assignment(tmp_path: Path, solution: bytes, released: bytes) -> Assignment:
    """Of a course in which a student has solved ``compile`` where the notebook lies."""
    course = Course(tmp_path)
    for part in ("assignments", "solutions", "graders", "datasets"):
        (tmp_path / part).mkdir()
    (tmp_path / "graders" / "horses.py").touch()
    found = course.assignment("horses")
    solved = json.loads(released)
    solved["cells"][4]["source"] = SOLVED
    found.notebook.write_text(json.dumps(solved))
    found.solution.write_bytes(solution)
    found.handed_out.parent.mkdir()
    found.handed_out.write_bytes(released)
    return found


def stub_of(master: Master, exercise: str) -> str:
    return next(cell.source for cell in master.cells if cell.exercise == exercise)


def test_it_is_made_from_the_solution_whatever_was_saved_in_assignments(assignment: Assignment, master: Master) -> None:
    made = master_of(assignment)
    assert [replace(cell, answer=None) for cell in made.cells] == list(master.cells)
    assert "loss='binary_crossentropy'" in str(next(cell.answer for cell in made.cells if cell.exercise == "compile"))
    assert handed_out_bytes(assignment) == assignment.handed_out.read_bytes()


def test_without_a_solution_it_is_the_copy_beside_the_graders(assignment: Assignment, master: Master) -> None:
    assignment.solution.unlink()
    assert master_source(assignment) == assignment.handed_out
    assert master_of(assignment) == master


@pytest.mark.parametrize("wrong", [b"", b"{", None])
def test_what_stands_in_assignments_does_not_matter_where_there_is_another(
    assignment: Assignment, master: Master, wrong: bytes | None
) -> None:
    assignment.solution.unlink()
    assignment.notebook.unlink()
    if wrong is not None:
        assignment.notebook.write_bytes(wrong)
    assert master_of(assignment) == master


def test_as_a_last_resort_no_answer_saved_in_assignments_is_taken_for_a_stub(
    assignment: Assignment, master: Master
) -> None:
    assignment.solution.unlink()
    assignment.handed_out.unlink()
    last = master_of(assignment)
    assert stub_of(last, "compile") == stub_of(master, "compile")
    assert stub_of(last, "labels") == stub_of(master, "labels")
    assert not is_untouched(SOLVED, stub=stub_of(last, "compile"), exercise="compile")


def test_a_line_that_gives_an_answer_away_does_not_stop_marking(assignment: Assignment) -> None:
    leaking = json.loads(assignment.solution.read_bytes())
    leaking["cells"][0]["source"] = "Write model.compile(loss='binary_crossentropy')"
    assignment.solution.write_text(json.dumps(leaking))
    with pytest.raises(ReleaseError):
        release_notebook(assignment.solution.read_bytes(), path=assignment.solution)
    assert master_of(assignment).exercises == ("labels", "compile", "predict")


def test_a_course_without_any_of_the_three_says_what_is_missing(assignment: Assignment) -> None:
    for path in (assignment.solution, assignment.handed_out, assignment.notebook):
        path.unlink()
    with pytest.raises(AssignmentNotFound, match="there is no such file"):
        master_of(assignment)


def test_what_is_handed_out_is_kept_beside_the_graders_too(tmp_path: Path, released: bytes) -> None:
    (tmp_path / "graders").mkdir()
    (tmp_path / "graders" / "horses.py").touch()
    assignment = Course(tmp_path).assignment("horses")
    hand_out(assignment, released)
    assert assignment.notebook.read_bytes() == assignment.handed_out.read_bytes() == released
