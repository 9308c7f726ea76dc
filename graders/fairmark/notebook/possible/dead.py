"""What can never run, as far as the text alone leaves no doubt."""

from __future__ import annotations

import ast
import builtins
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fairmark.notebook.fold import dotted_name
from fairmark.notebook.worked_out.plain_values import NotPlain, applied, bounded, compared, member_of, negated

__all__ = [
    "EITHER",
    "Leaf",
    "catching",
    "completes",
    "ends",
    "every",
    "is_never_entered",
    "loops_forever",
    "truth",
    "truths",
]

Leaf = Callable[[ast.expr], list[Any]]
"""The values of a name, or of another expression that is no literal and no operator. Raises `NotPlain` where they are
not all known."""

EITHER = frozenset({True, False})

_MOST_COMBINED = 64

_ENDING = frozenset({"sys.exit", "os._exit", "os.abort", "exit", "quit"})
"""Calls that never come back."""

_GOES_OVER = frozenset(
    {"enumerate", "reversed", "iter", "sorted", "list", "tuple", "set", "frozenset", "map", "filter"}
)
"""Functions that give no more elements than the last of what they are given."""


def _no_name(node: ast.expr) -> list[Any]:
    if isinstance(node, ast.Name) and node.id == "__debug__":
        return [True]
    raise NotPlain


# --- values -----------------------------------------------------------------------------------------------------------


def every(node: ast.expr, leaf: Leaf = _no_name) -> list[Any]:
    """All values that ``node`` can have. Raises `NotPlain` where these are not known, or are too many."""
    match node:
        case ast.Constant(value=value):
            return [value]
        case ast.Tuple(elts=items) | ast.List(elts=items):
            kind = tuple if isinstance(node, ast.Tuple) else list
            return [bounded(kind(one)) for one in _combined([every(item, leaf) for item in items])]
        case ast.Set(elts=items):
            return [_made(set, list(one)) for one in _combined([every(item, leaf) for item in items])]
        case ast.Dict(keys=[]):
            return [{}]
        case ast.UnaryOp(op=op, operand=operand):
            return [negated(op, one) for one in every(operand, leaf)]
        case ast.BinOp(left=left, op=op, right=right):
            return [applied(op, *both) for both in _combined([every(left, leaf), every(right, leaf)])]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            known = truths(test, leaf)
            chosen = [one for one, when in ((body, True), (orelse, False)) if when in known]
            return [value for one in chosen for value in every(one, leaf)]
    return _more(node, leaf)


def _more(node: ast.expr, leaf: Leaf) -> list[Any]:
    match node:
        case ast.BoolOp(op=op, values=values):
            return list(_either(values, leaf, stops=isinstance(op, ast.Or)))
        case ast.Compare(left=left, ops=ops, comparators=others):
            operands = _combined([every(one, leaf) for one in (left, *others)])
            return [_all_hold(ops, one) for one in operands]
        case ast.Call(func=ast.Attribute(value=holder, attr=name), args=given, keywords=[]):
            held = every(holder, leaf)
            if all(isinstance(one, str) for one in held):
                options = _combined([held, *(every(one, leaf) for one in given)])
                return [_made(member_of(one[0], name), *one[1:]) for one in options]
        case ast.Call(func=ast.Name() as callee, args=given, keywords=[]):
            try:
                functions = leaf(callee)
            except NotPlain:
                return leaf(node)
            return [_made(*one) for one in _combined([functions, *(every(one, leaf) for one in given)])]
        case ast.NamedExpr(value=value):
            return every(value, leaf)
    return leaf(node)


def _combined(options: Sequence[list[Any]]) -> list[tuple[Any, ...]]:
    found = list(itertools.islice(itertools.product(*options), _MOST_COMBINED + 1))
    if len(found) > _MOST_COMBINED:
        raise NotPlain
    return found


def _made(function: Any, *given: object) -> Any:  # noqa: ANN401 - any plain value
    try:
        return bounded(function(*given))
    except Exception:
        raise NotPlain from None


def _either(values: Sequence[ast.expr], leaf: Leaf, *, stops: bool) -> Iterator[Any]:
    """What ``or`` (``stops``), or ``and``, gives."""
    for node in values[:-1]:
        found = every(node, leaf)
        decided = [one for one in found if bool(one) is stops]
        yield from decided
        if len(decided) == len(found):
            return
    yield from every(values[-1], leaf)


def _all_hold(ops: Sequence[ast.cmpop], operands: tuple[Any, ...]) -> bool:
    return all(bool(compared(op, *both)) for op, both in zip(ops, itertools.pairwise(operands), strict=True))


# --- conditions -------------------------------------------------------------------------------------------------------


