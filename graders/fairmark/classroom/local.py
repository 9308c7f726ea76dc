"""A class graded by threads of this process, each of which follows one run at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

from fairmark.classroom.executors import ClassWork
from fairmark.classroom.memory_admission import MemoryAdmission, free_bytes
from fairmark.classroom.plan import Piece
from fairmark.classroom.single_flight import SingleFlight
from fairmark.errors import UsageError
from fairmark.grading.pipeline import GradedSubmission
from fairmark.sandbox import interrupted_runs
from fairmark.usable_cores import usable_cores

__all__ = ["LocalExecutor"]

_HANDED_OUT = 4
"""Submissions for each that runs: as many may be copies that wait."""


class LocalExecutor:
    """The executor ``local``: one run a core by default.

    Raises :class:`fairmark.errors.UsageError` for an ``address``, which it has no use for.
    """

    runs_here = True

    def __init__(self, address: str | None = None) -> None:
        if address is not None:
            raise UsageError(
                f"The executor 'local' takes no address, and was given {address}",
                remedy="Leave out --cluster, or --executor.",
            )

    def run(self, work: ClassWork) -> None:
        """More threads than may run, since copies wait for the first of them. If there is only one piece, or all could
        take what one may take at most, nobody asks how much it will be."""
        jobs = max(1, min(work.jobs or usable_cores(), len(work.pieces)))
        copies, slots = SingleFlight(), Semaphore(jobs)
        room = MemoryAdmission(free_bytes())
        fit_at_their_limit = jobs == 1 or jobs * work.batch.settings.limits.memory_bytes <= room.size_bytes

        def grade(piece: Piece) -> GradedSubmission:
            like = work.class_run.submissions.likeness(piece.found, piece.assignment) if jobs > 1 else ""
            with (
                copies.after_the_first(like),
                slots,
                room.taken(0 if fit_at_their_limit else work.class_run.expected_bytes(piece)),
            ):
                return work.grade_here(piece)

        handed_out = _HANDED_OUT * jobs
        with ThreadPoolExecutor(handed_out) as pool:
            try:
                work.take_in(lambda piece: pool.submit(grade, piece), at_once=handed_out)
            except BaseException:
                with interrupted_runs():
                    pool.shutdown(wait=True, cancel_futures=True)
                raise
