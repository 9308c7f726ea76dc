"""New: what is written runs as it is, nothing is overwritten, and a notebook that is there becomes a solution."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from fairmark.author.consistency import require_agreement
from fairmark.author.new import EXAMPLE, new_assignment, new_course
from fairmark.author.release import release
from fairmark.checks import load_grader
from fairmark.course import Course, find_course
from fairmark.data import load_recipe
from fairmark.errors import ReleaseError, UnreadableNotebook, UsageError


def code(source: str, **nbgrader: object) -> dict[str, Any]:
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "execution_count": 3, "outputs": []}


def notebook(path: Path, *cells: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def cells_of(course: Course, name: str) -> list[str]:
    content = json.loads(course.assignment(name).solution.read_text())
    return ["".join(cell["source"]) for cell in content["cells"]]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    new_course(tmp_path / "week")
    return find_course(tmp_path / "week")


# --- a course ---------------------------------------------------------------------------------------------------------


def test_a_new_course_is_one_and_its_parts_agree(course: Course) -> None:
    assert (course.assignments(), course.datasets()) == ([EXAMPLE], [EXAMPLE])
    grader = require_agreement(course.assignment(EXAMPLE))
    assert (grader.dataset, grader.points) == (EXAMPLE, 6)


def test_its_notebook_can_be_released(course: Course) -> None:
    assignment = course.assignment(EXAMPLE)
    assert release(assignment.solution, assignment.notebook)
    assert "rescale" not in assignment.notebook.read_text()


def test_its_grader_script_is_short_and_its_lines_are(course: Course) -> None:
    lines = course.assignment(EXAMPLE).grader.read_text().splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 120


def test_its_grader_script_may_have_helpers(course: Course) -> None:
    grader = course.assignment(EXAMPLE).grader
    grader.with_name("_words.py").write_text('TITLE = "Kept apart"\n')
    grader.write_text(f"from _words import TITLE\n{grader.read_text()}\ngrader.title = TITLE\n")
    assert load_grader(grader).title == "Kept apart"
    assert course.assignments() == [EXAMPLE]
    require_agreement(course.assignment(EXAMPLE))


def test_its_recipe_draws(course: Course) -> None:
    recipe = load_recipe(course.dataset_folder(EXAMPLE))
    for class_name in recipe.classes:
        assert recipe.draw(class_name, split="train", index=0).size == (64, 64)


def test_a_repository_may_be_there_already(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert new_course(tmp_path).paths


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r": is not empty: thesis\.txt$"):
        new_course(tmp_path)
    with pytest.raises(UsageError, match=r"thesis\.txt: is a file, not a folder"):
        new_course(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# --- an assignment ----------------------------------------------------------------------------------------------------


def test_a_new_assignment_agrees_with_itself_and_shares_the_data_set(course: Course) -> None:
    before = course.dataset_folder(EXAMPLE).joinpath("render.py").stat().st_mtime_ns
    made = new_assignment(course, "more_shapes")
    assert [path.relative_to(course.root).as_posix() for path in made.paths] == [
        "solutions/more_shapes.ipynb",
        "graders/more_shapes.py",
        "graders/more_shapes.verify.toml",
    ]
    assert require_agreement(course.assignment("more_shapes")).title == "More shapes"
    assert cells_of(course, "more_shapes")[0].startswith("# More shapes\n")
    assert course.dataset_folder(EXAMPLE).joinpath("render.py").stat().st_mtime_ns == before


def test_nothing_is_overwritten_and_then_nothing_is_written(course: Course) -> None:
    (course.root / "graders" / "mine.py").write_text("# mine\n")
    with pytest.raises(UsageError, match=r"mine\.py: is there already"):
        new_assignment(course, "mine")
    assert not (course.root / "solutions" / "mine.ipynb").exists()
    assert (course.root / "graders" / "mine.py").read_text() == "# mine\n"


@pytest.mark.parametrize("name", ["", "Mine", "my-own", "2nd", "_x", "../x", "a" * 61, "a b", "a\n"])
def test_a_name_that_cannot_be_one_is_refused(name: str, course: Course) -> None:
    with pytest.raises(UsageError, match="cannot be the name of an assignment"):
        new_assignment(course, name)


# --- from a notebook --------------------------------------------------------------------------------------------------


def test_nbgraders_answers_become_exercises_and_its_tests_are_left_out(course: Course, tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "theirs.ipynb",
        code("import math"),
        code("### BEGIN SOLUTION\nrate = 0.001\n### END SOLUTION", solution=True, grade=False, grade_id="rate"),
        code("assert rate == 0.001\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", solution=False, grade=True),
        code("history = model.fit(pictures)", solution=True, grade_id="training"),
    )
    made = new_assignment(course, "adopted", notebook=path)
    assert cells_of(course, "adopted") == [
        "from fairmark import check\nimport math",
        "# Exercise: rate\n### BEGIN SOLUTION\nrate = 0.001\n### END SOLUTION",
        "# Exercise: training\n### BEGIN SOLUTION\nhistory = model.fit(pictures)\n### END SOLUTION",
    ]
    assert made.remarks[0] == f"{path}: cell 3 holds tests and was left out: ask the same in the grader script."
    grader = require_agreement(course.assignment("adopted"))
    assert [(exercise.id, exercise.needs_training) for exercise in grader.exercises] == [
        ("rate", False),
        ("training", True),
    ]


def test_headers_are_enough_and_markers_are_mended(course: Course, tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "theirs.ipynb",
        code("# exercise: steps\nsteps = 8"),
        code("x = 1\n#begin solution\ny = 2\n# END  SOLUTION"),
        code("z = 3"),
    )
    new_assignment(course, "adopted", notebook=path)
    assert cells_of(course, "adopted") == [
        "from fairmark import check",
        "# Exercise: steps\n### BEGIN SOLUTION\nsteps = 8\n### END SOLUTION",
        "# Exercise: exercise_2\nx = 1\n### BEGIN SOLUTION\ny = 2\n### END SOLUTION",
        "z = 3",
    ]


def test_where_nothing_is_marked_every_cell_that_does_something_is_an_exercise(course: Course, tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "theirs.ipynb",
        {"cell_type": "markdown", "metadata": {}, "source": "# Title"},
        code("import math\nfrom os import path"),
        code("%matplotlib inline"),
        code("%%bash\nls"),
        code("def half(x):\n    return x / 2"),
        code("print 'python 2'"),
        code("half(math.pi)"),
    )
    new_assignment(course, "adopted", notebook=path)
    exercises = [source for source in cells_of(course, "adopted") if source.startswith("# Exercise")]
    assert [source.split("\n")[2] for source in exercises] == ["def half(x):", "half(math.pi)"]
    grader = course.assignment("adopted").grader
    assert [exercise.id for exercise in load_grader(grader).exercises] == ["exercise_1", "exercise_2"]
    assert ast.get_docstring(ast.parse(grader.read_text()))


def test_ids_that_are_no_names_get_names_of_their_own(course: Course, tmp_path: Path) -> None:
    ids = ("my-loss", "my_loss", "class", "2nd", "grader", "compile", "my_loss")
    cells = [code(f"x = {number}", solution=True, grade_id=name) for number, name in enumerate(ids)]
    new_assignment(course, "adopted", notebook=notebook(tmp_path / "theirs.ipynb", *cells))
    grader = require_agreement(course.assignment("adopted"))
    assert [exercise.id for exercise in grader.exercises] == [*ids[:6], "exercise_7"]


def test_the_data_set_is_the_one_the_notebook_asks_for(course: Course, tmp_path: Path) -> None:
    other = course.root / "datasets" / "a_first_one"
    other.mkdir()
    (other / "dataset.toml").write_text("")
    asking = notebook(tmp_path / "theirs.ipynb", code(f'folder = fairmark.dataset("{EXAMPLE}")\nx = 1'))
    assert new_assignment(course, "adopted", notebook=asking).remarks == ()
    assert load_grader(course.assignment("adopted").grader).dataset == EXAMPLE
    silent = notebook(tmp_path / "theirs.ipynb", code("x = 1"))
    [remark] = new_assignment(course, "guessed", notebook=silent).remarks
    assert remark.endswith("takes the data set 'a_first_one'; name the one the notebook is about.")


def test_a_stub_in_place_of_an_answer_is_remarked_on(course: Course, tmp_path: Path) -> None:
    path = notebook(tmp_path / "theirs.ipynb", code("raise NotImplementedError()", solution=True, grade_id="a"))
    made = new_assignment(course, "adopted", notebook=path)
    assert made.remarks[0] == f"{path}: cell 1 (a) has a stub in place of an answer: write one."


def test_what_is_no_notebook_or_has_nothing_to_answer_is_refused(course: Course, tmp_path: Path) -> None:
    (tmp_path / "page.ipynb").write_text("<html>")
    with pytest.raises(UnreadableNotebook):
        new_assignment(course, "adopted", notebook=tmp_path / "page.ipynb")
    with pytest.raises(ReleaseError, match="has no code that could be an exercise"):
        new_assignment(course, "adopted", notebook=notebook(tmp_path / "a.ipynb", code("import math")))
    assert course.assignments() == [EXAMPLE]
