"""Options that several commands share, each with its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairmark.sandbox.numerics import choose_numerics

__all__ = [
    "AsJson",
    "CourseFolder",
    "Numerics",
    "NumericsOption",
    "Seed",
    "numerics_from",
]


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


def numerics_from(numerics: Numerics) -> str:
    """``float32`` or ``bfloat16``."""
    return choose_numerics(numerics.value)
