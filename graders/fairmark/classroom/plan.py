"""A class, graded by an executor: what is done already is taken over, the rest is handed out, the longest first.

plan      which submissions there are, and which of them the ledger calls done
hand out  to the executor, whatever stands behind it: threads here, workers elsewhere
take in   results as they come: files first, then the ledger, the gradebook at least every second
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fairmark.checks.expectation import NeedsRun
from fairmark.classroom.discover import Found
from fairmark.classroom.grade import ClassOfSubmissions, Place, with_file
from fairmark.classroom.gradebook_file import GradebookFile
from fairmark.classroom.ledger import Ledger
from fairmark.classroom.same_code import answers_of
from fairmark.errors import FairmarkError, Interrupted
from fairmark.evidence import Evidence
from fairmark.grading.pipeline import GradedSubmission
from fairmark.notebook.parse import read_bytes
from fairmark.report import Report, Standing

__all__ = ["ClassRun", "Piece"]

_TRIES = 3
"""A failure of ours is tried again twice; a student's is none."""
_GRADEBOOK_EVERY_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 0.5
"""So that Ctrl-C is heard while nothing comes in."""


@dataclass(frozen=True)
class Piece:
    """One submission that is to be marked. ``number`` is its place in the class, ``sha256`` that of its file, empty
    where it cannot be read."""

    number: int
    found: Found
    assignment: str
    sha256: str

    @property
    def student(self) -> str:
        return self.found.student

    @property
    def key(self) -> tuple[str, str, int]:
        """Student, assignment and which of the student's files for it: no two of a class have the same."""
        return self.found.student, self.assignment, self.found.file_number


