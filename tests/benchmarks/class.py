"""A class of `horses_or_humans`: seconds and processor time a submission, ours against nbgrader and otter-grader.

    python tests/benchmarks/class.py [--which 150,300,structure] [--peers PYTHON] [--peer-students 3]

Three classes: 24 at 150 x 150 pixels, 8 at 300 x 300, and 40 with the exercises before training only. A third is right,
each spelt differently, a third wrong somewhere, a third copies with other names and comments. Ours is `fairmark grade`
with default settings; nothing is kept from earlier but the pictures, and the hidden ones are drawn in the time that is
measured. It grades the class once more without the copies. The peers, where `--peers` names an interpreter that has
them, run every epoch: nbgrader one notebook after another, otter-grader one for each core at once. `--peer-students`
lets them mark only the first so many, in which the three kinds are equally common: what one costs is the same.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, get_args

import typer
from measured import FAIRMARK, Cost, measure
from peers import Marks, Peers
from rich.console import Console
from rich.table import Table
from school import NAME, Student, Variant, class_of, hand_in, variant_course

from fairmark.cli.option_groups import option_groups
from fairmark.course import Course
from fairmark.data import data_folder, load_recipe, make
from fairmark.sandbox import choose_numerics

SIZES: dict[Variant, int] = {"150": 24, "300": 8, "structure": 40}


@dataclass(frozen=True)
class Row:
    """What one tool needed for one class, and what it made of those who are right and those who are wrong."""

    tool: str
    students: int
    cost: Cost
    right: str
    wrong: str
    copies: str

    @property
    def wall_seconds(self) -> float:
        return self.cost.wall_seconds / self.students

    @property
    def cpu_seconds(self) -> float:
        return self.cost.cpu_seconds / self.students


@dataclass
class Measuring:
    """One class, in ``folder``."""

    variant: Variant
    folder: Path
    epochs: int
    one_in: int
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.course: Course = variant_course(
            self.folder / "course", self.variant, epochs=self.epochs, one_in=self.one_in
        )
        make(load_recipe(self.course.dataset_folder(NAME)))

    def ours(self, tool: str, students: list[Student]) -> None:
        place = self.folder / tool.replace(" ", "_").replace(",", "")
        hand_in(self.course, students, place / "submitted")
        shutil.rmtree(data_folder() / ".decoded", ignore_errors=True)
        cost = measure(
            [*FAIRMARK, "grade", place / "submitted", "--out", place / "out", "--course", self.course.root],
            log=place / "log",
            env={"FAIRMARK_SECRET": str(place / "secret")},
            accepted=(0, 1),
        )
        with (place / "out" / "gradebook.csv").open(newline="", encoding="utf-8") as rows:
            marks = {row["student"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(rows)}
        self._add(tool, students, cost, marks)

    def peers(self, python: Path, students: list[Student], at_once: int) -> None:
        size = 150 if self.variant == "150" else 300
        peers = Peers(
            python,
            size=size,
            trains=self.variant != "structure",
            epochs=self.epochs,
            steps=(1024 // self.one_in // 128, 256 // self.one_in // 32),
            data=data_folder(),
        )
        notebooks = hand_in(self.course, students, self.folder / "for_peers")
        solution = self.course.assignment(NAME).solution.read_bytes()
        for tool in peers.installed():
            cost, marks = peers.grade(tool, solution, notebooks, self.folder / tool, at_once=at_once)
            self._add(tool, students, cost, marks)

    def _add(self, tool: str, students: list[Student], cost: Cost, marks: Marks) -> None:
        def full(kind: str) -> str:
            names = [student.name for student in students if student.kind == kind]
            return f"{sum(marks[name][0] == marks[name][1] for name in names)} of {len(names)}"

        copies = [student for student in students if student.kind == "copy"]
        alike = sum(marks[one.name] == marks.get(one.original, marks[one.name]) for one in copies)
        self.rows.append(
            Row(tool, len(students), cost, full("right"), full("wrong"), f"{alike} of {len(copies)}" if copies else "")
        )

    def show(self, console: Console) -> None:
        ours = [row for row in self.rows if row.tool.startswith("fairmark")]
        table = Table("", "students", "s each", "CPU s each", title=f"horses_or_humans, {self.variant}", box=None)
        for heading in ("right: full marks", "wrong: full marks", "copies: as the original"):
            table.add_column(heading)
        for row in ours:
            table.add_column(f"times {row.tool} (CPU)")
        for row in self.rows:
            ratios = [
                f"{row.wall_seconds / one.wall_seconds:.1f} ({row.cpu_seconds / one.cpu_seconds:.1f})" for one in ours
            ]
            each = (f"{row.wall_seconds:.2f}", f"{row.cpu_seconds:.2f}")
            table.add_row(row.tool, str(row.students), *each, row.right, row.wrong, row.copies, *ratios)
        console.print(table)


@dataclass(frozen=True)
class _Trained:
    """How much a training costs."""

    epochs: Annotated[int, typer.Option(help="Asked of fit.")] = 15
    one_in: Annotated[int, typer.Option(help="Draws one picture in so many: 8 for a quick look.")] = 1


@dataclass(frozen=True)
class _ByPeers:
    """Who else grades the class, and how much of it."""

    peers: Annotated[Path | None, typer.Option(help="An interpreter with nbgrader and otter-grader.")] = None
    peer_students: Annotated[int | None, typer.Option(help="How many of the class the peers mark.")] = None
    at_once: Annotated[int, typer.Option(help="Notebooks that otter-grader runs at once.")] = os.cpu_count() or 1


@option_groups
def main(
    *,
    which: Annotated[str, typer.Option(help="Of 150, 300, structure.")] = "150,300,structure",
    students: Annotated[int | None, typer.Option(help="In each class, for a quick look.")] = None,
    keep: Annotated[Path | None, typer.Option(help="A new folder for all that is made, kept.")] = None,
    trained: _Trained,
    by: _ByPeers,
) -> None:
    console = Console(width=180)
    console.print(
        f"{os.cpu_count()} cores; {choose_numerics()}; at most {trained.epochs} epochs; one picture in {trained.one_in}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        root = keep.absolute() if keep is not None else Path(scratch)
        root.mkdir(exist_ok=keep is None)
        os.environ |= {"FAIRMARK_DATA": str(root / "data"), "FAIRMARK_SECRET": str(root / "secret")}
        for variant in get_args(Variant):
            if variant not in which.split(","):
                continue
            size = students or SIZES[variant]
            measuring = Measuring(variant, root / variant, trained.epochs, trained.one_in)
            measuring.ours("fairmark", class_of(size, variant))
            measuring.ours("fairmark, no copies", class_of(size, variant, copies=False))
            if by.peers is not None:
                # Not resolved: an environment's interpreter is a link to another's.
                some = class_of(size, variant)[: by.peer_students or size]
                measuring.peers(by.peers.absolute(), some, by.at_once)
            measuring.show(console)


if __name__ == "__main__":
    typer.run(main)
