"""A plain process inside: nothing inherited, and nothing of ours within reach of its own names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from shapes import Finished

from fairmark.sandbox import NotebookJob, PlainProcess, Workplace, supervise
from fairmark.sandbox.launch import clean_environment
from fairmark.sandbox.limits import Limits


@pytest.fixture
def surroundings(finished: Finished) -> dict[str, Any]:
    """What a cell sees around it."""
    seen: dict[str, Any] = json.loads(finished.printed("surroundings"))
    return seen


def test_its_environment_is_made_from_nothing(finished: Finished, surroundings: dict[str, Any], tmp_path: Path) -> None:
    given = dict(entry.split("=", 1) for entry in surroundings["environment"].split("\0") if entry)
    ours = clean_environment(tmp_path, finished.pictures_folder)
    assert given == {name: value.replace(str(tmp_path), str(finished.folder)) for name, value in ours.items()}


def test_the_environment_names_no_secret_and_nothing_of_whoever_runs_it(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, Path("/pictures"))
    assert "FAIRMARK_SECRET" not in environment
    ours = {os.environ.get("HOME"), str(Path.cwd())}
    assert not ours & set(environment.values())


def test_every_folder_it_may_write_to_lies_in_its_own(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, Path("/pictures"))
    for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME"):
        assert Path(environment[name]).is_relative_to(tmp_path)
    assert Path(environment["TMPDIR"]).is_dir()


def test_it_works_in_its_own_folder(finished: Finished, surroundings: dict[str, Any]) -> None:
    assert Path(surroundings["folder"]) == finished.folder.resolve()


def test_it_holds_no_descriptor_but_the_two_pipes(finished: Finished, surroundings: dict[str, Any]) -> None:
    held = [target for target in surroundings["held"] if not target.startswith("/proc/")]  # the one that lists them
    pipes = {target for target in held if target.startswith("pipe:")}
    assert len(pipes) == 2
    assert set(held) - pipes == {"/dev/null"}
    assert str(finished.lent_path) not in held


def test_its_standard_input_is_at_its_end(surroundings: dict[str, Any]) -> None:
    assert surroundings["input"] == ""


def test_the_job_is_not_left_lying_in_its_folder(finished: Finished) -> None:
    assert not (finished.left / "job.json").exists()


def test_the_report_is_told_what_confines_it_and_of_no_wall(finished: Finished) -> None:
    assert finished.run.isolation == PlainProcess.isolation
    assert PlainProcess.isolation == ("own process", "clean environment", "own folder", "watched limits")


def test_it_leads_a_session_of_its_own(tmp_path: Path) -> None:
    with Workplace() as workplace:
        job = NotebookJob(cells=(), pictures_folder=str(tmp_path), numerics="float32", seed=1)
        child = PlainProcess().start(job, workplace.folder, tmp_path)
        assert os.getsid(child.pid) == child.pid
        assert not os.get_blocking(child.channel)
        supervise(child, Limits(run_seconds=0))  # TensorFlow need not be waited for
