"""What `fairmark.notebook.possible` works with inside: sets of values, and what can be read off these."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from fairmark.notebook.fold import MAX_INTEGER, MAX_ITEMS, MAX_TEXT_CHARACTERS, Value
from fairmark.notebook.possible.scopes import Scope, Site

__all__ = [
    "ANYWHERE",
    "EMPTY",
    "MAX_VALUES",
    "OPEN",
    "UNKNOWN",
    "Atom",
    "Bag",
    "Class",
    "Const",
    "External",
    "Function",
    "Instance",
    "Map",
    "Module",
    "Partial",
    "Read",
    "Returned",
    "Seq",
    "Unknown",
    "Values",
    "bag",
    "computed",
    "const",
    "constants_in",
    "cut",
    "elements",
    "further",
    "item",
    "joined",
    "limited",
    "mapping",
    "origins_in",
    "sequence",
    "sliced",
    "sources_in",
    "value_of",
]

MAX_VALUES = 64
"""Values of one kind that are kept of one expression; of more, these and that there are others."""

MAX_COMBINED = 256
"""Combinations of operands' values that are computed."""

MAX_LEVELS = 6
"""Levels of lists in lists; what is nested deeper is not followed."""


ANYWHERE = frozenset({"*"})
"""The origins of what may come from anything."""


@dataclass(frozen=True, slots=True)
class Const:
    """A number, a text, None. ``kind`` keeps True, 1 and 1.0 apart."""

    kind: str
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Seq:
    """A list or tuple of known length; ``levels`` counts lists in lists."""

    items: tuple[Values, ...]
    levels: int = 1


@dataclass(frozen=True, slots=True)
class Bag:
    """Something to iterate over, of which the length is not known."""

    items: Values
    levels: int = 1


@dataclass(frozen=True, slots=True)
class Map:
    """A dictionary; ``rest`` stands under keys that are not known."""

    pairs: tuple[tuple[Const, Values], ...]
    rest: Values
    levels: int = 1


@dataclass(frozen=True, slots=True)
class External:
    """What is not the notebook's own, by its dotted name: ``package.layers.Conv2D``, ``builtins.len``; a name
    that nothing binds is ``?.name``."""

    path: str

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the notebook's; ``bound``: its first parameter is what it is called on."""

    scope: Scope
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Class:
    scope: Scope


@dataclass(frozen=True, slots=True)
class Instance:
    scope: Scope


@dataclass(frozen=True, slots=True)
class Module:
    """A module that a cell writes."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Partial:
    """What a call of ``functools.partial`` gives."""

    site: Site


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call of something external gives; ``sources`` are ``names`` and the makers of what it is called on,
    ``origins`` the dotted names of what stands at the beginning of all that."""

    site: Site
    names: frozenset[str]
    sources: frozenset[str]
    origins: frozenset[str] = ANYWHERE


