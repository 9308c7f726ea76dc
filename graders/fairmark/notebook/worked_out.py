"""What plain code works out: numbers, texts, lists and small arrays, interpreted here step by step and never executed.

An answer such as ``sum(output >= 0.9 for output in outputs)`` says what it comes to, without anything that a library
has to do with pictures or models. What is not plain (a call of Keras's, a file, a random number) is not known, and
neither is what is made of it. Steps and sizes are bounded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fairmark.evidence import Cell
from fairmark.notebook.plain_values import (
    BUILTINS,
    NotPlain,
    applied,
    bounded,
    compared,
    formatted,
    member_of,
    module_called,
    negated,
)
from fairmark.notebook.source import tree_of

__all__ = ["UNKNOWN", "worked_out"]

_MOST_STEPS = 20_000
_DEEPEST = 20

UNKNOWN = object()
"""The value of a name that plain code does not work out."""


def worked_out(cells: Iterable[Cell], name: str, *, importing: Iterable[Cell] = ()) -> object:
    """What ``name`` is bound to when these cells have run, one after the other: a plain value, lists as lists, arrays
    as lists; `UNKNOWN` where that is not plain. Of the cells ``importing`` only the imports are taken in before."""
    texts = tuple(cell.source for cell in cells if cell.touched)
    imports = tuple(cell.source for cell in importing if cell.touched)
    return _names_after(texts, imports).get(name, UNKNOWN)


@lru_cache(maxsize=32)
def _names_after(texts: tuple[str, ...], importing: tuple[str, ...]) -> dict[str, object]:
    machine = _Machine()
    for text in importing:
        tree = tree_of(text)
        for statement in tree.body if tree is not None else []:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                machine.run(statement)
    for text in texts:
        tree = tree_of(text)
        for statement in tree.body if tree is not None else []:
            machine.run(statement)
    return {name: _bare(value) for name, value in machine.globals.items()}


def _bare(value: object) -> object:
    """Arrays as lists; `UNKNOWN` for a function and its like."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_bare(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else UNKNOWN


class _Leaves(Exception):
    """``break``, ``continue`` or ``return``."""

    def __init__(self, kind: type, value: object = None) -> None:
        super().__init__()
        self.kind = kind
        self.value = value


@dataclass(frozen=True, eq=False)
class _Function:
    """A function of the notebook's, with the names around it; what it yields is gathered in a list."""

    node: ast.FunctionDef | ast.Lambda
    around: tuple[dict[str, Any], ...]


