"""The same notebook while it is being marked: there ``check()`` says nothing, and changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from walled import NAME, losses, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.evidence import Cell, CellFinished, Event, NamesBound
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.keras.program import KERAS
from fairmark.sandbox import Limits, PlainProcess, Workplace, best_launcher, notebook_job, run_notebook

ASKING = """
from fairmark import check
check.assignment = "another"
said = [check("compile"), check.hint("compile"), check(), check("x" * 9)]
print("said", said)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return walled_course(tmp_path_factory.mktemp("marking") / "course")


def edited(course: Course, path: Path, more: Callable[[str], str]) -> Path:
    path.write_bytes(with_answers(right_notebook(course), {"compile": more}))
    return path


def test_a_notebook_that_asks_gets_the_marks_and_the_evidence_of_one_that_does_not(
    course: Course, tmp_path: Path
) -> None:
    pipeline = Pipeline(course, course.assignment(NAME), settings=RunSettings(mode="structure"))
    pipeline.prepare()
    plain, asking = (
        pipeline.mark(edited(course, tmp_path / f"{name}.ipynb", lambda source, more=more: f"{source}\n{more}"), "ada")
        for name, more in (("plain", ""), ("asking", ASKING))
    )
    assert (losses(plain.report), plain.report.outcome) == ({}, "passed")
    assert asking.report.exercises == plain.report.exercises

    def events(marked: object) -> list[Event]:
        told = [stamped.event for stamped in marked.evidence.run.events]  # type: ignore[attr-defined]
        return [event for event in told if not isinstance(event, NamesBound | CellFinished)]

    assert events(asking) == events(plain)
    assert [text for text in asking.evidence.run.printed.values() if "said" in text] == [
        "said [None, None, None, None]\n"
    ]


@pytest.mark.parametrize(
    "launcher",
    [
        pytest.param(best_launcher, marks=pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's")),
        PlainProcess,
    ],
    ids=["warm", "cold"],
)
def test_nothing_is_imported_for_it_behind_any_wall(launcher: Callable[[], object]) -> None:
    rooms = "('fairmark.live', 'fairmark.grading.judge')"
    source = f"{ASKING}\nimport sys\nprint([name for name in sys.modules if name.startswith({rooms})])"
    with Workplace() as workplace:
        run = run_notebook(
            notebook_job(
                [Cell(position=1, number=1, role="added", source=source)],
                workplace.given,
                numerics="float32",
                program=KERAS,
            ),
            workplace,
            limits=Limits(run_seconds=120),
            launcher=launcher(),
        )
    assert (run.outcome, run.printed[1]) == ("completed", "said [None, None, None, None]\n[]\n")
