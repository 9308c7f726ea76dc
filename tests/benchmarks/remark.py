"""A class that has been graded: seconds to grade it again, and to judge it again after a change of its rubric.

    python tests/benchmarks/remark.py [--students 200]

A few notebooks, right ones and wrong ones, are run once; the class hands them in under other names and with other
comments, so that the rest of it is marked from kept evidence. The pictures are of 32 x 32 pixels: neither command opens
one or imports TensorFlow, and evidence is as long as that of larger pictures.
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from measured import FAIRMARK, Cost, measure
from rich.console import Console
from rich.table import Table
from school import commented

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from walled import NAME, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course

FAULTS = (("compile", "RMSprop(", "RMSprop("), ("compile", "RMSprop(", "Adam("), ("compile", "RMSprop(", "RMSProp("))
"""None, one that trains all the same, one that raises."""
RUBRIC = ("points=3", "points=4")


def hand_in(course: Course, students: int, folder: Path) -> None:
    """The class: every student has one of the notebooks, and remarks of their own."""
    folder.mkdir()
    for number in range(students):
        exercise, old, new = FAULTS[number % len(FAULTS)]
        notebook = with_answers(right_notebook(course), {exercise: lambda text, o=old, n=new: text.replace(o, n)})
        name = f"student_{number:04}"
        (folder / f"{name}.ipynb").write_bytes(commented(notebook, name))


def most(gradebook: Path) -> float:
    """The most that can be had, by the gradebook's first row."""
    with gradebook.open(newline="", encoding="utf-8") as rows:
        return float(next(csv.DictReader(rows))["max_score"])


def main(
    students: Annotated[int, typer.Option(help="In the class.")] = 200,
    rounds: Annotated[int, typer.Option(help="Of each command; the quickest counts.")] = 3,
) -> None:
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        os.environ |= {"FAIRMARK_DATA": f"{root}/data", "FAIRMARK_SECRET": f"{root}/secret"}
        course = walled_course(root / "course")
        hand_in(course, students, root / "submitted")
        grade = [*FAIRMARK, "grade", root / "submitted", "--out", root / "out", "--course", course.root]
        log = root / "log"
        first = measure(grade, log=log, accepted=(0, 1))
        again = [measure(grade, log=log, accepted=(0, 1)) for _ in range(rounds)]
        before = most(root / "out" / "gradebook.csv")
        script = course.assignment(NAME).grader
        script.write_text(script.read_text().replace(*RUBRIC, 1))
        judge = [*FAIRMARK, "judge", "--all", root / "out", "--course", course.root]
        judged = [measure(judge, log=log, accepted=(0, 1)) for _ in range(rounds)]
        after = most(root / "out" / "gradebook.csv")
        evidence_bytes = sum(path.stat().st_size for path in (root / "out" / "evidence").iterdir())
    each = evidence_bytes / students / 1000
    console.print(
        f"{students} submissions, {len(FAULTS)} of them run; {each:.0f} kB of evidence each; "
        f"change of the rubric: {before:g} points, then {after:g}"
    )
    table = Table("command", "s", "CPU s", "ms a submission", "memory, MB", "first grade / this", box=None)
    for name, costs in (("first grade", [first]), ("second grade", again), ("judge --all", judged)):
        best: Cost = min(costs, key=lambda cost: cost.wall_seconds)
        table.add_row(
            name,
            f"{best.wall_seconds:.2f}",
            f"{min(cost.cpu_seconds for cost in costs):.2f}",
            f"{best.wall_seconds / students * 1000:.1f}",
            f"{best.peak_bytes / 1e6:.0f}",
            f"{first.wall_seconds / best.wall_seconds:.1f}",
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
