"""What can never run, as far as the text alone leaves no doubt."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["completes", "is_never_entered", "truth"]

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def truth(test: ast.expr) -> bool | None:
    """Whether ``test`` is true; None where that depends on more than constants."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return False if not items else None
        case ast.Dict(keys=[]):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = truth(operand)
            return None if known is None else not known
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            found = [truth(value) for value in values]
            return decisive if decisive in found else None if None in found else not decisive
        case ast.Compare(left=ast.Constant(value=left), ops=[op], comparators=[ast.Constant(value=right)]):
            return _compared(left, op, right)
    return None


def _compared(left: object, op: ast.cmpop, right: object) -> bool | None:
    try:
        return _COMPARED[type(op)](left, right) if type(op) in _COMPARED else None
    except TypeError:
        return None


def is_never_entered(iterated: ast.expr) -> bool:
    """Whether a loop over ``iterated`` has no round at all."""
    match iterated:
        case ast.Tuple(elts=[]) | ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Constant(value=""):
            return True
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int() as rounds)], keywords=[]):
            return rounds <= 0
    return False


def completes(statement: ast.stmt) -> bool:
    """Whether what stands after ``statement`` can be reached."""
    match statement:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return False
        case ast.Assert(test=test):
            return truth(test) is not False
        case ast.If(test=test, body=body, orelse=orelse):
            known = truth(test)
            return (known is not False and _all_complete(body)) or (known is not True and _all_complete(orelse))
        case ast.While(test=test, body=body):
            return truth(test) is not True or any(map(_breaks, body))
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return _all_complete(body)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=last)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=last)
        ):
            passes = _all_complete([*body, *orelse]) or any(_all_complete(one.body) for one in handlers)
            return passes and _all_complete(last)
    return True


def _all_complete(statements: Sequence[ast.stmt]) -> bool:
    return all(map(completes, statements))


def _breaks(node: ast.AST) -> bool:
    """Whether there is a ``break`` in it of the loop around it; in doubt there is."""
    if isinstance(node, ast.Break):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
        return False
    return any(map(_breaks, ast.iter_child_nodes(node)))
