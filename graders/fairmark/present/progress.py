"""What people see while they wait: bars on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from fairmark.present.curve import accuracy_key
from fairmark.present.encodable import Encodable
from fairmark.present.escape import directed, one_line
from fairmark.present.time_left import Key, TimeLeft, Work, about
from fairmark.present.wording import LOOKS, marks, seconds_in_words
from fairmark.report import SEVERAL_FILES, Report, Standing

__all__ = ["ClassProgress", "RunProgress"]

_LINE_SECONDS = 10.0
"""A pipe gets at most one line about epochs in this many seconds, and one about cells."""

_DRAW_SECONDS = 0.1
"""Bars are drawn no more often than this: a notebook that floods its channel must not keep the supervisor drawing."""

_MOST = 10**9
"""What is counted beyond this is shown as this: the numbers come from inside, and may have thousands of digits."""


class _Bars(Progress):
    """Bars that are not drawn at every change."""

    def __init__(self, *columns: ProgressColumn, console: Console, clock: Callable[[], float]) -> None:
        self._drawn_at = float("-inf")
        super().__init__(*columns, console=console, transient=True, get_time=clock)

    def refresh(self) -> None:
        """Draws, unless that was done just now; Rich's own thread draws what is left out."""
        now = self.get_time()
        if now - self._drawn_at >= _DRAW_SECONDS:
            self._drawn_at = now
            super().refresh()


