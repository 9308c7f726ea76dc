"""Options that several commands share, each with its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairmark.sandbox.limits import GIB, Limits
from fairmark.sandbox.numerics import choose_numerics

__all__ = [
    "AsJson",
    "CellSeconds",
    "CourseFolder",
    "MemoryGib",
    "Numerics",
    "NumericsOption",
    "RunSeconds",
    "Seed",
    "limits_from",
    "numerics_from",
]

_DEFAULTS = Limits()


class Numerics(StrEnum):
    """How training computes."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


CourseFolder = Annotated[
    Path | None, typer.Option("--course", metavar="DIR", help="The course's folder; else found from here, or built in.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
NumericsOption = Annotated[
    Numerics,
    typer.Option("--numerics", help="How training computes; auto takes bfloat16 where the processor has it."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seeds Python, NumPy and Keras before the first cell.")]
RunSeconds = Annotated[
    float, typer.Option("--run-seconds", min=1, metavar="SECONDS", help="The longest a notebook may run.")
]
CellSeconds = Annotated[
    float, typer.Option("--cell-seconds", min=1, metavar="SECONDS", help="The longest one cell may run.")
]
MemoryGib = Annotated[float, typer.Option("--memory", min=0.5, metavar="GIB", help="The most memory a run may use.")]


def limits_from(run_seconds: float, cell_seconds: float, memory_gib: float) -> Limits:
    """The limits that the options ask for."""
    return Limits(run_seconds=run_seconds, cell_seconds=cell_seconds, memory_bytes=int(memory_gib * GIB))


def numerics_from(numerics: Numerics) -> str:
    """``float32`` or ``bfloat16``."""
    return choose_numerics(numerics.value)
