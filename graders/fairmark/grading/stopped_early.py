"""Whether a cell raised because a training before it had been ended early.

Such a cell counts on epochs that never ran, as ``plot(range(epochs), ...)`` does, and gets them in another run, which
takes all the time that was saved. An error that has nothing to do with them is none of ours: one that a rehearsal with
every epoch, of a single step each, shows as well, and one of a kind that no number of epochs brings about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from fairmark.evidence import Cell, CellError, CellFinished, FitStarted, Run
from fairmark.notebook.source import tree_of

__all__ = ["errors_after_ending", "errors_in", "is_new", "may_be_new"]

_WHATEVER_RAN = frozenset({"SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError"})
"""Raised by what is written or installed."""
_OF_WHAT_WAS_LEARNED = frozenset({"AssertionError", "IndexError", "StopIteration", "ZeroDivisionError"})
"""Raised by numbers too, as by ``assert accuracy > 0.9``: a rehearsal has learned less still, so it proves nothing."""


def errors_after_ending(run: Run) -> dict[int, CellError]:
    """By position, what the cell whose training was ended and those behind it raised; empty where none was ended."""
    if run.decided is None:
        return {}
    fits = [stamped.event for stamped in run.events if isinstance(stamped.event, FitStarted)]
    trained = next(fit.cell for fit in fits if fit.fit == run.decided.fit)
    return {cell: error for cell, error in errors_in(run).items() if cell >= trained}


def errors_in(run: Run) -> dict[int, CellError]:
    """What each cell raised, by position."""
    ended = [stamped.event for stamped in run.events if isinstance(stamped.event, CellFinished)]
    return {event.cell: event.error for event in ended if event.error is not None}


def may_be_new(error: CellError) -> bool:
    """Whether it may have been raised because epochs are missing, by its kind."""
    return error.type not in _WHATEVER_RAN


def is_new(position: int, error: CellError, rehearsed: Mapping[int, CellError], cells: Iterable[Cell]) -> bool:
    """Whether what the cell at ``position`` raised was raised because epochs are missing, as far as can be told;
    ``rehearsed`` is what cells raised in a rehearsal with every epoch."""
    if not may_be_new(error):
        return False
    other = rehearsed.get(position)
    if other is None or (other.type, other.line) != (error.type, error.line):
        return True
    source = next((cell.source for cell in cells if cell.position == position), "")
    return error.type in _OF_WHAT_WAS_LEARNED or _says_so_itself(source, error.line)


def _says_so_itself(source: str, line: int | None) -> bool:
    """Whether a statement in this line of the text raises or asserts, which may depend on what was learned."""
    tree = tree_of(source)
    nodes: Iterable[Any] = () if tree is None else ast.walk(tree)
    stating = [node for node in nodes if isinstance(node, ast.Raise | ast.Assert)]
    return line is not None and any(node.lineno <= line <= (node.end_lineno or line) for node in stating)
