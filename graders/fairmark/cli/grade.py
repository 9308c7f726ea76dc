"""``fairmark grade``: a whole class, unattended."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Semaphore
from typing import Annotated, NamedTuple

import typer

from fairmark.classroom.dask import mark_on_cluster
from fairmark.classroom.discover import look_through
from fairmark.classroom.grade import ClassOfSubmissions, Place
from fairmark.classroom.ledger import Ledger
from fairmark.classroom.memory_admission import Room, cores, free_bytes
from fairmark.classroom.outlook import looking_ahead
from fairmark.classroom.plan import ClassRun, Piece
from fairmark.classroom.remote_worker import Batch, NotHere, location_of
from fairmark.classroom.same_code import same_code
from fairmark.classroom.single_flight import Copies
from fairmark.cli.check import exit_code
from fairmark.cli.follow import drawing, steps_of
from fairmark.cli.limits import with_limits
from fairmark.cli.options import AsJson, CourseFolder, Numerics, NumericsOption, Seed, numerics_from
from fairmark.cli.say import results, say, say_course, say_error, say_kept, waiting
from fairmark.course import Course, find_course
from fairmark.data import evidence_folder
from fairmark.errors import Interrupted
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import Journey, Marked
from fairmark.present.progress import ClassProgress
from fairmark.present.remarks import Remarks, left_out_text, remarks_data, show_remarks
from fairmark.present.table import show_class
from fairmark.report import Standing
from fairmark.sandbox import Launcher, Limits, best_launcher, grading_launcher, interrupted_runs

__all__ = ["Graded", "grade", "grade_class"]

_HANDED_OUT = 4
"""Submissions for each that runs: as many may be copies that wait."""


@with_limits
def grade(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders, zips or notebooks handed in.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where gradebook, reports and evidence go.")] = Path(
        "graded"
    ),
    course: CourseFolder = None,
    assignment: Annotated[
        str | None, typer.Option("--assignment", metavar="NAME", help="The assignment, where notebooks do not say.")
    ] = None,
    numerics: NumericsOption = Numerics.AUTO,
    seed: Seed = 1,
    after_deadline: Annotated[
        bool, typer.Option("--after-deadline", help="Show on students' pages what checks keep back until then.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            max=10_000,
            metavar="N",
            help="Notebooks run at once; one a core by default, on a cluster all it takes.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS", help="Run on Dask: a scheduler's address or file, or 'local'."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run everything again, whatever is kept from earlier.")
    ] = False,
    every_epoch: Annotated[
        bool, typer.Option("--every-epoch", help="Train to the last epoch, even where the mark is settled earlier.")
    ] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Grade even where this machine cannot confine notebooks; reports say so.")
    ] = False,
    as_json: AsJson = False,
    limits: Limits,
) -> None:
    """Grade a class: a row in the gradebook and a report for every submission, whatever it did."""
    found = find_course(course, graded=folders)
    say_course(found)
    # On a cluster each worker builds the sandbox, and refuses where it cannot.
    launcher = grading_launcher(trust=trust) if cluster is None else None
    began = time.monotonic()
    standings, remarks = grade_class(
        folders,
        out,
        found,
        assignment=found.assignment(assignment).name if assignment else None,
        numerics=numerics_from(numerics),
        seed=seed,
        limits=limits,
        launcher=launcher,
        deadline_passed=after_deadline,
        jobs=jobs,
        fresh=fresh,
        decide_early=not every_epoch,
        cluster=cluster,
        trust=trust,
    )
    if as_json:
        listed = Place(out).reports_of(standings)
        listed += [remarks_data(remarks)] if remarks.left_out or remarks.same_code else []
        results().file.write(json.dumps(listed, indent=2) + "\n")
    else:
        show_class(results(), standings, elapsed_seconds=time.monotonic() - began)
        show_remarks(results(), standings, remarks)
        say(f"Gradebook: {out / 'gradebook.csv'}   Reports: {out / 'reports'}")
    raise typer.Exit(exit_code([standing.outcome for standing in standings]))


class Graded(NamedTuple):
    """A class: all standings, in the order of the gradebook, and what else a teacher should know."""

    standings: list[Standing]
    remarks: Remarks


def grade_class(
    folders: list[Path],
    out: Path,
    course: Course,
    *,
    assignment: str | None = None,
    numerics: str | None = None,
    seed: int = 1,
    limits: Limits | None = None,
    launcher: Launcher | None = None,
    deadline_passed: bool = False,
    jobs: int | None = None,
    fresh: bool = False,
    decide_early: bool = True,
    cluster: str | None = None,
    trust: bool = False,
) -> Graded:
    """Grades everything in ``folders`` into ``out``, showing progress.

    What ``out`` says is done already is not done again, unless ``fresh``. With ``cluster``, the address of a Dask
    scheduler, its workers run the notebooks, with launchers of their own, where they confine everything or ``trust``
    says that they need not.
    """
    launcher = launcher or (best_launcher() if cluster is None else NotHere())
    handed_in = look_through(folders, course.assignments())
    files = handed_in.found
    at_once = max(1, min(jobs or cores(), len(files)))

    def journey(name: str) -> Journey:
        return Journey(
            course,
            course.assignment(name),
            limits=limits or Limits(),
            launcher=launcher,
            numerics=numerics,
            seed=seed,
            threads=max(1, cores() // at_once) if at_once > 1 else None,
            decide_early=decide_early,
            store=EvidenceStore(evidence_folder(), fresh=fresh),
        )

    submissions = ClassOfSubmissions(course, journey, assignment)
    submissions.require_own(files)
    place = Place(out, deadline_passed)
    place.prepare()
    left_out = [(one.file, one.reason) for one in handed_in.left_out]
    place.write_left_out(left_out_text(left_out) if left_out else None)
    with (
        closing(Ledger(place.ledger)) as ledger,
        _going_on(ClassRun(submissions, place, ledger, fresh=fresh), len(files)) as run,
    ):
        pieces = run.plan(files)
        _make_ready(submissions, pieces, others_are_done=bool(run.standings))
        with (
            ClassProgress(waiting(), len(files), done=run.standings) as progress,
            looking_ahead(submissions, pieces, progress.foresee),
        ):
            if cluster is None:
                _mark_here(run, pieces, at_once, limits or Limits(), progress)
            else:
                batch = Batch(
                    name=secrets.token_hex(8),
                    course=location_of(course),
                    limits=limits or Limits(),
                    numerics=numerics,
                    seed=seed,
                    decide_early=decide_early,
                    trust=trust,
                    fresh=fresh,
                )
                mark_on_cluster(run, pieces, batch, address=cluster, jobs=jobs, progress=progress)
        EvidenceStore(evidence_folder()).prune()
        return Graded(run.standings, Remarks(left_out, place.left_out, same_code(ledger.written())))


def _make_ready(submissions: ClassOfSubmissions, pieces: list[Piece], *, others_are_done: bool) -> None:
    """Prepares the assignments of all ``pieces``, and says what is wrong with any; raises it only where nothing can be
    marked for it."""
    count = Counter(piece.assignment for piece in pieces)
    problems = submissions.make_ready(count, lambda name: drawing(submissions.journey_for(name), count[name]))
    if problems and len(problems) == len(count) and not others_are_done:
        raise problems[0]
    for problem in problems:
        say_error(problem)
        say("Submissions to this assignment wait for a person; the others are marked.")


@contextmanager
def _going_on(run: ClassRun, total: int) -> Iterator[ClassRun]:
    """Says how to go on where somebody presses Ctrl-C; and where edited gradebooks are, however it ends."""
    try:
        yield run
    except (KeyboardInterrupt, Interrupted):
        again = "the same command without --fresh" if run.fresh else "the same command"
        say(f"Stopped: {len(run.standings)} of {total} are marked; {again} goes on.")
        raise
    finally:
        for kept in run.kept_gradebooks:
            say_kept(kept)


def _mark_here(run: ClassRun, pieces: list[Piece], jobs: int, limits: Limits, progress: ClassProgress) -> None:
    """By threads of this process, each of which follows one run at a time; more of them than may run, since copies wait
    for the first of them. Where there is only one, or all could take what one may take at most, nobody asks how much it
    will be."""
    handed_out = _HANDED_OUT * jobs
    copies, slots = Copies(), Semaphore(jobs)
    room = Room(free_bytes())
    fit_at_their_limit = jobs == 1 or jobs * limits.memory_bytes <= room.size_bytes
    with ThreadPoolExecutor(handed_out) as pool:

        def mark(piece: Piece) -> Marked:
            like = run.submissions.likeness(piece.found, piece.assignment) if jobs > 1 else ""
            with copies.after_the_first(like), slots:
                needed = 0 if fit_at_their_limit else run.expected_bytes(piece)
                with room.taken(needed), progress.running(piece.key), progress.run(piece.student) as shown:
                    recorded = run.recorded(piece)
                    return run.submissions.mark(piece.found, piece.assignment, steps_of(shown), recorded)

        try:
            run.run(pieces, lambda piece: pool.submit(mark, piece), progress.finished, at_once=handed_out)
        except BaseException:
            with interrupted_runs():
                pool.shutdown(wait=True, cancel_futures=True)
            raise
