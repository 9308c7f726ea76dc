"""Jobs: what the process inside is told, which is nothing that a mark rests on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fairmark.evidence import Preparation
from fairmark.keras.program import KERAS
from fairmark.sandbox import NotebookJob, ProbeJob, SourceCell
from fairmark.sandbox.jobs import JOB

NOTEBOOK = NotebookJob(
    cells=(SourceCell(position=2, source="x = 1"),),
    pictures_folder="/pictures",
    numerics="float32",
    seed=1,
    program=KERAS,
)
PROBE = ProbeJob(
    model_folder="/model", preparation=Preparation(target_size=(30, 30)), pictures=("/hidden/00000.png",), program=KERAS
)


def a_job() -> NotebookJob:
    return NotebookJob(cells=(), pictures_folder="/pictures", numerics="float32", seed=1, program=KERAS)


@pytest.mark.parametrize("job", [NOTEBOOK, PROBE])
def test_a_job_arrives_as_it_was_sent(job: NotebookJob | ProbeJob) -> None:
    assert JOB.validate_json(JOB.dump_json(job)) == job


def test_a_cell_carries_its_place_and_its_text_and_nothing_else() -> None:
    assert set(SourceCell.model_fields) == {"position", "source"}


def test_a_run_is_told_cells_pictures_and_numbers_and_nothing_else() -> None:
    how = {"numerics", "seed", "train", "rehearse", "every_epoch", "rehearse_after", "pauses", "threads", "decoded"}
    assert set(NotebookJob.model_fields) == {"kind", "program", "cells", "pictures_folder", "dataset", *how, "seal"}


def test_the_probe_is_told_no_labels() -> None:
    asked = {"model_folder", "preparation", "pictures", "picture", "batch_size", "pictures_folder"}
    assert set(ProbeJob.model_fields) == {"kind", "program", *asked, "seal"}


def test_the_probe_has_no_data_set() -> None:
    assert PROBE.pictures_folder is None
    with pytest.raises(ValidationError):
        JOB.validate_python(PROBE.model_dump() | {"pictures_folder": "/pictures"})


def test_every_job_has_a_seal_of_its_own() -> None:
    seals = {NOTEBOOK.seal, PROBE.seal, *(a_job().seal for _ in range(100))}
    assert len(seals) == 102
    assert all(len(bytes.fromhex(seal)) == 16 for seal in seals)


def test_a_notebook_may_read_its_pictures_and_nothing_else() -> None:
    assert NOTEBOOK.reads == (Path("/pictures"),)


def test_a_probe_may_read_the_model_the_folders_of_its_pictures_and_one_file() -> None:
    pictures = ("/hidden/b/1.png", "/hidden/a/1.png", "/hidden/a/2.png")
    asked = PROBE.model_copy(update={"pictures": pictures, "picture": "/public/train/dark/1.png"})
    assert asked.reads == tuple(map(Path, ("/model", "/hidden/a", "/hidden/b", "/public/train/dark/1.png")))
    assert PROBE.reads == (Path("/model"), Path("/hidden"))


@pytest.mark.parametrize("more", [{"points": 20}, {"kind": "shell"}, {"cells": [{"position": 1, "source": None}]}])
def test_a_job_with_anything_else_in_it_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JOB.validate_python(NOTEBOOK.model_dump() | more)
