"""Who is told how the grading of a class goes: nothing below the command line prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from fairmark.errors import FairmarkError
from fairmark.present.time_left import Key, Work
from fairmark.report import Report, Standing

__all__ = ["SILENT", "ClassProgress", "Reporter", "RunProgress"]


class RunProgress(Protocol):
    """One run, while it goes on."""

    def stage(self, description: str) -> None:
        """A new part of the work begins: ``Reading the notebook``."""

    def cell(self, number: int, total: int, first_line: str) -> None:
        """Cell ``number`` of ``total`` begins, both counted from 1 in running order."""

    def epoch(self, epoch: int, epochs: int, step: int, steps: int | None, logs: Mapping[str, float]) -> None:
        """Step ``step`` of ``steps`` (None if not known) of an epoch is done, all counted from 1."""


class ClassProgress(Protocol):
    """A class, while it is graded. All may be called by several threads."""

    def run(self, student: str) -> AbstractContextManager[RunProgress]:
        """One student's run; several may be open at once."""

    def running(self, key: Key) -> AbstractContextManager[None]:
        """While one submission is being graded and waits no more."""

    def foresee(self, work: Iterable[Work]) -> None:
        """What there is to do is known."""

    def finished(self, report: Report) -> None:
        """One submission is graded."""

    def remark(self, text: str) -> None:
        """Something that whoever waits should know."""


class Reporter(Protocol):
    """What `fairmark.classroom.grade_class` tells while it works."""

    def class_begins(self, total: int, done: Sequence[Standing]) -> AbstractContextManager[ClassProgress]:
        """``total`` submissions make the class, of which ``done`` are graded already."""

    def images_are_drawn(self) -> AbstractContextManager[Callable[[int, int], object]]:
        """While the images of a data set are drawn: gives what is to be told how many of how many are there."""

    def assignment_fails(self, problem: FairmarkError) -> None:
        """Submissions to one assignment wait for a person, the others are graded."""

    def gradebook_kept(self, path: Path) -> None:
        """Somebody had edited the gradebook: it is kept at ``path``, a new one was written."""

    def stopped(self, done: int, total: int, *, fresh: bool) -> None:
        """Somebody ended it; the same command, without ``--fresh``, goes on."""


class _Silent:
    """Says nothing, in all three roles."""

    def class_begins(self, total: int, done: Sequence[Standing]) -> AbstractContextManager[ClassProgress]:
        return nullcontext(self)

    def images_are_drawn(self) -> AbstractContextManager[Callable[[int, int], object]]:
        return nullcontext(lambda done, total: None)

    def assignment_fails(self, problem: FairmarkError) -> None:
        pass

    def gradebook_kept(self, path: Path) -> None:
        pass

    def stopped(self, done: int, total: int, *, fresh: bool) -> None:
        pass

    def run(self, student: str) -> AbstractContextManager[RunProgress]:
        return nullcontext(self)

    def running(self, key: Key) -> AbstractContextManager[None]:
        return nullcontext()

    def foresee(self, work: Iterable[Work]) -> None:
        pass

    def finished(self, report: Report) -> None:
        pass

    def remark(self, text: str) -> None:
        pass

    def stage(self, description: str) -> None:
        pass

    def cell(self, number: int, total: int, first_line: str) -> None:
        pass

    def epoch(self, epoch: int, epochs: int, step: int, steps: int | None, logs: Mapping[str, float]) -> None:
        pass


SILENT: Reporter = _Silent()
