"""What the author's cells call and bind, where a further run has them in the place of the student's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from fairmark.checks.behind import names_bound
from fairmark.evidence import Cell
from fairmark.keras.facts.calls import MODEL_MAKERS
from fairmark.keras.facts.computing import COMPUTING
from fairmark.notebook.possible.reading import Reading, read_possible

__all__ = ["binds_of", "calls_of"]


def calls_of(cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
    """The names of all that the cells of ``exercises`` can call among ``cells``, those of a whole run, by position."""
    every = tuple(cells)
    reading = _reading_of(every)
    return {
        cell.position: tuple(sorted({name for site in reading.calls_from({cell.position}) for name in site.names}))
        for cell in _answering(every, exercises)
    }


def binds_of(cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
    """The names that the cells of ``exercises`` bind among ``cells``, by position, models left out: what is read off
    one is no setting that an author would have given."""
    every = tuple(cells)
    reading = _reading_of(every)
    return {
        cell.position: tuple(name for name in sorted(names_bound(cell.source)) if not _is_model(reading, name, cell))
        for cell in _answering(every, exercises)
    }


@lru_cache(maxsize=4)
def _reading_of(cells: tuple[Cell, ...]) -> Reading:
    """Both are asked of the same cells, one after the other."""
    return read_possible(cells, COMPUTING)


def _is_model(reading: Reading, name: str, cell: Cell) -> bool:
    return any(one.names & MODEL_MAKERS for one in reading.bound(name, {cell.position}).made)


def _answering(cells: Iterable[Cell], exercises: Collection[str]) -> list[Cell]:
    return [cell for cell in cells if cell.exercise in exercises and cell.touched]
