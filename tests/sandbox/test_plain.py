"""A plain process: a session of its own, and all that came of it ended with it. No wall."""

from __future__ import annotations

import os
from pathlib import Path

from fairmark.keras.program import KERAS
from fairmark.sandbox import Limits, NotebookJob, PlainProcess, Workplace, not_confined, supervise


def a_job(pictures: Path) -> NotebookJob:
    return NotebookJob(cells=(), pictures_folder=str(pictures), numerics="float32", seed=1, program=KERAS)


def test_it_says_that_there_is_no_wall() -> None:
    assert PlainProcess.isolation == ("own process", "clean environment", "own folder", "watched limits")
    assert not_confined(PlainProcess()) == ("files", "network")


def test_it_leads_a_session_of_its_own_and_its_job_is_not_left_lying(tmp_path: Path) -> None:
    with Workplace() as workplace:
        job, limits = a_job(tmp_path), Limits(run_seconds=0)
        child = PlainProcess().start(job, workplace.folder, limits)
        assert child.processes()[0] != os.getpid()
        assert os.getsid(child.processes()[0]) == child.processes()[0]
        assert not os.get_blocking(child.channel)
        assert not os.get_blocking(child.output)
        assert not (workplace.folder / "job.json").exists()
        assert supervise(child, job.seal, limits).outcome == "timeout"  # TensorFlow need not be waited for


def test_what_it_writes_lies_in_its_folder_and_is_no_memory(tmp_path: Path) -> None:
    with Workplace() as workplace:
        job, limits = a_job(tmp_path), Limits(run_seconds=0)
        child = PlainProcess().start(job, workplace.folder, limits)
        assert (child.files.path, child.files.in_memory) == (workplace.folder, False)
        supervise(child, job.seal, limits)