class _Display:
    """Where progress goes: bars that change in place, or lines that stay."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self.console = console
        self.clock = clock
        self.started_at = clock()
        self._holders = 0
        is_live = console.is_terminal and not console.is_dumb_terminal
        # Names and code are shown, so markup stays off.
        self.bars = (
            _Bars(
                SpinnerColumn("line" if console.options.ascii_only else "dots"),
                TextColumn("{task.description}", markup=False),
                BarColumn(24, complete_style="dodger_blue1", finished_style="green4", pulse_style="grey50"),
                TextColumn("{task.fields[note]}", markup=False, style="grey50"),
                TimeElapsedColumn(),
                console=console,
                clock=clock,
            )
            if is_live
            else None
        )

    def open(self) -> None:
        self._holders += 1
        if self._holders == 1:
            self.started_at = self.clock()
            if self.bars is not None:
                self.bars.start()

    def close(self) -> None:
        self._holders -= 1
        if self._holders == 0 and self.bars is not None:
            self.bars.stop()

    def line(self, text: str, since: float | None = None) -> None:
        """One line that stays, after the seconds since ``since`` (the display's beginning, if not given).

        ``text`` has been made harmless part by part.
        """
        elapsed = seconds_in_words(self.clock() - (self.started_at if since is None else since))
        line = Encodable(Text(f"{elapsed:>9}  {text}"))
        self.console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def add(self, description: str, total: float | None) -> TaskID | None:
        """A bar; None where there are none."""
        if self.bars is None:
            return None
        return self.bars.add_task(self._shown(description), total=total, note="")

    def update(
        self, bar: TaskID | None, description: str, *, completed: float = 0, total: float | None = None, note: str = ""
    ) -> None:
        if self.bars is not None and bar is not None:
            shown = self._shown(description)
            self.bars.update(
                bar, description=shown, completed=completed, total=total, note=self._shown(note), refresh=True
            )

    def remove(self, bar: TaskID | None) -> None:
        if self.bars is not None and bar is not None:
            self.bars.remove_task(bar)

    def _shown(self, text: str) -> str:
        """On one line, in characters that the console can show."""
        encoding = self.console.encoding
        return directed(one_line(text, limit=60)).encode(encoding, "replace").decode(encoding)


class RunProgress:
    """Progress of one run, as a context manager.

    Calls may come in any order and from any thread; nothing that is told is trusted to make sense.
    """

    def __init__(
        self,
        console: Console,
        *,
        clock: Callable[[], float] = time.monotonic,
        student: str = "",
        of: _Display | None = None,
    ) -> None:
        """``clock`` gives seconds that only grow; ``student`` is named in front of what is shown."""
        self._display = of or _Display(console, clock)
        # In a pipe a class gets a line per submission and no more.
        self._has_lines = self._display.bars is None and of is None
        self._prefix = f"{directed(one_line(student, limit=24))}: " if student else ""
        self._began_at = self._display.clock()
        self._stage: TaskID | None = None
        self._epochs: TaskID | None = None
        self._last_line_at: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._display.open()
        self._began_at = self._display.clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_epochs()
        self._display.remove(self._stage)
        self._stage = None
        self._display.close()

    def stage(self, description: str) -> None:
        """A new part of the work begins: ``Reading the notebook``."""
        self._end_epochs()
        self._last_line_at.clear()
        self._show_stage(description, completed=0, total=None)
        if self._has_lines:
            self._display.line(f"{self._prefix}{one_line(description)}", self._began_at)

    def cell(self, number: int, total: int, first_line: str) -> None:
        """Cell ``number`` of ``total`` begins, both counted from 1 in running order."""
        self._end_epochs()
        number, total = _counted(number), _counted(total)
        self._show_stage(f"Cell {number} of {total}: {first_line}", completed=number - 1, total=total)
        self._line_now_and_then("cell", f"Cell {number} of {total}: {one_line(first_line, limit=60)}")

    def epoch(self, epoch: int, epochs: int, step: int, steps: int | None, logs: Mapping[str, float]) -> None:
        """Step ``step`` of ``steps`` (None where not known) of an epoch is done, all counted from 1.

        ``logs`` are the framework's, empty until there are any.
        """
        epoch, epochs, step, steps = (*map(_counted, (epoch, epochs, step)), None if steps is None else _counted(steps))
        description, note = f"Epoch {epoch} of {epochs}", _accuracies(logs)
        if self._epochs is None:
            self._epochs = self._display.add(description, None)
        within = min(1.0, step / steps) if steps else 0.0
        self._display.update(self._epochs, description, completed=epoch - 1 + within, total=epochs, note=note)
        self._line_now_and_then("epoch", f"{description}{f': {note}' if note else ''}")

    def _show_stage(self, description: str, *, completed: float, total: float | None) -> None:
        description = f"{self._prefix}{description}"
        if self._stage is None:
            self._stage = self._display.add(description, total)
        self._display.update(self._stage, description, completed=completed, total=total)

    def _end_epochs(self) -> None:
        self._display.remove(self._epochs)
        self._epochs = None

    def _line_now_and_then(self, kind: str, text: str) -> None:
        if not self._has_lines:
            return
        now = self._display.clock()
        last = self._last_line_at.get(kind)
        if last is None or now - last >= _LINE_SECONDS:
            self._last_line_at[kind] = now
            self._display.line(f"{self._prefix}{text}", self._began_at)


class ClassProgress:
    """Progress of several runs, as a context manager: how many are done and passed, and about how long is left."""

    def __init__(
        self,
        console: Console,
        total: int,
        *,
        done: Sequence[Standing] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``total`` submissions make the class, of which ``done`` are marked already; ``clock`` gives seconds that only
        grow."""
        self._display = _Display(console, clock)
        self._total = total
        self._done = len(done)
        self._passed = sum(standing.outcome == "passed" for standing in done)
        self._running = 0
        self._left = TimeLeft()
        self._lock = threading.Lock()
        self._bar: TaskID | None = None

    def __enter__(self) -> Self:
        self._display.open()
        self._bar = self._display.add("Submissions", self._total)
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.remove(self._bar)
        self._display.close()

    def run(self, student: str) -> RunProgress:
        """Progress of one student's run, shown under that of the class on a terminal. Several may be open at once."""
        return RunProgress(self._display.console, clock=self._display.clock, student=student, of=self._display)

    def remark(self, text: str) -> None:
        """One line that stays, above the bars where there are some."""
        self._display.line(one_line(text))

    def foresee(self, work: Iterable[Work]) -> None:
        """What there is to do is known: from here on it may be said how long it takes."""
        with self._lock:
            self._left.foresee(work)

    @contextmanager
    def running(self, key: Key = ("", "", 1)) -> Iterator[None]:
        """While one submission, known by its ``key``, is being marked and waits no more; for any number of threads."""
        with self._lock:
            self._running += 1
            self._left.begin(key, self._display.clock())
        self._show()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._left.end(key, self._display.clock())
            self._show()

    def _show(self) -> None:
        waiting = self._total - self._done - self._running
        note = f"{self._so_far()}{f', {waiting} waiting' if waiting > 0 else ''}{self._time_left()}"
        self._display.update(self._bar, "Submissions", completed=self._done, total=self._total, note=note)

    def _so_far(self) -> str:
        return f"{self._done} of {self._total}, {self._passed} passed"

    def finished(self, report: Report) -> None:
        """One submission is marked."""
        self._done += 1
        self._passed += report.outcome == "passed"
        with self._lock:
            self._left.finish((report.student, report.assignment, report.file_number), report.run.wall_seconds)
        self._show()
        if self._display.bars is None:
            score = marks(report.score, report.max_score)
            of_several = any(flag.kind == SEVERAL_FILES for flag in report.flags)
            name = directed(one_line(f"{report.student}: {report.file}" if of_several else report.student, limit=60))
            self._display.line(f"{self._so_far()}{self._time_left()}: {name}, {score}, {LOOKS[report.outcome].words}")

    def _time_left(self) -> str:
        """Nothing where that cannot be told."""
        with self._lock:
            seconds = self._left.seconds(self._display.clock())
        return "" if seconds is None or self._done >= self._total else f", {about(seconds)} left"


def _counted(number: int) -> int:
    return max(0, min(number, _MOST))


def _accuracies(logs: Mapping[str, float]) -> str:
    key = accuracy_key(logs)
    if key is None:
        return ""
    named = ((key, "accuracy"), (f"val_{key}", "validation"))
    return ", ".join(f"{name} {logs[log]:.2f}" for log, name in named if log in logs)