@dataclass
class ClassRun:
    """One class being graded into ``place``. ``fresh`` marks again what is done already."""

    submissions: ClassOfSubmissions
    place: Place
    ledger: Ledger
    fresh: bool = False
    _standings: dict[int, Standing] = field(default_factory=dict)
    _written_at: float = float("-inf")

    @cached_property
    def _gradebook(self) -> GradebookFile:
        return GradebookFile(self.place.gradebook, self.ledger)

    @property
    def kept_gradebooks(self) -> list[Path]:
        """Gradebooks that somebody had edited, where they are kept."""
        return self._gradebook.kept

    @property
    def standings(self) -> list[Standing]:
        """Those there are so far, in the order of the class."""
        return [self._standings[number] for number in sorted(self._standings)]

    def plan(self, files: Iterable[Found]) -> list[Piece]:
        """What is to be marked; what is done already is among the standings from here on."""
        self.place.tidy()
        files = list(files)
        digests = {one.path: _digest(one) for one in files}
        named = self.submissions.prepare(files, lambda one: self.ledger.assignment_of(digests[one.path]))
        self.ledger.enrol((one.student, assignment, one.file_number) for one, assignment in named)
        pieces = []
        for number, (one, assignment) in enumerate(named):
            piece = Piece(number, one, assignment, digests[one.path])
            report = None if self.fresh else self._done(piece)
            if report is None:
                pieces.append(piece)
            else:
                self._standings[number] = Standing.of(report)
        return pieces

    def _done(self, piece: Piece) -> Report | None:
        known = self.ledger.is_done(*piece.key, sha256=piece.sha256, settings=self._settings(piece))
        report = self.place.written(*piece.key) if known and piece.sha256 else None
        needs_run = report is not None and any(flag.kind == NeedsRun.kind for flag in report.flags)
        return None if needs_run else report  # judged since by another grader script

    def recorded(self, piece: Piece) -> Evidence | None:
        """What an earlier batch recorded of this very file, under whatever grader script; None if there is nothing, and
        for a batch that does everything anew."""
        evidence = None if self.fresh else self.place.recorded(*piece.key)
        if evidence is None or not piece.sha256 or evidence.submission.notebook_sha256 != piece.sha256:
            return None
        return evidence

    def _settings(self, piece: Piece) -> str:
        """Of all that decides what is written, pages included, besides the file's content."""
        late = " after the deadline" if self.place.deadline_passed else ""
        named = hashlib.sha256("\0".join((piece.found.file, *piece.found.together)).encode("utf-8", "replace"))
        return f"{self.submissions.settings(piece.assignment)}{late} {named.hexdigest()[:16]}"

    def expected_bytes(self, piece: Piece) -> int:
        """Memory its run is expected to take: what the reference took, or the most that one of the same assignment did,
        who may all have ended before they needed much; where that cannot be told, the most that a run may take.

        Raises :class:`fairmark.errors.Interrupted` where somebody has asked us to stop."""
        measured = self.ledger.measured(piece.assignment)
        pipeline = self.submissions.pipeline_for(piece.assignment)
        try:
            reference = pipeline.expected_bytes()
        except Interrupted:
            raise
        except Exception:
            return (
                pipeline.settings.limits.memory_bytes
            )  # no reference, or no sandbox for it: whoever marks the piece says so
        return max(reference, measured.peak_memory_bytes if measured is not None else 0)

    def run(
        self,
        pieces: list[Piece],
        submit: Callable[[Piece], Future[GradedSubmission]],
        on_marked: Callable[[Report], object] = lambda report: None,
        *,
        at_once: int,
    ) -> None:
        """Marks ``pieces``, at most ``at_once`` handed out and not yet taken in: what waits to be written takes memory.
        ``on_marked`` is told of each report as it is written.

        Raises what ``submit`` raises, ``KeyboardInterrupt`` and :class:`fairmark.errors.MachineError` where results
        cannot be written; what came in before is written then.
        """
        try:
            self._run(pieces, submit, on_marked, at_once)
        finally:
            self._gradebook.write(self.standings)

    def _run(
        self,
        pieces: list[Piece],
        submit: Callable[[Piece], Future[GradedSubmission]],
        on_marked: Callable[[Report], object],
        at_once: int,
    ) -> None:
        tries: dict[int, int] = {}
        waiting: dict[Future[GradedSubmission], Piece] = {}
        expected = {name: self._expected_seconds(name) for name in {piece.assignment for piece in pieces}}
        ahead = deque(sorted(pieces, key=lambda piece: expected[piece.assignment], reverse=True))
        while ahead or waiting:
            while ahead and len(waiting) < at_once:
                piece = ahead.popleft()
                waiting[self._begun(piece, submit)] = piece
            ended, _ = wait(waiting, timeout=_LOOK_EVERY_SECONDS, return_when=FIRST_COMPLETED)
            for future in ended:
                piece = waiting.pop(future)
                marked = with_file(future.result(), piece.found)
                tries[piece.number] = tries.get(piece.number, 0) + 1
                if _is_ours(marked.report) and tries[piece.number] < _TRIES:
                    waiting[self._begun(piece, submit)] = piece
                    continue
                self._take_in(piece, marked)
                on_marked(marked.report)

    def _begun(self, piece: Piece, submit: Callable[[Piece], Future[GradedSubmission]]) -> Future[GradedSubmission]:
        self.ledger.begin(*piece.key, sha256=piece.sha256, settings=self._settings(piece))
        return submit(piece)

    def _expected_seconds(self, assignment: str) -> float:
        measured = self.ledger.measured(assignment)
        return measured.wall_seconds if measured is not None else float("inf")

    def _take_in(self, piece: Piece, marked: GradedSubmission) -> None:
        self.place.write(marked)
        self._standings[piece.number] = Standing.of(marked.report)
        run = marked.report.run
        written = answers_of(marked.evidence.submission) if run.outcome != "unreadable" else None
        self.ledger.wrote(*piece.key, sha256=piece.sha256, answers=written)
        self.ledger.end(
            *piece.key,
            # The file may have changed since it was read for the plan.
            done=not _is_ours(marked.report) and marked.report.notebook_sha256 == piece.sha256,
            wall_seconds=run.wall_seconds,
            # One that ran into a limit says nothing of what the others will need.
            peak_memory_bytes=run.peak_memory_bytes if run.outcome in ("completed", "student_error") else 0,
        )
        if piece.sha256 and piece.found.assignment is None and self.submissions.assignment is None:
            self.ledger.remember(piece.sha256, piece.assignment)
        now = time.monotonic()
        if now - self._written_at >= _GRADEBOOK_EVERY_SECONDS:
            self._gradebook.write(self.standings)
            self._written_at = time.monotonic()


def _is_ours(report: Report) -> bool:
    return any(flag.kind == "not_marked" for flag in report.flags)


def _digest(found: Found) -> str:
    try:
        return hashlib.sha256(read_bytes(found.path)).hexdigest()
    except (FairmarkError, OSError):
        return ""  # whoever reads it says what is wrong
