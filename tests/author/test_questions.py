"""The list of questions in the author's handbook: what is listed, how, and that the page is up to date."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from pathlib import Path

import pytest
from recorded import view

import fairmark
from fairmark.author.questions import BEGIN, END, Question, list_of_questions, questions_in, update
from fairmark.checks import CheckFailed, load_grader
from fairmark.errors import GraderError

GRADERS = Path(__file__).resolve().parents[2] / "graders"
HANDBOOK = GRADERS / "README.md"
ENGINE = Path(fairmark.__file__).resolve().parent


def module(folder: Path, source: str, name: str = "_halves.py") -> Path:
    path = folder / name
    path.write_text(f'"""Questions about halves."""\n\n{source}\n')
    return path


# --- what is listed ---------------------------------------------------------------------------------------------------


def test_a_question_is_listed_with_its_call_and_the_first_paragraph_of_its_docstring(tmp_path: Path) -> None:
    path = module(
        tmp_path,
        '''
def is_half(run: RunView, name: str, *, of: float = 2.0) -> None:
    """The notebook bound ``name``
    to half.

    More than that is not listed.
    """
''',
    )
    asks = "The notebook bound ``name`` to half."
    assert questions_in(path) == [Question("is_half", "is_half(run, name, *, of=2.0)", asks)]


def test_a_question_may_be_about_a_part_of_the_run_and_return_a_remark(tmp_path: Path) -> None:
    path = module(tmp_path, "def one(model: ModelView) -> str: ...\ndef two(training: TrainingView) -> str | None: ...")
    assert [question.name for question in questions_in(path)] == ["one", "two"]


@pytest.mark.parametrize(
    "source",
    [
        "def _private(run: RunView) -> None: ...",
        "def about_nothing() -> None: ...",
        "def about_a_number(number: float) -> None: ...",
        "def about_the_evidence(run: RunView, probe: Probe) -> None: ...",
        "def gives_a_value(run: RunView) -> float: ...",
        "def says_no_types(run): ...",
        '__all__ = ["other"]\ndef not_in_all(run: RunView) -> None: ...',
    ],
)
def test_what_no_check_asks_is_not_listed(tmp_path: Path, source: str) -> None:
    assert questions_in(module(tmp_path, source)) == []


def test_a_type_alias_counts_as_what_it_stands_for(tmp_path: Path) -> None:
    asked = "def is_half(run: RunView, of: Numbers) -> None: ..."
    plain = module(tmp_path, f'Numbers: TypeAlias = "Sequence[float]"\n{asked}')
    assert [question.name for question in questions_in(plain)] == ["is_half"]
    assert questions_in(module(tmp_path, f"Numbers: TypeAlias = Probe\n{asked}")) == []


def test_a_default_with_a_private_name_is_left_open(tmp_path: Path) -> None:
    path = module(tmp_path, "def is_half(run: RunView, of: float = _TWO, *, near: float = _NEAR) -> None: ...")
    assert questions_in(path)[0].signature == "is_half(run, of=..., *, near=...)"


def test_a_courses_helpers_are_listed_after_the_engine(tmp_path: Path) -> None:
    module(tmp_path, 'def is_half(run: RunView) -> None:\n    """Half, see :func:`is_whole`, or ``1/2``."""')
    module(tmp_path, "def is_whole(run: RunView) -> None: ...", name="wholes.py")
    listed = list_of_questions(tmp_path)
    assert listed.endswith(
        "### `_halves`\nQuestions about halves.\n\n- `is_half(run)`: Half, see `is_whole`, or `1/2`.\n"
    )
    assert "is_whole()" not in listed


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_handbook_lists_the_questions_there_are() -> None:
    told = "graders/README.md is not up to date. Run: python -m fairmark.author.questions graders/README.md"
    assert HANDBOOK.read_text(encoding="utf-8") == update(HANDBOOK), told


def test_every_question_says_what_it_asks() -> None:
    modules = [*ENGINE.rglob("*.py"), *GRADERS.glob("_*.py")]
    assert not [f"{path}: {one.name}" for path in modules for one in questions_in(path) if not one.asks]


def test_every_question_that_the_built_in_course_asks_is_listed() -> None:
    """A call that names its module, in a function that is a check."""
    listed = list_of_questions(GRADERS)
    for script in GRADERS.glob("[!_]*.py"):
        for check in (node for node in ast.parse(script.read_text()).body if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(check) if isinstance(node, ast.Expr | ast.Return)):
                if isinstance(call.value, ast.Call) and isinstance(call.value.func, ast.Attribute):
                    owner = ast.unparse(call.value.func.value)
                    if owner.isidentifier():
                        assert f"`{call.value.func.attr}(" in listed, f"{script.name}: {owner}.{call.value.func.attr}"


def test_what_stands_around_the_list_stays(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter\n")
    assert update(page) == f"# Before\n\n{BEGIN}\n\n{list_of_questions(tmp_path)}\n{END}\n\nAfter\n"


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{END}"])
def test_a_page_without_its_marks_is_refused(tmp_path: Path, text: str) -> None:
    page = tmp_path / "README.md"
    page.write_text(text)
    with pytest.raises(GraderError, match="does not hold the two marks of the list of questions once each"):
        update(page)


# --- what else the page shows -----------------------------------------------------------------------------------------

ABOUT_KERAS = "accuracy, compile, generators, history, layers, parameters, prediction, training"
BEGINNING = f"""
from fairmark import Grader, expect
from fairmark.checks import answers, cells, choices
from fairmark.keras import RunView, {ABOUT_KERAS}

grader = Grader("recipes", title="Recipes", dataset="shapes")
exercise = grader.exercise("recipe", title="A recipe")
"""


def blocks_below(heading: str) -> list[str]:
    """The blocks of Python in one part of the handbook."""
    part = HANDBOOK.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL)


def test_every_recipe_can_be_asked_of_a_right_answer(tmp_path: Path) -> None:
    """It passes, or says what this answer does not have; it calls nothing that there is not."""
    (recipes,) = blocks_below("Recipes")
    script = tmp_path / "recipes.py"
    script.write_text(BEGINNING + recipes)
    checks = load_grader(script).exercises[0].checks
    assert len(checks) > 10
    passed = set()
    for check in checks:
        with suppress(CheckFailed):
            check.question(view(exercise="compile"))
            passed.add(check.id)
    assert passed >= {"settings", "named", "layers_fit"}


def test_the_example_of_an_assignment_is_a_grader_script_and_its_helper(tmp_path: Path) -> None:
    script, helper = blocks_below("An assignment, from nothing to `verify`")[-2:]
    (tmp_path / "pooling.py").write_text(script)
    (tmp_path / "_head.py").write_text(helper)
    assert load_grader(tmp_path / "pooling.py").points == 4
    assert [question.name for question in questions_in(tmp_path / "_head.py")] == ["has_no_hidden_layer"]
