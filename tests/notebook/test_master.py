"""Masters are loaded from released notebooks, and refused where submissions could not be read against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairmark.errors import AssignmentNotFound, AuthorError, ReleaseError
from fairmark.notebook.master import Master, load_master, master_from_bytes


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
