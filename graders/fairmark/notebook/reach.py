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
from typing import Generic, TypeAlias, TypeVar

__all__ = ["FoundCall", "Scopes", "scopes_in"]

LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass
class Scope:
    """A cell, or the body of a function. ``name`` is what must be mentioned for it to run: the function's, or for a
    method its class's; None where it runs, or may run, as soon as ``parent`` does. ``mentions`` holds every name,
    attribute and string in its live code."""

    cell: int
    parent: Scope | None = None
    name: str | None = None
    live: bool = True
    mentions: set[str] = field(default_factory=set)
    reached: bool = False


N = TypeVar("N", bound=ast.AST)


@dataclass(frozen=True)
class Found(Generic[N]):
    """A call, or a statement, where it stands. ``dead`` says that its own scope never gets there."""

    node: N
    scope: Scope
    dead: bool

    @property
    def reachable(self) -> bool:
        return self.scope.reached and not self.dead


FoundCall: TypeAlias = Found[ast.Call]
FoundStatement: TypeAlias = Found[ast.stmt]


@dataclass
class Scopes:
    """All that was found; ``calls`` are in the order of the text."""

    scopes: list[Scope] = field(default_factory=list)
    calls: list[FoundCall] = field(default_factory=list)
    statements: list[FoundStatement] = field(default_factory=list)


def scopes_in(trees: Iterable[tuple[int, ast.Module]]) -> Scopes:
    """The scopes of all cells, given as (position, tree) in running order."""
    found = Scopes()
    for position, tree in trees:
        reader = _Reader(found, position)
        reader.read(tree)
        reader.calls.sort(key=lambda call: (call.node.func.end_lineno or 0, call.node.func.end_col_offset or 0))
        found.calls += reader.calls
    _mark_reached(found.scopes)
    return found


def _mark_reached(scopes: list[Scope]) -> None:
    by_name: defaultdict[str, list[Scope]] = defaultdict(list)
    by_parent: defaultdict[int, list[Scope]] = defaultdict(list)
    for scope in scopes:
        by_name[scope.name or ""].append(scope)
        by_parent[id(scope.parent)].append(scope)
    mentioned: set[str] = set()
    ready = [scope for scope in scopes if scope.parent is None]
    while ready:
        scope = ready.pop()
        scope.reached = True
        new = scope.mentions - mentioned
        mentioned |= new
        candidates = itertools.chain(by_parent[id(scope)], *(by_name[name] for name in new))
        ready += {id(candidate): candidate for candidate in candidates if _may_run(candidate, mentioned)}.values()


def _may_run(scope: Scope, mentioned: set[str]) -> bool:
    """Whether ``scope``, not reached so far, now is."""
    parent_runs = scope.parent is None or scope.parent.reached
    return not scope.reached and scope.live and parent_runs and (scope.name is None or scope.name in mentioned)


class _Reader:
    """Reads one cell; ``scope``, ``dead`` and ``owner`` (in a class its name, or "" where it is
    decorated) change on the way down and back."""

    def __init__(self, found: Scopes, cell: int) -> None:
        self.found = found
        self.calls: list[FoundCall] = []
        self.scope = Scope(cell)
        self.dead = False
        self.owner: str | None = None
        found.scopes.append(self.scope)

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
                self.calls.append(FoundCall(node, self.scope, self.dead))
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
            self.found.statements.append(FoundStatement(statement, self.scope, self.dead))
            self.read(statement)
            self.dead = self.dead or isinstance(statement, LEAVES)
        self.dead = before

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._each([*node.decorator_list, node.args, node.returns])
        outside = self.scope, self.dead, self.owner
        name = node.name if self.owner is None else self.owner or None
        if node.decorator_list:  # the decorator may call it, or keep it to be called
            name = None
        self.scope = Scope(self.scope.cell, parent=self.scope, name=name, live=not self.dead)
        self.found.scopes.append(self.scope)
        self.dead, self.owner = False, None
        self._block(node.body)
        self.scope, self.dead, self.owner = outside

    def _lambda(self, name: str, body: ast.expr) -> None:
        """A lambda that is given a name: as a function, it runs only where that is mentioned."""
        outside = self.scope, self.dead
        self.scope = Scope(self.scope.cell, parent=self.scope, name=name, live=not self.dead)
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
