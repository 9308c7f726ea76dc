"""A class on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from seen import in_order

from fairmark.present.table import show_class
from fairmark.report import Report, Standing


def shown(reports: list[Report], *, width: int = 80, encoding: str = "utf-8", elapsed_seconds: float = 90.0) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    show_class(Console(file=file, width=width), [*map(Standing.of, reports)], elapsed_seconds=elapsed_seconds)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_a_small_class_reads_as_it_should(small_report: Report, full_report: Report) -> None:
    lines = [line.rstrip() for line in shown([small_report, full_report], width=100).splitlines()]
    assert lines == [
        "",
        " Student          Score       %   compile   pictures   train   Outcome",
        " ──────────────────────────────────────────────────────────────────────────────",
        " ada            1 / 2.5    40.0       ◐ 1          -       -   partly right",
        " Grace Hopper     5 / 5   100.0         -        ✓ 3     ✓ 2   passed",
        "",
        "1 of 2 passed · median 70.0% · 1 min 30 s · 45 s each",
        "Hardest exercise: Compile the model, not passed by 1 of 1",
    ]


def test_in_eighty_columns_exercises_are_numbered_and_explained(mixed_report: Report) -> None:
    text = shown([mixed_report])
    assert "1 Label pictures by their folders · 2 Build the network" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "38.9" in text


def test_the_outcome_names_how_the_run_ended_and_the_flags(mixed_report: Report) -> None:
    assert "a person will look; ran out of time; history disagrees" in shown([mixed_report], width=160)


def test_submissions_that_need_eyes_are_named_first(mixed_report: Report, full_report: Report) -> None:
    many = [mixed_report.model_copy(update={"student": f"student {number}"}) for number in range(7)]
    text = shown([full_report, *many])
    assert "Look at first: student 0, student 1, student 2, student 3, student 4 and 2 more" in text


def test_assignments_get_a_column_where_there_are_several(small_report: Report) -> None:
    other = small_report.model_copy(update={"assignment": "compile_settings"})
    assert "Assignment" in shown([small_report, other])
    assert "Assignment" not in shown([small_report, small_report])


@pytest.mark.parametrize("width", [40, 80, 200])
def test_hostile_names_stay_text(hostile_report: Report, small_report: Report, width: int) -> None:
    text = shown([hostile_report, small_report], width=width)
    assert not set("\x1b\x07\x08\r\x00\x9b\u202e\u2066\u200b\u2028") & set(text)
    assert ":smile:" in text
    assert "ada" in text


def test_a_class_without_submissions_says_so() -> None:
    assert "0 of 0 passed" in shown([])


def test_an_old_console_gets_letters_it_has(mixed_report: Report) -> None:
    assert "Ada Lovelace" in shown([mixed_report], encoding="ascii")


def test_names_that_look_the_same_are_told_apart(small_report: Report) -> None:
    twin = small_report.model_copy(update={"student": "ada\u200b"})
    lines = shown([small_report, twin]).splitlines()
    assert lines[3].startswith(" ada  ")
    assert lines[4].startswith(" ada #")


def test_marks_stay_in_their_order_behind_a_name_in_hebrew(small_report: Report) -> None:
    [line] = [
        line for line in shown([small_report.model_copy(update={"student": "שלום"})]).splitlines() if "1 / 2.5" in line
    ]
    assert in_order(line, ["1 / 2.5", "40.0"])
    assert not in_order(line.replace("\u200e", ""), ["1 / 2.5", "40.0"])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_long_class_is_laid_out_as_one(small_report: Report, full_report: Report, width: int) -> None:
    names = [f"student_{number}" for number in range(120)] + ["a_name_that_is_longer_than_before"]
    reports = [small_report.model_copy(update={"student": name}) for name in names]
    text = shown([*reports, full_report], width=width)
    rows = [line for line in text.splitlines() if "1 / 2.5" in line or "5 / 5" in line]
    assert len(rows) == 122
    assert {line.index("40.0") for line in rows[:-1]} == {rows[-1].index("100.0") + 1}
    assert len({len(line) for line in rows}) == 1
    assert max(map(len, text.splitlines())) <= width
    assert text.count("Student") == 1
    head = text.splitlines().index(rows[0])
    assert text.splitlines()[head : head + 120] == rows[:120]
