"""Executors: what runs the notebooks of a class, on this machine or elsewhere. `executors.md` says how to write one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fairmark.classroom.follow import steps_of
from fairmark.classroom.plan import ClassRun, Piece
from fairmark.classroom.remote_worker import Batch
from fairmark.classroom.reporter import ClassProgress
from fairmark.extensions import ExtensionPoint
from fairmark.grading.pipeline import GradedSubmission

__all__ = ["EXECUTORS", "ClassWork", "Executor", "executor_for"]


@dataclass(frozen=True)
class ClassWork:
    """What is to be graded of a class.

    ``pieces`` are the submissions that have no result yet. ``batch`` is what a machine elsewhere has to be told.
    ``jobs`` is how many notebooks may run at once, None if nobody said. ``progress`` is told how it goes.
    """

    class_run: ClassRun
    pieces: list[Piece]
    batch: Batch
    jobs: int | None
    progress: ClassProgress

    def grade_here(self, piece: Piece) -> GradedSubmission:
        """Grades one submission in this process, and shows its progress. May be called by several threads.

        What goes wrong with it on our side becomes a report that costs no marks. Raises
        :class:`fairmark.errors.Interrupted` if somebody has asked to stop.
        """
        with self.progress.running(piece.key), self.progress.run(piece.student) as shown:
            recorded = self.class_run.recorded(piece)
            return self.class_run.submissions.mark(piece.found, piece.assignment, steps_of(shown), recorded)

    def take_in(self, submit: Callable[[Piece], Future[GradedSubmission]], *, at_once: int) -> None:
        """Has ``submit`` begin each piece, at most ``at_once`` of them before the first is done, and writes each
        result as it comes. What failed on our side is submitted again, twice at most.

        Raises what ``submit`` and its futures raise, ``KeyboardInterrupt``, and
        :class:`fairmark.errors.MachineError` if results cannot be written. What came in before is written then.
        """
        self.class_run.run(self.pieces, submit, self.progress.finished, at_once=at_once)


@runtime_checkable
class Executor(Protocol):
    """Runs the notebooks of a class. An entry point of the group ``fairmark.executors`` names a class, or a function,
    that makes one from an address: what ``--cluster`` says, None without it."""

    @property
    def runs_here(self) -> bool:
        """Whether this process runs notebooks. If so, it has to have a sandbox for them before anything begins."""

    def run(self, work: ClassWork) -> None:
        """Grades every piece of ``work`` by :meth:`ClassWork.take_in`, and comes back when all are done.

        Whatever has been begun has ended when this returns or raises.
        """


EXECUTORS = ExtensionPoint(group="fairmark.executors", noun="executor", protocol=Executor)


def executor_for(name: str | None = None, address: str | None = None) -> Executor:
    """The executor called ``name``, for ``address``. Without a name: ``dask`` if there is an address, else ``local``.

    Raises what :meth:`fairmark.extensions.ExtensionPoint.make` does.
    """
    executor: Executor = EXECUTORS.make(name or ("local" if address is None else "dask"), address)
    return executor
