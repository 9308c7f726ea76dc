"""Options that several commands share, each with its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairmark.errors import UsageError
from fairmark.sandbox.numerics import choose_numerics

__all__ = [
    "AsJson",
    "CourseFolder",
    "Export",
    "Numerics",
    "NumericsOption",
    "Seed",
    "numerics_from",
    "require_within",
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
Export = Annotated[
    list[str] | None,
    typer.Option(
        "--export",
        metavar="NAME",
        help="Also write OUT/exports/NAME: 'gradebook', 'html', 'json', or what a package installed here offers.",
    ),
]
NumericsOption = Annotated[
    Numerics,
    typer.Option("--numerics", help="How training computes; auto takes bfloat16 where the processor has it."),
]
Seed = Annotated[
    int,
    # NumPy takes no more than 32 bits.
    typer.Option("--seed", min=0, max=2**32 - 1, help="Seeds Python, NumPy and the framework before the first cell."),
]


def numerics_from(numerics: Numerics) -> str:
    """``float32`` or ``bfloat16``."""
    return choose_numerics(numerics.value)


def require_within(option: str, given: float, least: float, most: float) -> None:
    """Raises :class:`UsageError` for what is not between the two, as ``nan`` is not."""
    if not least <= given <= most:
        shown = f"{given:g}" if isinstance(given, float) else f"a number of {len(str(given))} digits"
        shown = str(given) if isinstance(given, int) and abs(given) < 10**9 else shown
        raise UsageError(
            f"{option} takes a number from {least:g} to {most:,}, not {shown}",
            remedy=f"Leave {option} out for the usual value.",
        )