def truths(test: ast.expr, leaf: Leaf = _no_name) -> frozenset[bool]:
    """Whether ``test`` can be true, and whether it can be false: `EITHER` in doubt."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return frozenset(not one for one in truths(operand, leaf))
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            found = [truths(value, leaf) for value in values]
            can = {decisive} if any(decisive in one for one in found) else set()
            can |= {not decisive} if all(decisive not in one for one in found) else set()
            return frozenset(can) or EITHER
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            if any(not isinstance(one, ast.Starred) for one in items):
                return frozenset({True})
        case ast.Lambda():
            return frozenset({True})
    try:
        return frozenset(_made(bool, one) for one in every(test, leaf)) or EITHER
    except (NotPlain, RecursionError):
        return EITHER


def truth(test: ast.expr) -> bool | None:
    """Whether ``test`` is true; None where that depends on more than constants."""
    known = truths(test)
    return next(iter(known)) if len(known) == 1 else None


def is_never_entered(iterated: ast.expr, leaf: Leaf = _no_name) -> bool:
    """Whether a loop over ``iterated`` has no round at all."""
    match iterated:
        case ast.Call(func=ast.Name(id=name), args=[*_, last], keywords=[]) if name in _GOES_OVER:
            return is_never_entered(last, leaf)
        case ast.Call(func=ast.Name(id="zip"), args=several, keywords=[]):
            return not several or any(is_never_entered(one, leaf) for one in several)
        case ast.Call(func=ast.Attribute(value=holder, attr="items" | "keys" | "values"), args=[]):
            return is_never_entered(holder, leaf)
        case ast.ListComp(generators=rounds) | ast.GeneratorExp(generators=rounds) | ast.SetComp(generators=rounds):
            return any(is_never_entered(one.iter, leaf) for one in rounds)
    return _is_empty(iterated, leaf)


def _is_empty(iterated: ast.expr, leaf: Leaf) -> bool:
    try:
        match iterated:
            case ast.Call(func=ast.Name(id="list" | "tuple" | "dict" | "set"), args=[], keywords=[]):
                return True
            case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.Constant(value=0), step=None)):
                return True
            case ast.Call(func=ast.Name(id="range"), args=bounds, keywords=[]) if bounds:
                return all(not _made(range, *one) for one in _combined([every(one, leaf) for one in bounds]))
        return all(_made(len, one) == 0 for one in every(iterated, leaf))
    except (NotPlain, RecursionError):
        return False


# --- statements -------------------------------------------------------------------------------------------------------


def completes(statement: ast.stmt) -> bool:
    """Whether what stands after ``statement`` can be reached."""
    match statement:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return False
        case ast.Expr(value=ast.Call(func=callee)):
            return dotted_name(callee) not in _ENDING
        case ast.Assert(test=test):
            return truth(test) is not False
        case ast.If(test=test, body=body, orelse=orelse):
            known = truth(test)
            return (known is not False and _all_complete(body)) or (known is not True and _all_complete(orelse))
        case ast.While(test=test, body=body):
            return truth(test) is not True or any(map(_breaks, body))
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return _all_complete(body)
        case ast.Try(body=body, orelse=orelse, finalbody=last) | ast.TryStar(body=body, orelse=orelse, finalbody=last):
            passes = _all_complete([*body, *orelse]) or any(_all_complete(one.body) for one in catching(statement))
            return passes and _all_complete(last)
    return True


def _all_complete(statements: Sequence[ast.stmt]) -> bool:
    return all(map(completes, statements))


def loops_forever(node: ast.While) -> bool:
    """Whether its condition alone can end the loop."""
    return not any(map(_breaks, node.body))


def ends(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a call of this function never comes back."""
    return not _all_complete(node.body) and not any(isinstance(one, ast.Return | ast.Yield) for one in ast.walk(node))


def _breaks(node: ast.AST) -> bool:
    """Whether there is a ``break`` in it of the loop around it; in doubt there is."""
    if isinstance(node, ast.Break):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
        return False
    return any(map(_breaks, ast.iter_child_nodes(node)))


# --- exceptions -------------------------------------------------------------------------------------------------------


def catching(node: ast.Try | ast.TryStar) -> list[ast.ExceptHandler]:
    """The handlers that may be reached, where the statements that are tried may raise what they catch."""
    for statement in node.body:
        if isinstance(statement, ast.Raise):
            raised = _exceptions([statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc])
            return list(_for(raised[0], node.handlers)) if raised else node.handlers
        if not _is_inert(statement):
            return node.handlers
    return []


def _for(raised: type[BaseException], handlers: Iterable[ast.ExceptHandler]) -> Iterator[ast.ExceptHandler]:
    for one in handlers:
        types = one.type.elts if isinstance(one.type, ast.Tuple) else [one.type]
        known = _exceptions(types)
        if one.type is not None and len(known) == len(types) and not issubclass(raised, tuple(known)):
            continue
        yield one
        if one.type is None or any(issubclass(raised, each) for each in known):
            return


def _exceptions(nodes: Iterable[ast.expr | None]) -> list[type[BaseException]]:
    found = [getattr(builtins, node.id, None) for node in nodes if isinstance(node, ast.Name)]
    return [one for one in found if isinstance(one, type) and issubclass(one, BaseException)]


def _is_inert(statement: ast.stmt) -> bool:
    """Whether it surely raises nothing."""
    match statement:
        case ast.Pass() | ast.FunctionDef(decorator_list=[], args=ast.arguments(defaults=[], kw_defaults=[])):
            return True
        case ast.Import(names=several):
            return all(one.name in sys.stdlib_module_names for one in several)
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=given, keywords=[])):
            return all(map(_is_plain, given))
        case ast.Expr(value=value):
            return _is_plain(value)
        case ast.Assign(targets=targets, value=value):
            return all(isinstance(one, ast.Name) for one in targets) and _is_plain(value)
    return False


def _is_plain(node: ast.expr) -> bool:
    try:
        every(node)
    except (NotPlain, RecursionError):
        return False
    return True
