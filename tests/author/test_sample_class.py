"""The sample class: one right, one untouched, and others with one mistake each that the solution still allows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairmark.author.sample_class import SAMPLE_STUDENTS, with_answers, write_sample_class
from fairmark.course import Assignment, built_in_course
from fairmark.errors import AuthorError


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return built_in_course().assignment("horses_or_humans")


def sources(notebook: bytes) -> dict[str, str]:
    """Texts of the exercises by id."""
    cells = json.loads(notebook)["cells"]
    exercises = {cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"]) for cell in cells}
    return {name: source for name, source in exercises.items() if name}


@pytest.mark.parametrize("student", [name for name, edits in SAMPLE_STUDENTS.items() if edits])
def test_each_mistake_still_applies_to_the_solution(student: str, assignment: Assignment) -> None:
    edits = SAMPLE_STUDENTS[student]
    assert edits is not None
    solution = assignment.solution.read_bytes()
    before, after = sources(solution), sources(with_answers(solution, edits))
    assert {name for name in before if before[name] != after[name]} == set(edits)


def test_everyone_hands_in_a_notebook(assignment: Assignment, tmp_path: Path) -> None:
    students = write_sample_class(assignment, tmp_path / "class")
    assert {path.stem for path in (tmp_path / "class").iterdir()} == set(students) == set(SAMPLE_STUDENTS)
    assert (tmp_path / "class" / "ben_blank.ipynb").read_bytes() == assignment.notebook.read_bytes()
    assert sources((tmp_path / "class" / "ada_right.ipynb").read_bytes()) == sources(assignment.solution.read_bytes())


def test_a_solution_that_has_moved_on_is_said(assignment: Assignment) -> None:
    edits = SAMPLE_STUDENTS["eva_raises"]
    assert edits is not None
    other = with_answers(assignment.solution.read_bytes(), {"compile": lambda source: "model.compile('adam')"})
    with pytest.raises(AuthorError, match="no longer holds 'RMSprop\\('"):
        with_answers(other, edits)
