"""``fairmark release``: student notebooks from solution notebooks, and the course as students get it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fairmark.author.check_import import missing_import
from fairmark.author.consistency import require_agreement, require_graders
from fairmark.author.release import is_stale
from fairmark.author.release import release as release_one
from fairmark.author.students import answers_kept, release_to_students
from fairmark.cli.options import AsJson, CourseFolder
from fairmark.cli.say import results, say, tell
from fairmark.course import Assignment, find_course
from fairmark.errors import UsageError

__all__ = ["release"]


def release(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Assignments; all if none.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where a student notebook is not up to date.")
    ] = False,
    students: Annotated[
        Path | None,
        typer.Option("--students", metavar="DIR", help="Write the course as students get it into a folder of its own."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite student notebooks in which exercises were answered.")
    ] = False,
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Generate the student notebooks in assignments/ from those in solutions/.

    Refuses where notebook and grader script disagree about the exercises, where a line of an answer can be read in
    anything students get, and (without --force) where a student notebook that would be overwritten holds answers. With
    --students, also writes a course without solutions, in whose grader scripts the checks held back (visibility
    "after_deadline" or "never", and those that hold the number or word to be typed) are only announced: their
    functions, the comments directly above these, and what nothing else uses are taken out.
    """
    if check and students is not None:
        raise UsageError("--check writes nothing, and --students writes a folder", remedy="Use one of the two.")
    found = find_course(course)
    if not names:
        require_graders(found)
    wanted = [found.assignment(name) for name in names or found.assignments()]
    stale = [_is_stale(assignment) for assignment in wanted]  # all are looked at before anything is written
    rows = [_row(one, is_stale=old, check=check, force=force) for one, old in zip(wanted, stale, strict=True)]
    written = None if students is None else release_to_students(found, [one.name for one in wanted], students)
    if as_json:
        content = rows if written is None else {"assignments": rows, "students": str(written)}
        results().file.write(json.dumps(content, indent=2) + "\n")
    else:
        for row in rows:
            tell(f"{row['assignment']}: {row['state']}")
        if written is not None:
            say(f"Students get: {written}")
            kept = answers_kept(found, [one.name for one in wanted])
            if kept:
                say(
                    f"{kept} check{'s' * (kept != 1)} of numbers and words stay{'s' * (kept == 1)} with you, since the "
                    "scripts hold the answers: students are told of them, and get them marked once they hand in."
                )
    for assignment in wanted:
        missing = missing_import(assignment.solution)
        if missing is not None:
            say(" ".join(missing))
    if any(row["state"] == "stale" for row in rows):
        say("Run `fairmark release` to bring them up to date.")
        raise typer.Exit(1)


def _is_stale(assignment: Assignment) -> bool:
    require_agreement(assignment)
    return is_stale(assignment.solution, assignment.notebook)


def _row(assignment: Assignment, *, is_stale: bool, check: bool, force: bool) -> dict[str, str]:
    if is_stale and not check:
        release_one(assignment.solution, assignment.notebook, force=force)
    state = "up to date" if not is_stale else "stale" if check else "written"
    return {"assignment": assignment.name, "notebook": str(assignment.notebook), "state": state}
