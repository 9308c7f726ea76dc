"""Expressions of plain code, and the calls in them: what `fairmark.notebook.worked_out` runs statements with."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fairmark.errors import ControlFlow
from fairmark.notebook.worked_out.classes import Function, Instance
from fairmark.notebook.worked_out.known_things import UNKNOWN, Known, Model, Source, Thing
from fairmark.notebook.worked_out.plain_values import (
    BUILTINS,
    NotPlain,
    applied,
    bounded,
    compared,
    formatted,
    member_of,
    negated,
)

__all__ = ["Expressions", "Leaves", "guarded"]

_MOST_STEPS = 20_000
_DEEPEST = 20
_GIVEN_TO_FIT = {
    "epochs": (3, 1),
    "initial_epoch": (11, 0),
    "steps_per_epoch": (12, None),
    "validation_steps": (13, None),
}
"""What of the arguments of ``fit`` is kept: where each stands, and what it is by default."""
_ASKING = ("predict", "predict_on_batch", "__call__")


class Leaves(ControlFlow):
    """``break``, ``continue`` or ``return``."""

    def __init__(self, kind: type, value: object = None) -> None:
        super().__init__()
        self.kind = kind
        self.value = value


class Expressions(ABC):
    """``globals`` are the notebook's names; ``scopes`` those in force, the innermost first; ``cell`` the position of
    the cell that runs."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.cell = 0
        self.globals: dict[str, Any] = {}
        self.scopes: tuple[dict[str, Any], ...] = (self.globals,)
        self.steps = 0
        self.depth = 0
        self.has_called = False
        self.fits: dict[int, list[dict[str, object]]] = {}
        self.yields: list[list[Any]] = []

    @abstractmethod
    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Runs them, one after the other."""

    @abstractmethod
    def bind(self, target: ast.expr, value: object) -> None:
        """Gives a name, several, or an entry of something this value."""

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise NotPlain

    def truth(self, node: ast.expr) -> bool:
        return bool(guarded(bool, self.value(node)))

    def items(self, value: object) -> list[Any]:
        if isinstance(value, list | tuple | dict | set | range | str) or hasattr(value, "tolist"):
            return guarded(list, value)  # type: ignore[no-any-return]
        raise NotPlain

    def named(self, name: str) -> Any:  # noqa: ANN401 - any plain value
        scope = next((one for one in self.scopes if name in one), self.globals)
        found = scope.get(name, UNKNOWN)
        if (found is UNKNOWN or isinstance(found, Source)) and scope is self.globals:
            thing = self.known.named(name, self.cell)
            if isinstance(found, Source):
                return found.completed(thing)
            found = UNKNOWN if thing is None else thing
        if found is not UNKNOWN:
            return found
        if name == "__name__":
            return "__main__"
        if name in BUILTINS and name not in scope:
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
                made = list(self.several(node.elts, self.value_or_unknown))
                kind = list if isinstance(node, ast.List) else tuple if isinstance(node, ast.Tuple) else set
                return guarded(kind, made)
            case ast.Dict(keys=keys, values=values) if None not in keys:
                pairs = [
                    (self.value(key), self.value_or_unknown(one)) for key, one in zip(keys, values, strict=True) if key
                ]
                return guarded(dict, pairs)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
                made = [self.value(element) for _ in self.turns(node.generators)]
                return guarded(set if isinstance(node, ast.SetComp) else list, made)
            case ast.DictComp(key=key, value=value):
                return guarded(dict, [(self.value(key), self.value(value)) for _ in self.turns(node.generators)])
        return self.compound(node)

    def compound(self, node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
        match node:
            case ast.Call():
                return self.call(node)
            case ast.Attribute(value=holder, attr=name):
                held = self.value(holder)
                return held.member(name) if isinstance(held, Thing) else member_of(held, name)
            case ast.Subscript(value=holder, slice=key):
                found = guarded(_item, self.value(holder), self.value(key))
                if found is UNKNOWN:
                    raise NotPlain
                return found
            case ast.Lambda():
                return Function(node, self.scopes)
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if one is None else self.value(one) for one in (lower, upper, step)))
            case ast.JoinedStr(values=parts):
                return bounded("".join(map(self.spelled, parts)))
            case ast.Yield(value=value) if self.yields:
                self.yields[-1].append(None if value is None else self.value(value))
                return None
        raise NotPlain

    def several(self, nodes: Iterable[ast.expr], each: Callable[[ast.expr], Any]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.items(self.value(node.value))
            else:
                yield each(node)

    def joined(self, op: ast.boolop, values: Sequence[ast.expr]) -> Any:  # noqa: ANN401 - any plain value
        result: Any = None
        for node in values:
            result = self.value(node)
            if bool(guarded(bool, result)) is isinstance(op, ast.Or):
                break
        return result

    def comparison(self, left: ast.expr, ops: Sequence[ast.cmpop], others: Sequence[ast.expr]) -> Any:  # noqa: ANN401
        before, result = self.value(left), True
        for op, node in zip(ops, others, strict=True):
            after = self.value(node)
            result = compared(op, before, after)
            if len(ops) > 1 and not guarded(bool, result):
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
        match node.func:
            case ast.Attribute(value=holder, attr=method) if method in (*_ASKING, "fit"):
                if self.is_model(holder, method):
                    return self.fitted(node) if method == "fit" else self.known.answers(self.cell)
            case ast.Name(id="next") if node.args and isinstance(node.args[0], ast.GeneratorExp):
                found = self.value(node.args[0])
                return found[0] if found else self.value(node.args[1]) if len(node.args) > 1 else self.not_plain()
        function = self.value(node.func)
        if isinstance(function, Model) or (isinstance(function, Instance) and function.may_inherit("__call__")):
            return self.known.answers(self.cell)
        each = self.value_or_unknown if isinstance(function, Function | Thing) else self.value
        given = list(self.several(node.args, each))
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                named |= self.named_all(self.value(keyword.value))
            else:
                named[keyword.arg] = each(keyword.value)
        return self.called(function, given, named)

    def not_plain(self) -> Any:  # noqa: ANN401 - as an expression
        raise NotPlain

    def named_all(self, given: object) -> dict[str, Any]:
        """What ``**given`` gives by name."""
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            raise NotPlain
        return given

    def value_or_unknown(self, node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
        scopes, depth, yields = self.scopes, self.depth, len(self.yields)
        try:
            return self.value(node)
        except NotPlain:
            self.scopes, self.depth = scopes, depth
            del self.yields[yields:]
            return UNKNOWN

    def is_model(self, node: ast.expr, method: str) -> bool:
        """Whether it may be a model: one that is known, nothing that is, or of a class of the notebook's own that may
        have ``method`` from the framework. What was None is given one elsewhere."""
        found = self.value_or_unknown(node)
        if isinstance(found, Instance):
            return found.may_inherit(method)
        return found is UNKNOWN or found is None or isinstance(found, Model)

    def fitted(self, node: ast.Call) -> object:
        """What the next call of ``fit`` in the cell gives; what that was given is kept."""
        fits = self.fits.setdefault(self.cell, [])
        fits.append(
            {name: self.given_as(name, place, default, node) for name, (place, default) in _GIVEN_TO_FIT.items()}
        )
        return self.known.history(self.cell, len(fits) - 1)

    def given_as(self, name: str, place: int, default: object, node: ast.Call) -> object:
        """What a call gives as ``name``, which stands at ``place``: `UNKNOWN` where that cannot be told."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return self.value_or_unknown(keyword.value)
        by_name = [_GIVEN_TO_FIT[one.arg][0] for one in node.keywords if one.arg in _GIVEN_TO_FIT]
        if any(isinstance(one, ast.Starred) for one in node.args) and place < min(by_name, default=place + 1):
            return UNKNOWN  # what is given by its name ends what can be given by its place
        if len(node.args) > place:
            return self.value_or_unknown(node.args[place])
        for value in [self.value_or_unknown(keyword.value) for keyword in node.keywords if keyword.arg is None]:
            if value is UNKNOWN:
                return value
            if isinstance(value, dict) and name in value:
                return value[name]
        return default

    def called(self, function: object, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        if isinstance(function, Function):
            return self.own(function, given, named)
        if isinstance(function, Thing):
            return guarded(function.call, given, named)
        if not callable(function):
            raise NotPlain
        own = {key: self.handed_on(value) for key, value in named.items()}
        made = guarded(function, *map(self.handed_on, given), **own)
        return list(made) if isinstance(made, map | filter | zip | enumerate | reversed) else made

    def handed_on(self, value: object) -> object:
        """A function of the notebook's as one that others can call: ``key=`` of ``max``."""
        return (lambda *given: self.called(value, list(given), {})) if isinstance(value, Function) else value

    def own(self, function: Function, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401
        self.has_called = True
        arguments = function.node.args
        places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        if (len(given) > len(places) and not arguments.vararg) or self.depth > _DEEPEST:
            raise NotPlain
        outside, self.scopes = self.scopes, function.around
        defaults = dict(zip(reversed(places), reversed([self.value(one) for one in arguments.defaults]), strict=False))
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            defaults |= {} if default is None else {one.arg: self.value(default)}
        local = {**defaults, **dict(zip(places, given, strict=False)), **named}
        wanted = {*places, *(one.arg for one in arguments.kwonlyargs)}
        further = {name: local.pop(name) for name in set(local) - wanted}
        if set(local) != wanted or (further and not arguments.kwarg):
            raise NotPlain
        if arguments.vararg:
            local[arguments.vararg.arg] = tuple(given[len(places) :])
        if arguments.kwarg:
            local[arguments.kwarg.arg] = further
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
        except Leaves as leaves:
            if not is_generator:
                return leaves.value
        return self.yields.pop() if is_generator else None


def _item(holder: Any, key: Any) -> Any:  # noqa: ANN401 - any plain value
    return holder[key]


def guarded(function: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401
    """What it gives, if that is not too large, nor what it was called on; an error in it is none of ours."""
    try:
        made = function(*given, **named)
    except (NotPlain, Leaves):
        raise
    except Exception:
        raise NotPlain from None
    bounded(getattr(function, "__self__", None))
    return bounded(made)
