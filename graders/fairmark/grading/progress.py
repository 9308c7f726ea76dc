"""Who is told what happens to one submission, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairmark.evidence import Cell, Stamped

__all__ = ["NOBODY", "Steps"]


@dataclass(frozen=True)
class Steps:
    """Each may be left out."""

    stage: Callable[[str], object] = lambda text: None
    cells: Callable[[tuple[Cell, ...]], object] = lambda cells: None
    event: Callable[[Stamped], object] = lambda stamped: None


NOBODY = Steps()
"""Nobody is told."""
