"""Jobs: what the process inside is told, which is nothing that a mark rests on."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fairmark.evidence import Preparation
from fairmark.sandbox import NotebookJob, ProbeJob, SourceCell
from fairmark.sandbox.jobs import JOB

NOTEBOOK = NotebookJob(
    cells=(SourceCell(position=2, source="x = 1"),), pictures_folder="/pictures", numerics="float32", seed=1
)
PROBE = ProbeJob(model_folder="/model", preparation=Preparation(target_size=(30, 30)), pictures=("/hidden/00000.png",))


@pytest.mark.parametrize("job", [NOTEBOOK, PROBE])
def test_a_job_arrives_as_it_was_sent(job: NotebookJob | ProbeJob) -> None:
    assert JOB.validate_json(JOB.dump_json(job)) == job


def test_a_cell_carries_its_place_and_its_text_and_nothing_else() -> None:
    assert set(SourceCell.model_fields) == {"position", "source"}


def test_a_run_is_told_cells_pictures_and_numbers_and_nothing_else() -> None:
    assert set(NotebookJob.model_fields) == {"kind", "cells", "pictures_folder", "numerics", "seed", "train"}


def test_the_probe_is_told_no_labels() -> None:
    told = {"kind", "model_folder", "preparation", "pictures", "picture", "batch_size"}
    assert set(ProbeJob.model_fields) == told


@pytest.mark.parametrize("more", [{"points": 20}, {"kind": "shell"}, {"cells": [{"position": 1, "source": None}]}])
def test_a_job_with_anything_else_in_it_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JOB.validate_python(NOTEBOOK.model_dump() | more)
