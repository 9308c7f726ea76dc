"""Operators and texts, for values that can be several."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from fairmark.notebook.fold import ARITHMETIC, MAX_EXPONENT, MAX_INTEGER, MAX_ITEMS
from fairmark.notebook.possible.atoms import (
    EMPTY,
    OPEN,
    UNKNOWN,
    Atom,
    Bag,
    Const,
    Map,
    Read,
    Returned,
    Seq,
    Values,
    bag,
    computed,
    const,
    further,
    joined,
    limited,
    mapping,
    sequence,
)

__all__ = ["augmented", "binary", "formatted", "joined_path", "text_of"]

_MOST_PAIRS = 256

_SHORT = 2
"""Items of a list that is put together with another as if that happened once: ``size += (3,)``."""

_TOO_LARGE = object()
"""Stands for what is not computed."""

_LARGE = re.compile(r"\d{4}")
"""In a format: it would make a text of thousands of characters."""

_BITS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}


def binary(op: ast.operator, left: Values, right: Values) -> Values:
    """What ``left op right`` can be."""
    match op:
        case ast.Add() | ast.Mult() | ast.BitOr() if _any_held(left) or _any_held(right):
            return _combined(op, left, right)
        case ast.Div() if any(isinstance(one, Const) and isinstance(one.value, str) for one in right):
            return joined_path(left, right)
        case ast.Mod() if any(isinstance(one, Const) and isinstance(one.value, str) for one in left):
            return computed(_filled_in, left, right)
    return computed(lambda one, other: _arithmetic(op, one, other), left, right)


def augmented(op: ast.operator, left: Values, right: Values) -> Values:
    """What ``left op= right`` makes of ``left``: a list that grows has any number of elements."""
    if not isinstance(op, ast.Add):
        return binary(op, left, right)
    lists = frozenset(one for one in left if isinstance(one, (Seq, Bag)))
    short = frozenset(one for one in lists if isinstance(one, Seq) and len(one.items) <= _SHORT)
    grown = [_inside(one) for one in (*lists, *right) if isinstance(one, (Seq, Bag))]
    found = binary(op, (left - lists) | short, right)
    return found | (frozenset({bag(joined(grown))}) if lists else EMPTY)


def _any_held(values: Values) -> bool:
    return any(isinstance(one, (Seq, Bag, Map)) for one in values)


def _combined(op: ast.operator, left: Values, right: Values) -> Values:
    """Lists and dictionaries put together, pair by pair."""
    found: set[Atom] = set()
    pairs = [(one, other) for one in left for other in right]
    for one, other in pairs[:_MOST_PAIRS]:
        match op, one, other:
            case ast.Add(), Seq(items=first), Seq(items=second):
                found.add(sequence([*first, *second]))
            case ast.Add(), Seq() | Bag(), Seq() | Bag():
                found.add(bag(_inside(one) | _inside(other)))
            case ast.Mult(), Seq(items=items), Const(value=int() as times):
                found.add(_repeated(items, times))
            case ast.Mult(), Const(value=int() as times), Seq(items=items):
                found.add(_repeated(items, times))
            case ast.Mult(), Bag(), _:
                found.add(one)
            case ast.BitOr(), Map(pairs=first, rest=rest), Map(pairs=second, rest=more):
                known = [(frozenset[Atom]({key}), held) for key, held in (*first, *second)]
                found.add(mapping(known, rest | more))
            case ast.BitOr(), Map(pairs=known, rest=rest), _:
                found.add(Map(known, rest | OPEN))
            case ast.BitOr(), _, Map(pairs=known, rest=rest):
                found.add(Map(known, rest | OPEN))
            case ((ast.Add() | ast.Mult()), (Const() | Seq()), (Const() | Seq())):
                found |= computed(lambda a, b: _arithmetic(op, a, b), frozenset({one}), frozenset({other}))
            case _:
                found |= computed(_unknown, frozenset({one}), frozenset({other})) or OPEN
    if len(pairs) > _MOST_PAIRS:
        found.add(UNKNOWN)
    return limited(frozenset(found))


def _unknown(one: object, other: object) -> object:
    raise TypeError


def _inside(one: Seq | Bag) -> Values:
    return one.items if isinstance(one, Bag) else joined(one.items)


def _repeated(items: tuple[Values, ...], times: int) -> Atom:
    if len(items) * times > MAX_ITEMS:
        return bag(joined(items))
    return sequence(items * max(times, 0))


def _arithmetic(op: ast.operator, one: object, other: object) -> object:
    if isinstance(op, ast.Add) and isinstance(one, str) and isinstance(other, str):
        return one + other
    if isinstance(op, ast.Mult) and isinstance(one, str) and isinstance(other, int):
        return one * other if len(one) * other <= MAX_ITEMS else _TOO_LARGE
    if isinstance(op, ast.Mult) and isinstance(one, int) and isinstance(other, str):
        return one * other if len(other) * one <= MAX_ITEMS else _TOO_LARGE
    if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
        raise TypeError
    if isinstance(op, ast.Pow) and (abs(other) > MAX_EXPONENT or abs(one) > MAX_INTEGER):
        raise ValueError
    if isinstance(op, (ast.LShift, ast.RShift)):
        if not isinstance(one, int) or not isinstance(other, int) or not 0 <= other <= MAX_EXPONENT:
            raise ValueError
        return one << other if isinstance(op, ast.LShift) else one >> other
    if type(op) in _BITS:
        return _BITS[type(op)](one, other)
    if type(op) not in ARITHMETIC:
        raise TypeError
    return ARITHMETIC[type(op)](one, other)


# --- texts ------------------------------------------------------------------------------------------------------------


def _filled_in(text: object, values: object) -> object:
    if not isinstance(text, str):
        return _arithmetic(ast.Mod(), text, values)
    if _LARGE.search(text) or "*" in text:
        raise ValueError
    return text % values


def formatted(values: Values, conversion: int = -1, specification: Values | None = None) -> Values:
    """One piece of an f-string, ``conversion`` as in `ast.FormattedValue`."""

    def shown(value: object, spec: object = "") -> str:
        if _LARGE.search(str(spec)):
            raise ValueError
        text = repr(value) if conversion == ord("r") else str(value) if conversion == ord("s") else value
        return format(text, str(spec))

    made = frozenset(one for one in values if isinstance(one, (Read, Returned)))
    plain = values - made
    given = computed(shown, plain, specification) if specification is not None else computed(shown, plain)
    return (given if plain else EMPTY) | made


def text_of(parts: Sequence[Values]) -> Values:
    """The pieces of a text put together; what is read off something and followed by a text keeps that in its path."""
    if len(parts) > MAX_ITEMS:
        return OPEN
    found = parts[0] if parts else frozenset({const("")})
    for part in parts[1:]:
        found = _followed(found, part)
    return found


def _followed(before: Values, after: Values, between: str = "") -> Values:
    """One text after the other."""
    found: set[Atom] = set()
    for one in before:
        if isinstance(one, (Read, Returned)) and all(isinstance(each, Const) for each in after):
            found |= {further(one, each.value) for each in after if isinstance(each, Const)}
        else:
            found |= computed(lambda a, b: _put_together(a, b, between), frozenset({one}), after)
    return limited(frozenset(found))


def _put_together(one: object, other: object, between: str) -> str:
    if not isinstance(one, str) or not isinstance(other, str):
        raise TypeError
    if between and other.startswith(between):
        return other
    return one + other if not between or one.endswith(between) or not one else one + between + other


def joined_path(*parts: Values) -> Values:
    """What ``os.path.join`` and the ``/`` of paths give."""
    found = parts[0]
    for part in parts[1:]:
        found = _followed(found, part, between="/")
    return found
