"""The scopes of one cell's text: what each binds, calls, gives back and mentions, what is dead left out."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["ITERATED", "Binding", "CellScopes", "Change", "Decorated", "Guard", "Operand", "Scope", "Site", "Step"]

Step: TypeAlias = "str | int | tuple[int, int]"
"""From what stands right of ``=`` to what one name gets: `ITERATED` is an element of it, a number the one at that
place, ``(2, 1)`` the list of all but the first two and the last one. "star" and "pairs" stand in arguments alone."""

ITERATED = "iterated"


class Decorated(ast.expr):
    """What a decorator is given: a function or class, by the decorators below it made into something else."""

    def __init__(self, defined: Scope, below: tuple[Site, ...]) -> None:
        super().__init__()
        self.defined = defined
        self.below = below


@dataclass(eq=False, slots=True)
class Operand:
    """An argument or a callee: ``expression`` as it is read in ``scope``, of which ``step`` is given (as with `Step`;
    None: itself, "star": ``*``, "pairs": ``**``)."""

    expression: ast.expr
    scope: Scope
    step: Literal["star", "pairs", "iterated"] | None = None


@dataclass(eq=False, slots=True)
class Guard:
    """What stands behind it runs only where ``expression``, read in ``scope``, is true, is false, is iterated over and
    gives something ("entered"), or is a call that comes back ("returns")."""

    expression: ast.expr
    scope: Scope
    kind: Literal["true", "false", "entered", "returns"]


@dataclass(eq=False, slots=True)
class Site:
    """A call. ``keywords`` are in the order of the text, ``**`` without a name; the last of a name counts. All of
    ``guards`` must be passed before. ``is_driven``: what it gives may be iterated over, or awaited."""

    callee: Operand
    positional: tuple[Operand, ...]
    keywords: tuple[tuple[str | None, Operand], ...]
    line: int
    place: tuple[int, int]
    guards: tuple[Guard, ...] = ()
    is_driven: bool = True


@dataclass(eq=False, slots=True)
class Binding:
    """A name, or an attribute, is bound in ``scope``: to what ``steps`` lead to from ``value``; by an operator, where
    there is one, to what it had been with ``value``; to a function or class (``defined``, with its ``decorators``, the
    innermost first); to
    ``imported``; to the parameter of a function at ``position`` ("*" and "**" for the two that gather the rest). None
    of these: to what is not followed."""

    scope: Scope
    value: ast.expr | None = None
    steps: tuple[Step, ...] = ()
    operator: ast.operator | None = None
    target: ast.expr | None = None
    defined: Scope | None = None
    decorators: tuple[Site, ...] = ()
    imported: str | None = None
    position: int | Literal["*", "**"] | None = None
    name: str = ""
    guards: tuple[Guard, ...] = ()


@dataclass(eq=False, slots=True)
class Change:
    """What a name (or attribute) holds is changed in place: a value is put under a key or added, or (``is_spread``) the
    elements of a value are."""

    scope: Scope
    is_of_attribute: bool = False
    key: ast.expr | None = None
    binding: Binding | None = None
    is_spread: bool = False
    pairs: tuple[tuple[str, ast.expr], ...] = ()


@dataclass(eq=False, slots=True)
class Scope:
    """A cell, a module that a cell writes, a function's body, a class's or a comprehension. ``calls`` of comprehensions
    and class bodies stand in what holds them. ``methods`` are a class's. ``mentions``: names and attributes that its
    live code reads. ``is_lazy``: calling it runs nothing of it, as a generator's or a coroutine's. ``sure``, of a cell:
    which of its bindings of a name is the last that is surely made; ``uses``: of names that it calls, or calls methods
    of, from which to which of its own bindings of that name they have (None: from those of cells before, to all)."""

    kind: Literal["cell", "module", "function", "class", "comprehension"]
    name: str = ""
    parent: Scope | None = None
    node: ast.AST | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    outward: dict[str, list[Binding]] = field(default_factory=dict)
    inner: dict[ast.AST, Scope] = field(default_factory=dict)
    calls: list[Site] = field(default_factory=list)
    sites: dict[ast.Call, Site] = field(default_factory=dict)
    returns: list[ast.expr] = field(default_factory=list)
    yields: list[ast.expr] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    bases: list[ast.expr] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    decorated: tuple[str, ...] = ()
    is_lazy: bool = False
    sure: dict[str, int] = field(default_factory=dict)
    uses: dict[ast.expr, tuple[int | None, int | None]] = field(default_factory=dict)
    method_of: Scope | None = None

    @property
    def arguments(self) -> ast.arguments | None:
        node = self.node
        return node.args if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else None

    @property
    def body(self) -> Scope:
        """The scope that runs this one's statements along with its own: a function, a cell or a module."""
        scope = self
        while scope.kind in ("class", "comprehension") and scope.parent is not None:
            scope = scope.parent
        return scope

    @property
    def root(self) -> Scope:
        """The cell, or module, that it stands in."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(eq=False, slots=True)
class CellScopes:
    """All of one cell. ``attributes`` are given values anywhere (``self.size = 300``); ``changes`` are those of lists
    and dictionaries, by the last part of what holds them. ``is_rebinding``: text may bind any name."""

    root: Scope
    scopes: list[Scope] = field(default_factory=list)
    attributes: defaultdict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    changes: defaultdict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    is_rebinding: bool = False
