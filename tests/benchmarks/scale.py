"""How a batch grows: with the size of the class, with workers, and with Dask workers.

    python tests/benchmarks/scale.py [--students 10,100,1000] [--workers 1,2,4] [--dask]

1. classes marked from kept evidence, one in which nothing is run: seconds, and memory of the supervisor
2. the largest of them with more and more workers: what following runs and writing results costs
3. runs that do nothing but wait, with more and more workers: whether waiting is shared
4. with `--dask`: real runs of small pictures, no two alike, on two Dask workers of this machine against one

TensorFlow runs only to make the evidence of 1 and 2, beforehand, and in 4.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from measured import FAIRMARK, Cost, measure
from rich.console import Console
from rich.table import Table
from school import commented

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tiny import answered, tiny_course
from walled import right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course

TESTS = Path(__file__).resolve().parents[1]

WAITING = """
import sys
from pathlib import Path
sys.path.insert(0, TESTS)
from scripted import Scripted
from tiny import PRETEND
from fairmark.classroom import ClassRequest, grade_class
from fairmark.course import Course
course, submitted, out, jobs, seconds = sys.argv[1:]
launcher = Scripted(PRETEND + f"time.sleep({seconds})")
grade_class(ClassRequest((Path(submitted),), Path(out), Course(Path(course)), assignment="compile_settings",
                         launcher=launcher, jobs=int(jobs), fresh=True))
"""


@dataclass
class Place:
    """Where the benchmark works."""

    root: Path

    @property
    def log(self) -> Path:
        return self.root / "log"

    def out(self) -> Path:
        """A new folder each time."""
        return Path(tempfile.mkdtemp(prefix="out-", dir=self.root))


def kept(place: Place, course: Course, students: int, *, jobs: int) -> Cost:
    """A class all of whose code has been run before."""
    folder = place.root / f"submitted-{students}"
    if not folder.exists():
        folder.mkdir()
        for number in range(students):
            name = f"student_{number:04}"
            (folder / f"{name}.ipynb").write_bytes(commented(right_notebook(course), name))
    return grade(place, course, folder, "--jobs", str(jobs))


def waiting(place: Place, course: Course, students: int, seconds: float, *, jobs: int) -> Cost:
    """A class of runs that wait."""
    folder = place.root / f"waiting-{students}"
    if not folder.exists():
        folder.mkdir()
        for number in range(students):
            changed = with_answers(answered(course), {"compile": lambda text, n=number: f"{text}\nown = {n}"})
            (folder / f"student_{number:04}.ipynb").write_bytes(changed)
    program = f"TESTS = {str(TESTS)!r}\n{WAITING}"
    words = [*FAIRMARK[:1], "-c", program, course.root, folder, place.out(), str(jobs), str(seconds)]
    return measure(words, log=place.log)


def on_dask(place: Place, course: Course, students: int, *, workers: int) -> Cost:
    """A class of which no two have the same code, and of which nothing is kept."""
    folder = place.root / f"dask-{students}"
    if not folder.exists():
        folder.mkdir()
        for number in range(students):
            changed = with_answers(right_notebook(course), {"steps": lambda text, n=number: f"{text}\nown = {n}"})
            (folder / f"student_{number:04}.ipynb").write_bytes(changed)
    return grade(place, course, folder, "--cluster", "local", "--jobs", str(workers), "--fresh")


def grade(place: Place, course: Course, folder: Path, *options: str) -> Cost:
    """One `fairmark grade` of ``folder``; all of it must be marked."""
    out = place.out()
    command = [*FAIRMARK, "grade", folder, "--out", out, "--course", course.root, *options]
    cost = measure(command, log=place.log, accepted=(0, 1))
    with (out / "gradebook.csv").open(newline="", encoding="utf-8") as rows:
        outcomes = [row["outcome"] for row in csv.DictReader(rows)]
    if len(outcomes) != len(list(folder.iterdir())) or "needs_attention" in outcomes:
        raise typer.BadParameter(f"not all of {folder.name} could be marked")
    shutil.rmtree(out)
    return cost


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word]


def table(title: str, first: str, costs: dict[int, Cost], students: dict[int, int]) -> Table:
    """One line for each of ``costs``, with ratios to the first of them."""
    shown = Table(first, "s", "CPU s", "CPU ms each", "memory, MB", "s, to the first", "memory", title=title, box=None)
    base = next(iter(costs.values()))
    for number, cost in costs.items():
        shown.add_row(
            str(number),
            f"{cost.wall_seconds:.1f}",
            f"{cost.cpu_seconds:.1f}",
            f"{cost.cpu_seconds / students[number] * 1000:.0f}",
            f"{cost.peak_bytes / 1e6:.0f}",
            f"{cost.wall_seconds / base.wall_seconds:.2f}",
            f"{cost.peak_bytes / base.peak_bytes:.2f}",
        )
    return shown


def main(
    *,
    students: Annotated[str, typer.Option(help="Sizes of classes.")] = "10,100,1000",
    workers: Annotated[str, typer.Option(help="Numbers of workers; empty to leave them out.")] = "1,2,4",
    run_seconds: Annotated[float, typer.Option(help="How long a waiting run waits.")] = 0.2,
    waiting_students: Annotated[int, typer.Option(help="Runs that wait.")] = 100,
    dask: Annotated[bool, typer.Option("--dask", help="Two Dask workers against one, too.")] = False,
    dask_students: Annotated[int, typer.Option(help="Real runs on Dask.")] = 12,
) -> None:
    console = Console(width=120)
    console.print(f"{os.cpu_count()} cores")
    sizes, jobs = numbers(students), numbers(workers)
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch))
        os.environ |= {"FAIRMARK_DATA": f"{scratch}/data", "FAIRMARK_SECRET": f"{scratch}/secret"}
        walled = walled_course(place.root / "walled")
        if sizes:
            kept(place, walled, 1, jobs=1)  # the only run
            costs = {size: kept(place, walled, size, jobs=os.cpu_count() or 1) for size in sizes}
            console.print(table("from kept evidence, by class", "students", costs, {size: size for size in sizes}))
            largest = max(sizes)
            costs = {count: kept(place, walled, largest, jobs=count) for count in jobs}
            if costs:
                console.print(table(f"the same {largest}, by workers", "workers", costs, dict.fromkeys(jobs, largest)))
        if jobs:
            tiny = tiny_course(place.root / "tiny")
            waiting(place, tiny, 1, 0, jobs=1)  # what all of them find prepared
            costs = {count: waiting(place, tiny, waiting_students, run_seconds, jobs=count) for count in jobs}
            title = f"{waiting_students} runs that wait for {run_seconds} s"
            console.print(table(title, "workers", costs, dict.fromkeys(jobs, waiting_students)))
        if dask and importlib.util.find_spec("distributed") is None:
            console.print("Dask is not installed here.")
        elif dask:
            costs = {count: on_dask(place, walled, dask_students, workers=count) for count in (1, 2)}
            title = f"{dask_students} runs on Dask"
            console.print(table(title, "workers", costs, dict.fromkeys(costs, dask_students)))


if __name__ == "__main__":
    typer.run(main)
