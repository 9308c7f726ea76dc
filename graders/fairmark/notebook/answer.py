"""One solved exercise cell, and changes to its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

from fairmark.notebook.fold import dotted_name

__all__ = ["Answer", "Change", "Element", "argument", "called", "last_name", "text_of"]

Element: TypeAlias = ast.expr | ast.keyword
Placed: TypeAlias = ast.expr | ast.keyword | ast.stmt
N = TypeVar("N", bound=ast.AST)


@dataclass(frozen=True)
class Change:
    """``text`` in the place of what stands from ``start`` to ``end``, in bytes of the cell's UTF-8 text.

    ``kind`` names the family and what becomes of it (``optimizer-adam``); ``says`` is one line for people. ``at`` is
    where what is changed begins: a comma before it may go with it.
    """

    kind: str
    start: int
    end: int
    text: str
    says: str
    at: int


@dataclass(frozen=True)
class Answer:
    """``number`` is the cell's in the solution, counted from 1 with Markdown cells. ``lines`` are those between the
    markers, from 1 in the cell. ``names`` are bound anywhere in the solution, ``classes`` are the data set's."""

    exercise: str
    number: int
    source: str
    lines: frozenset[int]
    names: frozenset[str] = frozenset()
    classes: tuple[str, ...] = ()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.source.split("\n"):
            starts.append(starts[-1] + len(line.encode()) + 1)
        return starts

    @cached_property
    def data(self) -> bytes:
        return self.source.encode()

    def all(self, kind: type[N]) -> Iterator[N]:
        """Nodes of a class that begin between the markers, as the tree has them."""
        for node in ast.walk(self.tree):
            if isinstance(node, kind) and getattr(node, "lineno", 0) in self.lines:
                yield node

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Calls of any of these names, whatever they are called on; of anything where none is named."""
        return (call for call in self.all(ast.Call) if not names or called(call) in names)

    def span(self, node: Placed) -> tuple[int, int]:
        """Where a node begins and ends, in bytes."""
        starts = self._line_starts
        assert node.end_lineno is not None  # ast.parse sets both
        assert node.end_col_offset is not None
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: Placed) -> str:
        start, end = self.span(node)
        return self.data[start:end].decode()

    def line_of(self, offset: int) -> int:
        """The line, from 1, that the byte at ``offset`` is on."""
        return self.data.count(b"\n", 0, offset) + 1

    # --- changes ---

    def replace(self, node: Placed, text: str, kind: str, says: str) -> Change:
        start, end = self.span(node)
        return Change(kind, start, end, text, says, start)

    def rename(self, call: ast.Call, name: str, kind: str, says: str) -> Change:
        """Another function or class of the same module."""
        _, end = self.span(call.func)
        start = end - len(called(call).encode())
        return Change(kind, start, end, name, says, start)

    def drop(self, elements: Sequence[Element], number: int, kind: str, says: str) -> Change:
        """One of several that are parted by commas, with its comma; ``elements`` in the order of the text."""
        start, end = self.span(elements[number])
        at = start
        if number + 1 < len(elements):
            end = self.span(elements[number + 1])[0]
        elif number:
            start = self.span(elements[number - 1])[1]
        else:
            after = self.data[end:]
            end += len(after) - len(after.lstrip().removeprefix(b",")) if after.lstrip().startswith(b",") else 0
        return Change(kind, start, end, "", says, at)

    def double(self, element: ast.expr, kind: str, says: str) -> Change:
        """An element of a list once more, on a line of its own."""
        start, end = self.span(element)
        return Change(kind, end, end, f",\n{' ' * element.col_offset}{self.text(element)}", says, start)


def last_name(node: ast.expr) -> str:
    """``RMSprop`` of ``optimizers.RMSprop``; nothing where it has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return (dotted_name(node) or "").rpartition(".")[2]


def called(call: ast.Call) -> str:
    """The last part of the called name."""
    return last_name(call.func)


def argument(call: ast.Call, name: str, place: int | None = None) -> ast.expr | None:
    """What a call is given as ``name``, or at ``place`` among those without a name."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if place is not None and place < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
        return call.args[place]
    return None


def text_of(node: ast.expr | None) -> str | None:
    """The string that a node is."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
