"""Judging again, as an author's own tests do it: from a recorded file, and from a run made up of a few events."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import tiny_course

from fairmark.batch.again import Judge, evidence_files, read_evidence
from fairmark.checks import load_grader
from fairmark.course import Course
from fairmark.errors import MachineError, UsageError
from fairmark.evidence import Cell, Evidence, NamesBound, Run, Submission
from fairmark.judge import judge
from fairmark.present.files import evidence_json
from fairmark.sandbox.fake import fake_run


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path / "course", "compile_settings")


def made_up(value: str) -> Evidence:
    cell = Cell(position=2, number=3, role="exercise", exercise="compile", source=f"loss = {value!r}", touched=True)
    handed_in = Submission(student="ada", assignment="compile_settings", notebook_sha256="", cells=(cell,))
    return Evidence(submission=handed_in, run=fake_run(NamesBound(cell=2, values={"loss": value})))


def test_a_grader_is_tried_on_a_run_that_is_made_up(course: Course) -> None:
    grader = load_grader(course.assignment("compile_settings").grader)
    assert judge(made_up("binary_crossentropy"), grader).exercises[0].score == 2
    [loss] = judge(made_up("mse"), grader).exercises[0].checks
    assert (loss.found, loss.expected, loss.cell) == ("mse", "binary_crossentropy", 3)


def test_a_recorded_file_gives_the_same_report(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "ada.compile_settings.json"
    path.write_text(evidence_json(made_up("mse")))
    assert read_evidence(path) == made_up("mse")
    grader = load_grader(course.assignment("compile_settings").grader)
    assert Judge(course).judged(path).report == judge(made_up("mse"), grader)


def test_a_submission_that_was_put_off_is_put_off_again(course: Course, tmp_path: Path) -> None:
    handed_in = Submission(student="ada", assignment="compile_settings", notebook_sha256="")
    path = tmp_path / "ada.json"
    path.write_text(
        evidence_json(Evidence(submission=handed_in, run=Run(outcome="not_run", reason="the disk is full")))
    )
    report = Judge(course).judged(path).report
    assert (report.outcome, report.flags[0].message) == ("needs_attention", "the disk is full")


def test_files_are_found_in_a_folder_and_in_its_evidence(tmp_path: Path) -> None:
    for name in ("evidence/b.json", "evidence/a.json", "evidence/.c.json", "evidence/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    expected = [tmp_path / "evidence/a.json", tmp_path / "evidence/b.json"]
    assert evidence_files([tmp_path]) == expected
    assert evidence_files([tmp_path / "evidence"]) == expected
    assert evidence_files([tmp_path / "evidence/b.json"]) == [tmp_path / "evidence/b.json"]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"cannot be read: Is a directory"):
        read_evidence(tmp_path)
    (tmp_path / "a.json").write_text('{"submission": {}}')
    with pytest.raises(UsageError, match=r"a\.json: is not evidence: submission\.student: Field required"):
        read_evidence(tmp_path / "a.json")
