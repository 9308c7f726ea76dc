"""The line of an error in another writing of the same code.

Evidence is kept for code whatever its formatting and comments, and an error in it names a line. That is kept as the
places in the syntax tree which lie in the line; the tree of a copy has the same places, in lines of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from fairmark.evidence import CellError, CellFinished, Evidence, Stamped
from fairmark.notebook.syntax import syntax_tree

__all__ = ["Places", "places_of_errors", "with_lines_of"]

Places = dict[int, list[int]]
"""By position of a cell that raised: which beginnings and ends of the nodes of its tree, in the order of
:func:`ast.walk`, lie in the error's line."""

_SAYS_A_LINE = re.compile(r"\bline \d")
"""A message that quotes the code it arose in, as those from inside a ``tf.function`` do."""


def places_of_errors(evidence: Evidence, sources: Mapping[int, str]) -> Places:
    """Where the errors of a run stand in its cells, whose texts are given by position."""
    return {
        cell: [place for place, line in enumerate(_lines(sources.get(cell, "")) or ()) if line == error.line]
        for cell, error in _errors(evidence)
        if error.line is not None
    }


def with_lines_of(evidence: Evidence, places: Places, sources: Mapping[int, str]) -> Evidence | None:
    """``evidence`` with errors in the lines where cells of the same meaning, but other texts, have these places. None
    where that cannot be told: the places are in several lines there, or a message says a line itself."""
    lines: dict[int, int | None] = {}
    for cell, error in _errors(evidence):
        if _SAYS_A_LINE.search(error.message):
            return None
        lines[cell] = error.line
        there = _lines(sources.get(cell, ""))
        if error.line is None or there is None:
            continue  # what is not Python has the same meaning only where it is the same text
        found = {there[place] for place in places.get(cell, ()) if place < len(there)}
        if len(found) != 1:
            return None
        lines[cell] = found.pop()
    events = tuple(_moved(stamped, lines) for stamped in evidence.run.events)
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": events})})


def _errors(evidence: Evidence) -> list[tuple[int, CellError]]:
    events = (stamped.event for stamped in evidence.run.events)
    return [(event.cell, event.error) for event in events if isinstance(event, CellFinished) and event.error]


def _lines(source: str) -> list[int] | None:
    """The line of each place of a cell's tree; None where it is not Python."""
    tree = syntax_tree(source)
    if tree is None:
        return None
    return [
        line for node in ast.walk(tree) if isinstance(node, _PLACED) for line in (node.lineno, node.end_lineno or 0)
    ]


_PLACED = (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias)


def _moved(stamped: Stamped, lines: Mapping[int, int | None]) -> Stamped:
    event = stamped.event
    if not isinstance(event, CellFinished) or event.error is None:
        return stamped
    error = event.error.model_copy(update={"line": lines[event.cell]})
    return stamped.model_copy(update={"event": event.model_copy(update={"error": error})})
