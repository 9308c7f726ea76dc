"""``fairmark demo``: a small made-up class, graded while you watch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from fairmark.author.sample_class import write_sample_class
from fairmark.classroom import ClassRequest, grade_class
from fairmark.cli.follow import OnTerminal
from fairmark.cli.options import Numerics, NumericsOption, numerics_from
from fairmark.cli.say import results, say
from fairmark.course import built_in_course
from fairmark.grading.settings import RunSettings
from fairmark.present.table import show_class

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the class, its gradebook and reports go.")
    ] = Path("fairmark-demo"),
    numerics: NumericsOption = Numerics.AUTO,
) -> None:
    """Draw the pictures, make up a class of six and grade it: what an instructor sees, in a few minutes."""
    course = built_in_course()
    began = time.monotonic()
    submitted = out / "submitted"
    students = write_sample_class(course.assignment("horses_or_humans"), submitted)
    say(f"A class of {len(students)} handed in horses_or_humans: {submitted}")
    settings = RunSettings(numerics=numerics_from(numerics), early_stopping=True)
    standings = grade_class(ClassRequest((submitted,), out, course, settings), OnTerminal()).standings
    show_class(results(), standings, elapsed_seconds=time.monotonic() - began)
    say(f"Gradebook: {out / 'gradebook.csv'}")
    say(f"Reports:   {out / 'reports'} (open one of the .html files)")
    # The class is made up to be wrong in places: that is no failure of the demo.
    if any(standing.outcome == "needs_attention" for standing in standings):
        raise typer.Exit(3)
