"""The environment of a process inside: made from nothing, and nothing of ours in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairmark.keras.program import KERAS
from fairmark.sandbox.environment import clean_environment, starting_environment


def test_it_names_no_secret_and_nothing_of_whoever_runs_it(tmp_path: Path) -> None:
    environment = clean_environment(KERAS, tmp_path, "/pictures")
    assert "FAIRMARK_SECRET" not in environment
    ours = {os.environ.get("HOME"), str(Path.cwd())}
    assert not ours & set(environment.values())


def test_every_folder_it_may_write_to_lies_in_its_own(tmp_path: Path) -> None:
    environment = clean_environment(KERAS, tmp_path, "/pictures")
    for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME"):
        assert Path(environment[name]).is_relative_to(tmp_path)
    assert Path(environment["TMPDIR"]).is_dir()


def test_only_a_notebook_is_told_where_pictures_are(tmp_path: Path) -> None:
    assert clean_environment(KERAS, tmp_path, "/pictures")["FAIRMARK_DATA"] == "/pictures"
    assert "FAIRMARK_DATA" not in clean_environment(KERAS, tmp_path, None)


def test_what_an_interpreter_must_know_before_it_starts_names_no_run(tmp_path: Path) -> None:
    started = starting_environment(KERAS)
    assert started.items() <= clean_environment(KERAS, tmp_path, "/pictures").items()
    assert not {"HOME", "TMPDIR", "FAIRMARK_DATA"} & started.keys()


def test_strings_hash_alike_and_no_thread_starts_before_the_first_cell() -> None:
    assert starting_environment(KERAS)["PYTHONHASHSEED"] == "0"  # else the order of a set differs from run to run
    assert starting_environment(KERAS)["OPENBLAS_NUM_THREADS"] == "1"


def test_a_run_uses_the_cards_that_whoever_starts_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert starting_environment(KERAS)["CUDA_VISIBLE_DEVICES"] == "1"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert "CUDA_VISIBLE_DEVICES" not in starting_environment(KERAS)
