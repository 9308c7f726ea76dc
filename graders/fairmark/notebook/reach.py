"""Which calls stand in a notebook's text, and which of them can ever run.

A call is unreachable only where the text leaves no doubt: under ``if False``, after ``return``, or in a function whose
name is never mentioned by code that can run. In doubt it is reachable.
"""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["Found", "Reach", "reach_in"]

LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)

N = TypeVar("N", bound=ast.AST)


@dataclass(frozen=True)
class Found(Generic[N]):
    """A call, or a statement, in the cell at a position."""

    node: N
    cell: int
    reachable: bool


@dataclass(frozen=True)
class Reach:
    """All that was found, each in the order of the text."""

    calls: tuple[Found[ast.Call], ...]
    statements: tuple[Found[ast.stmt], ...]


def reach_in(trees: Iterable[tuple[int, ast.Module]]) -> Reach:
    """What is found in all cells, given as (position, tree) in running order."""
    read = [(position, _cell_read(tree)) for position, tree in trees]
    reached = _reached([scope for _, cell in read for scope in cell.scopes])

    def found(node: N, scope: _Scope, dead: bool, cell: int) -> Found[N]:
        return Found(node, cell, reachable=not dead and scope in reached)

    return Reach(
        calls=tuple(found(*call, position) for position, cell in read for call in cell.calls),
        statements=tuple(found(*statement, position) for position, cell in read for statement in cell.statements),
    )


# --- one cell ---------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Scope:
    """A cell, or the body of a function. ``name`` is what must be mentioned for it to run: the function's, or for a
    method its class's; None where it runs, or may run, as soon as ``parent`` does. ``mentions`` holds every name,
    attribute and string in its live code."""

    parent: _Scope | None = None
    name: str | None = None
    live: bool = True
    mentions: set[str] = field(default_factory=set)


@dataclass
class _CellRead:
    """Of each call and statement the scope that holds it, and whether that never gets there."""

    scopes: list[_Scope] = field(default_factory=list)
    calls: list[tuple[ast.Call, _Scope, bool]] = field(default_factory=list)
    statements: list[tuple[ast.stmt, _Scope, bool]] = field(default_factory=list)


_KEPT: WeakKeyDictionary[ast.AST, _CellRead] = WeakKeyDictionary()
"""As long as somebody keeps the tree. Cells with the same text are reached alike, since it is what scopes mention that
counts and not where they stand."""


def _cell_read(tree: ast.Module) -> _CellRead:
    kept = _KEPT.get(tree)
    if kept is None:
        reader = _Reader()
        reader.read(tree)
        kept = _KEPT[tree] = reader.found
        kept.calls.sort(key=lambda call: (call[0].func.end_lineno or 0, call[0].func.end_col_offset or 0))
    return kept


def _reached(scopes: list[_Scope]) -> set[_Scope]:
    by_name: defaultdict[str, list[_Scope]] = defaultdict(list)
    by_parent: defaultdict[_Scope | None, list[_Scope]] = defaultdict(list)
    for scope in scopes:
        by_name[scope.name or ""].append(scope)
        by_parent[scope.parent].append(scope)
    mentioned: set[str] = set()
    reached: set[_Scope] = set()
    ready = by_parent[None]
    while ready:
        scope = ready.pop()
        reached.add(scope)
        new = scope.mentions - mentioned
        mentioned |= new
        candidates = itertools.chain(by_parent[scope], *(by_name[name] for name in new))
        ready += {one for one in candidates if one not in reached and _may_run(one, reached, mentioned)}
    return reached


def _may_run(scope: _Scope, reached: set[_Scope], mentioned: set[str]) -> bool:
    parent_runs = scope.parent is None or scope.parent in reached
    return scope.live and parent_runs and (scope.name is None or scope.name in mentioned)


class _Reader:
    """Reads one cell; ``scope``, ``dead`` and ``owner`` (in a class its name, or "" where it is
    decorated) change on the way down and back."""

    def __init__(self) -> None:
        self.scope = _Scope()
        self.found = _CellRead([self.scope])
        self.dead = False
        self.owner: str | None = None

    def read(self, node: ast.AST) -> None:
        if not node._fields:  # half of all nodes: Load, Store, operators
            return
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
                return
            case ast.ClassDef():
                self._class(node)
                return
            case ast.If(test=ast.Constant(value=value), body=body, orelse=orelse):
                self._block(body, dead=not value)
                self._block(orelse, dead=bool(value))
                return
            case ast.While(test=ast.Constant(value=value), body=body, orelse=orelse):
                self._block(body, dead=not value)
                self._block(orelse)
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=defaults, body=body)):
                self._each([defaults])
                self._lambda(name, body)
                return
            case ast.Call():
                self.found.calls.append((node, self.scope, self.dead))
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str() as text):
                self._mention(text)
        self._children(node)

    def _children(self, node: ast.AST) -> None:
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(value)
            elif isinstance(value, list):
                self._each(value)
            elif isinstance(value, ast.AST):
                self.read(value)

    def _each(self, nodes: Iterable[object]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.read(node)

    def _mention(self, text: str) -> None:
        if not self.dead and text.isidentifier():
            self.scope.mentions.add(text)

    def _block(self, statements: list[ast.stmt], *, dead: bool = False) -> None:
        before = self.dead
        self.dead = before or dead
        for statement in statements:
            self.found.statements.append((statement, self.scope, self.dead))
            self.read(statement)
            self.dead = self.dead or isinstance(statement, LEAVES)
        self.dead = before

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._each([*node.decorator_list, node.args, node.returns])
        outside = self.scope, self.dead, self.owner
        name = node.name if self.owner is None else self.owner or None
        if node.decorator_list:  # the decorator may call it, or keep it to be called
            name = None
        self.scope = _Scope(parent=self.scope, name=name, live=not self.dead)
        self.found.scopes.append(self.scope)
        self.dead, self.owner = False, None
        self._block(node.body)
        self.scope, self.dead, self.owner = outside

    def _lambda(self, name: str, body: ast.expr) -> None:
        """A lambda that is given a name: as a function, it runs only where that is mentioned."""
        outside = self.scope, self.dead
        self.scope = _Scope(parent=self.scope, name=name, live=not self.dead)
        self.found.scopes.append(self.scope)
        self.dead = False
        self.read(body)
        self.scope, self.dead = outside

    def _class(self, node: ast.ClassDef) -> None:
        self._each([*node.decorator_list, *node.bases, *node.keywords])
        outside = self.owner
        self.owner = "" if node.decorator_list else node.name
        self._block(node.body)
        self.owner = outside
