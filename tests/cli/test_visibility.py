"""Checks that are held back: not asked by ``check``, not told on a student's page, all there for the instructor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run
from scripted import Scripted
from tiny import answered, tiny_course

from fairmark.course import Course

pytestmark = pytest.mark.usefixtures("launcher")

HELD_BACK = """

@settings.check("The loss is no mean", points=3, hint="hint_of_it", visibility="after_deadline")
def no_mean(run: RunView) -> None:
    expect(run.answer("loss")).to_be_one_of("never_told", expected="expected_of_it")


@settings.check("title_of_it", points=1, visibility="never")
def copied(run: RunView) -> None:
    expect(run.answer("loss")).to_be("never_told_either")
"""

LATER = "“The loss is no mean”"


@pytest.fixture
def own(tmp_path: Path) -> Course:
    course = tiny_course(tmp_path / "course", "compile_settings")
    grader = course.assignment("compile_settings").grader
    grader.write_text(grader.read_text() + HELD_BACK)
    return course


@pytest.fixture
def given(own: Course, tmp_path: Path, fairmark_: Run) -> Course:
    """The same course as students get it."""
    result = fairmark_("release", "--students", tmp_path / "given", "--course", own.root)
    assert (result.exit_code, result.out) == (0, "compile_settings: up to date\n")
    assert f"Students get: {tmp_path / 'given'}" in result.err
    assert "2 checks of numbers and words stay with you" in " ".join(result.err.split())
    return Course(tmp_path / "given")


@pytest.fixture
def wrong(tmp_path: Path, own: Course) -> Path:
    path = tmp_path / "bob.ipynb"
    path.write_bytes(answered(own))
    return path


def test_check_asks_what_is_shown_and_says_what_else_is_marked(wrong: Path, own: Course, fairmark_: Run) -> None:
    result = fairmark_("check", wrong, "--course", own.root)
    assert result.exit_code == 1
    text = " ".join(result.out.replace("│", " ").split())
    assert "Compile the model: once you hand it in, 2 more checks, 4 points: " + LATER in text
    assert "1 that is not shown" in text
    assert "0 / 3" in text
    for word in ("hint_of_it", "never_told", "expected_of_it", "title_of_it", "no_mean"):
        assert word not in result.out


def test_a_students_install_says_the_same(wrong: Path, own: Course, tmp_path: Path, fairmark_: Run) -> None:
    grader = own.assignment("compile_settings").grader
    script = grader.read_text().replace("expect\n", "expect\nfrom fairmark.checks import cells\n", 1)
    for question in (
        'expect(run.answer("loss")).to_be("binary_crossentropy")',
        'expect(run.answer("epochs")).to_be(2)',
    ):
        script = script.replace(question, "cells.run_to_their_end(run)")  # that holds no key
    grader.write_text(script)
    fairmark_("release", "--students", tmp_path / "given", "--course", own.root)
    given = Course(tmp_path / "given")
    results = [fairmark_("check", wrong, "--course", course.root) for course in (own, given)]
    shown = [[line for line in result.out.splitlines() if "Ran to its end" not in line] for result in results]
    assert shown[0] == shown[1]
    assert [result.exit_code for result in results] == [1, 1]


def test_a_students_install_announces_what_is_typed_and_does_not_hold_it(
    wrong: Path, given: Course, fairmark_: Run
) -> None:
    result = fairmark_("check", wrong, "--course", given.root)
    text = " ".join(result.out.replace("│", " ").split())
    assert "Compile the model: once you hand it in, 3 more checks, 6 points: “The loss fits”, " + LATER in text
    assert "Train it: once you hand it in, 1 more check, 1 point: “It is trained twice”" in text
    assert "Hand it in: all that is asked in this notebook is checked then, and nothing here." in text
    assert "binary_crossentropy" not in given.assignment("compile_settings").grader.read_text()


def test_json_of_check_holds_nothing_that_is_held_back(wrong: Path, own: Course, fairmark_: Run) -> None:
    report = json.loads(fairmark_("check", wrong, "--course", own.root, "--json").out)
    assert report["max_score"] == 3
    assert [check["id"] for exercise in report["exercises"] for check in exercise["checks"]] == ["loss", "trained"]


def test_an_exercise_that_shows_nothing_is_announced_only(wrong: Path, own: Course, fairmark_: Run) -> None:
    grader = own.assignment("compile_settings").grader
    grader.write_text(
        grader.read_text().replace('trained twice", points=1', 'trained twice", points=1, visibility="never"')
    )
    result = fairmark_("check", wrong, "--course", own.root)
    assert "Train it: once you hand it in, 1 more check, 1 point" in result.out
    assert "0 / 2" in result.out
    assert "0 / 3" not in result.out


@pytest.mark.parametrize("after_deadline", [False, True])
def test_a_students_page_shows_what_it_may_and_the_instructors_file_everything(
    after_deadline: bool, wrong: Path, own: Course, tmp_path: Path, fairmark_: Run
) -> None:
    words = ["--after-deadline"] if after_deadline else []
    fairmark_("grade", wrong, "--out", tmp_path / "out", "--course", own.root, *words)
    page = (tmp_path / "out/reports/bob.compile_settings.html").read_text(encoding="utf-8")
    assert ("hint_of_it" in page) == after_deadline
    assert ("expected_of_it" in page) == after_deadline
    assert ("What was found is shown after the deadline." in page) != after_deadline
    assert "The loss is no mean" in page
    assert "A check that is not shown" in page
    assert "title_of_it" not in page
    assert "<strong>0</strong> / 7" in page
    whole = (tmp_path / "out/reports/bob.compile_settings.json").read_text(encoding="utf-8")
    assert all(word in whole for word in ("title_of_it", "hint_of_it", "expected_of_it", "never_told_either"))


def test_judging_again_shows_it_after_the_deadline(wrong: Path, own: Course, tmp_path: Path, fairmark_: Run) -> None:
    fairmark_("grade", wrong, "--out", tmp_path / "out", "--course", own.root)
    page = tmp_path / "out/reports/bob.compile_settings.html"
    assert "hint_of_it" not in page.read_text(encoding="utf-8")
    fairmark_("judge", "--all", tmp_path / "out", "--after-deadline", "--course", own.root)
    assert "hint_of_it" in page.read_text(encoding="utf-8")


def test_check_and_students_exclude_each_other(own: Course, tmp_path: Path, fairmark_: Run) -> None:
    result = fairmark_("release", "--check", "--students", tmp_path / "given", "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert "--check writes nothing, and --students writes a folder" in result.err


def test_json_names_the_folder(own: Course, tmp_path: Path, fairmark_: Run) -> None:
    result = fairmark_("release", "--students", tmp_path / "given", "--json", "--course", own.root)
    written = json.loads(result.out)
    assert written["students"] == str(tmp_path / "given")
    assert [row["state"] for row in written["assignments"]] == ["up to date"]


def test_nothing_is_run_to_release(own: Course, tmp_path: Path, fairmark_: Run, launcher: Scripted) -> None:
    fairmark_("release", "--students", tmp_path / "given", "--course", own.root)
    assert launcher.jobs == []
