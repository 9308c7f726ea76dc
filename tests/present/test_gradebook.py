"""The gradebook."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.errors import MachineError
from fairmark.present.gradebook import COLUMNS, gradebook_row, gradebook_text, write_gradebook
from fairmark.report import ExerciseResult, Flag, Report, RunSummary, Standing


def standings(*reports: Report) -> list[Standing]:
    return [*map(Standing.of, reports)]


def test_a_small_gradebook_reads_as_it_should(small_report: Report, full_report: Report, mixed_report: Report) -> None:
    small_report = small_report.model_copy(update={"file": "week 4/work.ipynb"})
    assert gradebook_text(standings(small_report, full_report, mixed_report)) == (
        "student,assignment,score,max_score,percent,outcome,flags,file,compile,pictures,train,model,predict\r\n"
        "ada,horses_or_humans,1,2.5,40.0,partial,,week 4/work.ipynb,1,,,,\r\n"
        "Grace Hopper,horses_or_humans,5,5,100.0,passed,,,,3,2,,\r\n"
        "Ada Lovelace,horses_or_humans,7,18,38.9,needs_attention,witnesses_disagree,,0,4,0,3,0\r\n"
    )


def test_a_row_alone_has_the_exercises_of_its_report(small_report: Report) -> None:
    assert gradebook_row(Standing.of(small_report)) == [
        "ada",
        "horses_or_humans",
        "1",
        "2.5",
        "40.0",
        "partial",
        "",
        "",
        "1",
    ]


def test_each_kind_of_flag_is_named_once(small_report: Report) -> None:
    tampering, close = Flag(kind="tampering", message=""), Flag(kind="close_call", message="")
    report = small_report.model_copy(update={"flags": (tampering, close, tampering)})
    assert gradebook_row(Standing.of(report))[6] == "tampering;close_call"


def test_an_exercise_named_as_a_column_gets_its_own(small_report: Report) -> None:
    exercise = ExerciseResult(id="student", title="", outcome="passed", score=3, max_score=3)
    report = small_report.model_copy(update={"exercises": (exercise,)})
    rows = list(csv.reader(io.StringIO(gradebook_text(standings(report)))))
    assert rows[0][-1] == "student"
    assert (rows[1][0], rows[1][-1]) == ("ada", "3")


def test_hostile_text_is_no_formula_and_no_line_of_its_own(hostile_report: Report) -> None:
    text = gradebook_text(standings(hostile_report))
    assert text.count("\n") == text.count("\r\n") == 2
    headings, row = csv.reader(io.StringIO(text, newline=""))
    assert len(headings) == len(row) == len(COLUMNS) + 1
    assert all(not field.startswith(("=", "+", "-", "@")) for field in headings + row)
    assert not set("\x1b\x07\x9b\u202e\u200b\ud800") & set(text)


def test_a_name_with_something_unseen_in_it_is_no_row_of_another_student(small_report: Report) -> None:
    reports = [small_report.model_copy(update={"student": name}) for name in ("ada", "ada\u200b", "ada ", "ben")]
    names = [row[0] for row in csv.reader(io.StringIO(gradebook_text(standings(*reports))))]
    assert (names[1], names[4]) == ("ada", "ben")
    assert len(set(names)) == 5


@given(st.lists(st.tuples(st.text(st.characters()), st.lists(st.text(), max_size=3, unique=True)), max_size=5))
def test_any_gradebook_comes_back_with_as_many_rows_and_fields(students: list[tuple[str, list[str]]]) -> None:
    reports = [
        Report(
            student=student,
            assignment=student,
            notebook_sha256="",
            outcome="passed",
            score=1,
            max_score=1,
            run=RunSummary(outcome="completed"),
            exercises=tuple(ExerciseResult(id=id_, title="", outcome="passed", score=1, max_score=1) for id_ in ids),
            flags=(Flag(kind="tampering", message=student),),
        )
        for student, ids in students
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradebook.csv"
        write_gradebook(path, standings(*reports))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    assert len(rows) == len(reports) + 1
    assert {len(row) for row in rows} == {len(COLUMNS) + len({id_ for _, ids in students for id_ in ids})}


def test_the_file_is_utf8_without_a_mark_and_replaces_the_one_before(tmp_path: Path, small_report: Report) -> None:
    path = tmp_path / "new" / "gradebook.csv"
    write_gradebook(path, standings(small_report))
    write_gradebook(path, standings(small_report.model_copy(update={"student": "José"})))
    content = path.read_bytes()
    assert content.startswith(b"student,")
    assert "José".encode() in content
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_its_place_is_the_machines_fault_and_leaves_nothing_behind(
    tmp_path: Path, small_report: Report
) -> None:
    (tmp_path / "gradebook.csv").mkdir()
    with pytest.raises(MachineError, match=r"gradebook\.csv: cannot be written"):
        write_gradebook(tmp_path / "gradebook.csv", standings(small_report))
    assert list(tmp_path.iterdir()) == [tmp_path / "gradebook.csv"]
