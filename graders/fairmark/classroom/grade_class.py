"""Grades a class: everything that was handed in, into a folder with gradebook, reports and evidence."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from fairmark.classroom.discover import look_through
from fairmark.classroom.executors import ClassWork, Executor, executor_for
from fairmark.classroom.grade import ClassOfSubmissions, Place
from fairmark.classroom.ledger import Ledger
from fairmark.classroom.outlook import looking_ahead
from fairmark.classroom.plan import ClassRun, Piece
from fairmark.classroom.remote_worker import Batch, NotHere, location_of
from fairmark.classroom.reporter import SILENT, Reporter
from fairmark.classroom.same_code import same_code
from fairmark.course import Course
from fairmark.data import evidence_folder
from fairmark.errors import Interrupted
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.present.remarks import Remarks, left_out_text
from fairmark.report import Standing
from fairmark.sandbox import Launcher, best_launcher
from fairmark.usable_cores import usable_cores

__all__ = ["ClassRequest", "Graded", "grade_class"]


@dataclass(frozen=True)
class ClassRequest:
    """What is to be graded, and how.

    Everything in ``folders`` is graded into ``out``; ``assignment`` is meant if a notebook does not say. What ``out``
    says is done already is not done again, unless ``fresh``. ``jobs`` notebooks run at once, one a core by default.
    ``executor`` says where: on this machine by default; with ``cluster``, the address of a Dask scheduler, on its
    workers, with launchers of their own, if they confine everything or ``trust`` says that they need not. ``launcher``
    is the strongest that there is by default; ``deadline_passed`` shows on students' pages what checks keep back until
    then.
    """

    folders: tuple[Path, ...]
    out: Path
    course: Course
    settings: RunSettings = field(default_factory=lambda: RunSettings(early_stopping=True))
    assignment: str | None = None
    deadline_passed: bool = False
    fresh: bool = False
    jobs: int | None = None
    cluster: str | None = None
    executor: Executor | None = None
    trust: bool = False
    launcher: Launcher | None = None


class Graded(NamedTuple):
    """A class: all standings, in the order of the gradebook, and what else a teacher should know."""

    standings: list[Standing]
    remarks: Remarks


def grade_class(request: ClassRequest, reporter: Reporter = SILENT) -> Graded:
    """Grades everything that the ``request`` names; ``reporter`` is told how it goes.

    Raises what `fairmark.errors` has for folders without a notebook of the course, for a machine that cannot confine
    notebooks and for a cluster that does not answer. What was graded before is written.
    """
    executor = request.executor or executor_for(address=request.cluster)
    handed_in = look_through(list(request.folders), request.course.assignments())
    files = handed_in.found
    at_once = max(1, min(request.jobs or usable_cores(), len(files)))
    submissions = ClassOfSubmissions(request.course, _pipelines(request, executor, at_once), request.assignment)
    submissions.require_own(files)
    place = Place(request.out, request.deadline_passed)
    place.prepare()
    left_out = [(one.file, one.reason) for one in handed_in.left_out]
    place.write_left_out(left_out_text(left_out) if left_out else None)
    with (
        closing(Ledger(place.ledger)) as ledger,
        _going_on(ClassRun(submissions, place, ledger, fresh=request.fresh), len(files), reporter) as run,
    ):
        pieces = run.plan(files)
        _make_ready(submissions, pieces, reporter, others_are_done=bool(run.standings))
        with (
            reporter.class_begins(len(files), run.standings) as progress,
            looking_ahead(submissions, pieces, progress.foresee),
        ):
            batch = Batch(
                name=secrets.token_hex(8),
                course=location_of(request.course),
                settings=request.settings,
                trust=request.trust,
                fresh=request.fresh,
            )
            executor.run(ClassWork(run, pieces, batch, request.jobs, progress))
        EvidenceStore(evidence_folder()).prune()
        return Graded(run.standings, Remarks(left_out, place.left_out, same_code(ledger.written())))


def _pipelines(request: ClassRequest, executor: Executor, at_once: int) -> Callable[[str], Pipeline]:
    """The way of submissions to each assignment, by its name."""
    launcher = request.launcher or (best_launcher() if executor.runs_here else NotHere())
    settings = replace(request.settings, threads=max(1, usable_cores() // at_once) if at_once > 1 else None)

    def pipeline(name: str) -> Pipeline:
        store = EvidenceStore(evidence_folder(), fresh=request.fresh)
        return Pipeline(request.course, request.course.assignment(name), settings, launcher, store)

    return pipeline


def _make_ready(
    submissions: ClassOfSubmissions, pieces: list[Piece], reporter: Reporter, *, others_are_done: bool
) -> None:
    """Prepares the assignments of all ``pieces``, and says what is wrong with any; raises it only if nothing can be
    graded for it."""
    count = Counter(piece.assignment for piece in pieces)

    def prepare(name: str) -> None:
        with reporter.images_are_drawn() as drawn:
            submissions.pipeline_for(name).prepare(drawn, submissions=count[name])

    problems = submissions.make_ready(count, prepare)
    if problems and len(problems) == len(count) and not others_are_done:
        raise problems[0]
    for problem in problems:
        reporter.assignment_fails(problem)


@contextmanager
def _going_on(run: ClassRun, total: int, reporter: Reporter) -> Iterator[ClassRun]:
    """Says how to go on if somebody presses Ctrl-C; and where edited gradebooks are, however it ends."""
    try:
        yield run
    except (KeyboardInterrupt, Interrupted):
        reporter.stopped(len(run.standings), total, fresh=run.fresh)
        raise
    finally:
        for kept in run.kept_gradebooks:
            reporter.gradebook_kept(kept)
