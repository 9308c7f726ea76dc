"""``fairmark grade``: a whole class, unattended."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.executors import executor_for
from fairmark.classroom.exports import export_class, exporters_for
from fairmark.classroom.grade import Place
from fairmark.cli.check import exit_code
from fairmark.cli.follow import OnTerminal
from fairmark.cli.limits import LimitOptions
from fairmark.cli.option_groups import option_groups
from fairmark.cli.options import AsJson, CourseFolder, Export, Numerics, NumericsOption, Seed, numerics_from
from fairmark.cli.say import results, say, say_course
from fairmark.course import find_course
from fairmark.grading.settings import RunSettings
from fairmark.present.remarks import remarks_data, show_remarks
from fairmark.present.table import show_class
from fairmark.sandbox import grading_launcher

__all__ = ["grade"]


@dataclass(frozen=True)
class _How:
    """How notebooks are run."""

    numerics: NumericsOption = Numerics.AUTO
    seed: Seed = 1
    every_epoch: Annotated[
        bool, typer.Option("--every-epoch", help="Train to the last epoch, even where the mark is settled earlier.")
    ] = False
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            min=1,
            max=10_000,
            metavar="N",
            help="Notebooks run at once; one a core by default, on a cluster all it takes.",
        ),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS", help="Run on Dask: a scheduler's address or file, or 'local'."),
    ] = None
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            metavar="NAME",
            help="What runs the notebooks: 'local', 'dask', or what a package installed here offers.",
        ),
    ] = None
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything again, whatever is kept from earlier.")] = False
    trust: Annotated[
        bool, typer.Option("--trust", help="Grade even where this machine cannot confine notebooks; reports say so.")
    ] = False


@dataclass(frozen=True)
class _What:
    """What is graded, and where it goes."""

    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where gradebook, reports and evidence go.")] = Path(
        "graded"
    )
    course: CourseFolder = None
    assignment: Annotated[
        str | None, typer.Option("--assignment", metavar="NAME", help="The assignment, where notebooks do not say.")
    ] = None
    after_deadline: Annotated[
        bool, typer.Option("--after-deadline", help="Show on students' pages what checks keep back until then.")
    ] = False
    export: Export = None
    as_json: AsJson = False


@option_groups
def grade(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders, zips or notebooks handed in.")],
    *,
    what: _What,
    how: _How,
    limits: LimitOptions,
) -> None:
    """Grade a class: a row in the gradebook and a report for every submission, whatever it did."""
    course = find_course(what.course, graded=folders)
    say_course(course)
    exporters = exporters_for(what.export or [])
    executor = executor_for(how.executor, how.cluster)
    request = ClassRequest(
        folders=tuple(folders),
        out=what.out,
        course=course,
        settings=RunSettings(limits, numerics_from(how.numerics), how.seed, early_stopping=not how.every_epoch),
        assignment=course.assignment(what.assignment).name if what.assignment else None,
        deadline_passed=what.after_deadline,
        fresh=how.fresh,
        jobs=how.jobs,
        executor=executor,
        trust=how.trust,
        launcher=grading_launcher(trust=how.trust) if executor.runs_here else None,
    )
    began = time.monotonic()
    standings, remarks = grade_class(request, OnTerminal())
    place = Place(what.out, what.after_deadline)
    if what.as_json:
        listed = place.reports_of(standings)
        listed += [remarks_data(remarks)] if remarks.left_out or remarks.same_code else []
        results().file.write(json.dumps(listed, indent=2) + "\n")
    else:
        show_class(results(), standings, elapsed_seconds=time.monotonic() - began)
        show_remarks(results(), standings, remarks)
        say(f"Gradebook: {place.gradebook}   Reports: {place.reports}")
    for folder in export_class(place, standings, exporters):
        say(f"Exported: {folder}")
    raise typer.Exit(exit_code([standing.outcome for standing in standings]))
