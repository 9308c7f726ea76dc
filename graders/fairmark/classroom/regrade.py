"""Judging again: recorded evidence and the present grader script make a report. Nothing is run.

`fairmark grade` leaves one file of evidence for each submission. From a test, an author tries a grader script on such a
file, or on a run made up of the events that matter, which takes no sandbox and trains nothing::

    from pathlib import Path

    from fairmark.classroom.regrade import read_evidence
    from fairmark.checks import load_grader
    from fairmark.evidence import Cell, Evidence, NamesBound, Submission
    from fairmark.grading.judge import judge
    from fairmark.sandbox.fake import fake_run

    GRADER = load_grader(Path("graders/training_steps.py"))

    def test_a_recorded_answer_gets_its_marks():
        assert judge(read_evidence(Path("tests/ada.training_steps.json")), GRADER).score == 4

    def test_seven_steps_are_too_few():
        cell = Cell(position=2, number=5, role="exercise", exercise="steps", source="steps = 7", touched=True)
        handed_in = Submission(student="ada", assignment="training_steps", notebook_sha256="", cells=(cell,))
        run = fake_run(NamesBound(cell=2, values={"steps": 7}))
        [steps] = judge(Evidence(submission=handed_in, run=run), GRADER).exercises
        assert steps.checks[0].found == "7"
"""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from fairmark.checks import Grader, load_grader
from fairmark.classroom.grade import Place
from fairmark.classroom.gradebook_file import GradebookFile
from fairmark.classroom.ledger import Ledger
from fairmark.course import Course
from fairmark.errors import AssignmentNotFound, MachineError, UsageError
from fairmark.evidence import Evidence
from fairmark.grading.judge import judge, put_off
from fairmark.grading.pipeline import GradedSubmission
from fairmark.present.files import report_stem, write_files
from fairmark.present.gradebook import write_gradebook
from fairmark.regular_file import regular_bytes
from fairmark.report import Report, Standing
from fairmark.usable_cores import usable_cores

__all__ = ["Judge", "evidence_files", "read_evidence", "rewrite"]

_WRITERS = 4
"""Files written at once: most of the time is waiting for the disk to have them."""
_WORTH_PROCESSES = 32
"""Files from which on judging is divided among processes."""
MOST_EVIDENCE_BYTES = 512 * 1024 * 1024
"""Of one file that is judged (default 512 MiB): several times what a run that uses up its channel leaves."""
_NO_FILE = {errno.ENOENT, errno.EINVAL, errno.ENXIO, errno.ELOOP, errno.ENOTDIR, errno.ENAMETOOLONG}
ELSEWHERE = "Evidence is what `fairmark grade` leaves in OUT/evidence/."


def evidence_files(places: Iterable[Path]) -> list[Path]:
    """The files named, and for a folder the ``*.json`` in it, or in its ``evidence/`` where it has one.

    Raises :class:`UsageError` for what is not there and for a folder without any.
    """
    return [path for place in places for path in _files_at(place)]


def _files_at(place: Path) -> list[Path]:
    if not place.is_dir():
        if not place.exists():
            raise UsageError(f"{place}: there is no such file or folder", remedy=ELSEWHERE)
        return [place]
    folder = place / "evidence" if (place / "evidence").is_dir() else place
    found = sorted(path for path in folder.glob("*.json") if not path.name.startswith("."))
    if not found:
        raise UsageError(f"{folder}: no evidence in it", remedy=ELSEWHERE)
    return found


def read_evidence(path: Path) -> Evidence:
    """The evidence in a file. Raises :class:`UsageError` where it is none, with the place in it that is wrong, or no
    regular file of at most `MOST_EVIDENCE_BYTES`; and :class:`MachineError` where it cannot be read."""
    try:
        return Evidence.model_validate_json(regular_bytes(path, most_bytes=MOST_EVIDENCE_BYTES))
    except OSError as problem:
        if problem.errno in _NO_FILE:
            raise UsageError(f"{path}: is not evidence: {problem.strerror}", remedy=ELSEWHERE) from problem
        raise MachineError(f"{path}: cannot be read: {problem.strerror}", remedy=ELSEWHERE) from problem
    except ValidationError as problem:
        fault = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        said = f"{place}: {fault['msg']}" if place else fault["msg"]
        raise UsageError(f"{path}: is not evidence: {said}", remedy=ELSEWHERE) from problem


