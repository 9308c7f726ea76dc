"""Computing in bfloat16 against float32: does the reference pass as often, and how much time is saved?

    python tests/benchmarks/numerics.py [--seeds 20] [--every-epoch]

The solution of `horses_or_humans` at 150 x 150 pixels is marked as `fairmark grade` marks it, with each seed and either
numerics, two runs at a time. It passes where it gets full marks, the hidden accuracy among them.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from school import NAME, variant_course

from fairmark.course import Course
from fairmark.evidence import EpochEnded
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import choose_numerics


@dataclass(frozen=True)
class GradedSubmission:
    """One run of the reference. ``named`` is of the hidden pictures it was shown."""

    passed: bool
    named: int
    shown: int
    epochs: int
    seconds: float


def marked(course: Course, numerics: str, seed: int, *, every_epoch: bool) -> GradedSubmission:
    """The reference, run with ``seed``."""
    pipeline = Pipeline(
        course,
        course.assignment(NAME),
        settings=RunSettings(numerics=numerics, seed=seed, threads=1, early_stopping=not every_epoch),
    )
    began = time.monotonic()
    result = pipeline.mark(course.assignment(NAME).solution, "reference")
    probe = result.evidence.probe
    assert probe is not None
    return GradedSubmission(
        passed=result.report.outcome == "passed",
        named=sum((output > 0.5) == truth for (output,), truth in zip(probe.outputs, probe.truth, strict=True)),
        shown=len(probe.truth),
        epochs=sum(isinstance(stamped.event, EpochEnded) for stamped in result.evidence.run.events),
        seconds=time.monotonic() - began,
    )


def main(
    *,
    seeds: Annotated[int, typer.Option(help="How many, from 1 on.")] = 20,
    every_epoch: Annotated[bool, typer.Option("--every-epoch", help="Do not end trainings early.")] = False,
    one_in: Annotated[int, typer.Option(help="Draws one picture in so many: 8 for a quick look.")] = 1,
) -> None:
    console = Console(width=120)
    console.print(f"{os.cpu_count()} cores; this processor's own choice is {choose_numerics()}")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"FAIRMARK_DATA": f"{scratch}/data", "FAIRMARK_SECRET": f"{scratch}/secret"}
        course = variant_course(Path(scratch) / "course", "150", one_in=one_in)
        Pipeline(course, course.assignment(NAME)).prepare()
        table = Table("", "passed", "named rightly, at the lowest", "epochs", "s a run", box=None)
        seconds: dict[str, float] = {}
        for numerics in ("bfloat16", "float32"):
            with ThreadPoolExecutor(2) as pool:
                mark = partial(marked, course, numerics, every_epoch=every_epoch)
                runs = list(pool.map(mark, range(1, seeds + 1)))
            worst = min(runs, key=lambda one: one.named / one.shown)
            seconds[numerics] = sum(one.seconds for one in runs) / len(runs)
            table.add_row(
                numerics,
                f"{sum(one.passed for one in runs)} of {len(runs)}",
                f"{worst.named} of {worst.shown}",
                f"{sum(one.epochs for one in runs)}",
                f"{seconds[numerics]:.1f}",
            )
        console.print(table)
        console.print(f"float32 to bfloat16, seconds: {seconds['float32'] / seconds['bfloat16']:.2f}")


if __name__ == "__main__":
    typer.run(main)
