"""``fairmark grade``: a whole class, unattended."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.grade import Place
from fairmark.cli.check import exit_code
from fairmark.cli.follow import OnTerminal
from fairmark.cli.limits import with_limits
from fairmark.cli.options import AsJson, CourseFolder, Numerics, NumericsOption, Seed, numerics_from
from fairmark.cli.say import results, say, say_course
from fairmark.course import find_course
from fairmark.grading.settings import RunSettings
from fairmark.present.remarks import remarks_data, show_remarks
from fairmark.present.table import show_class
from fairmark.sandbox import Limits, grading_launcher

__all__ = ["grade"]


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
    settings = RunSettings(limits, numerics_from(numerics), seed, early_stopping=not every_epoch)
    request = ClassRequest(
        folders=tuple(folders),
        out=out,
        course=found,
        settings=settings,
        assignment=found.assignment(assignment).name if assignment else None,
        deadline_passed=after_deadline,
        fresh=fresh,
        jobs=jobs,
        cluster=cluster,
        trust=trust,
        launcher=launcher,
    )
    standings, remarks = grade_class(request, OnTerminal())
    if as_json:
        listed = Place(out).reports_of(standings)
        listed += [remarks_data(remarks)] if remarks.left_out or remarks.same_code else []
        results().file.write(json.dumps(listed, indent=2) + "\n")
    else:
        show_class(results(), standings, elapsed_seconds=time.monotonic() - began)
        show_remarks(results(), standings, remarks)
        say(f"Gradebook: {out / 'gradebook.csv'}   Reports: {out / 'reports'}")
    raise typer.Exit(exit_code([standing.outcome for standing in standings]))
