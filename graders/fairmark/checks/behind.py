"""Cells that others go on from: those that bind what they read."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fairmark.evidence import Cell
from fairmark.notebook.source import tree_of

__all__ = ["cells_behind", "names_bound", "numbers_in", "unbound_values"]


def cells_behind(cells: Iterable[int], every: Sequence[Cell]) -> frozenset[int]:
    """``cells`` with those that bind names which they read and do not bind themselves before, and so on."""
    known = {cell.position: _names(cell.source) for cell in every if cell.touched}
    found, waiting = set[int](), list(cells)
    while waiting:
        cell = waiting.pop()
        if cell in found:
            continue
        found.add(cell)
        read = known[cell].read if cell in known else frozenset()
        waiting += [other for other, names in known.items() if other < cell and names.bound & read]
    return frozenset(found)


@dataclass(frozen=True)
class _Names:
    bound: frozenset[str]
    read: frozenset[str]


@lru_cache(maxsize=256)
def _names(source: str) -> _Names:
    """What a cell binds, imports aside, and what it reads before it binds it."""
    tree = tree_of(source)
    bound: set[str] = set()
    read: set[str] = set()
    for statement in tree.body if tree is not None else []:
        nodes = list(ast.walk(statement))
        loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        read |= loaded - bound
        bound |= set(_bound_by(nodes))
    return _Names(frozenset(bound), frozenset(read))


def _bound_by(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


@lru_cache(maxsize=256)
def numbers_in(source: str) -> frozenset[float]:
    """The numbers that are written in a cell."""
    tree = tree_of(source)
    nodes = [] if tree is None else [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return frozenset(float(value) for value in nodes if isinstance(value, int | float) and abs(value) < 1e9)


def unbound_values(cell: int, every: Sequence[Cell]) -> frozenset[str]:
    """Names that a cell reads and that no cell binds or imports; not those that it does no more with than to call their
    methods."""
    own = next((one.source for one in every if one.position == cell and one.touched), "")
    known = {name for one in every if one.touched for name in names_bound(one.source)}
    return frozenset(name for name in _names(own).read & _values(own) - known if not hasattr(builtins, name))


@lru_cache(maxsize=256)
def _values(source: str) -> frozenset[str]:
    """The names of which more is read than methods to call."""
    tree = tree_of(source)
    nodes = [] if tree is None else list(ast.walk(tree))
    methods = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    holders = {id(method.value) for method in methods}
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in holders)


def names_bound(source: str) -> frozenset[str]:
    """Names that a cell binds or imports."""
    return _names(source).bound | _imported(source)


@lru_cache(maxsize=256)
def _imported(source: str) -> frozenset[str]:
    tree = tree_of(source)
    nodes = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in nodes for alias in node.names)
