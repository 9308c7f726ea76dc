"""Which assignment a notebook belongs to: what it says itself, then its name, then what the course leaves open."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from fairmark.course import Course, built_in_course
from fairmark.errors import AssignmentNotFound, UnreadableNotebook
from fairmark.grading.assign import assignment_of


def notebook(path: Path, **metadata: object) -> Path:
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}))
    return path


def test_a_notebook_says_itself_which_it_is(tmp_path: Path, course: Course) -> None:
    path = notebook(tmp_path / "compile_settings.ipynb", fairmark={"assignment": "convolutions"})
    assert assignment_of(path, course) == "convolutions"


def test_what_was_given_out_says_it(course: Course) -> None:
    for name in course.assignments():
        assert assignment_of(course.assignment(name).notebook, course) == name


@pytest.mark.parametrize("said", [{}, {"fairmark": {}}, {"fairmark": {"assignment": ""}}, {"fairmark": 3}])
def test_one_that_says_nothing_is_known_by_its_name(said: dict[str, object], tmp_path: Path, course: Course) -> None:
    assert assignment_of(notebook(tmp_path / "convolutions.ipynb", **said), course) == "convolutions"


def test_the_only_assignment_of_a_course_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "graders").mkdir()
    (tmp_path / "graders" / "alone.py").touch()
    assert assignment_of(notebook(tmp_path / "alice.ipynb"), Course(tmp_path)) == "alone"


def test_one_that_cannot_be_told_is_refused_with_the_names_there_are(tmp_path: Path, course: Course) -> None:
    path = notebook(tmp_path / "alice.ipynb")
    with pytest.raises(AssignmentNotFound) as caught:
        assignment_of(path, course)
    assert caught.value.message == f"{path}: does not say which assignment it is"
    assert caught.value.remedy == "Name the file after it: compile_settings, convolutions."


def test_an_assignment_of_another_course_is_refused_with_the_nearest_name(tmp_path: Path, course: Course) -> None:
    with pytest.raises(AssignmentNotFound) as caught:
        assignment_of(notebook(tmp_path / "a.ipynb", fairmark={"assignment": "convolution"}), course)
    assert (
        caught.value.message == f"{tmp_path}/a.ipynb: {course.root}: this course has no assignment named 'convolution'"
    )
    assert caught.value.remedy == (
        "Did you mean 'convolutions'? If it belongs to another course, name that with --course DIR."
    )


@pytest.mark.parametrize("name", ["compile_settings", "horses_or_humans", "training_steps", "prediction"])
def test_one_that_says_nothing_is_known_by_its_exercises(name: str, tmp_path: Path) -> None:
    built_in = built_in_course()
    solved = json.loads(built_in.assignment(name).solution.read_bytes())
    solved["metadata"] = {}
    by_id, by_header = tmp_path / "by_id.ipynb", tmp_path / "by_header.ipynb"
    by_id.write_text(json.dumps(solved))
    for cell in solved["cells"]:
        cell["metadata"] = {}
    by_header.write_text(json.dumps(solved))
    assert [assignment_of(path, built_in) for path in (by_id, by_header)] == [name, name]


@pytest.mark.parametrize(
    "name", ["../../solutions/convolutions", "convolutions\0", "\ud800", "c" * 10**6, "/etc/passwd"]
)
def test_a_name_that_no_assignment_has_leads_nowhere(name: str, tmp_path: Path, course: Course) -> None:
    with pytest.raises(AssignmentNotFound, match="this course has no assignment named"):
        assignment_of(notebook(tmp_path / "convolutions.ipynb", fairmark={"assignment": name}), course)


def test_a_notebook_in_a_zip_is_read_there(tmp_path: Path, course: Course) -> None:
    with zipfile.ZipFile(tmp_path / "alice.zip", "w") as archive:
        archive.write(notebook(tmp_path / "a.ipynb"), "deep/convolutions.ipynb")
    assert assignment_of(tmp_path / "alice.zip" / "deep" / "convolutions.ipynb", course) == "convolutions"


def test_what_is_no_notebook_is_unreadable(tmp_path: Path, course: Course) -> None:
    with pytest.raises(UnreadableNotebook):
        assignment_of(tmp_path / "nowhere.ipynb", course)
