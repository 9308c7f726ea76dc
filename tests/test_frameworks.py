"""Frameworks: the one that fairmark brings along, and one from a package of somebody else's, in the real sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from installed_extension import installed as install_example
from tiny import tiny_course

import fairmark
from fairmark import Grader
from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.errors import ExtensionNotFound, GraderError
from fairmark.frameworks import Framework, framework_named, framework_of, installed
from fairmark.grading.evidence_store import wing_digest
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.sandbox import ConfinedProcess
from fairmark.sandbox.worker import Worker

GRADER = """\
from fairmark import Grader, expect
from fairmark.checks import answers, cells
from fairmark_examples.pocket.framework import PocketView

grader = Grader("lines", title="Lines", dataset="tiles", framework="pocket")
fitting = grader.exercise("fitting", title="Fit a line")


@fitting.check("The cell runs to its end", points=1)
def runs(run: PocketView) -> None:
    cells.run_to_their_end(run)


@fitting.check("Where it begins", points=1)
def intercept(run: PocketView) -> None:
    answers.is_number(run, "start", 1)


@fitting.check("How steep it is", points=2)
def slope(run: PocketView) -> None:
    expect(run.slope("line")).to_be(2.0)
"""

GIVEN = "from fairmark import check\nfrom fairmark_examples.pocket import fit_line"
HEADER = "# Exercise: fitting\n"
RIGHT = "line = fit_line([(0, 1), (1, 3), (2, 5)])\nstart = line.intercept"


PAGE = (Path(fairmark.__file__).parent / "frameworks.md").read_text(encoding="utf-8")

CALLED = """
from types import SimpleNamespace

job = SimpleNamespace(cells=[SimpleNamespace(position=1, source="answer = 1 + 1")], numerics="float32", seed=1)
run_notebook(job, SimpleNamespace(send=lambda event: print(repr(event))), None)
"""
"""Calls the program on the page, in place of the sandbox."""


@pytest.fixture(scope="module")
def pocket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the example package is installed."""
    site = install_example(tmp_path_factory.mktemp("site"))
    installed.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        yield site
    framework_named.cache_clear()
    installed.cache_clear()


@pytest.fixture(scope="module")
def lines_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one assignment, ``lines``, with one exercise."""
    course = tiny_course(tmp_path_factory.mktemp("pocket") / "course", "lines")
    lines = course.assignment("lines")
    lines.grader.write_text(GRADER)
    solution = json.loads(lines.solution.read_text())
    solution["cells"] = solution["cells"][:3]
    given, stub = solution["cells"][1:]
    given["source"] = GIVEN
    stub["source"] = f"{HEADER}### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION"
    stub["metadata"]["nbgrader"]["grade_id"] = "fitting"
    lines.solution.write_text(json.dumps(solution))
    release(lines.solution, lines.notebook)
    return course


@pytest.fixture(scope="module")
def pipeline(pocket: Path, lines_course: Course) -> Iterator[Pipeline]:
    """With a worker that finds the example package, as one would that is installed beside fairmark."""
    worker = Worker(framework_named("pocket").program, wrapped_in=("env", f"PYTHONPATH={pocket}"))
    launcher = ConfinedProcess(workers=[worker])
    made = Pipeline(lines_course, lines_course.assignment("lines"), launcher=launcher)
    made.prepare()
    yield made
    launcher.close()


def marked(pipeline: Pipeline, folder: Path, answer: str) -> GradedSubmission:
    path = folder / "ada.ipynb"
    notebook = pipeline.assignment.notebook.read_bytes()
    path.write_bytes(with_answers(notebook, {"fitting": lambda source: f"{HEADER}{answer}"}))
    return pipeline.mark(path, "ada")


# --- by name ----------------------------------------------------------------------------------------------------------


def test_a_grader_that_names_no_framework_is_about_the_one_that_fairmark_brings_along() -> None:
    framework = framework_of(Grader("shapes", title="Shapes", dataset="shapes"))
    assert framework is framework_named("")
    assert isinstance(framework, Framework)


def test_a_framework_of_another_package_is_found_by_its_name(pocket: Path) -> None:
    framework = framework_of(Grader("lines", title="Lines", dataset="tiles", framework="pocket"))
    assert isinstance(framework, Framework)
    assert framework.title == "Pocket"


def test_all_that_are_installed_are_known(pocket: Path) -> None:
    assert {framework.title for framework in installed()} == {framework_named("").title, "Pocket"}


def test_an_unknown_framework_is_refused() -> None:
    with pytest.raises(ExtensionNotFound, match=r"^There is no framework called 'pokcet'\. Known: "):
        framework_named("pokcet")


def test_a_framework_is_named_by_a_text() -> None:
    with pytest.raises(GraderError, match=r"^lines: its framework is 3, not a text$"):
        Grader("lines", title="Lines", dataset="tiles", framework=3)  # type: ignore[arg-type]


# --- the example ------------------------------------------------------------------------------------------------------


def test_a_right_answer_earns_everything(pipeline: Pipeline, tmp_path: Path) -> None:
    report = marked(pipeline, tmp_path, RIGHT).report
    assert (report.score, report.max_score, report.outcome) == (4, 4, "passed"), report.flags


def test_a_wrong_line_costs_its_own_marks(pipeline: Pipeline, tmp_path: Path) -> None:
    report = marked(pipeline, tmp_path, RIGHT.replace("(2, 5)", "(2, 7)")).report
    (exercise,) = report.exercises
    assert [check.score for check in exercise.checks] == [1, 1, 0]
    assert exercise.checks[2].message == "The slope of line: found 3, expected 2."


def test_an_error_is_told_as_the_framework_tells_it(pipeline: Pipeline, tmp_path: Path) -> None:
    report = marked(pipeline, tmp_path, "line = fit_line([])").report
    assert report.score == 0
    assert "ValueError: not enough values to unpack" in report.exercises[0].checks[0].message


def test_what_is_recorded_is_what_the_package_records_and_runs_behind_the_wall(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    run = marked(pipeline, tmp_path, RIGHT).evidence.run
    assert set(run.software) == {"python"}
    assert run.isolation == pipeline.launcher.isolation


# --- the page that says how -------------------------------------------------------------------------------------------


def test_the_page_names_every_member() -> None:
    members = {name for name in (*vars(Framework), *Framework.__annotations__) if not name.startswith("_")}
    assert {"program", "view", "watch"} < members
    assert not [name for name in members if f"`{name}" not in PAGE]


def test_the_program_on_the_page_records_what_a_cell_binds() -> None:
    program = textwrap.dedent(PAGE[PAGE.index("    from fairmark.evidence") : PAGE.index("\n- `notebook`")])
    sent = subprocess.run(
        [sys.executable, "-c", program + CALLED], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "values={'answer': 2}" in sent
    assert sent.index("CellStarted") < sent.index("NamesBound") < sent.index("CellFinished") < sent.index("RunFinished")


def test_a_script_that_asks_for_a_framework_that_is_not_here_is_named() -> None:
    grader = Grader("lines", title="Lines", dataset="tiles", framework="kears")
    with pytest.raises(GraderError, match=r"^lines\.py: There is no framework called 'kears'\. Known: "):
        framework_of(grader)


def test_what_is_kept_hangs_on_all_that_the_program_runs() -> None:
    class Mine(type(framework_named(""))):  # type: ignore[misc]
        """Stands elsewhere, and has the recorder that fairmark brings along."""

    assert wing_digest(Mine()) not in (wing_digest(framework_named("")), "")
