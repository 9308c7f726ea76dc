"""``fairmark check``: a student's own notebook, marked on the student's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairmark.checks import Grader
from fairmark.classroom.follow import steps_of
from fairmark.cli.follow import drawing
from fairmark.cli.limits import LimitOptions
from fairmark.cli.option_groups import option_groups
from fairmark.cli.options import AsJson, CourseFolder, Numerics, NumericsOption, Seed, numerics_from
from fairmark.cli.say import results, say, say_course, waiting, warn_unconfined
from fairmark.course import course_around, find_course
from fairmark.errors import UnreadableNotebook
from fairmark.frameworks import framework_of
from fairmark.grading.assign import assignment_of
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.present.curve import curve_of
from fairmark.present.files import report_json
from fairmark.present.progress import RunProgress
from fairmark.present.terminal import show_report
from fairmark.present.visibility import asked_at_once, asked_later, for_student

__all__ = ["check", "exit_code"]


@option_groups
def check(
    notebook: Annotated[Path, typer.Argument(help="The notebook to check.")],
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out training and what needs it: an answer in seconds.")
    ] = False,
    course: CourseFolder = None,
    numerics: NumericsOption = Numerics.AUTO,
    seed: Seed = 1,
    as_json: AsJson = False,
    limits: LimitOptions,
) -> None:
    """Check one notebook: what is right, what is not, what was found, what was expected, and a hint.

    Asks what students may see at once, and says what else will be marked.
    """
    found = find_course(course)
    around = course_around(notebook.parent)
    if course is None and around is not None and around != found:
        # Not taken by itself: whoever checks a stranger's notebook must not run a grader script that came with it.
        say(
            f"This notebook lies in the course {around.root}, and is marked by the course {found.root}. To mark it by "
            "its own, name that with --course."
        )
    else:
        say_course(found)
    settings = RunSettings(limits, numerics_from(numerics), seed, mode="structure" if quick else "full")
    pipeline = Pipeline(found, found.assignment(assignment_of(notebook, found)), settings)
    with drawing() as drawn:
        pipeline.prepare(drawn)
    whole = pipeline.grader
    pipeline.grader = asked_at_once(whole)
    warn_unconfined(pipeline.launcher)
    with RunProgress(waiting()) as progress:
        marked = pipeline.mark(notebook, notebook.stem, steps_of(progress))
    if marked.report.run.outcome == "unreadable":
        raise UnreadableNotebook(notebook, (marked.evidence.run.reason or "").removeprefix(f"{notebook}: "))
    _show(marked, whole, as_json=as_json)
    raise typer.Exit(exit_code([marked.report.outcome]))


def _show(marked: GradedSubmission, whole: Grader, *, as_json: bool) -> None:
    if as_json:
        results().file.write(report_json(for_student(marked.report)))
        return
    asked = {exercise.id for exercise in marked.report.exercises}
    left_out = []
    for exercise in asked_at_once(whole).exercises:
        unreached = [check for check in exercise.checks if f"{exercise.id}.{check.id}" in marked.report.not_checked]
        left_out += [exercise.title] if exercise.id not in asked else [check.title for check in unreached]
    switch = framework_of(whole).foresee(marked.evidence.submission.cells)
    if left_out and switch is not None:  # what is not checked is where it will raise
        left_out.append(f"{switch.cause} {switch.mend}")
    show_report(
        results(),
        for_student(marked.report),
        curve=curve_of(marked.evidence.run),
        not_checked=[*left_out, *asked_later(whole)],
        cell_lines=marked.cell_lines,
    )


def exit_code(outcomes: list[str]) -> int:
    """0 where all passed, 3 where something needs attention, else 1."""
    if "needs_attention" in outcomes:
        return 3
    return 0 if all(outcome == "passed" for outcome in outcomes) else 1
