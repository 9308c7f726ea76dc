"""``fairmark verify``: what it prints, and what it exits with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Result
from scripted import Scripted
from tiny import PRETEND, tiny_course

import fairmark.cli.verify
from fairmark.cli import main
from fairmark.course import Course

Verify = Callable[..., Result]
EPOCHS = 'expect(run.answer("epochs")).to_be(2)'


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path / "course", "compile_settings")


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(fairmark.cli.verify, "best_launcher", lambda: Scripted(PRETEND))

    def run(course: Course, *words: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["fairmark", "verify", "--course", str(course.root), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Result(int(ended.value.code or 0), written.out, written.err)

    return run


def script(course: Course, old: str, new: str) -> Path:
    path = course.assignment("compile_settings").grader
    path.write_text(path.read_text().replace(old, new))
    return path


def test_a_good_grader_exits_with_0_and_its_counts(course: Course, verify: Verify) -> None:
    result = verify(course)
    lines = [line.rstrip() for line in result.out.splitlines()]
    assert lines[:4] == [
        "compile_settings: mutants 6, twins 0",
        "exercise  killed  survived",
        "compile        2",
        "training       4",
    ]
    assert lines[4].startswith("compile_settings: 6 killed, 0 survived; 0 of 0 twins pass. ")
    assert result.exit_code == 0


def test_a_survivor_shows_its_place_and_both_lines_and_exits_with_1(course: Course, verify: Verify) -> None:
    script(course, EPOCHS, 'expect(run.answer("epochs")).to_be_one_of(2, 3)')
    result = verify(course, "compile_settings")
    solution = course.assignment("compile_settings").solution
    assert (
        "survived: training/number-plus-1@3 (3 for 2)\n"
        f"    {solution}, cell 4, line 3:\n"
        "    - epochs = 2\n"
        "    + epochs = 3\n"
    ) in result.out
    assert result.exit_code == 1


def test_an_exception_in_a_check_exits_with_3(course: Course, verify: Verify) -> None:
    path = script(course, EPOCHS, '{}[run.answer("epochs").value]')
    result = verify(course)
    assert f"{path}:16: check training.trained raised KeyError: 2\n" in result.out
    assert result.exit_code == 3


def test_files_that_do_not_fit_together_exit_with_2(course: Course, verify: Verify) -> None:
    path = script(course, "points=2", "points=0")
    result = verify(course)
    assert f"{path}:9: check 'loss' is worth 0 points\n    A check needs a positive number of points.\n" in result.out
    assert result.exit_code == 2


def test_json_says_the_same(course: Course, verify: Verify) -> None:
    result = verify(course, "--json")
    (one,) = json.loads(result.out)
    assert one["counts"] == {
        "killed": 6,
        "survived": 0,
        "charged_twice": 0,
        "equivalent": 0,
        "needs_training": 0,
    }
    assert (one["assignment"], one["exit_code"], result.exit_code) == ("compile_settings", 0, 0)
    first = one["verdicts"][0]
    assert (first["mutant"]["id"], first["fate"], first["mode"]) == (
        "compile/statement-dropped-loss@3",
        "killed",
        "structure",
    )


def test_an_unknown_assignment_exits_with_2_and_the_nearest(course: Course, verify: Verify) -> None:
    result = verify(course, "compile_setting")
    assert "Did you mean 'compile_settings'?" in result.err
    assert result.exit_code == 2


def test_only_the_mutants_asked_for_are_made(course: Course, verify: Verify) -> None:
    result = verify(course, "--only", "number-plus")
    assert result.out.startswith("compile_settings: mutants 1, twins 0\n")
    assert result.exit_code == 0