@dataclass(frozen=True, slots=True)
class Read:
    """What is read off something that a call gave."""

    sources: frozenset[str]
    path: tuple[Value, ...] = ()
    origins: frozenset[str] = ANYWHERE


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any other value."""


Atom: TypeAlias = (
    "Const | Seq | Bag | Map | External | Function | Class | Instance | Module | Partial | Returned | Read | Unknown"
)
Values: TypeAlias = "frozenset[Atom]"

UNKNOWN = Unknown()
EMPTY: Values = frozenset()
OPEN: Values = frozenset({UNKNOWN})


def const(value: object) -> Atom:
    """A constant as an atom; `UNKNOWN` for one that is too large or of another kind."""
    if value is None or isinstance(value, bool):
        return Const("truth", value)
    if isinstance(value, int):
        return Const("int", value) if abs(value) <= MAX_INTEGER else UNKNOWN
    if isinstance(value, float):
        return Const("float", value) if value == value else UNKNOWN  # noqa: PLR0124  NaN is never the same twice
    if isinstance(value, str):
        return Const("str", value) if len(value) <= MAX_TEXT_CHARACTERS else UNKNOWN
    return UNKNOWN


def value_of(plain: object) -> Atom:
    """A plain Python value as an atom: numbers, texts, lists, dictionaries."""
    if isinstance(plain, (list, tuple)):
        return sequence([frozenset({value_of(one)}) for one in plain[: MAX_ITEMS + 1]])
    return const(plain)


def sequence(items: Sequence[Values]) -> Atom:
    """A list of these; of more than `MAX_ITEMS`, what the first of them are."""
    levels = 1 + max((_levels(one) for one in items[:MAX_ITEMS]), default=0)
    if levels > MAX_LEVELS:
        return UNKNOWN
    if len(items) > MAX_ITEMS:
        return Bag(limited(frozenset().union(*items[:MAX_ITEMS], OPEN)), levels)
    return Seq(tuple(items), levels)


def bag(items: Values) -> Atom:
    levels = 1 + _levels(items)
    return Bag(limited(items), levels) if levels <= MAX_LEVELS else UNKNOWN


def mapping(pairs: Iterable[tuple[Values, Values]], rest: Values = EMPTY, *, is_any: bool = False) -> Atom:
    """A dictionary of these keys and values. Of several under one key the last counts, or (``is_any``) each may. What
    stands under a key that can be several may stand under any of them."""
    known: dict[Const, Values] = {}
    for keys, values in pairs:
        constants = [one for one in keys if isinstance(one, Const)]
        if len(constants) < len(keys) or len(known) + len(constants) > MAX_ITEMS:
            rest |= values
        for key in constants[: MAX_ITEMS - len(known)]:
            is_sure = len(keys) == 1 and not is_any
            known[key] = values if is_sure else known.get(key, EMPTY) | values
    levels = 1 + max([_levels(values) for values in known.values()] + [_levels(rest)])
    kept = sorted(known.items(), key=lambda pair: _order(pair[0])) if is_any else list(known.items())
    return Map(tuple(kept), limited(rest), levels) if levels <= MAX_LEVELS else UNKNOWN


def _levels(values: Values) -> int:
    return max((one.levels for one in values if isinstance(one, (Seq, Bag, Map))), default=0)


def joined(parts: Iterable[Values]) -> Values:
    return EMPTY.union(*parts)


def limited(values: Values) -> Values:
    """At most `MAX_VALUES` of each kind, the same ones whatever the order in which they were found."""
    if len(values) <= MAX_VALUES:
        return values
    kinds: dict[type, list[Atom]] = {}
    for one in values:
        kinds.setdefault(type(one), []).append(one)
    kept: set[Atom] = set()
    for several in kinds.values():
        if len(several) > MAX_VALUES and not isinstance(several[0], Returned):
            several = sorted(several, key=_order)[:MAX_VALUES]  # noqa: PLW2901
            kept.add(UNKNOWN)
        kept.update(several)
    return frozenset(kept)


def _order(one: Atom) -> tuple[Any, ...]:
    match one:
        case Const(kind=kind, value=value):
            return kind, abs(value) if isinstance(value, (int, float)) else 0, str(value)
        case External(path=text):
            return ("", 0, text)
        case Function(scope=scope) | Class(scope=scope) | Instance(scope=scope) | Module(scope=scope):
            return ("", getattr(scope.node, "lineno", 0), scope.name)
        case Partial(site=site):
            return ("", site.line, "")
        case Read(sources=sources, path=path):
            return ("", len(sources), repr((sorted(sources), path)))
        case Seq(items=items):
            return ("", len(items), repr(sorted(map(_order, itertools.chain(*items[:10])))))
    return ("", 0, "")


# --- reading ----------------------------------------------------------------------------------------------------------


def elements(values: Values) -> Values:
    """What a loop over these can get."""
    found: set[Atom] = set()
    for one in values:
        match one:
            case Seq(items=items):
                for each in items:
                    found |= each
            case Bag(items=items):
                found |= items
            case Map(pairs=pairs, rest=rest):
                found.update(key for key, _ in pairs)
                found.update([UNKNOWN] if rest else [])
            case Const(value=str() as text):
                found.update(Const("str", character) for character in text[:MAX_VALUES])
                found.update([UNKNOWN] if len(text) > MAX_VALUES else [])
            case Read() | Returned():
                found.add(further(one, None))
            case Const():
                pass
            case _:
                found.add(UNKNOWN)
    return limited(frozenset(found))


MAX_PATH = 12
"""Steps of a path that are kept."""


def further(one: Read | Returned, step: Value) -> Read:
    """What is read off it by one more step."""
    path = one.path if isinstance(one, Read) else ()
    return Read(one.sources, (*path, step) if len(path) < MAX_PATH else path, one.origins)


def item(values: Values, keys: Values) -> Values:
    """What stands under one of these keys or places."""
    found: set[Atom] = set()
    if not keys:
        return EMPTY
    plain = [one.value for one in keys if isinstance(one, Const)]
    is_known = len(plain) == len(keys)
    for one in values:
        match one:
            case Seq(items=items):
                places = [at for at in plain if isinstance(at, int) and -len(items) <= at < len(items)]
                for each in [items[at] for at in places] if is_known else items:
                    found |= each
            case Bag(items=items):
                found |= items
            case Map(pairs=pairs, rest=rest):
                for key, held in pairs:
                    if not is_known or key in keys or any(key.value == at for at in plain):
                        found |= held
                found |= rest
            case Const(value=str() as text):
                places = [at for at in plain if isinstance(at, int) and -len(text) <= at < len(text)]
                found.update(Const("str", text[at]) for at in places)
                found.update([] if is_known else [UNKNOWN])
            case Read() | Returned():
                found.add(further(one, plain[0] if len(keys) == 1 == len(plain) else None))
            case Const():
                pass
            case _:
                found.add(UNKNOWN)
    return limited(frozenset(found))


def cut(values: Values, start: int | None, end: int | None, step: int | None = None) -> Values:
    """What ``[start:end:step]`` of these can be."""
    found: set[Atom] = set()
    for one in values:
        match one:
            case Seq(items=items):
                found.add(sequence(items[start:end:step]))
            case Const(value=str() as text):
                found.add(const(text[start:end:step]))
            case Bag():
                found.add(one)
            case Read() | Returned():
                found.add(further(one, None))
            case _:
                found.add(UNKNOWN)
    return frozenset(found)


def sliced(values: Values, *bounds: Values) -> Values:
    """What a slice of these can be, of which the bounds and the step may be several."""
    known = [[one.value for one in bound if isinstance(one, Const)] for bound in bounds]
    combined = list(itertools.islice(itertools.product(*known), MAX_COMBINED + 1))
    is_known = len(combined) <= MAX_COMBINED and all(len(one) == len(of) for one, of in zip(known, bounds, strict=True))
    found: set[Atom] = set()
    for start, end, step in combined if is_known else ():
        if all(one is None or isinstance(one, int) for one in (start, end, step)) and step != 0:
            found |= cut(values, start, end, step)  # type: ignore[arg-type]
    for one in () if is_known else values:
        match one:
            case Seq() | Bag():
                found.add(bag(elements(frozenset({one}))))
            case Read() | Returned():
                found.add(further(one, None))
            case _:
                found.add(UNKNOWN)
    return limited(frozenset(found))


# --- computing --------------------------------------------------------------------------------------------------------


def constants_in(values: Values, most: int = MAX_VALUES) -> tuple[list[Value], bool]:
    """The constants among these, lists as tuples, and whether these are all that it can be, what comes from calls and
    is not the notebook's own aside."""
    found: list[Value] = []
    is_open = False
    for one in values:
        match one:
            case Const(value=value):
                found.append(value)
            case Seq(items=items):
                several, complete = _spelled(items, most)
                found += several
                is_open = is_open or not complete
            case Unknown() | Bag():
                is_open = True
    return found, is_open


