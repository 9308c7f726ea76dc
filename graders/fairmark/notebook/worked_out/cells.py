"""What plain code works out: numbers, texts, lists and small arrays, interpreted here step by step and never executed.

An answer such as ``sum(output >= 0.9 for output in outputs)`` says what it comes to, without anything that a library
has to do with pictures or models. What is known outside the run (`fairmark.notebook.worked_out.known_things`) takes
part in it: ``training_pictures.samples // 128`` comes to a number, too. What is not plain (any other call of the
framework's, a file, a random number) is not known, and neither is what is made of it. Steps and sizes are bounded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from fairmark.evidence import Cell
from fairmark.notebook.source import tree_of
from fairmark.notebook.worked_out.classes import Function, Instance, OwnClass
from fairmark.notebook.worked_out.expressions import Expressions, Leaves, guarded
from fairmark.notebook.worked_out.known_things import NOTHING_KNOWN, UNKNOWN, Known, Library, Thing
from fairmark.notebook.worked_out.plain_values import BUILTINS, NotPlain, applied, member_of, module_called

__all__ = ["UNKNOWN", "given_to_fit", "worked_out"]

_NESTED = 20
"""Lists in lists that are looked into."""


def worked_out(
    cells: Iterable[Cell], name: str, *, importing: Iterable[Cell] = (), known: Known = NOTHING_KNOWN
) -> object:
    """What ``name`` is bound to when these cells have run, one after the other: a plain value, lists as lists, arrays
    as lists; `UNKNOWN` where that is not plain. Of the cells ``importing`` only the imports are taken in before."""
    machine = _ran(_texts(cells), tuple(cell.source for cell in importing if cell.touched), known)
    return _bare(machine.globals.get(name, UNKNOWN))


def given_to_fit(
    cells: Iterable[Cell], cell: int, *, importing: Iterable[Cell] = (), known: Known = NOTHING_KNOWN
) -> list[dict[str, object]]:
    """What each call of ``fit`` that ``cell`` comes by is given as ``epochs``, ``initial_epoch``, ``steps_per_epoch``
    and ``validation_steps``, `UNKNOWN` where that is not plain. Otherwise as :func:`worked_out`."""
    machine = _ran(_texts(cells), tuple(one.source for one in importing if one.touched), known)
    return [{name: _bare(value) for name, value in given.items()} for given in machine.fits.get(cell, ())]


def _texts(cells: Iterable[Cell]) -> tuple[tuple[int, str], ...]:
    return tuple((cell.position, cell.source) for cell in cells if cell.touched)


@lru_cache(maxsize=32)
def _ran(texts: tuple[tuple[int, str], ...], importing: tuple[str, ...], known: Known) -> _Machine:
    machine = _Machine(known)
    for text in importing:
        tree = tree_of(text)
        for statement in tree.body if tree is not None else []:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                machine.run(statement)
    for cell, text in texts:
        tree = tree_of(text)
        machine.cell = cell
        for statement in tree.body if tree is not None else []:
            machine.run(statement)
    return machine


def _bare(value: object, depth: int = 0) -> object:
    """Arrays as lists; `UNKNOWN` for a function and its like, and for lists in lists without end."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return UNKNOWN if depth > _NESTED else [_bare(one, depth + 1) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else UNKNOWN


