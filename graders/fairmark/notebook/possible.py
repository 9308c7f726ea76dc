"""What a notebook's text can do: the calls that its cells can reach, and the values that their arguments can have.

The text is read as data and never executed. Where it cannot tell, the answer says so (`Possible.is_open`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fairmark.evidence import Cell
from fairmark.notebook.fold import Folded
from fairmark.notebook.possible_values import NOTHING, Constant, Derived, Made, Possible
from fairmark.notebook.source import SourceCall, calls_in, values_given

__all__ = ["NOTHING", "CallSite", "Constant", "Derived", "Made", "Possible", "Reading", "read_possible"]

OPEN = Possible(is_open=True)


@dataclass(frozen=True, eq=False)
class CallSite:
    """A call in the text. ``names``: all that the callee may go by outside the notebook, each its last part; ``own``:
    names of the notebook's own functions and classes that it may call. ``cell`` is the cell's position in running
    order, ``line`` counts from 1 in the cell."""

    names: frozenset[str]
    own: frozenset[str]
    cell: int
    line: int
    _call: SourceCall = field(repr=False)

    def argument(self, name: str, position: int | None = None) -> Possible | None:
        """The values that the parameter ``name`` can be given, which stands at ``position`` (from 0) where it is not
        named; None where it is not given."""
        call = self._call
        if name in call.arguments:
            return _possible(call.arguments[name])
        if position is not None and position < len(call.positional):
            return _possible(call.positional[position])
        return OPEN if {"*", "**"} & call.arguments.keys() else None


@dataclass(frozen=True)
class Reading:
    """What is read off one notebook."""

    _cells: tuple[Cell, ...] = field(repr=False)

    @cached_property
    def _calls(self) -> tuple[CallSite, ...]:
        return tuple(
            CallSite(call.names, frozenset(), call.cell, call.line, call)
            for call in calls_in(self._cells)
            if call.reachable
        )

    def calls_from(self, cells: Iterable[int]) -> tuple[CallSite, ...]:
        """All calls that code of the cells at these positions can reach, in the order of the text."""
        asked = frozenset(cells)
        return tuple(call for call in self._calls if call.cell in asked)

    def bound(self, name: str, cells: Iterable[int]) -> Possible:
        """What code that these cells can reach binds ``name`` to, as a name of the notebook; without constants, makers
        and the rest, and not open, where none does."""
        asked = frozenset(cells)
        found = values_given([cell for cell in self._cells if cell.position in asked], name)
        return Possible(
            constants=frozenset(value.value for value in found if value.known),
            is_open=not all(value.known for value in found),
        )


def _possible(value: Folded) -> Possible:
    return Possible(constants=frozenset({value.value})) if value.known else OPEN


def read_possible(cells: Sequence[Cell]) -> Reading:
    """Reads all cells of a notebook; those that do not run (``touched`` is False) say nothing."""
    return Reading(tuple(cells))
