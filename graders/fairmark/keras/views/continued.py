"""One training in several calls of ``fit``: a loop over epochs, or ``initial_epoch``.

``for epoch in range(15): model.fit(pictures, initial_epoch=epoch, epochs=epoch + 1)`` trains for 15 epochs, though each
call is asked for one. Calls belong together where they are made in one cell, of one model that was not compiled again
in between, on the same pictures in the same steps, and where it is one call in the text that a loop makes several
times, or ``initial_epoch`` says where it goes on. Two calls written one below the other are two trainings, of which the
last is meant.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fairmark.evidence import Cell, Event, FitStarted, ModelCompiled
from fairmark.notebook.source import tree_of

__all__ = ["goes_on_from"]


def goes_on_from(
    fit: FitStarted, events: Sequence[Event], cells: Sequence[Cell], *, said_only: bool = False
) -> list[FitStarted]:
    """The earlier calls that ``fit`` goes on from, in their order. ``said_only`` leaves out those in a loop without
    ``initial_epoch``."""
    repeated = not said_only and _is_repeated(fit.cell, cells)
    before: list[FitStarted] = []
    latest = fit
    for event in reversed(events[: events.index(fit)]):
        if isinstance(event, ModelCompiled) and event.model == fit.model:
            break
        if not isinstance(event, FitStarted) or event.model != fit.model:
            continue
        said = latest.initial_epoch > 0 and latest.initial_epoch == event.initial_epoch + event.epochs
        if not _is_alike(event, fit) or not (said or repeated):
            break
        before.insert(0, event)
        latest = event
    return before


def _is_alike(one: FitStarted, other: FitStarted) -> bool:
    apart = {"fit": "", "epochs": 0, "initial_epoch": 0, "weights": None}
    return one.model_copy(update=apart) == other.model_copy(update=apart)


def _is_repeated(position: int, cells: Sequence[Cell]) -> bool:
    """Whether the text of the cell makes one call of ``fit``, and makes it in a loop or a function."""
    tree = next((tree_of(cell.source) for cell in cells if cell.position == position), None)
    if tree is None or len(_calls_in(tree)) != 1:
        return False
    return any(_calls_in(node) for node in ast.walk(tree) if isinstance(node, _REPEATING))


def _calls_in(node: ast.AST) -> list[ast.Call]:
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    return [one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "fit"]


_REPEATING = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.FunctionDef)
