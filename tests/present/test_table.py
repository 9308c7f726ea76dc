"""A class on a terminal."""

from __future__ import annotations

import io
from random import Random

import pytest
from rich.console import Console
from seen import in_order

from fairmark.evidence import RunOutcome
from fairmark.present.table import show_class
from fairmark.report import ExerciseStanding, Flag, Outcome, Report, Standing


def shown(reports: list[Report], *, width: int = 80, encoding: str = "utf-8") -> str:
    return of_standings([*map(Standing.of, reports)], width=width, encoding=encoding)


def of_standings(standings: list[Standing], *, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    show_class(Console(file=file, width=width), standings, elapsed_seconds=90.0)
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


def test_the_outcome_names_how_the_run_ended_and_counts_the_flags(mixed_report: Report) -> None:
    text = shown([mixed_report], width=160)
    assert "to look at, out of time, 1 flag" in text
    assert "Flags: witnesses_disagree 1" in text


@pytest.mark.parametrize(
    ("outcome", "run", "said"),
    [
        ("passed", "completed", "passed"),
        ("partial", "student_error", "partly right, error"),
        ("failed", "completed", "not right"),
        ("unattempted", "not_run", "blank"),
        ("error", "student_error", "error"),
        ("error", "unreadable", "unreadable"),
        ("limit", "timeout", "out of time"),
        ("limit", "out_of_memory", "out of memory"),
        ("partial", "crashed", "partly right, crashed"),
        ("needs_attention", "not_run", "to look at"),
    ],
)
def test_outcomes_are_said_in_a_word_or_two(outcome: str, run: str, said: str, small_report: Report) -> None:
    summary = small_report.run.model_copy(update={"outcome": run})
    report = small_report.model_copy(update={"outcome": outcome, "run": summary})
    [row] = [line for line in shown([report], width=120).splitlines() if line.startswith(" ada")]
    assert row.rstrip().rpartition("   ")[2] == said


# --- a class of a real size -------------------------------------------------------------------------------------------

KINDS = ("locked_cell_changed", "cell_found_again", "cells_reordered", "close_call", "tampering")
OUTCOMES: tuple[Outcome, ...] = ("passed", "partial", "failed", "error", "limit", "unattempted", "needs_attention")
RUNS: tuple[RunOutcome, ...] = ("completed", "student_error", "timeout", "unreadable", "crashed", "not_run")


def real_class(exercises: int, *, assignments: int = 1, students: int = 67) -> list[Standing]:
    """As real ones are: long names, every outcome, up to five kinds of flags."""
    random = Random(exercises)
    made = []
    for number in range(students):
        name = (
            f"{'Maximiliane Alexandra-' * (number % 7 == 0)}Ostermann-Fernandez {'de la Vega ' * (number % 5)}{number}"
        )
        own = tuple(
            ExerciseStanding(f"exercise_{index}", f"Define the function number {index}", random.choice(OUTCOMES), 1.5)
            for index in range(exercises)
        )
        of_several = number in (5, 6)
        made.append(
            Standing(
                student="ida" if of_several else name,
                assignment=f"week_{number % assignments}_convolutions",
                outcome=random.choice(OUTCOMES),
                score=1.5 * random.randrange(exercises + 1),
                max_score=1.5 * exercises,
                run_outcome=random.choice(RUNS),
                exercises=own,
                flags=(*KINDS[: random.randrange(6)], *(["several_files"] if of_several else [])),
                file=f"ida/week 4/convolutions ({number}).ipynb" if of_several else "",
                file_number=2 if number == 6 else 1,
            )
        )
    return made


@pytest.mark.parametrize("assignments", [1, 3])
@pytest.mark.parametrize("exercises", [1, 4, 9, 22, 60])
@pytest.mark.parametrize("width", [50, 60, 80, 100, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_row_takes_two_lines_at_most(width: int, exercises: int, assignments: int, encoding: str) -> None:
    lines = of_standings(real_class(exercises, assignments=assignments), width=width, encoding=encoding).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith((" ──", "|--")))
    end = next(number for number, line in enumerate(lines) if number > head and line.strip("+- ") == "")
    assert end - head - 1 <= 2 * 67
    assert max(map(len, lines)) <= width
    assert len(lines) <= 2 * 67 + 20 + exercises


def test_many_exercises_stand_together_as_symbols_and_then_are_counted() -> None:
    standings = real_class(22)
    assert "Exercises" in of_standings(standings, width=100)
    assert "Right" in of_standings(standings, width=72)
    assert "Score" not in of_standings(standings, width=40)


def test_both_files_of_a_student_are_told_apart() -> None:
    lines = of_standings(real_class(4), width=200).splitlines()
    assert [line[:26].strip() for line in lines if line.startswith(" ida")] == ["ida: convolutions"] * 2
    assert [line[:26].strip() for line in lines if line.startswith(" (")] == ["(5).ipynb", "(6).ipynb"]


def test_of_a_name_that_is_too_long_both_ends_are_shown() -> None:
    lines = of_standings(real_class(4)).splitlines()
    assert [line.split("  ")[0].strip() for line in lines[3:5]] == ["Maximiliane", "…termann-Fernandez 0"]


def test_submissions_that_need_eyes_are_named_first(mixed_report: Report, full_report: Report) -> None:
    many = [mixed_report.model_copy(update={"student": f"student {number}"}) for number in range(7)]
    text = shown([full_report, *many])
    assert "Look at first: student 0, student 1, student 2, student 3, student 4 and 2 more" in text


def test_marks_carried_forward_give_nobody_anything_to_look_at(full_report: Report) -> None:
    carried = full_report.model_copy(update={"flags": (Flag(kind="carried_forward", message="run again"),)})
    assert shown([carried, full_report]) == shown([full_report, full_report])


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
