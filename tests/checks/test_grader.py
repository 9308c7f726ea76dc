"""Grader scripts: what they are made of, and how they are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark import Grader
from fairmark.checks import load_grader
from fairmark.errors import GraderError
from fairmark.keras import RunView


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


@pytest.mark.parametrize(
    ("options", "said", "remedy"),
    [
        ({"dataset": None}, "shapes: its data set is None, not a text", "Write the name of a folder in datasets/"),
        ({"dataset": 3}, "shapes: its data set is 3, not a text", "Write the name of a folder in datasets/"),
        ({"title": None}, "shapes: its title is None, not a text", "Write one text, in quotes."),
        ({"name": ["shapes"]}, "A grader's name is ['shapes'], not a text", "Write one text, in quotes."),
        ({"hidden_accuracy": "0.8"}, "shapes: hidden_accuracy is '0.8'", "It is a share"),
        ({"hidden_accuracy": float("nan")}, "shapes: hidden_accuracy is nan", "It is a share"),
        ({"still_epochs": "3"}, "shapes: still_epochs is '3'", "Allow at least one."),
        ({"still_epochs": 0}, "shapes: still_epochs is 0", "Allow at least one."),
    ],
)
def test_what_a_grader_is_made_of_is_looked_at(options: dict[str, object], said: str, remedy: str) -> None:
    arguments = {"name": "shapes", "title": "Shapes", "dataset": "shapes"} | options
    with pytest.raises(GraderError) as caught:
        Grader(**arguments)  # type: ignore[arg-type]
    assert caught.value.message == said
    assert caught.value.remedy is not None
    assert caught.value.remedy.startswith(remedy)


@pytest.mark.parametrize("points", [0, -1, None, "2", float("nan"), float("inf")])
def test_a_check_is_worth_something(points: float) -> None:
    with pytest.raises(GraderError) as caught:
        grader_with(points)
    line = answer.__code__.co_firstlineno
    assert caught.value.message == f"{__file__}:{line}: check 'answer' is worth {points!r} points"
    assert caught.value.remedy == "A check needs a positive number of points."


@pytest.mark.parametrize(
    ("options", "said", "remedy"),
    [
        ({"points": float("nan")}, "check 'answer' is worth nan points", "A check needs a positive number of points."),
        ({"points": "2"}, "check 'answer' is worth '2' points", "A check needs a positive number of points."),
        ({"hint": ("a", "b")}, "check 'answer': its hint is ('a', 'b'), not a text", "Write one text, in quotes."),
        (
            {"visibility": "after-deadline"},
            "check 'answer': there is no visibility 'after-deadline'",
            "There are 'always', 'after_deadline', 'never'.",
        ),
    ],
)
def test_what_a_check_is_made_of_is_looked_at(options: dict[str, object], said: str, remedy: str) -> None:
    with pytest.raises(GraderError) as caught:
        grader_with(**options)  # type: ignore[arg-type]
    assert caught.value.message == f"{__file__}:{answer.__code__.co_firstlineno}: {said}"
    assert caught.value.remedy == remedy


@pytest.mark.parametrize(
    ("options", "said", "remedy"),
    [
        ({"needs_training": None}, "needs_training of exercise 'sides' is None", "Write True or False."),
        ({"needs_training": "yes"}, "needs_training of exercise 'sides' is 'yes'", "Write True or False."),
        ({"hints": None}, "the hints of exercise 'sides' are None, not a list of texts", "Write them in parentheses"),
        ({"hints": 3}, "the hints of exercise 'sides' are 3, not a list of texts", "Write them in parentheses"),
        ({"hints": "only one"}, "the hints of exercise 'sides' are one text", "Put a comma behind the only one"),
        ({"hints": ("a", 2)}, "the hint of exercise 'sides' is 2, not a text", "Write one text"),
        ({"lesson": ("a",)}, "the lesson of exercise 'sides' is ('a',), not a text", "Write one text"),
        ({"title": None}, "the title of exercise 'sides' is None, not a text", "Write one text"),
    ],
)
def test_what_an_exercise_is_made_of_is_looked_at(options: dict[str, object], said: str, remedy: str) -> None:
    grader = Grader("shapes", title="Shapes", dataset="shapes")
    with pytest.raises(GraderError) as caught:
        grader.exercise("sides", **{"title": "Count sides", **options})  # type: ignore[arg-type]
    assert caught.value.message == f"shapes: {said}"
    assert (caught.value.remedy or "").startswith(remedy)


@pytest.mark.parametrize("share", [80, 0, -0.5, float("nan")])
def test_a_share_of_hidden_pictures_is_one(share: float) -> None:
    with pytest.raises(GraderError, match=r"^shapes: hidden_accuracy is "):
        Grader("shapes", title="Shapes", dataset="shapes", hidden_accuracy=share)


def test_still_epochs_are_at_least_one() -> None:
    with pytest.raises(GraderError, match=r"^shapes: still_epochs is 0$"):
        Grader("shapes", title="Shapes", dataset="shapes", still_epochs=0)


def test_what_is_wrong_in_a_script_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "shapes.py"
    path.write_text(
        "from fairmark import Grader\n\n"
        "grader = Grader('shapes', title='Shapes', dataset='shapes')\n"
        "sides = grader.exercise('sides', title='Count sides', hints=('only one'))\n"
    )
    with pytest.raises(GraderError) as caught:
        load_grader(path)
    assert caught.value.message == f"{path}:4: shapes: the hints of exercise 'sides' are one text"


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
