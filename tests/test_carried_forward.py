"""An error costs its own marks once: a class in which each student breaks exactly one exercise.

Whatever is done to one answer, its exercise loses its marks and no other loses any; and what the reference put in its
place reaches nothing that the student can read.
"""

from __future__ import annotations

import itertools

import pytest
from thorough import one_in
from walled import NAME, losses, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.notebook.master import load_master
from fairmark.sandbox import grading_launcher

EXERCISES = ("generators", "layers", "compile", "steps", "training", "prediction")

BREAKS = {
    "is left untouched": None,
    "raises": "raise ValueError('nothing works today')",
    "is not Python": "model = keras.Sequential([",
    "is emptied": "pass",
}
"""What a student can do to any answer so that it earns nothing."""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return walled_course(tmp_path_factory.mktemp("carried") / "course")


@pytest.fixture(scope="module")
def pipeline(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    store = EvidenceStore(tmp_path_factory.mktemp("store"))  # as in a class: put right, all are the same code
    made = Pipeline(course, course.assignment(NAME), launcher=grading_launcher(), store=store)
    made.prepare()
    return made


def mark(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory, notebook: bytes) -> GradedSubmission:
    path = tmp_path_factory.mktemp("submitted") / "ada.ipynb"
    path.write_bytes(notebook)
    return pipeline.mark(path, "ada")


def broken(course: Course, exercise: str, answer: str | None) -> bytes:
    """The solution, with one answer replaced; by the stub where ``answer`` is None."""
    stubs = {cell.exercise: cell.source for cell in load_master(course.assignment(NAME).notebook).cells}
    text = stubs[exercise] if answer is None else f"# Exercise: {exercise}\n{answer}"
    return with_answers(right_notebook(course), {exercise: lambda source: text})


@pytest.mark.parametrize(("what", "exercise"), one_in(23, itertools.product(BREAKS, EXERCISES)))
def test_an_answer_that_earns_nothing_takes_nothing_from_the_others(
    what: str, exercise: str, course: Course, pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marked = mark(pipeline, tmp_path_factory, broken(course, exercise, BREAKS[what]))
    assert {name.partition(".")[0] for name in losses(marked.report)} == {exercise}
    lost = next(one for one in marked.report.exercises if one.id == exercise)
    assert lost.score == 0.0
