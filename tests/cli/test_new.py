"""``fairmark new``: a course or an assignment, what was written, and what to do next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import Run

import fairmark.course
from fairmark.course import Course


def test_a_new_course_is_released_at_once(tmp_path: Path, fairmark_: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = fairmark_("new", "course", "week")
    assert result.exit_code == 0
    assert result.out.splitlines() == [
        "week/README.md",
        "week/solutions/circles_or_squares.ipynb",
        "week/graders/circles_or_squares.py",
        "week/graders/circles_or_squares.verify.toml",
        "week/datasets/circles_or_squares/dataset.toml",
        "week/datasets/circles_or_squares/render.py",
    ]
    assert result.err.splitlines() == [
        "next: cd week",
        "      fairmark release",
        "      fairmark verify",
        "      fairmark check solutions/circles_or_squares.ipynb",
    ]
    monkeypatch.chdir(tmp_path / "week")
    assert fairmark_("release").out == "circles_or_squares: written\n"
    assert fairmark_("release", "--check").out == "circles_or_squares: up to date\n"


def test_an_assignment_goes_into_the_course_one_is_in(
    tmp_path: Path, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fairmark_("new", "course", tmp_path / "week")
    monkeypatch.chdir(tmp_path / "week" / "solutions")
    result = fairmark_("new", "assignment", "more_shapes")
    assert result.exit_code == 0
    assert (tmp_path / "week" / "graders" / "more_shapes.py").is_file()
    assert fairmark_("release").out == "circles_or_squares: written\nmore_shapes: written\n"


def test_an_assignment_is_made_from_a_notebook(course: Course, tmp_path: Path, fairmark_: Run) -> None:
    own = Course(Path(shutil.copytree(course.root, tmp_path / "own")))
    theirs = own.assignment("convolutions").solution
    result = fairmark_("new", "assignment", "adopted", "--from", theirs, "--course", own.root, "--json")
    made = json.loads(result.out)
    assert made["assignment"] == "adopted"
    assert made["paths"] == [str(own.root / "solutions/adopted.ipynb"), str(own.root / "graders/adopted.py")]
    assert made["remarks"][-1].endswith("takes the data set 'tiles'; name the one the notebook is about.")
    assert fairmark_("release", "adopted", "--course", own.root).out == "adopted: written\n"


def test_without_a_course_around_nothing_is_written(
    tmp_path: Path, course: Course, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairmark.course, "built_in_course", lambda: course)  # as where only the wheel is installed
    monkeypatch.chdir(tmp_path)
    result = fairmark_("new", "assignment", "mine")
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {tmp_path}: is not in a course\nGo to the course's folder" in result.err
    assert "mine" not in course.assignments()
    result = fairmark_("new", "assignment", "mine", "--course", tmp_path)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {tmp_path}: not a course\nGo to the course's folder" in result.err


def test_what_is_there_is_not_overwritten(tmp_path: Path, fairmark_: Run) -> None:
    fairmark_("new", "course", tmp_path / "week")
    result = fairmark_("new", "course", tmp_path / "week")
    assert (result.exit_code, result.out) == (2, "")
    assert "week: is not empty: README.md, assignments, datasets ...\nName a folder that is new or empty" in result.err
    result = fairmark_("new", "assignment", "circles_or_squares", "--course", tmp_path / "week")
    assert (result.exit_code, result.out) == (2, "")
    assert "circles_or_squares.ipynb: is there already\nNothing was written." in result.err
