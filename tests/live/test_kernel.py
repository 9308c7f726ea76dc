"""``check()`` in a kernel: what has been run so far, judged at once, whatever order it was run in."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from tiny import tiny_course
from walled import NAME, walled_course

from .kernels import Shown, in_kernel

MORE = """

asked = next(exercise for exercise in grader.exercises if exercise.id == "compile")
asked.hints = ("One number, or one a class?", "Read about binary cross-entropy.")
asked.lesson = "One probability."
asked.unseen("More", points=1)


@asked.check("SECRET", points=2, visibility="never")
def secret(run: RunView) -> None:
    raise RuntimeError("is not to be asked here")
"""

WRONG_COMPILE = """# Exercise: compile
model.compile("rmsprop", loss="categorical_crossentropy", metrics=["acc"])"""
STUB = """# Exercise: compile
# YOUR CODE HERE
raise NotImplementedError("compile: replace this line with your answer")"""


def answers(course_root: Path) -> dict[str, str]:
    """The solution's cells, by exercise; the others under ``before``."""
    notebook = nbformat.read(course_root / f"solutions/{NAME}.ipynb", 4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = {cell.metadata["nbgrader"]["grade_id"]: cell.source for cell in cells}
    return found | {"before": found["cell-imports"]}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """What a student sees who makes one mistake after the other."""
    course = walled_course(tmp_path_factory.mktemp("live") / "course")
    script = course.assignment(NAME).grader
    script.write_text(script.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    right = answers(course.root)
    cells: dict[str, str | tuple[str | None, str]] = {
        "imports": f"from fairmark import check, dataset\n{right['before']}",
        "not run": 'check("compile")',
        "unknown": 'check("compil")',
        "failing": "1 / 0",
        "folders": right["cell-folders"],
        "pictures": right["generators"],
        "pictures seen": 'check("generators")',
        "wrong layers": right["layers"].replace("Dense(64,", "Dense(65,"),
        "wrong layers seen": 'check("layers")',
        "stub": STUB,
        "stub seen": 'check("compile")',
        "raises": "# Exercise: compile\nmodel.compile(lr=0.1)",
        "raises seen": 'check("compile")',
        "hint": 'check.hint("compile")',
        "second hint": 'check.hint("compile")',
        "no more hints": 'check.hint("compile")',
        "function": "# Exercise: compile\n\ndef settle():\n    model.compile(lr=0.1)",
        "function called": "settle()",
        "function seen": 'check("compile")',
        "wrong": f"{WRONG_COMPILE}\ncheck('compile')",
        "wrong seen": 'check("compile")',
        "right layers": right["layers"],
        "layers seen": 'check("layers")',
        "compiled before": 'check("compile")',
        "compiled": right["compile"],
        "compiled seen": 'check("compile")',
        "scribble": "other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])",
        "layers seen again": 'check("layers")',
        "steps": right["steps"],
        "training": right["training"],
        "training seen": 'check("training")',
        "same as without": "(load_img.__name__, len(history.epoch), type(model.layers[0]).__name__)",
        "picture": right["cell-picture"],
        "prediction": right["prediction"],
        "prediction seen": 'check("prediction")',
    }
    return dict(zip(cells, in_kernel(course.root, list(cells.values())), strict=True))


def test_an_exercise_that_has_not_been_run_is_to_be_run_first(story: dict[str, Shown]) -> None:
    assert story["not run"].lines == [
        "Compile the model",
        "Run the cell first: the one that begins “# Exercise: compile”.",
    ]


def test_an_exercise_that_does_not_exist_is_answered_with_the_nearest(story: dict[str, Shown]) -> None:
    assert story["unknown"].lines == ["There is no exercise named “compil”.", "Did you mean “compile”?"]


def test_a_right_answer_earns_its_points_at_once(story: dict[str, Shown]) -> None:
    assert story["pictures seen"].lines[0] == "Label pictures by their folder   4 / 4 points"


def test_a_wrong_answer_is_told_with_what_was_found_and_expected(story: dict[str, Shown]) -> None:
    seen = story["wrong layers seen"]
    assert seen.lines[0] == "Build the network   4 / 5 points so far"
    assert "✗ All features meet in 512 neurons (not right yet, 0 / 1)" in seen.lines
    assert seen.html is not None
    assert "Hint" in seen.html


def test_a_stub_as_it_was_given_out_is_no_error(story: dict[str, Shown]) -> None:
    assert story["stub seen"].lines[1] == "Not attempted yet: write your answer in place of the stub, and run the cell."


def test_a_cell_that_raised_is_told_with_its_error_once(story: dict[str, Shown]) -> None:
    seen = story["raises seen"]
    assert seen.lines[1].startswith("This cell raised TypeError, line 2: ")
    assert seen.text.count("TypeError") == 1


def test_an_error_of_its_function_is_told_wherever_that_was_called(story: dict[str, Shown]) -> None:
    assert story["function called"].error is not None
    assert story["function seen"].lines[1].startswith("This cell raised TypeError, line 4: ")


def test_a_check_can_be_the_last_line_of_its_own_cell(story: dict[str, Shown]) -> None:
    assert story["wrong"].text == story["wrong seen"].text
    assert story["wrong"].lines[:2] == [
        "Compile the model   2 / 3 points so far",
        "✗ The loss fits the output (not right yet, 0 / 1)",
    ]


def test_hints_come_one_by_one_until_there_are_no_more(story: dict[str, Shown]) -> None:
    assert [story[name].lines for name in ("hint", "second hint", "no more hints")] == [
        ["Compile the model: hint 1 of 2", "One number, or one a class?", 'check.hint("compile") gives one more.'],
        ["Compile the model: hint 2 of 2", "Read about binary cross-entropy.", "That was the last one."],
        ["Compile the model: no more hints", 'check("compile") says what is still missing, with a hint for each.'],
    ]


def test_a_cell_whose_model_has_been_replaced_is_to_be_run_again(story: dict[str, Shown]) -> None:
    assert story["layers seen"].lines[0] == "Build the network   5 / 5 points"
    assert story["compiled before"].lines[1].startswith("“Build the network” has been run again since.")


def test_the_lesson_is_said_once_it_is_right_and_what_is_not_asked_here_keeps_its_secret(
    story: dict[str, Shown],
) -> None:
    assert story["compiled seen"].lines == [
        "Compile the model   3 / 3 points so far",
        "✓ The loss fits the output (passed, 1 / 1)",
        "✓ RMSprop with a learning rate of 0.001 (passed, 1 / 1)",
        "✓ Accuracy is measured (passed, 1 / 1)",
        "One probability.",
        "Later: 2 more checks are made when you hand in (3 points).",
    ]
    assert not [shown for shown in story.values() if "SECRET" in shown.text + (shown.html or "")]


def test_a_scribble_changes_nothing_of_what_came_before(story: dict[str, Shown]) -> None:
    assert story["layers seen again"].text == story["layers seen"].text


def test_hidden_pictures_are_left_for_later(story: dict[str, Shown]) -> None:
    assert story["training seen"].lines[0] == "Train and validate   2 / 2 points so far"
    assert story["training seen"].lines[-2:] == [
        "Later: The trained model names 80% of pictures nobody has shown it: measured by",
        "`fairmark check` and when you hand in (2 points).",
    ]


def test_functions_that_were_imported_before_anything_was_watched_are_watched_too(story: dict[str, Shown]) -> None:
    assert story["prediction seen"].lines[0] == "Name what is in a picture   2 / 2 points"


def test_the_notebook_does_what_it_does_without(story: dict[str, Shown]) -> None:
    assert story["same as without"].text == "('load_img', 8, 'Conv2D')"
    assert {name: shown.error for name, shown in story.items() if shown.error} == {
        "failing": "ZeroDivisionError: division by zero",
        "stub": "NotImplementedError: compile: replace this line with your answer",
        "raises": "TypeError: Trainer.compile() got an unexpected keyword argument 'lr'",
        "function called": "TypeError: Trainer.compile() got an unexpected keyword argument 'lr'",
    }


# --- without TensorFlow -----------------------------------------------------------------------------------------------


def test_which_notebook_it_is_can_be_said_where_several_have_the_exercise(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    _, torn, _, said, wrong, named = in_kernel(
        course.root,
        [
            "from fairmark import check",
            'check("compile")',
            'check.assignment = "convolutions"',
            'check("compile")',
            'check("layers")',
            'check.assignment = "convolution"; check("compile")',
        ],
    )
    assert torn.lines == [
        "Several assignments have an exercise named “compile”: compile_settings, convolutions.",
        'Say which this notebook is: check.assignment = "compile_settings"',
    ]
    assert said.lines[1] == "Run the cell first: the one that begins “# Exercise: compile”."
    assert wrong.lines[0] == "“Compile settings” has no exercise named “layers”."
    assert named.lines[1] == "Did you mean 'convolutions'?"


def test_the_notebook_that_an_editor_names_is_the_one(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    name = {"JPY_SESSION_NAME": str(course.root / "convolutions.ipynb")}
    cells = ["# Exercise: compile", "from fairmark import check", 'check("compile")', "check()"]
    _, _, earlier, all_of_them = in_kernel(course.root, cells, name)
    assert earlier.lines == [
        "Compile the model",
        "This cell was run before check was imported. Run it again.",
    ]
    question, names, *where = all_of_them.lines
    assert (question, names) == ("Which exercise?", 'Ask for one by its name: check("compile"), check("training").')
    assert "".join(where).replace(" ", "") == f"Theyarethoseofthecourse{course.root}."


def test_before_tensorflow_is_imported_there_is_nothing_to_see(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course", "compile_settings")
    cells = ["from fairmark import check\nimport sys", "# Exercise: compile\nloss = 1", 'check("compile")']
    *_, seen, loaded = in_kernel(course.root, [*cells, '[name in sys.modules for name in ("tensorflow", "keras")]'])
    assert " ".join(seen.lines) == (
        "Compile the model TensorFlow is not imported yet. Run the notebook's first cells, then this one again."
    )
    assert loaded.text == "[False, False]"
