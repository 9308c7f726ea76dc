"""Names of an older Keras, spelled as Keras 3 spells them: one at a time, in the text of the cell that raised.

Only these, and only in functions: there an error takes with it all that the function would have done. A call that has
TensorFlow work as version 1 did takes along all that is computed after it, wherever it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from fairmark.notebook.source import tree_of

__all__ = ["SWITCHES", "Respelled", "Subject", "respelled", "without_switch"]

Subject: TypeAlias = Literal["optimizer", "fit", "evaluate", "predict", "everything"]
"""What the call that holds the old name does."""

SWITCHES: Final = ("disable_eager_execution", "disable_v2_behavior")
"""Calls that have all of TensorFlow work as version 1 did, which Keras 3 does not."""

_ARGUMENTS: Final[dict[str, tuple[str | None, Subject]]] = {
    "lr": ("learning_rate", "optimizer"),
    "decay": (None, "optimizer"),
    "nb_epoch": ("epochs", "fit"),
    "workers": (None, "fit"),
    "use_multiprocessing": (None, "fit"),
    "max_queue_size": (None, "fit"),
}
"""Arguments: the name they have now, None for those that are left out."""

_METHODS: Final[dict[str, tuple[str, Subject]]] = {
    "fit_generator": ("fit", "fit"),
    "evaluate_generator": ("evaluate", "evaluate"),
    "predict_generator": ("predict", "predict"),
}

_Span: TypeAlias = tuple[int, int, int, int]
"""First line, first byte, last line, byte behind the last, as in a syntax tree."""


@dataclass(frozen=True)
class Respelled:
    """``source`` is the cell's text with one old name spelled as Keras 3 does; ``subject`` what that belongs to."""

    source: str
    subject: Subject


def respelled(source: str, line: int, message: str) -> Respelled | None:
    """The cell with the one old name respelled that is called in ``line`` (from 1), inside a function, and that the
    error's ``message`` names in quotation marks; None if there is none."""
    tree = tree_of(source)
    if tree is None:
        return None
    found = [one for one in _old_names(tree, line) if f"'{one[1]}'" in message]
    if not found:
        return None
    span, _, new, subject = min(found, key=lambda one: (one[0][0] != line, one[0]))
    return Respelled(_replaced(source, span, new), subject)


def without_switch(source: str) -> Respelled | None:
    """The cell with ``None`` in the place of a call that has TensorFlow work as version 1 did; None if it has none."""
    tree = tree_of(source)
    calls = (node for node in (() if tree is None else ast.walk(tree)) if isinstance(node, ast.Call))
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
        if name in SWITCHES:
            return Respelled(_replaced(source, _whole(call), "None"), "everything")
    return None


def _old_names(tree: ast.Module, line: int) -> Iterator[tuple[_Span, str, str, Subject]]:
    """Old names in calls of functions' bodies that reach over ``line``: where, which, what to write, what it is of."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    for call in (node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)):
        if not call.lineno <= line <= (call.end_lineno or call.lineno):
            continue
        for keyword in call.keywords:
            if keyword.arg in _ARGUMENTS:
                new, subject = _ARGUMENTS[keyword.arg]
                line_of, at = keyword.lineno, keyword.col_offset
                name = (line_of, at, line_of, at + len(keyword.arg))
                yield _whole(keyword) if new is None else name, keyword.arg, new or "**{}", subject
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in _METHODS and method.end_col_offset is not None:
            new, subject = _METHODS[method.attr]
            line_of, end = method.end_lineno or method.lineno, method.end_col_offset
            yield (line_of, end - len(method.attr), line_of, end), method.attr, new, subject


def _whole(node: ast.keyword | ast.Call) -> _Span:
    end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    return (node.lineno, node.col_offset, *end)


def _replaced(source: str, span: _Span, text: str) -> str:
    """``source`` with ``text`` in the place of what is at ``span``."""
    lines = source.split("\n")
    first, begin, last, end = span
    before = lines[first - 1].encode("utf-8", "surrogatepass")[:begin]
    behind = lines[last - 1].encode("utf-8", "surrogatepass")[end:]
    middle = (before + text.encode() + behind).decode("utf-8", "surrogatepass")
    return "\n".join([*lines[: first - 1], middle, *lines[last:]])
