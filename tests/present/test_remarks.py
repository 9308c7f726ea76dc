"""What a teacher is told of a class besides its rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from rich.console import Console

from fairmark.notebook.kinds import Reason, why_left_out
from fairmark.present.remarks import Remarks, left_out_text, remarks_data, show_remarks
from fairmark.report import Flag, Report, Standing

PDF = why_left_out("a.pdf")
DATA = why_left_out("a.csv")


def shown(reports: list[Report], remarks: Remarks, *, width: int = 200, encoding: str = "utf-8") -> list[str]:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    show_remarks(Console(file=file, width=width), [*map(Standing.of, reports)], remarks)
    file.flush()
    return raw.getvalue().decode(encoding).splitlines()


def named(report: Report, *students: str) -> list[Report]:
    return [report.model_copy(update={"student": student}) for student in students]


def test_nothing_is_said_where_there_is_nothing_to_say(small_report: Report) -> None:
    assert shown(named(small_report, "ada", "ben", "week 1", "week 2"), Remarks()) == []


def test_what_was_left_out_is_named_by_its_reason(small_report: Report) -> None:
    left_out = [("fay.pdf", PDF), *((f"{number}.csv", DATA) for number in range(6)), ("gus/a.pdf", PDF)]
    assert shown([small_report], Remarks(left_out, Path("out/left_out.csv"))) == [
        "Left out: 8 files or folders, named in out/left_out.csv",
        "  fay.pdf, gus/a.pdf each is a PDF, not a notebook. Hand in the notebook itself, the .ipynb file.",
        "  0.csv, 1.csv, 2.csv, 3.csv and 2 more each holds data, not a notebook.",
    ]
    assert shown([small_report], Remarks([("fay.pdf", PDF)])) == [
        "Left out: 1 file or folder, named in left_out.csv",
        "  fay.pdf is a PDF, not a notebook. Hand in the notebook itself, the .ipynb file.",
    ]


def test_more_reasons_than_a_screen_holds_are_counted(small_report: Report) -> None:
    left_out = [(f"{number}.zip", Reason(f"is no zip, {number}")) for number in range(15)]
    assert shown([small_report], Remarks(left_out))[-1] == "  and more, for 3 other reasons"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Ada", "ada", "ben"], "Ada and ada"),
        (["Jos\u00e9", "Jose\u0301"], "Jos\u00e9 and Jose\u0301"),
        (["ida", "ida (1)", "ida-Copy1"], "ida and ida (1) and ida-Copy1"),
    ],
)
def test_names_that_differ_in_little_are_mentioned(names: list[str], said: str, small_report: Report) -> None:
    assert shown(named(small_report, *names), Remarks()) == [
        f"Perhaps one student: {said}. Names that differ in so little count as two."
    ]


def test_hostile_names_stay_text(small_report: Report, hostile_text: str) -> None:
    for encoding in ("utf-8", "ascii"):
        lines = shown(
            named(small_report, hostile_text, f"{hostile_text} (1)"), Remarks([(hostile_text, PDF)]), encoding=encoding
        )
        assert not set("\x1b\x07\x08\r\x00\x9b\u202e\u2066\u200b\u2028") & set("".join(lines))
    [_, row] = csv.reader(io.StringIO(left_out_text([(hostile_text, PDF)])))
    assert row[0].startswith("'=HYPERLINK")
    assert row[1:] == ["is a PDF, not a notebook", "Hand in the notebook itself, the .ipynb file."]


def test_programs_get_all_of_it() -> None:
    assert remarks_data(Remarks([("a.pdf", PDF), ("b.csv", DATA)], same_code=[("steps", ["ada", "ben"])])) == {
        "schema": "fairmark.remarks/1",
        "left_out": [
            {
                "file": "a.pdf",
                "reason": "is a PDF, not a notebook",
                "remedy": "Hand in the notebook itself, the .ipynb file.",
            },
            {"file": "b.csv", "reason": "holds data, not a notebook", "remedy": None},
        ],
        "same_code": [{"assignment": "steps", "students": ["ada", "ben"]}],
    }


def test_who_handed_in_several_files_is_named_with_how_many(small_report: Report) -> None:
    flag = Flag(kind="several_files", message="")
    files = [
        small_report.model_copy(update={"student": student, "file": f"{number}.ipynb", "flags": (flag,)})
        for student, count in (("ida", 3), ("jim", 2))
        for number in range(count)
    ]
    assert shown(files, Remarks()) == [
        "Several files: ida (3 for horses_or_humans), jim (2 for horses_or_humans). "
        "Each was marked and has a row; which counts, you decide."
    ]


def test_students_with_the_same_code_are_named_and_no_verdict_is_given(small_report: Report) -> None:
    groups = [("steps", ["ada", "ben"]), ("loss", [f"student {number}" for number in range(6)])]
    assert shown([small_report], Remarks(same_code=groups)) == [
        "The same code: ada, ben (steps); student 0, student 1, student 2, student 3 and 2 more (loss). "
        "It costs no marks; short answers agree by chance."
    ]
