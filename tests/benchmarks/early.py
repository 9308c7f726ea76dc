"""Ending a training once its mark is settled: the same marks, in less time?

    python tests/benchmarks/early.py [--students 44] [--epochs 15]

A class of `horses_or_humans` at 150 x 150 pixels, half right, each spelt differently, half wrong somewhere, is graded
as usual and with `--every-epoch`. Whoever's marks differ is named.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from measured import FAIRMARK, Cost, measure
from rich.console import Console
from school import NAME, class_of, hand_in, variant_course

from fairmark.data import load_recipe, make
from fairmark.sandbox import choose_numerics


def marks_in(out: Path) -> dict[str, str]:
    """Score, by student."""
    with (out / "gradebook.csv").open(newline="", encoding="utf-8") as rows:
        return {row["student"]: row["score"] for row in csv.DictReader(rows)}


def epochs_in(out: Path) -> int:
    """Epochs trained by the class."""
    evidence = [json.loads(path.read_bytes()) for path in (out / "evidence").glob("*.json")]
    return sum(
        stamped["event"]["kind"] == "epoch_ended" for one in evidence for stamped in one["run"].get("events", [])
    )


def main(
    students: Annotated[int, typer.Option(help="In the class.")] = 44,
    epochs: Annotated[int, typer.Option(help="Asked of fit.")] = 15,
    one_in: Annotated[int, typer.Option(help="Draws one picture in so many: 8 for a quick look.")] = 1,
) -> None:
    console = Console(width=120)
    console.print(f"{os.cpu_count()} cores; {choose_numerics()}; at most {epochs} epochs; one picture in {one_in}")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        os.environ |= {"FAIRMARK_DATA": f"{root}/data", "FAIRMARK_SECRET": f"{root}/secret"}
        course = variant_course(root / "course", "150", epochs=epochs, one_in=one_in)
        make(load_recipe(course.dataset_folder(NAME)))
        hand_in(course, class_of(students * 3 // 2, "150", copies=False), root / "submitted")
        costs: dict[str, Cost] = {}
        for out, option in (("early", []), ("to_the_end", ["--every-epoch"])):
            command = [*FAIRMARK, "grade", root / "submitted", "--out", root / out, "--course", course.root, *option]
            costs[out] = measure(command, log=root / "log", accepted=(0, 1))
        early, to_the_end = marks_in(root / "early"), marks_in(root / "to_the_end")
        for name in to_the_end:
            if early[name] != to_the_end[name]:
                console.print(f"{name}: {early[name]} instead of {to_the_end[name]}")
        same = sum(early[name] == score for name, score in to_the_end.items())
        console.print(f"the same marks: {same} of {len(to_the_end)} submissions")
        for out, cost in costs.items():
            console.print(
                f"{out}: {epochs_in(root / out)} epochs, {cost.wall_seconds:.0f} s, {cost.cpu_seconds:.0f} CPU s"
            )
        console.print(f"ratio: {costs['to_the_end'].cpu_seconds / costs['early'].cpu_seconds:.2f} (CPU)")


if __name__ == "__main__":
    typer.run(main)
