"""One report on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fairmark.present.curve import Curve
from fairmark.present.terminal import show_report
from fairmark.report import CheckResult, ExerciseResult, Flag, Outcome, Report, RunSummary

SMALL = """\
╭─ horses_or_humans ───────────────────────────────────────────────────────────╮
│ ada                                                                          │
│ Ran to its end · 42 s · 1.9 GB at its peak                                   │
│ Not confined · float32                                                       │
╰──────────────────────────────────────────────────────────────────────────────╯
╭─ ◐ Compile the model ────────────────────────────────────────────────────────╮
│ ✓ RMSprop is used                                                      1 / 1 │
│ ✗ The loss fits one sigmoid neuron                                   0 / 1.5 │
│   The loss is mse.                                                           │
│     Found     mse                                                            │
│     Expected  binary_crossentropy                                            │
│     Cell      12  model.compile(loss='mse',                                  │
│     Hint:     Two classes, one output: which cross-entropy?                  │
╰───────────────────────────────────────────────────── partly right · 1 / 2.5 ─╯

  Total  1 / 2.5  40.0%  ━━━━━━━━━━━━━━━━━━━━━

╭─ Next step ──────────────────────────────────────────────────────────────────╮
│ Go to cell 12, “Compile the model”. Not right yet: The loss fits one sigmoid │
│ neuron.                                                                      │
│   model.compile(loss='mse',                                                  │
│ Hint: Two classes, one output: which cross-entropy?                          │
╰──────────────────────────────────────────────────────────────────────────────╯
"""


def shown(
    report: Report,
    *,
    width: int = 80,
    encoding: str = "utf-8",
    terminal: bool = False,
    curve: Curve | None = None,
    not_checked: tuple[str, ...] = (),
    cell_lines: dict[int, str] | None = None,
) -> str:
    """What a console of ``width`` columns gets, as text."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(file=file, width=width, force_terminal=terminal, color_system="256" if terminal else None)
    show_report(console, report, curve=curve, not_checked=not_checked, cell_lines=cell_lines)
    file.flush()
    return raw.getvalue().decode(encoding)


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_a_small_report_reads_as_it_should(small_report: Report, cell_lines: dict[int, str]) -> None:
    assert lines_of(shown(small_report, cell_lines=cell_lines)) == SMALL.splitlines()


def test_remarks_on_what_passed_are_shown(full_report: Report) -> None:
    text = " ".join(shown(full_report).replace("│", " ").split())
    assert "8 steps of 128 do not cover 1,027 pictures: every second epoch ran a single step." in text
    assert "Confined by landlock 7, namespaces, seccomp, rlimits · bfloat16 on this CPU" in text


def test_what_was_not_attempted_is_not_blamed(mixed_report: Report) -> None:
    lines = lines_of(shown(mixed_report))
    start = next(index for index, line in enumerate(lines) if "○ Predict a picture" in line)
    assert "Not attempted yet" in lines[start + 2]
    assert "not attempted yet · 0 / 2" in "".join(lines[start:])
    assert "Found" not in "".join(lines[start : start + 6])


def nothing_earned(report: Report, *exercises: ExerciseResult) -> Report:
    """``report`` with these exercises, all without marks."""
    max_score = sum(one.max_score for one in exercises)
    run = RunSummary(outcome="not_run")
    return report.model_copy(update={"exercises": exercises, "score": 0.0, "max_score": max_score, "run": run})


def alike(
    id_: str, outcome: Outcome, *titles: str, cell: int, message: str = "", hint: str | None = None
) -> ExerciseResult:
    """An exercise whose checks all say the same."""
    checks = tuple(
        CheckResult(id=title, title=title, outcome=outcome, score=0, max_score=1, cell=cell, message=message, hint=hint)
        for title in titles
    )
    return ExerciseResult(
        id=id_,
        title=f"Do {id_}",
        outcome=outcome,
        score=0,
        max_score=len(titles),
        checks=checks,
        hint=f"First of {id_}." if outcome == "unattempted" else None,
    )


UNTOUCHED = """\
╭─ horses_or_humans ───────────────────────────────────────╮
│ ada                                                      │
│ Was not run                                              │
╰──────────────────────────────────────────────────────────╯
╭─ ○ Do layers ────────────────────────────────────────────╮
│ ○ One                                              0 / 1 │
│   Not attempted yet. Cell 4.                             │
│ ○ Two                                              0 / 1 │
│ ○ Three                                            0 / 1 │
╰────────────────────────────── not attempted yet · 0 / 3 ─╯
╭─ ○ Do compile ───────────────────────────────────────────╮
│ ○ Four                                             0 / 1 │
│   Not attempted yet. Cell 6.                             │
│ ○ Five                                             0 / 1 │
╰────────────────────────────── not attempted yet · 0 / 2 ─╯

  Total  0 / 5  0.0%

╭─ Next step ──────────────────────────────────────────────╮
│ Start cell 4, “Do layers”: write your code where the     │
│ stub is.                                                 │
│ Hint: First of layers.                                   │
╰──────────────────────────────────────────────────────────╯
"""


def test_an_untouched_notebook_is_told_once_where_to_begin(small_report: Report) -> None:
    report = nothing_earned(
        small_report,
        alike("layers", "unattempted", "One", "Two", "Three", cell=4, hint="Of a check."),
        alike("compile", "unattempted", "Four", "Five", cell=6, hint="Of a check."),
    )
    text = shown(report, width=60, cell_lines={4: "raise NotImplementedError", 6: "..."})
    assert lines_of(text) == UNTOUCHED.splitlines()


ERROR = """\
╭─ ! Do compile ───────────────────────────────────────────╮
│ ! The loss                                         0 / 1 │
│   This cell raised NameError, line 2: name 'modle'       │
│   is not defined.                                        │
│     Cell      12                                         │
│ ! The optimizer                                    0 / 1 │
│   As above.                                              │
│ ! The metrics                                      0 / 1 │
│   As above.                                              │
╰──────────────────────────────── raised an error · 0 / 3 ─╯
"""


def test_an_error_that_several_checks_came_upon_is_told_once(small_report: Report) -> None:
    said = "This cell raised NameError, line 2: name 'modle' is not defined."
    one = alike("compile", "error", "The loss", "The optimizer", "The metrics", cell=12, message=said)
    assert ERROR in shown(nothing_earned(small_report, one), width=60)


def test_two_errors_are_both_told(small_report: Report) -> None:
    one = alike("compile", "error", "The loss", "The optimizer", cell=12, message="The first.")
    other = one.checks[1].model_copy(update={"message": "The second."})
    text = shown(nothing_earned(small_report, one.model_copy(update={"checks": (one.checks[0], other)})))
    assert "The first." in text
    assert "The second." in text
    assert "As above" not in text


def test_a_stub_of_which_there_is_more_to_say_says_it(small_report: Report) -> None:
    one = alike("layers", "unattempted", "One", cell=4, message="Its answer stands in a cell of Markdown.")
    text = shown(nothing_earned(small_report, one))
    assert "Its answer stands in a cell of Markdown. Cell 4." in text


def test_marks_carried_forward_are_nothing_for_a_person(mixed_report: Report) -> None:
    carried = mixed_report.model_copy(update={"flags": (Flag(kind="carried_forward", message="run again"),)})
    assert shown(carried) == shown(mixed_report.model_copy(update={"flags": ()}))


def test_flags_and_what_was_not_checked_are_named(mixed_report: Report) -> None:
    text = shown(mixed_report, not_checked=("Accuracy on hidden pictures",))
    assert "witnesses disagree: The history says 0.99" in text
    assert "Not checked this time" in text
    assert "· Accuracy on hidden pictures" in text


def test_the_curve_is_at_most_eight_lines_high(full_report: Report, curve: Curve) -> None:
    lines = lines_of(shown(full_report, curve=curve))
    start = next(index for index, line in enumerate(lines) if "Accuracy, epoch by epoch" in line)
    end = next(index for index, line in enumerate(lines) if index > start and line.startswith("╰"))
    plot = lines[start + 1 : end]
    assert len(plot) <= 8
    assert "Training 0.95" in plot[0]
    assert "Validation 0.75" in plot[0]
    assert "15 epochs of 1 to 8 steps. As the notebook measured it; no mark rests on it." in plot[-1]


@pytest.mark.parametrize(
    "values", [(0.5,), (None, 0.2), (0.0, 1.0), tuple(index / 1000 for index in range(1000)), (None,)]
)
@pytest.mark.parametrize("width", [30, 80, 200])
def test_any_curve_fits_any_width(full_report: Report, values: tuple[float | None, ...], width: int) -> None:
    text = shown(full_report, width=width, curve=Curve(values, values, (8,) * len(values)))
    assert max(len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("width", [30, 80, 240])
def test_no_line_is_wider_than_the_console(mixed_report: Report, cell_lines: dict[int, str], width: int) -> None:
    assert max(len(line) for line in lines_of(shown(mixed_report, width=width, cell_lines=cell_lines))) <= width


def test_into_a_pipe_goes_no_escape_sequence(mixed_report: Report, curve: Curve) -> None:
    assert "\x1b" not in shown(mixed_report, curve=curve)


def test_no_color_leaves_colours_out(mixed_report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[38;5;" not in shown(mixed_report, terminal=True)
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[38;5;" in shown(mixed_report, terminal=True)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_consoles_that_lack_characters_get_others(mixed_report: Report, curve: Curve, encoding: str) -> None:
    report = mixed_report.model_copy(update={"student": "Łukasz 李"})
    lines = lines_of(shown(report, encoding=encoding, curve=curve))
    assert lines[1].startswith("| ?ukasz ?? ")
    assert {len(line) for line in lines if line.startswith("|")} == {80}
    assert any("Training: 0.55 in the first epoch, 0.95 in the last" in line for line in lines)


@pytest.mark.parametrize("terminal", [False, True])
def test_hostile_text_stays_text(
    hostile_report: Report, hostile_text: str, curve: Curve, cell_lines: dict[int, str], terminal: bool
) -> None:
    text = shown(
        hostile_report,
        terminal=terminal,
        curve=curve,
        not_checked=(hostile_text,),
        cell_lines={3: hostile_text} | cell_lines,
    )
    assert "[bold red]:smile:[/bold red]" in " ".join(text.split())
    assert not set("\x07\x08\r\x00\x9b\u202e\u2066\u200b\u2028") & set(text)
    assert "\x1b[31m" not in text
    assert "\x1b]" not in text
    assert len(text) < 40_000


def test_the_file_it_is_about_is_named(small_report: Report) -> None:
    raw = io.StringIO()
    show_report(Console(file=raw, width=80), small_report.model_copy(update={"file": "ida/work (1).ipynb"}))
    assert "ida/work (1).ipynb" in raw.getvalue()
