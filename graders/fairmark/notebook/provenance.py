"""Which calls the value of a name comes from, told roughly: by statements, and by names that they read and bind.

Finer ways of reading (`fairmark.notebook.possible`, `fairmark.notebook.worked_out`) lose what goes through a loop over
something that is not known; here it is enough that a statement reads it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from functools import lru_cache

from fairmark.evidence import Cell
from fairmark.notebook.source import tree_of
from fairmark.notebook.worked_out.plain_values import COMPUTING

__all__ = ["provenance"]


def provenance(cells: Iterable[Cell], name: str, *, importing: Iterable[Cell] = ()) -> frozenset[str] | None:
    """The last parts of the names of all calls that ``name`` comes from when these cells have run, those that only
    compute left out, and ``?x`` for a name ``x`` that nothing binds; None where nothing binds ``name``. Of the cells
    ``importing`` only the imports are read."""
    imports = tuple(cell.source for cell in importing if cell.touched)
    return _known_after(tuple(cell.source for cell in cells if cell.touched), imports).get(name)


@lru_cache(maxsize=32)
def _known_after(texts: tuple[str, ...], importing: tuple[str, ...]) -> dict[str, frozenset[str]]:
    known: dict[str, frozenset[str]] = {}
    for text in importing:
        tree = tree_of(text)
        nodes = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, ast.alias)]
        known.update({node.asname or node.name.partition(".")[0]: frozenset() for node in nodes})
    for text in texts:
        tree = tree_of(text)
        for statement in tree.body if tree is not None else []:
            _take_in(statement, known)
    return known


def _take_in(statement: ast.stmt, known: dict[str, frozenset[str]]) -> None:
    nodes = list(ast.walk(statement))
    bound = set(_bound_by(nodes))
    every = bound | {node.name for node in nodes if isinstance(node, ast.ExceptHandler)}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        known.update(dict.fromkeys(bound, frozenset()))
        return
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            found |= _called(node.func, known, bound)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found |= known.get(node.id, frozenset())
            if node.id not in known and node.id not in every and not hasattr(builtins, node.id):
                found.add(f"?{node.id}")
    is_plain = isinstance(statement, ast.Assign) and all(isinstance(one, ast.Name) for one in statement.targets)
    for name in bound:
        known[name] = frozenset(found if is_plain else found | known.get(name, frozenset()))
    for name in _changed_by(nodes):
        known[name] = frozenset(found | known.get(name, frozenset()))


def _called(function: ast.expr, known: dict[str, frozenset[str]], bound: set[str]) -> set[str]:
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    if isinstance(function, ast.Name) and (name in bound or known.get(name)):
        return set()  # what it does is in the statement that defines it
    return {name} - COMPUTING if name else set()


def _bound_by(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias():
                yield node.asname or node.name.partition(".")[0]


def _changed_by(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case (
                ast.Call(func=ast.Attribute(value=ast.Name(id=name)))
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
            ):
                yield name