@dataclass
class Judge:
    """Judges evidence by the grader scripts that ``course`` has now, each loaded once."""

    course: Course
    _graders: dict[str, Grader] = field(default_factory=dict)

    def judged(self, path: Path) -> GradedSubmission:
        """The evidence in ``path`` with its report.

        Raises what `read_evidence` does; :class:`AssignmentNotFound`, naming the file, where the course does not have
        its assignment; :class:`fairmark.errors.GraderError` where the script cannot be loaded.
        """
        evidence = read_evidence(path)
        try:
            grader = self._grader(evidence.submission.assignment)
        except AssignmentNotFound as problem:
            raise AssignmentNotFound(f"{path}: {problem.message}", remedy=problem.remedy) from problem
        return GradedSubmission(evidence, _report(evidence, grader))

    def _grader(self, name: str) -> Grader:
        if name not in self._graders:
            self._graders[name] = load_grader(self.course.assignment(name).grader)
        return self._graders[name]


def _report(evidence: Evidence, grader: Grader) -> Report:
    if evidence.run.outcome == "not_run" and evidence.run.reason is not None:
        return put_off(evidence, grader, evidence.run.reason)  # it was never run, through no fault of the student's
    return judge(evidence, grader)


def rewrite(
    out: Path,
    course: Course,
    *,
    deadline_passed: bool = False,
    on_kept: Callable[[Path], object] = lambda path: None,
) -> list[Standing]:
    """Judges again the evidence below ``out``, a folder that ``grade`` wrote, of all who made the class then, and
    writes reports and gradebook anew, in the same order.

    A gradebook that somebody has edited is kept beside, and ``on_kept`` told where. All evidence is read and judged
    before anything is written. Raises what :meth:`Judge.judged` does, and
    :class:`MachineError` where a file cannot be written or a batch is writing there.
    """
    place = Place(out, deadline_passed)
    if not place.evidence.is_dir():
        raise UsageError(f"{place.evidence}: there is no such folder", remedy="Name a folder that `grade` wrote.")
    with _ledger_of(place) as ledger:
        standings = _rewrite(place, course, ledger.enrolled() if ledger is not None else [])
        if ledger is None:
            write_gradebook(place.gradebook, standings)
            return standings
        gradebook = GradebookFile(place.gradebook, ledger)
        gradebook.write(standings)
        for path in gradebook.kept:
            on_kept(path)
        return standings


@contextmanager
def _ledger_of(place: Place) -> Iterator[Ledger | None]:
    """None where there is none. No batch begins meanwhile."""
    if not place.ledger.is_file():
        yield None
        return
    with closing(Ledger(place.ledger)) as ledger:
        yield ledger


def _rewrite(place: Place, course: Course, enrolled: list[tuple[str, str, int]]) -> list[Standing]:
    found = evidence_files([place.evidence])
    names = {f"{report_stem(*one)}.json": number for number, one in enumerate(enrolled)}
    if enrolled:  # others have left the class since they were marked
        found = sorted((path for path in found if path.name in names), key=lambda path: names[path.name])
    with _crew(Judge(course), place, len(found)) as again:
        rewritten = list(again(found))
    if not enrolled:
        rewritten.sort(key=lambda one: (one[0].student, one[0].assignment, one[0].file_number))
    place.prepare()
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(partial(write_files, place.reports), (files for _, files in rewritten)))
    return [standing for standing, _ in rewritten]


# --- by several processes ---------------------------------------------------------------------------------------------

Rewritten: TypeAlias = tuple[Standing, dict[str, str]]
"""Where a submission stands, and the files that show it, by name."""


@contextmanager
def _crew(judge_: Judge, place: Place, count: int) -> Iterator[Callable[[list[Path]], Iterable[Rewritten]]]:
    """What judges ``count`` files of evidence: as many processes as there are cores, where that pays and a process that
    has no other threads can be forked; else this one."""
    may_fork = "fork" in get_all_start_methods() and threading.active_count() == 1
    if not may_fork or count < _WORTH_PROCESSES or usable_cores() == 1:
        yield lambda paths: [_rewritten(judge_, place, path) for path in paths]
        return
    try:
        with ProcessPoolExecutor(usable_cores(), get_context("fork"), _begin, (judge_, place)) as pool:
            yield lambda paths: pool.map(_rewritten_there, paths, chunksize=8)
    except BrokenProcessPool as problem:
        raise MachineError(
            "a process that judged was ended from outside, as Linux does where memory runs out; nothing was written",
            remedy="Free some memory and run the command again.",
        ) from problem


def _rewritten(judge_: Judge, place: Place, path: Path) -> Rewritten:
    marked = judge_.judged(path)
    return Standing.of(marked.report), place.files(marked)


_there: tuple[Judge, Place]
"""In each process of a crew: what it judges by."""


def _begin(judge_: Judge, place: Place) -> None:
    global _there  # noqa: PLW0603 - the process has one task
    _there = judge_, place
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits for us


def _rewritten_there(path: Path) -> Rewritten:
    return _rewritten(*_there, path)
