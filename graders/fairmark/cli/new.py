"""``fairmark new``: a course, or the next assignment of one, that runs as it is."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from fairmark.author.new import Made, new_assignment, new_course
from fairmark.cli.options import AsJson
from fairmark.cli.say import results, say, tell
from fairmark.course import Course, find_course
from fairmark.errors import CourseNotFound

__all__ = ["app"]

app = typer.Typer(
    help="Begin a course or an assignment with a running example.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("course")
def course_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The course's folder: new or empty.")],
    as_json: AsJson = False,
) -> None:
    """Make a course with one assignment: its solution, its grader script and a small drawn data set.

    Everything in it runs as it is. Nothing is ever overwritten.
    """
    _tell(new_course(folder), folder, as_json=as_json)


@app.command("assignment")
def assignment(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and _.")],
    *,
    notebook: Annotated[
        Path | None, typer.Option("--from", metavar="NOTEBOOK", help="A notebook to make the solution of.")
    ] = None,
    course: Annotated[
        Path | None, typer.Option("--course", metavar="DIR", help="The course's folder; else the one you are in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add an assignment to a course: the running example, or one made from a notebook that is there already.

    With --from, a code cell becomes an exercise if its author marked it as an answer, for nbgrader, for Otter Assign,
    with "### START CODE HERE", or with "# Exercise: ID". If no cell is marked, each cell of code that does more than
    import becomes one: give up those that should be given. Tests, mark schemes, answers in words and outputs are left
    out; marks that are not understood are refused. The grader script then asks of each exercise only whether it runs,
    for a start. Nothing is ever overwritten.
    """
    found = _own_course(course)
    _tell(new_assignment(found, name, notebook=notebook), found.root, as_json=as_json)


def _own_course(folder: Path | None) -> Course:
    """The course named, or the one the current folder lies in; never the built-in one of an installation."""
    remedy = "Go to the course's folder, name it with --course DIR, or begin one: fairmark new course DIR"
    try:
        found = find_course(folder)
    except CourseNotFound as problem:
        raise CourseNotFound(problem.message, remedy=remedy) from problem
    if folder is None and not Path.cwd().resolve().is_relative_to(found.root):
        raise CourseNotFound(f"{Path.cwd()}: is not in a course", remedy=remedy)
    return found


def _tell(made: Made, root: Path, *, as_json: bool) -> None:
    paths = [str(path) for path in made.paths]
    if as_json:
        content = {"assignment": made.assignment, "paths": paths, "remarks": list(made.remarks)}
        results().file.write(json.dumps(content, indent=2) + "\n")
        return
    for path in paths:
        tell(path)
    for remark in made.remarks:
        say(remark)
    place = os.path.relpath(root)
    say(f"next: cd {shlex.quote(place)}" if place != "." else "next:")
    for words in ("release", "verify", f"check solutions/{made.assignment}.ipynb"):
        say(f"      fairmark {words}")