def _spelled(items: tuple[Values, ...], most: int) -> tuple[list[Value], bool]:
    options: list[list[Value]] = []
    complete = True
    for one in items:
        several, is_open = constants_in(one, most)
        options.append(several)
        complete = complete and not is_open
        if not several:
            return [], complete
    combined = list(itertools.islice(itertools.product(*options), most + 1))
    return [*combined[:most]], complete and len(combined) <= most


def computed(function: Callable[..., object], *operands: Values) -> Values:
    """What ``function`` gives for all combinations of constants; what it cannot compute it does not give. What is
    read off something made stays that."""
    options: list[list[Value]] = []
    sources: set[str] = set()
    is_open = False
    for values in operands:
        several, more = constants_in(values)
        options.append(several)
        is_open = is_open or more
        sources |= sources_in(values)
    found: set[Atom] = set()
    combined = list(itertools.islice(itertools.product(*options), MAX_COMBINED + 1))
    for one in combined[:MAX_COMBINED]:
        try:
            found.add(value_of(function(*one)))
        except (ArithmeticError, ValueError, TypeError, LookupError):
            continue
    if sources:
        found.add(Read(frozenset(sources), (), origins_in(joined(operands))))
    if is_open or len(combined) > MAX_COMBINED:
        found.add(UNKNOWN)
    return limited(frozenset(found))


def origins_in(values: Values) -> frozenset[str]:
    """The dotted names of what these come from, outside the notebook; `ANYWHERE` is among them where it is not known.
    What is the notebook's own comes from nowhere else."""
    found: set[str] = set()
    for one in values:
        match one:
            case External(path=path):
                found.add(path)
            case Read(origins=origins) | Returned(origins=origins):
                found |= origins
            case Seq(items=items):
                found |= origins_in(joined(items))
            case Bag(items=items):
                found |= origins_in(items)
            case Map(pairs=pairs, rest=rest):
                found |= origins_in(rest | joined(held for _, held in pairs))
            case Unknown():
                found |= ANYWHERE
    return frozenset(found)


def sources_in(values: Values) -> set[str]:
    """Names of all calls that these come from."""
    found: set[str] = set()
    for one in values:
        match one:
            case Read(sources=sources) | Returned(sources=sources):
                found |= sources
            case Seq(items=items):
                for each in items:
                    found |= sources_in(each)
            case Bag(items=items):
                found |= sources_in(items)
            case Map(pairs=pairs, rest=rest):
                found |= sources_in(rest)
                for _, held in pairs:
                    found |= sources_in(held)
    return found
