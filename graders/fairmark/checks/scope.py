"""Which of all that a notebook did an exercise is judged on.

An exercise is judged on what its own cells did, and on what given cells did with it. What a cell of the student's own
did, an experiment after the answers for example, counts only if a cell of an exercise uses it, or if nothing else
answers: part of an answer may stand in a cell of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from fairmark.evidence import Cell, NamesBound
from fairmark.notebook.source import tree_of

__all__ = ["Scope"]

T = TypeVar("T")


class Scope:
    """The cells of one run, seen from ``exercise`` (its id; empty for all of them alike).

    ``own`` are the positions of the exercise's cells, ``answers`` those of all exercises, ``shared`` those of all
    exercises and of the given cells.
    """

    def __init__(self, cells: Sequence[Cell], exercise: str) -> None:
        ran = [cell for cell in cells if cell.touched]
        self.own = frozenset(cell.position for cell in ran if exercise and cell.exercise == exercise)
        self.answers = frozenset(cell.position for cell in ran if cell.role == "exercise")
        self.shared = self.answers | {cell.position for cell in ran if cell.role == "locked"}
        self._cells = ran

    def nearest(self, things: Iterable[T], cell: Callable[[T], int] = attrgetter("cell")) -> list[T]:
        """Of ``things``, which happened in the position that ``cell`` gives: those of the exercise's own cells, else
        those of all exercises and given cells, else all."""
        found = list(things)
        for positions in (self.own, self.shared):
            within = [thing for thing in found if cell(thing) in positions]
            if within:
                return within
        return found

    def rank(self, cell: int) -> int:
        """2 for a cell of the exercise's own, 1 for one of another exercise and for a given one, else 0."""
        return 2 if cell in self.own else int(cell in self.shared)

    def in_force(self, name: str, bound: Sequence[NamesBound]) -> NamesBound | None:
        """Of the events that bound ``name``, in order, the one that the exercise is judged on: the last of its own
        cells, or the one in a later cell of the student's own that a cell of an exercise reads. None if there is none.
        """
        judged = self.nearest(bound)
        if not judged:
            return None
        later = bound[bound.index(judged[-1]) + 1 :]
        used = [event for event in later if event.cell not in self.shared and self._is_read(name, event, bound)]
        return (used or judged)[-1]

    def _is_read(self, name: str, event: NamesBound, bound: Sequence[NamesBound]) -> bool:
        """Whether a cell of an exercise reads what ``event`` bound, before anything else is bound to the name."""
        after = [other.cell for other in bound if other.cell > event.cell]
        until = min(after, default=None)
        return any(
            event.cell < cell and (until is None or cell < until) and name in read
            for cell, read in self._names_read.items()
        )

    def is_gone_on_with(self, name: str, cell: int) -> bool:
        """Whether a cell of an exercise or a given one behind ``cell`` reads ``name``."""
        return any(cell < position and name in read for position, read in self._names_read_by_shared.items())

    @cached_property
    def _names_read(self) -> dict[int, set[str]]:
        return {cell.position: _names_read(cell.source) for cell in self._cells if cell.position in self.answers}

    @cached_property
    def _names_read_by_shared(self) -> dict[int, set[str]]:
        return {cell.position: _names_read(cell.source) for cell in self._cells if cell.position in self.shared}


def _names_read(source: str) -> set[str]:
    tree = tree_of(source)
    nodes: Iterable[Any] = () if tree is None else ast.walk(tree)
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
