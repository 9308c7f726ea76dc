"""``fairmark check``: one notebook, its report, and an exit code for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run, is_report
from scripted import Scripted
from tiny import answered, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.sandbox import Limits, NotebookJob
from fairmark.sandbox.limits import GIB, MIB

pytestmark = pytest.mark.usefixtures("launcher")

WORDS = (
    *("--run-seconds", 70, "--cell-seconds", 60, "--cpu-seconds", 50.5, "--memory", 1.5, "--processes", 9),
    *("--written", 0.5, "--files", 300, "--printed", 2),
)
LIMITS = Limits(
    run_seconds=70.0,
    cell_seconds=60.0,
    cpu_seconds=50.5,
    memory_bytes=3 * GIB // 2,
    processes=9,
    written_bytes=GIB // 2,
    files=300,
    output_bytes=2 * MIB,
)


@pytest.fixture
def solution(tmp_path: Path, course: Course) -> Path:
    path = tmp_path / "compile_settings.ipynb"  # a solution does not say which assignment it is
    path.write_bytes(course.assignment("compile_settings").solution.read_bytes())
    return path


@pytest.fixture
def wrong(tmp_path: Path, course: Course) -> Path:
    path = tmp_path / "bob.ipynb"
    path.write_bytes(answered(course))
    return path


def test_a_notebook_in_another_course_is_said_to_be_marked_by_this_one(
    course: Course, tmp_path: Path, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_course(tmp_path / "other")
    (other.root / "graders" / "compile_settings.py").write_text("raise SystemExit('this must not be run')")
    monkeypatch.chdir(course.root)
    result = fairmark_("check", other.assignment("compile_settings").notebook)
    assert result.exit_code == 1
    assert f"This notebook lies in the course {other.root}, and is marked by the course {course.root}." in result.err


# --- exit codes -------------------------------------------------------------------------------------------------------


def test_all_passed_exits_with_0(solution: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", solution, "--course", course.root)
    assert result.exit_code == 0
    assert "3" in result.out


def test_a_wrong_answer_exits_with_1_and_says_what_was_found(wrong: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", wrong, "--course", course.root)
    assert result.exit_code == 1
    assert "mse" in result.out
    assert "Which one fits two classes?" in result.out


def test_nothing_done_exits_with_1(course: Course, fairmark_: Run) -> None:
    assert fairmark_("check", course.assignment("convolutions").notebook, "--course", course.root).exit_code == 1


def test_a_sandbox_that_does_not_start_exits_with_3(
    wrong: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    launcher.program = "sys.exit(1)"
    result = fairmark_("check", wrong, "--course", course.root)
    assert (result.exit_code, result.out) == (3, "")
    assert "fairmark: the sandbox did not start" in result.err


def test_what_only_a_person_can_decide_exits_with_3(wrong: Path, tmp_path: Path, fairmark_: Run) -> None:
    own = tiny_course(tmp_path / "course")
    grader = own.assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace('run.answer("loss")', "run.no_such_thing"))
    result = fairmark_("check", wrong, "--course", own.root, "--json")
    assert result.exit_code == 3
    assert json.loads(result.out)["flags"][0]["kind"] == "grader_failed"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<html>", "is a web page, not a notebook"), (b"", "is empty"), (b"{", "breaks off or is damaged")],
)
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_file_that_is_no_notebook_exits_with_2_its_name_and_a_remedy(
    content: bytes, reason: str, words: list[str], tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    path = tmp_path / "alice.ipynb"
    path.write_bytes(content)
    result = fairmark_("check", path, "--course", course.root, *words)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {path}: {reason}" in result.err
    assert "Download it again from Jupyter: File > Download." in result.err


def test_a_file_that_is_not_there_exits_with_2(tmp_path: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", tmp_path / "none.ipynb", "--course", course.root)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {tmp_path / 'none.ipynb'}: there is no such file" in result.err


def test_a_notebook_without_the_exercises_exits_with_2(tmp_path: Path, course: Course, fairmark_: Run) -> None:
    path = tmp_path / "convolutions.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}))
    result = fairmark_("check", path, "--course", course.root)
    assert (result.exit_code, result.out) == (2, "")
    assert "no exercise of 'convolutions' was found in it" in result.err
    assert result.err.count(str(path)) == 1


def test_an_unknown_assignment_exits_with_2_and_the_nearest_name(wrong: Path, course: Course, fairmark_: Run) -> None:
    wrong.write_bytes(wrong.read_bytes().replace(b'"compile_settings"', b'"compile_setings"'))
    result = fairmark_("check", wrong, "--course", course.root)
    assert (result.exit_code, result.out) == (2, "")
    assert "no assignment named 'compile_setings'" in result.err
    assert "Did you mean 'compile_settings'?" in result.err


def test_a_folder_that_is_no_course_exits_with_2(wrong: Path, tmp_path: Path, fairmark_: Run) -> None:
    result = fairmark_("check", wrong, "--course", tmp_path)
    assert (result.exit_code, result.out) == (2, "")
    assert f"fairmark: {tmp_path}: not a course\nA course has assignments/," in result.err


# --- JSON -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["solution", "wrong"])
def test_json_is_one_report_with_the_keys_of_the_contract(
    which: str, course: Course, fairmark_: Run, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(which)
    result = fairmark_("check", path, "--course", course.root, "--json")
    report = json.loads(result.out)
    assert is_report(report)
    assert (report["student"], report["assignment"]) == (path.stem, "compile_settings")


def test_json_of_what_was_never_run_has_them_too(course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", course.assignment("convolutions").notebook, "--course", course.root, "--json")
    report = json.loads(result.out)
    assert is_report(report)
    assert (report["run"]["outcome"], report["outcome"]) == ("not_run", "unattempted")


# --- options ----------------------------------------------------------------------------------------------------------


def test_quick_leaves_out_what_needs_training(
    solution: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    result = fairmark_("check", solution, "--course", course.root, "--quick", "--json")
    assert [exercise["id"] for exercise in json.loads(result.out)["exercises"]] == ["compile"]
    [job] = launcher.jobs
    assert isinstance(job, NotebookJob)
    assert not job.train
    assert "Train it" in fairmark_("check", solution, "--course", course.root, "--quick").out  # said to be left out


def test_options_reach_the_run(solution: Path, course: Course, fairmark_: Run, launcher: Scripted) -> None:
    fairmark_("check", solution, "--course", course.root, "--seed", 4, "--numerics", "bfloat16")
    [job] = launcher.jobs
    assert isinstance(job, NotebookJob)
    assert (job.seed, job.numerics) == (4, "bfloat16")


def test_a_limit_reaches_the_run(wrong: Path, course: Course, fairmark_: Run, launcher: Scripted) -> None:
    launcher.program = launcher.program.replace('send("run_finished")', "time.sleep(60)")
    result = fairmark_("check", wrong, "--course", course.root, "--run-seconds", 1, "--json")
    assert json.loads(result.out)["run"]["outcome"] == "timeout"
    assert result.exit_code == 1


def test_every_limit_reaches_the_run(solution: Path, course: Course, fairmark_: Run, launcher: Scripted) -> None:
    fairmark_("check", solution, "--course", course.root, *WORDS)
    assert launcher.limits == [LIMITS]


def test_limits_are_as_they_are_unless_told_otherwise(
    solution: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    fairmark_("check", solution, "--course", course.root)
    assert launcher.limits == [Limits()]


# --- what this machine cannot hold ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unconfined")
def test_the_student_is_told_once_what_is_not_confined(wrong: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", wrong, "--course", course.root)
    assert result.exit_code == 1
    told = "Not confined on this machine: files, network. Run only notebooks you trust."
    assert result.err.count(told) == 1
    assert "confined" not in result.out


def test_nothing_is_said_of_it_where_all_is_confined(wrong: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("check", wrong, "--course", course.root)
    assert "confined" not in result.out + result.err


def test_a_quick_check_names_a_switch_back_to_tensorflow_1_beside_what_it_leaves_out(
    course: Course, tmp_path: Path, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    answer = "# Exercise: compile\nloss = 'binary_crossentropy'\ndisable_eager_execution()"
    notebook = tmp_path / "compile_settings.ipynb"
    notebook.write_bytes(with_answers(answered(course), {"compile": lambda source: answer}))
    shown = " ".join(fairmark_("check", notebook, "--quick").out.replace("│", " ").split())
    said = "Line 3 of cell 3 calls `disable_eager_execution()`: TensorFlow then works as version 1 did, and Keras 3"
    assert said in shown
