"""Grader scripts: what they are made of, and how they are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark import Grader, RunView
from fairmark.checks import load_grader
from fairmark.errors import GraderError


def answer(run: RunView) -> None:
    """A question that every submission answers rightly."""


def grader_with(points: float = 1, **options: object) -> Grader:
    grader = Grader("shapes", title="Shapes", dataset="shapes")
    grader.exercise("sides", title="Count sides").check("It is four", points=points, **options)(answer)  # type: ignore[arg-type]
    return grader


# --- what a script is made of -----------------------------------------------------------------------------------------


def test_a_check_is_a_decorated_function_and_has_its_name() -> None:
    (exercise,) = grader_with(2, hint="Look again.", visibility="never").exercises
    (check,) = exercise.checks
    assert (check.id, check.title, check.points, check.question) == ("answer", "It is four", 2, answer)
    assert (check.hint, check.visibility) == ("Look again.", "never")


def test_a_check_has_no_hint_and_is_shown_unless_told_otherwise() -> None:
    (check,) = grader_with().exercises[0].checks
    assert (check.hint, check.visibility) == (None, "always")


def test_points_add_up() -> None:
    grader = grader_with(1.5)
    assert (grader.exercises[0].points, grader.points) == (1.5, 1.5)
    grader.exercise("angles", title="Measure angles")
    assert (grader.exercises[1].points, grader.points) == (0, 1.5)


def test_a_grader_need_not_ask_for_accuracy() -> None:
    assert grader_with().hidden_accuracy is None


@pytest.mark.parametrize("points", [0, -1])
def test_a_check_is_worth_something(points: float) -> None:
    with pytest.raises(GraderError) as caught:
        grader_with(points)
    line = answer.__code__.co_firstlineno
    assert caught.value.message == f"{__file__}:{line}: check 'answer' is worth {points} points"
    assert caught.value.remedy == "Give it some."


def test_two_checks_of_one_exercise_have_two_names() -> None:
    grader = grader_with()
    with pytest.raises(GraderError, match="exercise 'sides' has a second check named 'answer'"):
        grader.exercises[0].check("Again", points=1)(answer)


def test_two_exercises_have_two_names() -> None:
    grader = grader_with()
    with pytest.raises(GraderError, match="shapes: there is a second exercise named 'sides'"):
        grader.exercise("sides", title="Again")


# --- how it is loaded -------------------------------------------------------------------------------------------------

SCRIPT = """
from fairmark import Grader
grader = Grader("shapes", title="Shapes", dataset="shapes")
"""


def script(folder: Path, text: str, name: str = "shapes.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_loaded_by_its_path(tmp_path: Path) -> None:
    assert load_grader(script(tmp_path, SCRIPT)).name == "shapes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grader = (", ":1: SyntaxError: '(' was never closed"),
        ("\nimport no_such_module", ":2: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f():\n    raise ValueError('no')\n\nf()", ":2: ValueError: no"),
        ("x = 1", ": defines no grader"),
        ("grader = 'shapes'", ": defines no grader"),
        (SCRIPT.replace('"shapes", t', '"colours", t'), ": its grader is named 'colours'"),
    ],
)
def test_a_script_that_is_wrong_is_refused_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = script(tmp_path, text)
    with pytest.raises(GraderError) as caught:
        load_grader(path)
    assert caught.value.message == f"{path}{message}"


def test_what_the_script_itself_refuses_is_passed_on(tmp_path: Path) -> None:
    twice = 'grader.exercise("a", title="A")\n' * 2
    with pytest.raises(GraderError, match="there is a second exercise named 'a'"):
        load_grader(script(tmp_path, SCRIPT + twice))


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "shapes.py", tmp_path):
        with pytest.raises(GraderError) as caught:
            load_grader(path)
        assert caught.value.message == f"{path}: there is no such grader script"


def test_a_file_that_is_not_python_is_refused(tmp_path: Path) -> None:
    path = script(tmp_path, SCRIPT, "shapes.txt")
    with pytest.raises(GraderError) as caught:
        load_grader(path)
    assert caught.value.message == f"{path}: not a Python file"


def test_a_script_that_exits_is_refused_and_does_not_end_the_grader(tmp_path: Path) -> None:
    path = script(tmp_path, "import sys\nsys.exit(1)")
    with pytest.raises(GraderError, match=r"shapes\.py:2: SystemExit: 1"):
        load_grader(path)
