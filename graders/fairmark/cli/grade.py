"""``fairmark grade``: a whole class, unattended."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from fairmark.batch.find import find_submissions
from fairmark.batch.grade import ClassOfSubmissions, Place
from fairmark.batch.journey import Journey
from fairmark.cli.check import exit_code
from fairmark.cli.follow import drawing, steps_of
from fairmark.cli.limits import with_limits
from fairmark.cli.options import AsJson, CourseFolder, Numerics, NumericsOption, Seed, numerics_from
from fairmark.cli.say import results, say, waiting
from fairmark.course import Course, find_course
from fairmark.present.files import report_json
from fairmark.present.progress import ClassProgress
from fairmark.present.table import show_class
from fairmark.report import Report
from fairmark.sandbox import Launcher, Limits, best_launcher, grading_launcher

__all__ = ["grade", "grade_class"]


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
    trust: Annotated[
        bool, typer.Option("--trust", help="Grade even where this machine cannot confine notebooks; reports say so.")
    ] = False,
    as_json: AsJson = False,
    limits: Limits,
) -> None:
    """Grade a class: a row in the gradebook and a report for every submission, whatever it did."""
    found = find_course(course)
    launcher = grading_launcher(trust=trust)
    began = time.monotonic()
    reports = grade_class(
        folders,
        out,
        found,
        assignment=found.assignment(assignment).name if assignment else None,
        numerics=numerics_from(numerics),
        seed=seed,
        limits=limits,
        launcher=launcher,
    )
    if as_json:
        results().file.write(json.dumps([json.loads(report_json(report)) for report in reports], indent=2) + "\n")
    else:
        show_class(results(), reports, elapsed_seconds=time.monotonic() - began)
        say(f"Gradebook: {out / 'gradebook.csv'}   Reports: {out / 'reports'}")
    raise typer.Exit(exit_code([report.outcome for report in reports]))


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
) -> list[Report]:
    """Grades everything in ``folders`` into ``out``, showing progress; the reports, in the order of the gradebook."""

    def journey(name: str) -> Journey:
        return Journey(
            course,
            course.assignment(name),
            limits=limits or Limits(),
            launcher=launcher or best_launcher(),
            numerics=numerics,
            seed=seed,
        )

    known = course.assignments()
    files = [one for folder in folders for one in find_submissions(folder, known)]
    submissions = ClassOfSubmissions(course, journey, assignment)
    work = submissions.prepare(files)
    for name in dict.fromkeys(name for _, name in work):
        drawing(submissions.journey_for(name))
    place = Place(out)
    place.prepare()
    reports: list[Report] = []
    with ClassProgress(waiting(), len(work)) as progress:
        for one, name in work:
            with progress.run(one.student) as run:
                marked = submissions.mark(one, name, steps_of(run))
            reports.append(marked.report)
            place.write(marked, reports)
            progress.finished(marked.report)
    return reports
