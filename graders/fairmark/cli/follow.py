"""What people see on a terminal while a class, or one notebook, is graded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from fairmark.cli.say import say, say_error, say_kept, waiting
from fairmark.errors import FairmarkError
from fairmark.present.progress import ClassProgress
from fairmark.report import Standing

__all__ = ["OnTerminal", "drawing"]


@contextmanager
def drawing() -> Iterator[Callable[[int, int], None]]:
    """Shows how far the pictures are, as soon as one has to be drawn."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, console=waiting(), transient=True) as bars:
        bar = None

        def drawn(done: int, total: int) -> None:
            nonlocal bar
            bar = bars.add_task("Drawing pictures", total=total) if bar is None else bar
            bars.update(bar, completed=done)

        yield drawn


class OnTerminal:
    """A :class:`fairmark.classroom.Reporter` that writes to standard error."""

    def class_begins(self, total: int, done: Sequence[Standing]) -> AbstractContextManager[ClassProgress]:
        return ClassProgress(waiting(), total, done=done)

    def images_are_drawn(self) -> AbstractContextManager[Callable[[int, int], None]]:
        return drawing()

    def assignment_fails(self, problem: FairmarkError) -> None:
        say_error(problem)
        say("Submissions to this assignment wait for a person; the others are marked.")

    def gradebook_kept(self, path: Path) -> None:
        say_kept(path)

    def stopped(self, done: int, total: int, *, fresh: bool) -> None:
        again = "the same command without --fresh" if fresh else "the same command"
        say(f"Stopped: {done} of {total} are marked; {again} goes on.")
