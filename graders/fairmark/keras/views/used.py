"""Names that a call of ``fit`` goes by: a value that is bound to one of them after the call was not used."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from fairmark.evidence import Cell, Event, FitStarted, NamesBound
from fairmark.notebook.source import tree_of

__all__ = ["as_used_by", "names_given_to_fit"]


def as_used_by(
    fit: FitStarted | None, name: str, bound: Sequence[NamesBound], events: Sequence[Event], own: frozenset[int]
) -> list[NamesBound]:
    """Of the events that ``bound`` the name, in order, those up to ``fit`` if that goes by it. All of them if it does
    not, if nothing was bound before it, or if what was is not from the cells ``own`` that answer while others are."""
    if fit is None:
        return list(bound)
    places = {id(event): place for place, event in enumerate(events)}
    until = places[id(fit)]
    before = [event for event in bound if places[id(event)] < until]
    answered = [event for event in bound if event.cell in own]
    if not before or (answered and not any(event.cell in own for event in before)):
        return list(bound)
    return before


def names_given_to_fit(fit: FitStarted, cells: Sequence[Cell]) -> set[str]:
    """Names whose values the call is given: those in its arguments, and those that are worked out from in its cell."""
    here = [cell for cell in cells if cell.position == fit.cell]
    found = _names_in(here)
    return found if found is not None else _names_in(cells) or set()


def _names_in(cells: Iterable[Cell]) -> set[str] | None:
    """None if there is no call of ``fit`` in the text."""
    trees = [tree for cell in cells if (tree := tree_of(cell.source)) is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and _is_fit(node)]
    if not calls:
        return None
    found = {name for call in calls for part in (*call.args, *call.keywords) for name in _read_in(part)}
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    bindings = [
        (one.id, _read_in(node.value)) for node in assigned for one in node.targets if isinstance(one, ast.Name)
    ]
    while True:
        more = {name for target, read in bindings if target in found for name in read} - found
        if not more:
            return found
        found |= more


def _is_fit(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "fit"


def _read_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
