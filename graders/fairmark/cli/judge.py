"""``fairmark judge``: recorded evidence and the present grader script. Nothing is run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from fairmark.classroom.exports import export_class, exporters_for
from fairmark.classroom.grade import Place
from fairmark.classroom.regrade import Judge, evidence_files, rewrite
from fairmark.cli.check import exit_code
from fairmark.cli.options import AsJson, CourseFolder, Export
from fairmark.cli.say import results, say, say_course, say_kept
from fairmark.course import find_course
from fairmark.errors import UsageError
from fairmark.grading.pipeline import GradedSubmission
from fairmark.present.curve import curve_of
from fairmark.present.files import report_json
from fairmark.present.remarks import Remarks, show_remarks
from fairmark.present.table import show_class
from fairmark.present.terminal import show_report
from fairmark.report import Standing

__all__ = ["judge"]


def judge(
    evidence: Annotated[
        list[Path] | None,
        typer.Argument(metavar="EVIDENCE...", help="Files of OUT/evidence/ that grade wrote, or folders of them."),
    ] = None,
    *,
    all_of: Annotated[
        Path | None,
        typer.Option("--all", metavar="OUT", help="Judge a whole output folder; write its reports and gradebook anew."),
    ] = None,
    after_deadline: Annotated[
        bool, typer.Option("--after-deadline", help="With --all: show on students' pages what was kept back until now.")
    ] = False,
    export: Export = None,
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Judge recorded evidence again with the present grader script, without running anything.

    So a changed rubric marks a class again in seconds, and a grader script is tried without training. One file is shown
    as `fairmark check` shows it, with everything an instructor may see; several as a table.
    """
    if bool(evidence) == (all_of is not None):
        raise UsageError("judge takes files of evidence or --all OUT", remedy="Name one of the two.")
    if export and all_of is None:
        raise UsageError("--export goes with --all OUT", remedy="Name the output folder of the class with --all.")
    exporters = exporters_for(export or [])
    began = time.monotonic()
    found = find_course(course)
    say_course(found)
    marked: list[GradedSubmission] = []
    if all_of is not None:
        standings = rewrite(all_of, found, deadline_passed=after_deadline, on_kept=say_kept)
    else:
        again = Judge(found)
        marked = [again.judged(path) for path in evidence_files(evidence or [])]
        standings = [Standing.of(one.report) for one in marked]
    if as_json:
        one_file = len(evidence or []) == len(marked) == 1
        here = [json.loads(report_json(one.report)) for one in marked]
        written = here if all_of is None else Place(all_of).reports_of(standings)
        results().file.write(json.dumps(written[0] if one_file else written, indent=2) + "\n")
    elif len(marked) == 1:
        _show(marked[0])
    else:
        show_class(results(), standings, elapsed_seconds=time.monotonic() - began)
        show_remarks(results(), standings, Remarks())
    if all_of is not None:
        place = Place(all_of, after_deadline)
        say(f"Written anew: {place.gradebook} and {place.reports}")
        for folder in export_class(place, standings, exporters):
            say(f"Exported: {folder}")
    raise typer.Exit(exit_code([standing.outcome for standing in standings]))


def _show(marked: GradedSubmission) -> None:
    curve = curve_of(marked.evidence.run)
    show_report(results(), marked.report, curve=curve, cell_lines=marked.cell_lines)
