"""``fairmark release``: student notebooks from solution notebooks."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fairmark.author.release import is_stale
from fairmark.author.release import release as release_one
from fairmark.cli.options import AsJson, CourseFolder
from fairmark.cli.say import results, say
from fairmark.course import find_course

__all__ = ["release"]


def release(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Assignments; all if none.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where a student notebook is not up to date.")
    ] = False,
    course: CourseFolder = None,
    as_json: AsJson = False,
) -> None:
    """Generate the student notebooks in assignments/ from those in solutions/."""
    found = find_course(course)
    rows = []
    for name in names or found.assignments():
        assignment = found.assignment(name)
        if check:
            state = "stale" if is_stale(assignment.solution, assignment.notebook) else "up to date"
        else:
            state = "written" if release_one(assignment.solution, assignment.notebook) else "up to date"
        rows.append({"assignment": name, "notebook": str(assignment.notebook), "state": state})
    if as_json:
        results().file.write(json.dumps(rows, indent=2) + "\n")
    else:
        for row in rows:
            results().print(f"{row['assignment']}: {row['state']}", markup=False)
    if any(row["state"] == "stale" for row in rows):
        say("Run `fairmark release` to bring them up to date.")
        raise typer.Exit(1)