class _Machine:
    """``globals`` are the notebook's names; ``scopes`` those in force, the innermost first."""

    def __init__(self) -> None:
        self.globals: dict[str, Any] = {}
        self.scopes: tuple[dict[str, Any], ...] = (self.globals,)
        self.steps = 0
        self.depth = 0
        self.has_called = False
        self.yields: list[list[Any]] = []

    # --- one statement of a cell ---

    def run(self, statement: ast.stmt) -> None:
        """Runs it; where it is not plain, what it binds and may have changed is not known any more."""
        self.has_called = False
        self.scopes, self.depth, self.yields = (self.globals,), 0, []
        try:
            self.do(statement)
        except (NotPlain, _Leaves, RecursionError):
            for name in _left_open(statement):
                self.globals[name] = UNKNOWN
            for name, value in self.globals.items():
                if self.has_called and isinstance(value, list | dict | set):
                    self.globals[name] = UNKNOWN

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise NotPlain

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.do(statement)

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
            case ast.Pass() | ast.Assert():
                pass
            case _:
                self.do_more(node)

    def do_more(self, node: ast.stmt) -> None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.block(body if self.truth(test) else orelse)
            case ast.For() | ast.While():
                self.loop(node)
            case ast.FunctionDef(decorator_list=[]):
                self.scopes[0][node.name] = _Function(node, self.scopes)
            case ast.Return(value=value):
                raise _Leaves(ast.Return, None if value is None else self.value(value))
            case ast.Break() | ast.Continue():
                raise _Leaves(type(node))
            case _:
                self.take_in(node)

    def take_in(self, node: ast.stmt) -> None:
        """Imports; of anything else nothing is known."""
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    self.scopes[0][alias.asname or alias.name] = module_called(alias.name) or UNKNOWN
            case ast.ImportFrom(module=str() as module, names=aliases):
                for alias in aliases:
                    found = module_called(module)
                    member = UNKNOWN if found is None else member_of(found, alias.name)
                    self.scopes[0][alias.asname or alias.name] = member
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
            except _Leaves as leaves:
                if leaves.kind is ast.Return:
                    raise
                if leaves.kind is ast.Break:
                    return
        self.block(node.orelse)

    def bind(self, target: ast.expr, value: object) -> None:
        match target:
            case ast.Name(id=name):
                self.scopes[0][name] = value
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
                _guarded(held.__setitem__, self.value(key), value)
            case _:
                raise NotPlain

    # --- expressions ---

    def truth(self, node: ast.expr) -> bool:
        return bool(_guarded(bool, self.value(node)))

    def items(self, value: object) -> list[Any]:
        if isinstance(value, list | tuple | dict | set | range | str) or hasattr(value, "tolist"):
            return [*value]  # type: ignore[misc]
        raise NotPlain

    def named(self, name: str) -> Any:  # noqa: ANN401 - any plain value
        for scope in self.scopes:
            if name in scope:
                if scope[name] is UNKNOWN:
                    raise NotPlain
                return scope[name]
        if name in BUILTINS:
            return BUILTINS[name]
        raise NotPlain

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
        self.step()
        match node:
            case ast.Constant(value=value) if value is not Ellipsis and not isinstance(value, bytes | complex):
                return value
            case ast.Name(id=name):
                return self.named(name)
            case ast.BinOp(left=left, op=op, right=right):
                return applied(op, self.value(left), self.value(right))
            case ast.UnaryOp(op=op, operand=operand):
                return negated(op, self.value(operand))
            case ast.BoolOp(op=op, values=values):
                return self.joined(op, values)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self.comparison(left, ops, others)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.truth(test) else orelse)
            case ast.NamedExpr(target=target, value=value):
                given = self.value(value)
                self.bind(target, given)
                return given
        return self.holding(node)

    def holding(self, node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
        match node:
            case ast.List() | ast.Tuple() | ast.Set():
                made = list(self.several(node.elts))
                kind = list if isinstance(node, ast.List) else tuple if isinstance(node, ast.Tuple) else set
                return _guarded(kind, made)
            case ast.Dict(keys=keys, values=values) if None not in keys:
                pairs = [(self.value(key), self.value(one)) for key, one in zip(keys, values, strict=True) if key]
                return _guarded(dict, pairs)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
                made = [self.value(element) for _ in self.turns(node.generators)]
                return _guarded(set if isinstance(node, ast.SetComp) else list, made)
            case ast.DictComp(key=key, value=value):
                return _guarded(dict, [(self.value(key), self.value(value)) for _ in self.turns(node.generators)])
        return self.compound(node)

    def compound(self, node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
        match node:
            case ast.Call():
                return self.call(node)
            case ast.Attribute(value=holder, attr=name):
                return member_of(self.value(holder), name)
            case ast.Subscript(value=holder, slice=key):
                return _guarded(_item, self.value(holder), self.value(key))
            case ast.Lambda():
                return _Function(node, self.scopes)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if one is None else self.value(one) for one in (lower, upper, step)))
            case ast.JoinedStr(values=parts):
                return bounded("".join(map(self.spelled, parts)))
            case ast.Yield(value=value) if self.yields:
                self.yields[-1].append(None if value is None else self.value(value))
                return None
        raise NotPlain

    def several(self, nodes: Iterable[ast.expr]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.items(self.value(node.value))
            else:
                yield self.value(node)

    def joined(self, op: ast.boolop, values: Sequence[ast.expr]) -> Any:  # noqa: ANN401 - any plain value
        result: Any = None
        for node in values:
            result = self.value(node)
            if bool(_guarded(bool, result)) is isinstance(op, ast.Or):
                break
        return result

    def comparison(self, left: ast.expr, ops: Sequence[ast.cmpop], others: Sequence[ast.expr]) -> Any:  # noqa: ANN401
        before, result = self.value(left), True
        for op, node in zip(ops, others, strict=True):
            after = self.value(node)
            result = compared(op, before, after)
            if len(ops) > 1 and not _guarded(bool, result):
                return False
            before = after
        return result

    def turns(self, generators: Sequence[ast.comprehension]) -> Iterator[None]:
        """One turn for each element that a comprehension gets; its names are bound in a scope of their own."""
        outside, self.scopes = self.scopes, ({}, *self.scopes)
        try:
            yield from self._turns(generators)
        finally:
            self.scopes = outside

    def _turns(self, generators: Sequence[ast.comprehension]) -> Iterator[None]:
        first, *further = generators
        for item in self.items(self.value(first.iter)):
            self.bind(first.target, item)
            if all(self.truth(test) for test in first.ifs):
                if further:
                    yield from self._turns(further)
                else:
                    yield None

    def spelled(self, part: ast.expr) -> str:
        match part:
            case ast.Constant(value=str() as text):
                return text
            case ast.FormattedValue(value=value, conversion=-1, format_spec=spec):
                return formatted(self.value(value), "" if spec is None else str(self.value(spec)))
        raise NotPlain

    # --- calls ---

    def call(self, node: ast.Call) -> Any:  # noqa: ANN401 - any plain value
        function = self.value(node.func)
        given = list(self.several(node.args))
        named = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise NotPlain
            named[keyword.arg] = self.value(keyword.value)
        return self.called(function, given, named)

    def called(self, function: object, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        if isinstance(function, _Function):
            return self.own(function, given, named)
        if not callable(function):
            raise NotPlain
        own = {key: self.handed_on(value) for key, value in named.items()}
        made = _guarded(function, *map(self.handed_on, given), **own)
        return list(made) if isinstance(made, map | filter | zip | enumerate | reversed) else made

    def handed_on(self, value: object) -> object:
        """A function of the notebook's as one that others can call: ``key=`` of ``max``."""
        return (lambda *given: self.called(value, list(given), {})) if isinstance(value, _Function) else value

    def own(self, function: _Function, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        self.has_called = True
        arguments = function.node.args
        places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        if arguments.vararg or arguments.kwarg or len(given) > len(places) or self.depth > _DEEPEST:
            raise NotPlain
        outside, self.scopes = self.scopes, function.around
        defaults = dict(zip(reversed(places), reversed([self.value(one) for one in arguments.defaults]), strict=False))
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            defaults |= {} if default is None else {one.arg: self.value(default)}
        local = {**defaults, **dict(zip(places, given, strict=False)), **named}
        if set(local) != {*places, *(one.arg for one in arguments.kwonlyargs)}:
            raise NotPlain
        self.scopes, self.depth = (local, *function.around), self.depth + 1
        try:
            return self.result(function.node)
        finally:
            self.scopes, self.depth = outside, self.depth - 1

    def result(self, node: ast.FunctionDef | ast.Lambda) -> Any:  # noqa: ANN401 - any plain value
        if isinstance(node, ast.Lambda):
            return self.value(node.body)
        is_generator = any(isinstance(one, ast.Yield) for one in ast.walk(node))
        if is_generator:
            self.yields.append([])
        try:
            self.block(node.body)
        except _Leaves as leaves:
            if not is_generator:
                return leaves.value
        return self.yields.pop() if is_generator else None


_CHANGING = frozenset(
    (
        *("add", "append", "clear", "discard", "extend", "fill", "insert", "pop", "popitem", "put", "remove", "resize"),
        *("reverse", "setdefault", "sort", "update"),
    )
)


def _left_open(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds, or whose value it may change: by a method, or in a function that it is given
    to."""
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias():
                yield node.asname or node.name.partition(".")[0]
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
                yield name
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in BUILTINS):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (one.id for one in given if isinstance(one, ast.Name))


def _read(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.Name(name, ast.Load())
        case ast.Subscript(value=holder, slice=key):
            return ast.Subscript(holder, key, ast.Load())
    raise NotPlain


def _item(holder: Any, key: Any) -> Any:  # noqa: ANN401 - any plain value
    return holder[key]


def _guarded(function: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
    """What it gives, if that is not too large, nor what it was called on; an error in it is none of ours."""
    try:
        made = function(*given, **named)
    except (NotPlain, _Leaves):
        raise
    except Exception:
        raise NotPlain from None
    bounded(getattr(function, "__self__", None))
    return bounded(made)
