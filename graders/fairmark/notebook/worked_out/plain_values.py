"""What plain values can do: operators, functions and methods that only compute, on sizes that are bounded."""

from __future__ import annotations

import ast
import fractions
import math
import operator
import re
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from fairmark.errors import ControlFlow
from fairmark.notebook.fold import ARITHMETIC, COMPARISONS, SIGNS

__all__ = [
    "BUILTINS",
    "COMPUTING",
    "NotPlain",
    "applied",
    "bounded",
    "compared",
    "formatted",
    "member_of",
    "module_called",
    "negated",
]

_LARGEST = 10**15
_MOST_ITEMS = 2_000
_MOST_LEVELS = 4
_SMALL_POWER = 64
_FORM = re.compile(r"[<>^]?\d{0,2}[,_]?(\.\d{1,2})?[deEfFgGn%]?")


class NotPlain(ControlFlow):
    """What is asked is not plain, or is too large."""


def bounded(value: Any) -> Any:  # noqa: ANN401 - any plain value
    """``value``. Raises :class:`NotPlain` where it, with all that it holds, is too large."""
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise NotPlain
    if isinstance(value, str) and len(value) > _MOST_ITEMS:
        raise NotPlain
    if isinstance(value, np.ndarray) and (value.size > _MOST_ITEMS or value.dtype.kind not in "biufU"):
        raise NotPlain
    if isinstance(value, list | tuple | dict | set | frozenset):
        _count(value, _MOST_LEVELS, [_MOST_ITEMS])
    return value


def _count(value: Any, levels: int, left: list[int]) -> None:  # noqa: ANN401 - any plain value
    left[0] -= len(value)
    if not levels or left[0] < 0:
        raise NotPlain
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, list | tuple | dict | set | frozenset):
            _count(one, levels - 1, left)


def _round(number: Any, digits: int | None = None) -> Any:  # noqa: ANN401 - a number or an array
    if digits is not None and abs(digits) > _SMALL_POWER:
        raise NotPlain
    return round(number, digits)


def _range(*given: int) -> range:
    made = range(*given)
    if len(made) > _MOST_ITEMS:
        raise NotPlain
    return made


