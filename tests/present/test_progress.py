"""What people see while they wait."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from seen import in_order

from fairmark.present.progress import ClassProgress, RunProgress
from fairmark.present.time_left import Work
from fairmark.report import Report, Standing


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pipe() -> Console:
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def terminal() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None, legacy_windows=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_a_line_for_each_stage_and_now_and_then_one_more(pipe: Console, clock: Clock) -> None:
    with RunProgress(pipe, clock=clock) as progress:
        progress.stage("Reading the notebook")
        clock.seconds = 2
        progress.cell(1, 20, "import tensorflow")
        clock.seconds = 3
        progress.cell(2, 20, "too soon for another line")
        progress.epoch(1, 15, 4, 8, {})
        for epoch in range(1, 16):
            clock.seconds += 6
            progress.epoch(epoch, 15, 8, 8, {"acc": epoch / 15, "val_acc": 0.5})
        progress.stage("Looking at hidden pictures")
    assert written(pipe).splitlines() == [
        "    0.0 s  Reading the notebook",
        "    2.0 s  Cell 1 of 20: import tensorflow",
        "    3.0 s  Epoch 1 of 15",
        "     15 s  Epoch 2 of 15: accuracy 0.13, validation 0.50",
        "     27 s  Epoch 4 of 15: accuracy 0.27, validation 0.50",
        "     39 s  Epoch 6 of 15: accuracy 0.40, validation 0.50",
        "     51 s  Epoch 8 of 15: accuracy 0.53, validation 0.50",
        "1 min 03 s  Epoch 10 of 15: accuracy 0.67, validation 0.50",
        "1 min 15 s  Epoch 12 of 15: accuracy 0.80, validation 0.50",
        "1 min 27 s  Epoch 14 of 15: accuracy 0.93, validation 0.50",
        "1 min 33 s  Looking at hidden pictures",
    ]


def test_a_class_in_a_pipe_gets_a_line_for_each_submission(
    pipe: Console, clock: Clock, full_report: Report, small_report: Report
) -> None:
    with ClassProgress(pipe, 2, clock=clock) as progress:
        for report in (full_report, small_report):
            with progress.run(report.student) as run:
                run.stage("Reading the notebook")
                run.cell(1, 5, "import tensorflow")
                clock.seconds += 30
            progress.finished(report)
    assert written(pipe).splitlines() == [
        "     30 s  1 of 2, 1 passed: Grace Hopper, 5 / 5, passed",
        "1 min 00 s  2 of 2, 1 passed: ada, 1 / 2.5, partly right",
    ]


def test_how_long_it_takes_is_said_once_it_rests_on_runs_of_the_same_kind(
    pipe: Console, clock: Clock, small_report: Report
) -> None:
    blank = [Work((f"blank {number}", "horses_or_humans", 1), "", is_run=False) for number in range(2)]
    work = [Work((f"s{number}", "horses_or_humans", 1), f"{number}", is_run=True) for number in range(9)]
    with ClassProgress(pipe, len(blank) + len(work), clock=clock) as progress:
        progress.foresee([*blank, *work])
        for one in [*blank, *work]:
            with progress.running(one.key):
                clock.seconds += 45 if one.is_run else 0.1
            progress.finished(small_report.model_copy(update={"student": one.key[0]}))
    said = [line.partition("passed")[2].partition(":")[0] for line in written(pipe).splitlines()]
    assert said == [
        "",
        "",
        "",
        ", about 5 min left",
        ", about 4 min left",
        ", about 4 min left",
        ", about 3 min left",
        ", about 2 min left",
        ", about 2 min left",
        ", less than a minute left",
        "",
    ]


def test_a_terminal_shows_the_class_above_the_runs(terminal: Console, clock: Clock, full_report: Report) -> None:
    with ClassProgress(terminal, 2, clock=clock) as progress, progress.run("ada") as run:
        for happens in (
            lambda: run.stage("Reading the notebook"),
            lambda: run.cell(1, 5, "import tensorflow"),
            lambda: run.epoch(1, 15, 3, None, {}),
            lambda: run.epoch(1, 15, 8, 8, {"accuracy": 0.5, "val_accuracy": float("nan")}),
            lambda: progress.finished(full_report),
        ):
            clock.seconds += 1
            happens()
    frames = written(terminal)
    for part in (
        "Submissions",
        "ada: Reading the notebook",
        "ada: Cell 1 of 5: import tensorflow",
        "Epoch 1 of 15",
        "accuracy 0.50, validation nan",
        "1 of 2, 1 passed",
    ):
        assert part in frames


def test_a_terminal_shows_how_many_are_done_already_and_how_many_wait(
    terminal: Console, clock: Clock, full_report: Report
) -> None:
    with ClassProgress(terminal, 4, done=[Standing.of(full_report)], clock=clock) as progress:
        clock.seconds += 1
        with progress.running():
            clock.seconds += 1
            with progress.running():
                clock.seconds += 1
            clock.seconds += 1
        clock.seconds += 1
        progress.finished(full_report)
    frames = written(terminal)
    for part in ("1 of 4, 1 passed, 3 waiting", "2 waiting", "1 waiting", "2 of 4, 2 passed, 2 waiting"):
        assert part in frames


def test_a_terminal_gets_its_cursor_back_when_an_error_ends_the_run(terminal: Console, clock: Clock) -> None:
    def broken_run() -> None:
        with RunProgress(terminal, clock=clock) as progress:
            progress.cell(1, 5, "import tensorflow")
            raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        broken_run()
    show_cursor, hide_cursor = "\x1b[?25h", "\x1b[?25l"
    assert written(terminal).rindex(show_cursor) > written(terminal).rindex(hide_cursor)


def test_hostile_text_stays_text(
    pipe: Console, terminal: Console, clock: Clock, hostile_text: str, hostile_report: Report
) -> None:
    for console in (pipe, terminal):
        with RunProgress(console, clock=clock) as alone:
            alone.stage(hostile_text)
        with ClassProgress(console, 1, clock=clock) as progress, progress.run(hostile_text) as run:
            run.stage(hostile_text)
            run.cell(-1, 0, hostile_text)
            run.epoch(10**9, 0, -5, 0, {hostile_text: 1.0, "accuracy": float("inf")})
            progress.finished(hostile_report)
        text = written(console)
        assert not set("\x07\x08\x00\x9b\u202e\u2066\u200b\u2028\ud800") & set(text)
        assert "\x1b[31m" not in text
        assert "\x1b]" not in text
        assert "bold red]" in text


def test_an_old_console_gets_characters_it_has(clock: Clock) -> None:
    raw = io.BytesIO()
    for is_terminal in (False, True):
        file = io.TextIOWrapper(raw, encoding="cp1252")
        console = Console(file=file, width=80, force_terminal=is_terminal, color_system=None, legacy_windows=False)
        with RunProgress(console, clock=clock, student="Łukasz 李") as progress:
            progress.stage("Reading")
        file.flush()
        assert b"?ukasz ?" in raw.getvalue()
        file.detach()


def test_numbers_of_thousands_of_digits_are_shown_as_large_ones(pipe: Console, terminal: Console, clock: Clock) -> None:
    huge = 10**4000
    for console in (pipe, terminal):
        with RunProgress(console, clock=clock) as progress:
            progress.cell(huge, huge, "import math")
            clock.seconds += 1
            progress.epoch(huge, huge, huge, huge, {"accuracy": 1e308})
            clock.seconds += 1
            progress.epoch(-huge, huge, -huge, -huge, {})
        assert "Epoch 1000000000 of 1000000000" in written(console)
        assert len(written(console)) < 10_000


def test_a_flood_is_not_drawn_event_by_event(terminal: Console, clock: Clock) -> None:
    with RunProgress(terminal, clock=clock) as progress:
        for number in range(1000):
            progress.cell(number, 1000, "import math")
            progress.epoch(1, 15, number, None, {})
    assert len(written(terminal)) < 20_000


def test_behind_a_name_in_hebrew_the_score_is_read_as_it_is(pipe: Console, clock: Clock, small_report: Report) -> None:
    with ClassProgress(pipe, 1, clock=clock) as progress:
        progress.finished(small_report.model_copy(update={"student": "שלום"}))
    [line] = written(pipe).splitlines()
    assert in_order(line, ["1 / 2.5"])
