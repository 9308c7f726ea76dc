"""What students copy from notes, slips and all: each gets feedback with cause and mend, and loses its own marks.

Compared in full text, in the real sandbox. Submissions are marked two at a time by one warm worker; single cells are
run in one notebook, one behind the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from notes import Note, Single, notes, notes_course, singles
from thorough import one_in
from walled import NAME

from fairmark.evidence import Cell, CellError, CellFinished
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.keras.advice import raised
from fairmark.keras.advice.names import HOMES, MEMBERS, MODULES
from fairmark.keras.program import KERAS
from fairmark.report import Report
from fairmark.sandbox import Launcher, Limits, Workplace, grading_launcher, notebook_job, run_notebook

NOTES = notes()
SINGLES = singles()

IMPORTS = """
import numpy as np
import matplotlib.pyplot as plt
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.preprocessing.image import ImageDataGenerator
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd", metrics=["acc"])
history = model.fit(np.zeros((4, 4)), np.zeros((4,)), verbose=0)
train_generator = ImageDataGenerator().flow(np.zeros((4, 8, 8, 3)))
"""

NAMES = f"""
missing = [name for name, home in {HOMES!r}.items()
           if not hasattr(__import__("operator").attrgetter(home)(tf.keras), name)]
missing += [name for name in {MODULES!r} if not hasattr(tf.keras, name)]
directories = type("DirectoryIterator", (tf.keras.preprocessing.image.DirectoryIterator,), {{}})
for kind, thing in {{"Sequential": model, "ImageDataGenerator": ImageDataGenerator(), "History": history}}.items():
    missing += [f"{{kind}}.{{name}}" for name in {MEMBERS!r}[kind] if not hasattr(thing, name)]
print("MISSING", missing)
"""


@dataclass
class Class:
    """The submissions, being marked."""

    launcher: Launcher
    pipelines: dict[bool, Pipeline]
    folder: Path
    marked: dict[str, Future[GradedSubmission]] = field(default_factory=dict)

    def mark(self, note: Note) -> GradedSubmission:
        path = self.folder / f"{re.sub(r'[^a-z0-9]+', '-', note.name.lower())}.ipynb"
        path.write_bytes(note.notebook(self.pipelines[note.train].course))
        return self.pipelines[note.train].mark(path, path.stem)


@pytest.fixture(scope="module")
def copying_class(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Class]:
    course = notes_course(tmp_path_factory.mktemp("notes") / "course")
    launcher = grading_launcher()
    assignment = course.assignment(NAME)
    store = EvidenceStore(tmp_path_factory.mktemp("store"))  # as in a class, the same code is run once
    pipelines = {
        train: Pipeline(
            course,
            assignment,
            settings=RunSettings(mode="structure" if not train else "full"),
            launcher=launcher,
            store=store,
        )
        for train in (False, True)
    }
    pipelines[False].prepare()
    asked = [getattr(getattr(item, "callspec", None), "params", {}).get("note") for item in request.session.items]
    with ThreadPoolExecutor(2) as pool:
        made = Class(launcher, pipelines, tmp_path_factory.mktemp("submitted"))
        made.marked = {note.name: pool.submit(made.mark, note) for note in NOTES if note in asked}
        yield made
        pool.shutdown(cancel_futures=True)


def lost(report: Report) -> dict[str, float]:
    """Marks lost, by exercise."""
    return {one.id: one.max_score - one.score for one in report.exercises if one.score < one.max_score}


def said(report: Report, note: Note) -> dict[str, str]:
    """Messages of the checks that lost marks: by check where the note says so, else by exercise."""
    return {
        name if (name := f"{exercise.id}.{check.id}") in note.says else exercise.id: check.message
        for exercise in report.exercises
        for check in exercise.checks
        if check.score < check.max_score
    }


@pytest.mark.parametrize("note", one_in(3, NOTES), ids=lambda note: note.name)
def test_a_slip_from_the_notes_costs_its_own_marks_and_is_explained(note: Note, copying_class: Class) -> None:
    report = copying_class.marked[note.name].result().report
    assert (lost(report), said(report, note)) == (note.lost, note.says)


# --- single cells -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def single_cells(copying_class: Class) -> dict[str, str]:
    """The message for each single cell by its name, and what the check of the names prints."""
    sources = [IMPORTS, NAMES, *(single.cell for single in SINGLES)]
    cells = [Cell(position=n, number=n, role="added", source=text) for n, text in enumerate(sources, start=1)]
    with Workplace() as workplace:
        run = run_notebook(
            notebook_job(cells, workplace.given, numerics="float32", program=KERAS),
            workplace,
            limits=Limits(run_seconds=120),
            launcher=copying_class.launcher,
        )
    errors: dict[int, CellError | None] = {
        stamped.event.cell: stamped.event.error for stamped in run.events if isinstance(stamped.event, CellFinished)
    }
    assert errors[1] is None
    messages = {"names": run.printed.get(2, "")}
    for single, cell in zip(SINGLES, cells[2:], strict=True):
        error = errors[cell.position]
        messages[single.name] = "" if error is None else raised(error, cell.source, [IMPORTS])
    return messages


@pytest.mark.parametrize("single", SINGLES, ids=lambda single: single.name)
def test_a_single_cell_gets_its_cause_and_its_mend(single: Single, single_cells: dict[str, str]) -> None:
    assert single_cells[single.name] == single.says


def test_the_names_that_advice_knows_are_those_of_the_installed_keras(single_cells: dict[str, str]) -> None:
    assert single_cells["names"].strip() == "MISSING []"


def test_every_slip_has_a_name_of_its_own() -> None:
    for names in ([note.name for note in NOTES], [single.name for single in SINGLES]):
        assert len(set(names)) == len(names)
