"""What the sandbox and its warm start cost and save: ratios between runs made in turn, in one go.

    python tests/benchmarks/warm_start.py [--pairs 5]

1. seconds from the request for a run to its first cell, warm
2. processor time of a structure-only run of the solution: warm (fork, wall, run) to cold (a fresh interpreter, no wall)
3. seconds of a run with training: behind the wall to a plain process, from the first cell to the last

An eighth of the pictures is drawn, into a folder of its own; `--pairs` runs of each kind are made in turn.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fairmark.course import Course
from fairmark.data import data_folder
from fairmark.evidence import Cell, CellFinished, CellStarted, Stamped
from fairmark.grading.pipeline import Pipeline
from fairmark.keras.program import KERAS
from fairmark.notebook.read import submission_from_bytes
from fairmark.sandbox import (
    ConfinedProcess,
    Launcher,
    Limits,
    NotebookJob,
    PlainProcess,
    SourceCell,
    Workplace,
    choose_numerics,
    supervise,
)
from fairmark.sandbox.process_tree import cpu_seconds

ROOT = Path(__file__).resolve().parents[2]
NAME = "horses_or_humans"


@dataclass(frozen=True)
class Measured:
    """One run: seconds until its first cell, between its first cell and its last, and of processor time."""

    until_first_cell: float
    of_cells: float
    cpu: float


def small_course(folder: Path) -> Course:
    """The built-in course with an eighth of its pictures."""
    for part in ("assignments", "solutions", "datasets"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "graders").mkdir()
    shutil.copy(ROOT / "graders" / f"{NAME}.py", folder / "graders")
    recipe = folder / "datasets" / NAME / "dataset.toml"
    fewer = re.sub(
        r"(?m)^(horses|humans) = (\d+)$", lambda found: f"{found[1]} = {int(found[2]) // 8}", recipe.read_text()
    )
    recipe.write_text(fewer)
    return Course(folder)


def cells_of(course: Course, epochs: int) -> tuple[Cell, ...]:
    pipeline = Pipeline(course, course.assignment(NAME))
    pipeline.prepare()
    solved = pipeline.assignment.solution.read_bytes().replace(b"epochs=15", f"epochs={epochs}".encode())
    return submission_from_bytes(solved, path="solution", student="reference", master=pipeline.master).cells


def measure(cells: tuple[Cell, ...], launcher: Launcher, *, train: bool) -> Measured:
    job = NotebookJob(
        cells=tuple(SourceCell(position=cell.position, source=cell.source) for cell in cells),
        pictures_folder=str(data_folder()),
        numerics=choose_numerics(),
        seed=1,
        train=train,
        program=KERAS,
    )
    first: list[float] = []

    def note(stamped: Stamped) -> None:
        if isinstance(stamped.event, CellStarted) and not first:
            first.append(time.perf_counter())

    with Workplace() as workplace:
        worker_before = worker_cpu(launcher)
        began = time.perf_counter()
        child = launcher.start(job, workplace.folder, Limits())
        workplace.keep(child.files)
        seen = supervise(child, job.seal, Limits(), note)
        if seen.outcome != "completed":
            raise typer.Exit(1)
        ending = child.ending()
        assert ending is not None
        started = [one.at_seconds for one in seen.events if isinstance(one.event, CellStarted)]
        finished = [one.at_seconds for one in seen.events if isinstance(one.event, CellFinished)] or [seen.wall_seconds]
        cpu = ending.cpu_seconds + worker_cpu(launcher) - worker_before
    return Measured(first[0] - began, finished[-1] - started[0], cpu)


def worker_cpu(launcher: Launcher) -> float:
    worker = getattr(launcher, "worker", None)
    return cpu_seconds([worker.pid]) if worker is not None and worker.pid is not None else 0.0


def main(
    pairs: Annotated[int, typer.Option(help="Runs of each kind.")] = 5,
    epochs: Annotated[int, typer.Option(help="Epochs of the runs with training.")] = 4,
) -> None:
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FAIRMARK_DATA": f"{folder}/data", "FAIRMARK_SECRET": f"{folder}/secret"}
        cells = cells_of(small_course(Path(folder, "course")), epochs)
        warm, cold = ConfinedProcess(), PlainProcess()
        measure(cells, warm, train=False)  # the worker is warm from here on
        measure(cells, cold, train=False)  # and the disk's cache too
        quick = [(measure(cells, warm, train=False), measure(cells, cold, train=False)) for _ in range(pairs)]
        trained = [(measure(cells, warm, train=True), measure(cells, cold, train=True)) for _ in range(pairs)]
        warm.close()
    table = Table("what", "warm, behind the wall", "cold, plain", "ratio", box=None)
    first_warm, first_cold = (statistics.median(one[side].until_first_cell for one in quick) for side in (0, 1))
    table.add_row(
        "until the first cell", f"{first_warm:.3f} s", f"{first_cold:.2f} s", f"{first_warm / first_cold:.3f}"
    )
    cpu_warm, cpu_cold = (statistics.median(one[side].cpu for one in quick) for side in (0, 1))
    table.add_row("processor, structure only", f"{cpu_warm:.2f} s", f"{cpu_cold:.2f} s", f"{cpu_warm / cpu_cold:.3f}")
    of_warm, of_cold = (statistics.median(one[side].of_cells for one in trained) for side in (0, 1))
    ratios = statistics.median(one.of_cells / other.of_cells for one, other in trained)
    table.add_row("cells, with training", f"{of_warm:.2f} s", f"{of_cold:.2f} s", f"{ratios:.3f}")
    console.print(
        f"medians of {pairs} pairs; {os.cpu_count()} cores; {choose_numerics()}; wall: {', '.join(warm.isolation)}"
    )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
