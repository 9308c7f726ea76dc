"""Judging again, as an author's own tests do it: from a recorded file, and from a run made up of a few events."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tiny import tiny_course

from fairmark.checks import load_grader
from fairmark.classroom import regrade as again
from fairmark.classroom.regrade import Judge, evidence_files, read_evidence, rewrite
from fairmark.course import Course
from fairmark.errors import MachineError, UsageError
from fairmark.evidence import Cell, Evidence, NamesBound, Run, Submission
from fairmark.grading.judge import judge
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


# --- a whole folder ---------------------------------------------------------------------------------------------------


def graded(out: Path, students: int) -> Path:
    """What `grade` leaves of so many, as far as judging again needs it."""
    (out / "evidence").mkdir(parents=True)
    for number in range(students):
        evidence = made_up(("mse", "binary_crossentropy")[number % 2])
        named = evidence.model_copy(
            update={"submission": evidence.submission.model_copy(update={"student": f"s{number}"})}
        )
        (out / "evidence" / f"s{number}.compile_settings.json").write_text(evidence_json(named))
    return out


def files_in(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "reports").iterdir()}


def test_several_processes_write_what_one_does(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, several = graded(tmp_path / "one", 40), graded(tmp_path / "several", 40)
    monkeypatch.setattr(again, "usable_cores", lambda: 1)
    alone = rewrite(one, course)
    monkeypatch.setattr(again, "usable_cores", lambda: 3)
    assert rewrite(several, course) == alone
    assert [report.score for report in alone[:2]] == [0, 2]
    assert files_in(several) == files_in(one)
    assert (several / "gradebook.csv").read_bytes() == (one / "gradebook.csv").read_bytes()


@pytest.mark.parametrize("cores", [1, 3])
def test_one_damaged_file_is_named_and_nothing_is_written(
    cores: int, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = graded(tmp_path / "out", 40)
    damaged = out / "evidence" / "s7.compile_settings.json"
    damaged.write_text("{}")
    monkeypatch.setattr(again, "usable_cores", lambda: cores)
    with pytest.raises(UsageError) as problem:
        rewrite(out, course)
    assert problem.value.message.startswith(f"{damaged}: is not evidence: submission: ")
    assert problem.value.remedy == again.ELSEWHERE
    assert not (out / "reports").exists()


ENDED = """
import os, signal, sys
from pathlib import Path
from fairmark.classroom import regrade
from fairmark.course import Course
from fairmark.errors import MachineError

own = os.getpid()

def ended(judge, path):
    assert os.getpid() != own
    os.kill(os.getpid(), signal.SIGKILL)

regrade.usable_cores = lambda: 2
regrade.Judge.judged = ended
try:
    regrade.rewrite(Path(sys.argv[1]), Course(Path(sys.argv[2])))
except MachineError as problem:
    print(problem.message)
"""


def test_a_process_that_the_system_ends_is_told_and_nothing_is_written(course: Course, tmp_path: Path) -> None:
    """In a program of its own: tests before may have left threads, and a process that has any is not forked."""
    out = graded(tmp_path / "out", 40)
    program = [sys.executable, "-c", ENDED, out, course.root]
    said = subprocess.run(program, capture_output=True, text=True, timeout=120, check=True)
    assert "ended from outside" in said.stdout
    assert not (out / "reports").exists()