BUILTINS: dict[str, Any] = {
    "range": _range,
    **{one.__name__: one for one in (abs, all, any, bool, dict, divmod, enumerate, filter, float, int, len, list, map)},
    **{one.__name__: one for one in (max, min, reversed, set, sorted, str, sum, tuple, zip)},
    "round": _round,
    "print": lambda *given, **named: None,
}
_MATH = ("ceil", "floor", "exp", "log", "log2", "log10", "sqrt", "prod", "fsum", "trunc", "isclose", "e", "pi", "fabs")
_NUMPY = (
    *("array", "asarray", "abs", "absolute", "argmax", "argmin", "argsort", "around", "ceil", "diff", "exp", "floor"),
    *("log", "max", "mean", "min", "prod", "ravel", "rint", "round", "sqrt", "sum", "where", "maximum", "minimum"),
    *("flatnonzero", "count_nonzero", "squeeze", "diag", "trace", "greater", "greater_equal", "less", "argwhere"),
    *("int32", "int64", "float32", "float64", "uint8", "amax", "amin", "square", "array_equal", "nonzero", "cumsum"),
    *("int_", "bool_", "median", "std", "rad2deg", "floor_divide", "divide", "true_divide", "mod", "divmod", "argmax"),
)
_MODULES: dict[str, dict[str, Any]] = {
    "math": {name: getattr(math, name) for name in _MATH},
    "numpy": {name: getattr(np, name) for name in _NUMPY},
    "statistics": {"mean": statistics.mean, "fmean": statistics.fmean, "median": statistics.median},
    "fractions": {"Fraction": fractions.Fraction},
}
_METHODS: dict[type, tuple[str, ...]] = {
    str: (
        *("capitalize", "casefold", "endswith", "lower", "lstrip", "removeprefix", "removesuffix", "rstrip"),
        *("split", "startswith", "strip", "title", "upper", "index", "count", "find"),
    ),
    list: ("append", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort", "clear"),
    tuple: ("count", "index"),
    dict: ("copy", "get", "items", "keys", "pop", "setdefault", "update", "values"),
    set: ("add", "copy", "difference", "discard", "intersection", "union"),
    np.ndarray: (
        *("argmax", "argmin", "argsort", "astype", "copy", "flatten", "item", "max", "mean", "min", "ravel", "reshape"),
        *("round", "shape", "size", "squeeze", "sum", "tolist", "T", "all", "any", "nonzero", "ndim"),
        *("diagonal", "std", "trace"),
    ),
    np.generic: ("astype", "item", "round", "tolist"),
    float: ("is_integer",),
}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    **ARITHMETIC,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_MORE = (
    *("Fraction", "accumulate", "add", "argmax", "at", "bincount", "chain", "concatenate", "dstack", "expand_dims"),
    *("format", "full", "get", "hasattr", "hstack", "isinstance", "islice", "items", "iter", "join", "keys", "mean"),
    *("namedtuple", "next", "ones", "reduce", "replace", "stack", "type", "unique", "values", "vstack", "zeros"),
)
COMPUTING = frozenset((*BUILTINS, *_MATH, *_NUMPY, *_MORE, *(name for names in _METHODS.values() for name in names)))
"""The names of functions and methods that only compute, more than are worked out here."""


def module_called(name: str) -> dict[str, Any] | None:
    """The members of a library that only computes; None for any other."""
    return _MODULES.get(name)


def member_of(holder: object, name: str) -> Any:  # noqa: ANN401 - any plain value, or a method
    """An attribute or method. Raises :class:`NotPlain` for one that does more than compute."""
    for members in _MODULES.values():
        if holder is members:
            if name not in members:
                raise NotPlain
            return members[name]
    if name == "numpy" and isinstance(holder, int | float | np.ndarray | np.generic):
        return lambda: holder  # of a tensor
    for kind, names in _METHODS.items():
        if isinstance(holder, kind) and name in names:
            if isinstance(holder, dict) and name in ("items", "keys", "values"):
                return lambda: list(getattr(holder, name)())
            return getattr(holder, name)
    raise NotPlain


def applied(op: ast.operator, left: Any, right: Any) -> Any:  # noqa: ANN401 - any plain value
    """``left op right``. Raises :class:`NotPlain` where that is too large, or an error."""
    if isinstance(op, ast.Pow) and not (_is_at_most(left, _LARGEST) and _is_at_most(right, _SMALL_POWER)):
        raise NotPlain
    if isinstance(op, ast.Mult) and any(isinstance(one, str | list | tuple) for one in (left, right)):
        size = [len(one) if isinstance(one, str | list | tuple) else one for one in (left, right)]
        if not all(isinstance(one, int) for one in size) or abs(size[0] * size[1]) > _MOST_ITEMS:
            raise NotPlain
    if isinstance(op, ast.Mod) and isinstance(left, str):
        raise NotPlain
    return _computed(_OPERATORS.get(type(op)), left, right)


def _is_at_most(value: object, most: int) -> bool:
    if isinstance(value, np.ndarray):
        return True
    return isinstance(value, int | float | np.generic) and bool(abs(value) <= most)  # type: ignore[arg-type]


def compared(op: ast.cmpop, left: Any, right: Any) -> Any:  # noqa: ANN401 - any plain value
    """``left op right``. Raises :class:`NotPlain` where that is an error."""
    return _computed(COMPARISONS.get(type(op)), left, right)


def negated(op: ast.unaryop, value: Any) -> Any:  # noqa: ANN401 - any plain value
    """``-value`` and its like. Raises :class:`NotPlain` where that is an error."""
    return _computed(SIGNS.get(type(op)), value)


def formatted(value: object, spec: str) -> str:
    """``value`` in the form that an f-string asks for. Raises :class:`NotPlain` where that is an error, or long."""
    if not _FORM.fullmatch(spec):
        raise NotPlain
    return str(_computed(lambda one: format(one, spec), value))


def _computed(function: Callable[..., Any] | None, *given: object) -> Any:  # noqa: ANN401 - any plain value
    if function is None:
        raise NotPlain
    try:
        made = function(*given)
    except Exception:
        raise NotPlain from None
    return bounded(made)
