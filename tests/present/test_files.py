"""The JSON and the web page of one report, as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairmark.errors import MachineError
from fairmark.evidence import EpochEnded, Evidence, Run, Stamped, Submission
from fairmark.present.curve import Curve
from fairmark.present.files import evidence_json, report_files, report_json, report_name, write_files
from fairmark.report import Report


def test_both_files_are_named_after_student_and_assignment(tmp_path: Path, small_report: Report, curve: Curve) -> None:
    json_path, html_path = write_files(tmp_path / "reports", report_files(small_report, curve=curve, cell_lines={}))
    assert json_path == tmp_path / "reports" / "ada.horses_or_humans.json"
    assert html_path == tmp_path / "reports" / "ada.horses_or_humans.html"
    assert sorted(path.name for path in json_path.parent.iterdir()) == [html_path.name, json_path.name]
    assert "<svg" in html_path.read_text(encoding="utf-8")


def test_the_json_is_the_report_again(mixed_report: Report) -> None:
    text = report_json(mixed_report)
    assert json.loads(text)["schema"] == "fairmark.report/1"
    assert Report.model_validate_json(text) == mixed_report


def test_numbers_that_are_not_finite_are_spelled_as_the_schema_spells_them(small_report: Report) -> None:
    report = small_report.model_copy(update={"score": float("nan"), "max_score": float("-inf")})
    assert json.loads(report_json(report))["score"] == "NaN"
    assert json.loads(report_json(report))["max_score"] == "-Infinity"


def test_hostile_text_is_complete_in_json_and_bare_nowhere(hostile_report: Report, hostile_text: str) -> None:
    text = report_json(hostile_report)
    assert text.isascii()
    assert all(character == "\n" or character.isprintable() for character in text)
    assert json.loads(text)["student"] == hostile_text.replace("\ud800", "\\ud800")
    assert Report.model_validate_json(text).student == json.loads(text)["student"]  # strict readers take it too


def test_evidence_comes_back_and_shows_nothing_bare() -> None:
    handed_in = Submission(student="a\x9b\u202e", assignment="compile", notebook_sha256="")
    logs = {"loss": float("nan"), "accuracy\x9d": float("-inf")}
    ended = EpochEnded(fit="fit-1", epoch=1, steps=8, validation_steps=8, seconds=1.0, logs=logs)
    run = Run(outcome="completed", events=(Stamped(at_seconds=1.0, event=ended),), printed={3: "\u2067שלום\x1b"})
    evidence = Evidence(submission=handed_in, run=run)
    text = evidence_json(evidence)
    assert text.isascii()
    assert all(character == "\n" or character.isprintable() for character in text)
    assert json.loads(text) == json.loads(evidence.model_dump_json())
    assert repr(Evidence.model_validate_json(text)) == repr(evidence)  # NaN is equal to nothing


def test_a_hostile_name_stays_in_its_folder(tmp_path: Path, hostile_report: Report) -> None:
    paths = write_files(tmp_path, report_files(hostile_report))
    assert [path.parent for path in paths] == [tmp_path, tmp_path]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_dot_in_a_name_is_not_taken_for_the_one_between(small_report: Report) -> None:
    names = {
        report_name(small_report.model_copy(update={"student": student, "assignment": assignment}))
        for student, assignment in (("a.b", "c"), ("a", "b.c"))
    }
    assert len(names) == 2


def test_a_second_file_of_a_student_has_a_name_that_no_other_students_can_have(small_report: Report) -> None:
    students = ("ada", "ada (2)", "ada.horses_or_humans", "ada.horses_or_humans (2)")
    reports = [small_report.model_copy(update={"student": student}) for student in students]
    reports += [report.model_copy(update={"file_number": number}) for report in reports for number in (2, 3)]
    assert len({report_name(report) for report in reports}) == len(reports) == 12
    assert report_name(reports[4]) == "ada.horses_or_humans (2)"


def test_a_file_where_the_folder_should_be_is_the_machines_fault(tmp_path: Path, small_report: Report) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(MachineError, match="cannot be written"):
        write_files(tmp_path / "reports", report_files(small_report))
