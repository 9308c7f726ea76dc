"""What the author's cells call, where a further run has them in the place of the student's."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fairmark.evidence import Cell
from fairmark.notebook.possible import read_possible

__all__ = ["calls_of"]


def calls_of(cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
    """The names of all that the cells of ``exercises`` can call among ``cells``, those of a whole run, by position."""
    every = tuple(cells)
    reading = read_possible(every)
    answering = [cell.position for cell in every if cell.exercise in exercises and cell.touched]
    return {
        position: tuple(sorted({name for site in reading.calls_from({position}) for name in site.names}))
        for position in answering
    }