class _Machine(Expressions):
    """Runs the statements of cells."""

    def run(self, statement: ast.stmt) -> None:
        """Runs a statement of a cell."""
        self.scopes, self.depth, self.yields = (self.globals,), 0, []
        try:
            self.block([statement])
        except (NotPlain, Leaves, RecursionError):
            self.leave_open(statement)

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Runs them; where one is not plain, what it binds and may have changed is not known any more."""
        for statement in statements:
            scopes, depth, yields, self.has_called = self.scopes, self.depth, len(self.yields), False
            try:
                self.do(statement)
            except (NotPlain, RecursionError):
                if _may_leave(statement):
                    raise
                self.scopes, self.depth = scopes, depth
                del self.yields[yields:]
                self.leave_open(statement)

    def leave_open(self, statement: ast.stmt) -> None:
        """What a statement binds and may change is not known any more."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                held = self.value_or_unknown(node.value)
                if isinstance(held, Instance):
                    held.attributes[node.attr] = UNKNOWN
        for name, is_bound in _left_open(statement):
            scope = next((one for one in self.scopes if name in one), self.scopes[0])
            if is_bound:
                self.scopes[0][name] = UNKNOWN
            elif not isinstance(scope.get(name), Thing):
                scope[name] = UNKNOWN
        for scope in self.scopes if self.has_called else ():
            for name, value in scope.items():
                if isinstance(value, list | dict | set):
                    scope[name] = UNKNOWN

    def do(self, node: ast.stmt) -> None:
        self.step()
        match node:
            case ast.Assign(targets=targets, value=value):
                given = self.value(value)
                for target in targets:
                    self.bind(target, given)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                before = self.value(_read(target))
                after = applied(op, before, self.value(value))
                if isinstance(before, list) and isinstance(after, list):
                    before[:] = after
                    after = before
                self.bind(target, after)
            case ast.Expr(value=value):
                self.value(value)
            case ast.Pass() | ast.Assert() | ast.AnnAssign():
                pass
            case _:
                self.do_more(node)

    def do_more(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.block(body if self.truth(test) else orelse)
            case ast.For() | ast.While():
                self.loop(node)
            case ast.FunctionDef():
                self.scopes[0][node.name] = Function(node, self.scopes)
            case ast.ClassDef():
                self.scopes[0][node.name] = self.own_class(node)
            case ast.Try(body=body, orelse=orelse, finalbody=finalbody):
                self.block([*body, *orelse, *finalbody])
            case ast.Global(names=names):
                self.scopes[0][_GLOBAL] = frozenset((*self.scopes[0].get(_GLOBAL, ()), *names))
            case ast.Return(value=value):
                raise Leaves(ast.Return, None if value is None else self.value(value))
            case ast.Break() | ast.Continue():
                raise Leaves(type(node))
            case ast.With(items=items, body=body):
                for item in items:
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, UNKNOWN)
                self.block(body)
            case _:
                self.take_in(node)

    def own_class(self, node: ast.ClassDef) -> OwnClass:
        """A class of the notebook's own, by what its body binds; what it has from others is not known."""
        outside, self.scopes = self.scopes, ({}, *self.scopes)
        try:
            self.block(node.body)
            names = self.scopes[0]
        finally:
            self.scopes = outside
        fields = [
            one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        own = {
            name: Function(value.node, outside) if isinstance(value, Function) else value
            for name, value in names.items()
        }
        return OwnClass(own, tuple(fields), self.own, extends=any(map(self.is_foreign, node.bases)))

    def is_foreign(self, base: ast.expr) -> bool:
        found = self.value_or_unknown(base)
        if isinstance(found, OwnClass):
            return found.extends
        return not (isinstance(base, ast.Name) and base.id == "object")

    def take_in(self, node: ast.stmt) -> None:
        """Imports; of anything else nothing is known."""
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    own = alias.asname is not None
                    name = alias.name if own else alias.name.partition(".")[0]
                    self.scopes[0][alias.asname or name] = module_called(name) or Library(self.known, name)
            case ast.ImportFrom(module=str() as module, names=aliases):
                found = module_called(module)
                for alias in aliases:
                    library = Library(self.known, f"{module}.{alias.name}")
                    self.scopes[0][alias.asname or alias.name] = (
                        library if found is None else member_of(found, alias.name)
                    )
            case _:
                raise NotPlain

    def loop(self, node: ast.For | ast.While) -> None:
        turns = iter(self.items(self.value(node.iter))) if isinstance(node, ast.For) else None
        while True:
            self.step()
            if turns is not None and isinstance(node, ast.For):
                try:
                    self.bind(node.target, next(turns))
                except StopIteration:
                    break
            elif isinstance(node, ast.While) and not self.truth(node.test):
                break
            try:
                self.block(node.body)
            except Leaves as leaves:
                if leaves.kind is ast.Return:
                    raise
                if leaves.kind is ast.Break:
                    return
        self.block(node.orelse)

    def bind(self, target: ast.expr, value: object) -> None:
        match target:
            case ast.Name(id=name):
                scope = self.globals if name in self.scopes[0].get(_GLOBAL, ()) else self.scopes[0]
                scope[name] = value
            case ast.Attribute(value=holder, attr=name) if isinstance(held := self.value(holder), Instance):
                held.attributes[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                given = self.items(value)
                if len(given) != len(targets) or any(isinstance(one, ast.Starred) for one in targets):
                    raise NotPlain
                for one, each in zip(targets, given, strict=True):
                    self.bind(one, each)
            case ast.Subscript(value=holder, slice=key):
                held = self.value(holder)
                if not isinstance(held, list | dict) and not hasattr(held, "tolist"):
                    raise NotPlain
                guarded(held.__setitem__, self.value(key), value)
            case _:
                raise NotPlain


_GLOBAL = " global"
"""Where a function's names keep which of them are the notebook's."""


def _may_leave(statement: ast.stmt) -> bool:
    """Whether the function or the loop around it may end in it."""
    return any(isinstance(one, _LEAVING) for one in ast.walk(statement))


_LEAVING = (ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Yield, ast.YieldFrom)

_CHANGING = frozenset(
    (
        *("add", "append", "clear", "discard", "extend", "fill", "insert", "pop", "popitem", "put", "remove", "resize"),
        *("reverse", "setdefault", "sort", "update"),
    )
)


def _left_open(statement: ast.stmt) -> Iterator[tuple[str, bool]]:
    """The names that a statement binds (with True), or whose value it may change: by a method, or in a function that it
    is given to."""
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, True
            case ast.alias():
                yield node.asname or node.name.partition(".")[0], True
            case ast.Subscript(value=holder, ctx=ast.Store()):
                yield from _root(holder)
            case ast.Call(func=ast.Attribute(value=holder, attr=method)) if method in _CHANGING:
                yield from _root(holder)
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in BUILTINS):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from ((one.id, False) for one in given if isinstance(one, ast.Name))


def _root(holder: ast.expr) -> Iterator[tuple[str, bool]]:
    """The name of what an entry is in, however deep."""
    while isinstance(holder, ast.Subscript | ast.Attribute):
        holder = holder.value
    if isinstance(holder, ast.Name):
        yield holder.id, False


def _read(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Subscript(value=holder, slice=key):
            return ast.Subscript(holder, key, ast.Load())
    raise NotPlain
