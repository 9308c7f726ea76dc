"""Values that can be read off the source text without running it: literals, arithmetic on them, constants."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["UNKNOWN", "Folded", "Value", "dotted_name", "fold"]

Value: TypeAlias = "bool | int | float | str | tuple[Value, ...] | None"


@dataclass(frozen=True)
class Folded:
    """A value read off the text, or, where ``known`` is False, nothing. Lists are given as tuples."""

    known: bool
    value: Value = None


UNKNOWN = Folded(False)

MAX_INTEGER = 10**18
MAX_TEXT_CHARACTERS = 10_000
MAX_ITEMS = 1_000
MAX_NESTING = 20
MAX_EXPONENT = 64
"""Bounds of a folded value; anything beyond is `UNKNOWN`. They are far beyond what a notebook's settings need, and keep
``9**9**9`` and its like from being computed."""

ARITHMETIC: dict[type[ast.operator], Callable[[int | float, int | float], int | float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "int": int,
    "float": float,
    "round": round,
}


def fold(node: ast.expr, constants: Mapping[str, Value], functions: Mapping[str, str]) -> Folded:
    """The value of ``node``, or `UNKNOWN`.

    ``constants`` are the values of names. ``functions`` says what a name at the head of a dotted name stands for
    (``{"math": "math", "ceil": "math.ceil", "int": "int"}``); of these ``math.ceil``, ``math.floor``, ``int``,
    ``float`` and ``round`` are computed. Raises `RecursionError` where ``node`` is nested too deeply.
    """
    folded = UNKNOWN
    match node:
        case ast.Constant(value=value):
            folded = _bounded(value)
        case ast.Name(id=name) if name in constants:
            folded = Folded(True, constants[name])
        case ast.Tuple(elts=items) | ast.List(elts=items):
            folded = _sequence([fold(item, constants, functions) for item in items[: MAX_ITEMS + 1]])
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = fold(operand, constants, functions).value
            if isinstance(number, (int, float)):
                folded = _bounded(-number if isinstance(sign, ast.USub) else number)
        case ast.BinOp(left=left, op=op, right=right):
            folded = _arithmetic(op, fold(left, constants, functions), fold(right, constants, functions))
        case ast.JoinedStr(values=parts):
            folded = _joined([_part(part, constants, functions) for part in parts[: MAX_ITEMS + 1]])
        case ast.Call():
            folded = _call(node, constants, functions)
    return folded


def dotted_name(node: ast.expr) -> str | None:
    """``a.b.c`` for a plain dotted name, None for any other expression."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(attributes)]) if isinstance(node, ast.Name) else None


def _bounded(value: object) -> Folded:
    if value is None or isinstance(value, (bool, float)):
        return Folded(True, value)
    if isinstance(value, int):
        return Folded(True, value) if abs(value) <= MAX_INTEGER else UNKNOWN
    if isinstance(value, str):
        return Folded(True, value) if len(value) <= MAX_TEXT_CHARACTERS else UNKNOWN
    return UNKNOWN


def _sequence(items: Sequence[Folded]) -> Folded:
    if not all(item.known for item in items):
        return UNKNOWN
    value = tuple(item.value for item in items)
    return Folded(True, value) if _size(value, MAX_NESTING) <= MAX_ITEMS else UNKNOWN


def _size(value: Value, levels: int) -> int:
    """Items with all that they contain; ``a = (b, b)``, ``c = (a, a)`` and so on would grow without end. What is nested
    more than ``levels`` deep counts as too many."""
    if not isinstance(value, tuple):
        return 1
    return 1 + sum(_size(item, levels - 1) for item in value) if levels else MAX_ITEMS + 1


def _arithmetic(op: ast.operator, left: Folded, right: Folded) -> Folded:
    one, other = left.value, right.value
    if isinstance(op, ast.Add) and isinstance(one, str) and isinstance(other, str):
        return _bounded(one + other)
    if not isinstance(one, (int, float)) or not isinstance(other, (int, float)) or type(op) not in ARITHMETIC:
        return UNKNOWN
    if isinstance(op, ast.Pow) and abs(other) > MAX_EXPONENT:
        return UNKNOWN
    try:
        return _bounded(ARITHMETIC[type(op)](one, other))
    except (ArithmeticError, ValueError):
        return UNKNOWN


def _part(part: ast.expr, constants: Mapping[str, Value], functions: Mapping[str, str]) -> Folded:
    """One piece of an f-string; a piece with a conversion or a format is not computed."""
    match part:
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            folded = fold(value, constants, functions)
            return Folded(True, str(folded.value)) if isinstance(folded.value, (str, int, float)) else UNKNOWN
        case ast.Constant():
            return fold(part, constants, functions)
    return UNKNOWN


def _joined(parts: Sequence[Folded]) -> Folded:
    texts = [part.value for part in parts if isinstance(part.value, str)]
    return _bounded("".join(texts)) if len(texts) == len(parts) <= MAX_ITEMS else UNKNOWN


def _call(call: ast.Call, constants: Mapping[str, Value], functions: Mapping[str, str]) -> Folded:
    head, _, rest = (dotted_name(call.func) or "").partition(".")
    target = functions.get(head, "") + (f".{rest}" if rest else "")
    if target not in FUNCTIONS or len(call.args) > 2 or call.keywords:
        return UNKNOWN
    values = [fold(argument, constants, functions).value for argument in call.args]
    numbers = [value for value in values if isinstance(value, (int, float))]
    # round(5, -10**18) would compute 10 to that power.
    if len(numbers) != len(values) or any(abs(digits) > MAX_EXPONENT for digits in numbers[1:]):
        return UNKNOWN
    try:
        return _bounded(FUNCTIONS[target](*numbers))
    except (ArithmeticError, ValueError, TypeError):
        return UNKNOWN
