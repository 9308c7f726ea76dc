"""The command as it is installed, run in this process, on a course in which nothing is trained."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest
from commands import Result, Run
from scripted import Scripted
from tiny import PRETEND, tiny_course

import fairmark.cli.check
import fairmark.sandbox.select_backend
from fairmark.cli import main
from fairmark.course import Course
from fairmark.grading.pipeline import Pipeline


@pytest.fixture
def fairmark_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``fairmark`` with these words. The width of both streams is 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["fairmark", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Result(int(ended.value.code or 0), written.out, written.err)

    return run


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return tiny_course(tmp_path_factory.mktemp("tiny") / "course")


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scripted:
    """What stands in for the sandbox, which is not the subject here: runs plain cells without TensorFlow. What it came
    to is kept for no other test."""
    scripted = Scripted(PRETEND)
    monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / "secret"))
    monkeypatch.setattr(fairmark.cli.check, "Pipeline", functools.partial(Pipeline, launcher=scripted))
    monkeypatch.setattr(fairmark.sandbox.select_backend, "best_launcher", lambda: scripted)
    return scripted


@pytest.fixture
def unconfined(launcher: Scripted) -> Scripted:
    """The same on a machine that can hold neither files nor network."""
    launcher.confines = frozenset({"memory", "time"})
    return launcher


@pytest.fixture
def folder(tmp_path: Path, course: Course) -> Path:
    """A class: everything right, nothing done, unreadable."""
    made = tmp_path / "class"
    made.mkdir()
    assignment = course.assignment("compile_settings")
    (made / "ada.ipynb").write_bytes(assignment.solution.read_bytes())
    (made / "ben.ipynb").write_bytes(assignment.notebook.read_bytes())
    (made / "eve.ipynb").write_text("<html>")
    return made
