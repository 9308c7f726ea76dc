"""The whole way, from a folder handed in to gradebook, reports and evidence: trained for real, on small pictures."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import is_report
from walled import walled_course

from fairmark.checks import Grader, load_grader
from fairmark.evidence import EpochEnded, Evidence
from fairmark.grading.judge import judge
from fairmark.present.files import report_json
from fairmark.report import Report
from fairmark.sandbox import best_launcher, not_confined

STUDENTS = ("ada", "ben", "eve")


@dataclass(frozen=True)
class Graded:
    """What ``fairmark grade`` left of a class: ada has solved it, ben has not begun, eve's file is no notebook."""

    exit_code: int
    out: Path
    grader: Grader

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    def report_text(self, student: str) -> str:
        return (self.out / "reports" / f"{student}.horses_or_humans.json").read_text(encoding="utf-8")

    def report(self, student: str) -> Report:
        return Report.model_validate_json(self.report_text(student))

    def evidence(self, student: str) -> Evidence:
        path = self.out / "evidence" / f"{student}.horses_or_humans.json"
        return Evidence.model_validate_json(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    home = tmp_path_factory.mktemp("pipeline")
    course = walled_course(home / "course")
    assignment = course.assignment("horses_or_humans")
    folder, out = home / "class", home / "graded"
    folder.mkdir()
    solution = assignment.solution.read_bytes()
    (folder / "ada.ipynb").write_bytes(solution)
    (folder / "ben.ipynb").write_bytes(assignment.notebook.read_bytes())
    (folder / "eve.ipynb").write_bytes(solution[: len(solution) // 2])
    command = "from fairmark.cli import main; main()"
    trust = ["--trust"] if not_confined(best_launcher()) else []
    words = ["grade", str(folder), "--out", str(out), "--course", str(course.root), *trust]
    finished = subprocess.run([sys.executable, "-c", command, *words], capture_output=True, text=True, check=False)
    assert out.is_dir(), finished.stderr
    return Graded(finished.returncode, out, load_grader(assignment.grader))


def test_not_everybody_passed(graded: Graded) -> None:
    assert graded.exit_code == 1


def test_the_gradebook_has_a_row_for_each_and_a_column_for_each_exercise(graded: Graded) -> None:
    assert tuple(graded.rows) == STUDENTS
    columns = ["student", "assignment", "score", "max_score", "percent", "outcome", "flags", "file"]
    assert list(graded.rows["ada"]) == columns + [exercise.id for exercise in graded.grader.exercises]
    for row in graded.rows.values():
        assert (row["assignment"], row["max_score"]) == ("horses_or_humans", "20")


def test_the_gradebook_says_what_the_reports_say(graded: Graded) -> None:
    for student, row in graded.rows.items():
        report = graded.report(student)
        assert (float(row["score"]), row["outcome"]) == (report.score, report.outcome)
        assert [float(row[exercise.id]) for exercise in report.exercises] == [e.score for e in report.exercises]


@pytest.mark.parametrize("student", STUDENTS)
def test_a_report_has_the_keys_of_the_contract(student: str, graded: Graded) -> None:
    assert is_report(json.loads(graded.report_text(student)))
    assert (graded.out / "reports" / f"{student}.horses_or_humans.html").is_file()


@pytest.mark.parametrize("student", STUDENTS)
def test_judging_the_stored_evidence_again_gives_the_same_report(student: str, graded: Graded) -> None:
    again = judge(graded.evidence(student), graded.grader)
    assert again.model_dump() == graded.report(student).model_dump()
    assert report_json(again) == graded.report_text(student)


def test_the_solution_loses_nothing(graded: Graded) -> None:
    report = graded.report("ada")
    lost = [check.id for exercise in report.exercises for check in exercise.checks if check.outcome != "passed"]
    assert (lost, report.score, report.run.outcome) == ([], 20, "completed")


def test_the_solution_was_trained_and_asked_about_hidden_pictures(graded: Graded) -> None:
    evidence = graded.evidence("ada")
    epochs = [stamped.event for stamped in evidence.run.events if isinstance(stamped.event, EpochEnded)]
    assert epochs
    assert [(epoch.epoch, epoch.steps) for epoch in epochs] == [(number, 4) for number in range(1, len(epochs) + 1)]
    assert evidence.probe is not None
    assert evidence.probe.problem is None
    assert len(evidence.probe.outputs) == len(evidence.probe.truth) >= 64
    assert evidence.reruns == ()  # nothing before the training had to be put right


def test_a_report_names_what_confined_the_run(graded: Graded) -> None:
    assert graded.report("ada").run.isolation[: len(best_launcher().isolation)] == best_launcher().isolation
    assert graded.report("ben").run.isolation == ()  # nothing of it was run


def test_nothing_but_the_recorder_wrote_evidence(graded: Graded) -> None:
    assert graded.evidence("ada").run.unsealed == 0


def test_what_was_not_begun_earns_nothing_and_is_not_run(graded: Graded) -> None:
    report = graded.report("ben")
    assert (report.score, report.run.outcome, report.outcome) == (0, "not_run", "unattempted")
    assert {exercise.outcome for exercise in report.exercises} == {"unattempted"}
    assert graded.evidence("ben").run.events == ()


def test_what_cannot_be_read_earns_nothing_and_says_why(graded: Graded) -> None:
    report = graded.report("eve")
    assert (report.score, report.run.outcome, report.outcome) == (0, "unreadable", "error")
    assert "eve.ipynb" in report.exercises[0].checks[0].message
