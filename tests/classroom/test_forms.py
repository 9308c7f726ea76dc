"""The form of a notebook that is marked: as it was handed in, or restored where that earns more; trained once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from scripted import Scripted
from tiny import PRETEND, tiny_course

from fairmark.author.release import release
from fairmark.course import Course
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import NotebookJob

NAME = "compile_settings"
GIVEN = "names = ['mse', 'binary_crossentropy']\nchosen = 1"
RIGHT = {"compile": "loss = names[chosen]", "training": "epochs = 2"}

Cells: TypeAlias = list[dict[str, Any]]
IMPORTS, COMPILE, TRAINING = 1, 2, 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course whose first exercise uses what a given cell says."""
    course = tiny_course(tmp_path_factory.mktemp("forms") / "course", NAME)
    assignment = course.assignment(NAME)
    solution = json.loads(assignment.solution.read_text())
    solution["cells"][IMPORTS]["source"] = GIVEN
    assignment.solution.write_text(json.dumps(solution))
    release(assignment.solution, assignment.notebook)
    return course


Mark: TypeAlias = Callable[..., tuple[GradedSubmission, list[str]]]


@pytest.fixture
def mark(made: Course, tmp_path: Path) -> Mark:
    """What comes of the right notebook after a change to its cells, and how often it was run in which way."""

    def marking(change: Callable[[Cells], object], *, quick: bool = False) -> tuple[GradedSubmission, list[str]]:
        notebook = json.loads(made.assignment(NAME).notebook.read_text())
        for place, exercise in ((COMPILE, "compile"), (TRAINING, "training")):
            notebook["cells"][place]["source"] = f"# Exercise: {exercise}\n{RIGHT[exercise]}"
        change(notebook["cells"])
        path = tmp_path / "ada.ipynb"
        path.write_text(json.dumps(notebook))
        launcher = Scripted(PRETEND)
        pipeline = Pipeline(made, made.assignment(NAME), RunSettings(mode="structure" if quick else "full"), launcher)
        pipeline.reference("structure" if quick else "rehearsal")
        launcher.jobs.clear()
        marked = pipeline.mark(path, "ada")
        jobs = [job for job in launcher.jobs if isinstance(job, NotebookJob)]
        return marked, ["rehearsal" if job.rehearse else "full" if job.train else "structure" for job in jobs]

    return marking


def kinds(marked: GradedSubmission) -> list[str]:
    return [flag.kind for flag in marked.report.flags]


def test_a_notebook_that_differs_in_nothing_is_run_once(mark: Mark) -> None:
    marked, runs = mark(lambda cells: None)
    assert (marked.report.score, runs, marked.report.flags) == (3, ["full"], ())


def broken(cells: Cells) -> None:
    cells[IMPORTS]["source"] = "names = ['mse', 'binary_crossentropy']\nchosen = 0"


def lost(cells: Cells) -> None:
    cells.pop(IMPORTS)


def out_of_order(cells: Cells) -> None:
    cells.append(cells.pop(IMPORTS))


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (
            broken,
            ("locked_cell_changed", "Cell 2 differs from the assignment, and ran with the assignment's text."),
        ),
        (
            lost,
            (
                "cell_missing",
                "The file has no code cell for the given cell cell-002, which ran with the assignment's text.",
            ),
        ),
        (
            out_of_order,
            (
                "cells_reordered",
                "From cell 4 on the cells are not in the assignment's order, which was restored.",
            ),
        ),
    ],
)
def test_what_costs_marks_is_undone_and_the_report_says_so(
    change: Callable[[Cells], None], flag: tuple[str, str], mark: Mark
) -> None:
    marked, runs = mark(change)
    assert (marked.report.score, runs) == (3, ["rehearsal", "rehearsal", "full"])
    assert [(one.kind, one.message) for one in marked.report.flags] == [flag]


def test_a_quick_check_trains_nothing_for_it(mark: Mark) -> None:
    marked, runs = mark(broken, quick=True)
    assert (marked.report.score, runs) == (2, ["structure", "structure"])
    assert kinds(marked) == ["locked_cell_changed"]


def renamed(cells: Cells) -> None:
    """Another text that gives the same."""
    cells[IMPORTS]["source"] = "names = ['mse', 'binary_crossentropy']\nchosen = 2 - 1"


def test_what_costs_nothing_stays_as_it_was_handed_in(mark: Mark) -> None:
    marked, runs = mark(renamed)
    assert (marked.report.score, runs) == (3, ["rehearsal", "full"])
    (flag,) = marked.report.flags
    assert flag.message == "Cell 2 differs from the assignment, and ran as handed in."
    assert "chosen = 2 - 1" in marked.evidence.submission.cells[0].source


def unneeded(cells: Cells) -> None:
    cells[COMPILE]["source"] = "# Exercise: compile\nloss = 'binary_crossentropy'"
    cells.pop(IMPORTS)


def own_order(cells: Cells) -> None:
    """It runs in its own order only."""
    cells[COMPILE]["source"] = "# Exercise: compile\nepochs\nloss = 'binary_crossentropy'"
    cells.insert(COMPILE, cells.pop(TRAINING))


@pytest.mark.parametrize("change", [unneeded, own_order])
def test_nobody_is_asked_to_look_at_what_makes_no_difference(change: Callable[[Cells], None], mark: Mark) -> None:
    marked, _ = mark(change)
    assert (marked.report.score, marked.report.flags) == (3, ())


def wrong_either_way(cells: Cells) -> None:
    broken(cells)
    cells[COMPILE]["source"] = "# Exercise: compile\nloss = 'hinge'"


def test_where_nothing_is_gained_it_is_marked_as_it_was_handed_in(mark: Mark) -> None:
    marked, runs = mark(wrong_either_way)
    assert marked.report.score == 1
    assert runs[:3] == ["rehearsal", "rehearsal", "full"]
    assert marked.report.flags[0].message == "Cell 2 differs from the assignment, and ran as handed in."


LUCKY = "import os\nepochs = 2 if os.path.exists('/proc/self') and names[0] == 'mae' else 3"


def lucky(cells: Cells) -> None:
    """What only training can answer is wrong, and a given cell is broken for another go at it."""
    broken(cells)
    cells[TRAINING]["source"] = f"# Exercise: training\n{LUCKY}"


def test_breaking_a_given_cell_gives_nobody_a_second_training(mark: Mark) -> None:
    marked, runs = mark(lucky)
    assert runs.count("full") == 1
    assert {one.id: one.score for one in marked.report.exercises} == {"compile": 2, "training": 0}


def test_both_forms_are_evidence_of_their_own_cells(mark: Mark) -> None:
    as_handed_in, restored = mark(renamed)[0].evidence, mark(broken)[0].evidence
    assert [cell.own_text for cell in as_handed_in.submission.cells] == [True, False, False]
    assert [cell.own_text for cell in restored.submission.cells] == [False, False, False]
    assert restored.submission.cells[0].source == GIVEN
