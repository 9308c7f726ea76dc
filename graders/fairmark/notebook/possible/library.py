"""What Python's own functions and those of libraries that only compute give."""

from __future__ import annotations

import ast
import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence

from fairmark.notebook.fold import MAX_EXPONENT, MAX_ITEMS
from fairmark.notebook.possible.asking import AskedOfCalls
from fairmark.notebook.possible.atoms import (
    EMPTY,
    MAX_VALUES,
    OPEN,
    UNKNOWN,
    Atom,
    Bag,
    Const,
    Map,
    Read,
    Seq,
    Values,
    bag,
    computed,
    const,
    elements,
    item,
    joined,
    limited,
    mapping,
    origins_in,
    sequence,
    sources_in,
)
from fairmark.notebook.possible.book import Computing
from fairmark.notebook.possible.operators import binary, joined_path
from fairmark.notebook.possible.scopes import Site

__all__ = ["READS_OFF", "Library"]

READS_OFF = frozenset(
    (
        *("all", "any", "argmax", "argmin", "argsort", "as_list", "astype", "copy", "count", "cumsum"),
        *("diagonal", "flatten", "get", "head", "idxmax", "idxmin", "index", "item", "items", "keys", "last"),
        *("max", "mean", "min", "nonzero", "numpy", "ravel", "reshape", "round", "sort_values", "squeeze"),
        *("std", "sum", "tail", "to_list", "to_numpy", "tolist", "transpose", "values", "var"),
    )
)
"""Methods of arrays, tables, lists and dictionaries that give what these hold."""

_COMPUTING = frozenset({"builtins", "math", "statistics", "numpy", "pandas", "scipy", "collections", "itertools"})
_COMPUTING_PARTS = ("sklearn.metrics", "copy", "operator", "functools")
_ELSEWHERE = frozenset(
    (
        *("numpy.load", "numpy.random", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile"),
        *("numpy.fromstring", "numpy.frombuffer", "numpy.memmap", "pandas.io", "builtins.open"),
        *("builtins.exec", "builtins.eval", "builtins.compile", "builtins.__import__", "builtins.input"),
        *("builtins.globals", "builtins.locals", "builtins.vars", "builtins.getattr"),
    )
)
"""What is read from elsewhere, or made up."""

_ROUNDED = 20

MAX_ROUNDS = 128
"""Numbers of a `range` that are listed; of more, the first `MAX_VALUES`, and that there are others."""


def _round(number: float, digits: int | None = None) -> object:
    if digits is not None and abs(digits) > _ROUNDED:
        raise ValueError
    return round(number, digits) if digits is not None else round(number)


def _power(base: float, exponent: float) -> object:
    if abs(exponent) > MAX_EXPONENT:
        raise ValueError
    return base**exponent


def _mean(values: Sequence[float]) -> object:
    return sum(values) / len(values)


_NUMBERS: Mapping[str, Callable[..., object]] = {
    **{name: getattr(math, name) for name in ("ceil", "floor", "sqrt", "log", "log2", "log10", "exp", "fabs", "trunc")},
    **{name: getattr(math, name) for name in ("prod", "gcd", "isclose")},
    "round": _round,
    "around": _round,
    "abs": abs,
    "absolute": abs,
    "power": _power,
    "pow": _power,
    "mean": _mean,
    "average": _mean,
    "sum": sum,
    "max": max,
    "min": min,
    "amax": max,
    "amin": min,
    "float32": float,
    "float64": float,
    "int32": int,
    "int64": int,
}
"""Of ``math`` and ``numpy`` alike."""

_BUILTIN: Mapping[str, Callable[..., object]] = {
    "int": lambda *given: int(*given) if len(str(given[0])) < 100 else None,
    "float": float,
    "str": str,
    "bool": bool,
    "abs": abs,
    "round": _round,
    "pow": _power,
    "sum": sum,
    "max": max,
    "min": min,
    "ord": ord,
    "chr": chr,
    "divmod": divmod,
    "any": any,
    "all": all,
}

_TEXT_METHODS = frozenset(
    (
        *("capitalize", "casefold", "count", "endswith", "find", "index", "isdigit", "isidentifier", "join"),
        *("lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rpartition", "rsplit"),
        *("rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper"),
    )
)
_MOST_CHARACTERS = 1_000
"""Of a text that a method is called on, and of its arguments."""

_SAME = frozenset(
    (
        *("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted"),
        *("builtins.reversed", "builtins.iter", "collections.deque", "numpy.array", "numpy.asarray"),
        *("copy.copy", "copy.deepcopy"),
        *("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.fspath", "os.path.abspath"),
        *("os.path.normpath", "os.path.expanduser"),
    )
)
"""What gives what it is given, or that in another order."""

_MIXED = frozenset({"builtins.set", "builtins.frozenset"})


class Library:
    def __init__(self, asked: AskedOfCalls, framework: Computing) -> None:
        self._asked = asked
        self._framework = framework

    def call(self, path: str, site: Site) -> Values | None:
        """What a call of the function with this dotted name gives; None where it makes something of its own."""
        special = _SPECIAL.get(path)
        if special is not None:
            return special(self, site)
        if path in _SAME or path in self._framework.same:
            return self._same(path, site)
        head, _, name = path.rpartition(".")
        table = _BUILTIN if head == "builtins" else _NUMBERS if head in ("math", "numpy", "statistics") else {}
        given = self._asked.positional(site)
        if path == "builtins.str" and given and len(given) == 1:
            # The text of a path is that path.
            paths = frozenset(one for one in given[0] if isinstance(one, Read) and one.path)
            return paths | computed(str, given[0] - paths) if given[0] - paths else paths
        if name in table and given is not None and not site.keywords:
            return computed(table[name], *given)
        if not (_only_computes(path) or self._framework.only_computes(path)):
            return None
        given_at_all = joined(self._all_given(site))
        sources = sources_in(given_at_all)
        return frozenset({Read(frozenset(sources), (), origins_in(given_at_all))}) if sources else None

    def _all_given(self, site: Site) -> list[Values]:
        operands = (*site.positional, *(one for _, one in site.keywords))
        return [self._asked.given_by(one) for one in operands]

    def _first(self, site: Site) -> Values:
        given = self._asked.positional(site)
        return given[0] if given else EMPTY if given is not None and not site.keywords else OPEN

    def _same(self, path: str, site: Site) -> Values:
        given = self._first(site)
        if path.startswith("pathlib.") or path.startswith("os."):
            return joined_path(*(self._asked.positional(site) or [OPEN]))
        if not site.positional:
            return frozenset({sequence(())})
        found: set[Atom] = set()
        for one in given:
            match one:
                case Seq(items=items) if path == "builtins.sorted":
                    found |= _sorted(items) if not site.keywords else frozenset({bag(joined(items))})
                case Seq(items=items) if path == "builtins.reversed":
                    found.add(sequence(items[::-1]))
                case Seq(items=items) if path in _MIXED:
                    found.add(bag(joined(items)))
                case Map(pairs=pairs, rest=rest) if not path.startswith("copy."):
                    # In whatever order: of one that a comprehension makes it is not known.
                    found.add(bag(joined(frozenset({key}) for key, _ in pairs) | (OPEN if rest else EMPTY)))
                case Const(value=str() as text) if path.startswith("builtins."):
                    found.add(sequence([frozenset({const(each)}) for each in text]))
                case _:
                    found.add(one)
        return frozenset(found)

    # --- what loops go over ---

    def range(self, site: Site) -> Values:
        given = self._asked.positional(site)
        if given is None or not given:
            return OPEN
        return frozenset(
            bag(joined(one.items[:MAX_VALUES]) | OPEN) if isinstance(one, Seq) and len(one.items) > MAX_ROUNDS else one
            for one in computed(_range, *given)
        )

    def enumerate(self, site: Site) -> Values:
        start = self._asked.argument(site, "start", 1)
        first = self._first(site)
        starts = [one.value for one in start or {const(0)} if isinstance(one, Const) and isinstance(one.value, int)]
        found: set[Atom] = set()
        for one in first:
            if isinstance(one, Seq) and len(starts) == 1:
                pairs = [sequence([frozenset({const(at)}), held]) for at, held in enumerate(one.items, starts[0])]
                found.add(sequence([frozenset({pair}) for pair in pairs]))
            else:
                found.add(bag(frozenset({sequence([OPEN, elements(frozenset({one}))])})))
        return limited(frozenset(found))

    def zip(self, site: Site) -> Values:
        given = self._asked.positional(site)
        if given is None:
            return OPEN
        if not all(given):
            return EMPTY
        alone = [next(iter(one)) for one in given if len(one) == 1]
        lists = [one.items for one in alone if isinstance(one, Seq)]
        if len(lists) == len(given) and lists:
            rows = [sequence(row) for row in itertools.islice(zip(*lists, strict=False), MAX_ITEMS + 1)]
            return frozenset({sequence([frozenset({row}) for row in rows])})
        return frozenset({bag(frozenset({sequence([elements(one) for one in given])}))})

    def chain(self, site: Site) -> Values:
        given = self._asked.positional(site)
        return frozenset({bag(joined(map(elements, given)))}) if given is not None else OPEN

    def product(self, site: Site) -> Values:
        given = self._asked.positional(site)
        if given is None or site.keywords:
            return OPEN
        return frozenset({bag(frozenset({sequence([elements(one) for one in given])}))})

    def map(self, site: Site) -> Values:
        if len(site.positional) < 2 or any(one.step is not None for one in site.positional):
            return OPEN
        return frozenset({bag(self._asked.applied_to(site, site.positional[0], site.positional[1:]))})

    def filter(self, site: Site) -> Values:
        given = self._asked.positional(site)
        return frozenset({bag(elements(given[1]))}) if given is not None and len(given) > 1 else OPEN

    def next(self, site: Site) -> Values:
        return elements(self._first(site))

    # --- the rest ---

    def length(self, site: Site) -> Values:
        found: set[Atom] = set()
        for one in self._first(site):
            match one:
                case Seq(items=items):
                    found.add(const(len(items)))
                case Map(pairs=pairs, rest=rest) if not rest:
                    found.add(const(len(pairs)))
                case Const(value=str() as text):
                    found.add(const(len(text)))
                case _:
                    sources = sources_in(frozenset({one}))
                    origins = origins_in(frozenset({one}))
                    found.add(Read(frozenset(sources), ("len",), origins) if sources else UNKNOWN)
        return frozenset(found)

    def dictionary(self, site: Site) -> Values:
        found: Values = frozenset({mapping(())})
        if site.positional:
            found = frozenset(_pairs_of(one) for one in self._first(site))
        for name, operand in site.keywords:
            held = self._asked.given_by(operand)
            more = held if name is None else frozenset({mapping([(frozenset({const(name)}), held)])})
            found = binary(ast.BitOr(), found, more)
        return found

    def default_dictionary(self, site: Site) -> Values:
        return frozenset({mapping((), OPEN)})

    def path_joined(self, site: Site) -> Values:
        return joined_path(*(self._asked.positional(site) or [OPEN]))

    def base_name(self, site: Site) -> Values:
        return computed(lambda path: path.rpartition("/")[2], self._first(site))

    # --- methods of texts, lists and dictionaries ---

    def method(self, one: Const | Seq | Bag | Map, name: str, site: Site) -> Values:
        """What the method ``name`` of a value that is written out gives."""
        given = self._asked.positional(site)
        held: Values = frozenset({one})
        if given is None:
            return OPEN
        match one:
            case Const(value=str() as text):
                return self._of_text(text, name, given, site)
            case Map():
                return _of_dictionary(one, name, given)
            case Seq() if name in ("index", "count") and given and not site.keywords:
                return computed(getattr(operator, f"{name}Of"), held, given[0])
            case Seq() | Bag() if name in ("copy", "pop", "popleft"):
                return held if name == "copy" else elements(held)
            case Seq() | Bag() if name in ("append", "extend", "insert", "sort", "reverse", "clear", "add", "remove"):
                return frozenset({const(None)})
        return OPEN

    def _of_text(self, text: str, name: str, given: list[Values], site: Site) -> Values:
        if name == "joinpath":
            return joined_path(frozenset({const(text)}), *given)
        if name not in (*_TEXT_METHODS, "format") or len(text) > _MOST_CHARACTERS:
            return OPEN
        keywords = {key: self._asked.given_by(operand) for key, operand in site.keywords if key is not None}
        if len(keywords) < len(site.keywords) or (keywords and name != "format"):
            return OPEN
        names = list(keywords)

        def done(*values: object) -> object:
            count = len(given)
            if sum(len(str(one)) for one in values) > _MOST_CHARACTERS or (name == "format" and _is_large(text)):
                raise ValueError
            return getattr(text, name)(*values[:count], **dict(zip(names, values[count:], strict=True)))

        return computed(done, *given, *keywords.values())


def _is_large(text: str) -> bool:
    """Whether a format may make a text of thousands of characters, or read attributes."""
    digits = max((len(list(run)) for is_digit, run in itertools.groupby(text, str.isdigit) if is_digit), default=0)
    fields = [inside.partition("}")[0].partition(":")[0] for inside in text.split("{")[1:]]
    return digits > 3 or any("." in one or "[" in one for one in fields)


def _of_dictionary(one: Map, name: str, given: list[Values]) -> Values:
    held: Values = frozenset({one})
    keys = [frozenset[Atom]({key}) for key, _ in one.pairs]
    values = [value for _, value in one.pairs]
    match name:
        case "get" | "pop" | "setdefault" if given:
            if not given[0]:
                return EMPTY
            found = item(held, given[0])
            known = {key for key, _ in one.pairs}
            is_there = given[0] <= known
            other = given[1] if len(given) > 1 else frozenset({const(None)})
            return found if is_there else found | other
        case "copy":
            return held
        case "keys" | "values" | "items" if one.rest:
            inside = joined([*values, one.rest])
            row = {"keys": OPEN | joined(keys), "values": inside}.get(name)
            return frozenset({bag(row if row is not None else frozenset({sequence([OPEN | joined(keys), inside])}))})
        case "keys":
            return frozenset({sequence(keys)})
        case "values":
            return frozenset({sequence(values)})
        case "items":
            rows = [sequence([key, value]) for key, value in zip(keys, values, strict=True)]
            return frozenset({sequence([frozenset({row}) for row in rows])})
        case "update" | "clear":
            return frozenset({const(None)})
    return OPEN


def _pairs_of(one: Atom) -> Atom:
    """The dictionary that ``dict`` makes of it."""
    match one:
        case Map():
            return one
        case Seq(items=items):
            rows = [next(iter(each)) for each in items if len(each) == 1]
            pairs = [row.items for row in rows if isinstance(row, Seq) and len(row.items) == 2]
            if len(pairs) == len(items):
                return mapping([(key, value) for key, value in pairs])
        case Bag(items=inside):
            held = [row.items for row in inside if isinstance(row, Seq) and len(row.items) == 2]
            if len(held) == len(inside):
                return mapping([(key, value) for key, value in held], is_any=True)
    return mapping((), OPEN)


def _range(*bounds: int) -> object:
    numbers = range(*bounds)
    return list(numbers[: MAX_ROUNDS + 1])


def _sorted(items: tuple[Values, ...]) -> Values:
    found = computed(lambda *values: sorted(values), *items) if all(len(one) == 1 for one in items) else EMPTY
    is_known = any(isinstance(one, Seq) for one in found)
    return found if is_known else frozenset({bag(joined(items))})


def _only_computes(path: str) -> bool:
    """Whether the function of this dotted name gives nothing but what comes from its arguments."""
    parts = path.split(".")
    if any(".".join(parts[:length]) in _ELSEWHERE for length in (1, 2)):
        return False
    if parts[0] == "pandas":
        return not parts[-1].startswith("read_")
    return parts[0] in _COMPUTING or any(f".{part}." in f".{path}." for part in _COMPUTING_PARTS)


_SPECIAL: Mapping[str, Callable[[Library, Site], Values]] = {
    "builtins.range": Library.range,
    "numpy.arange": Library.range,
    "builtins.enumerate": Library.enumerate,
    "builtins.zip": Library.zip,
    "itertools.chain": Library.chain,
    "itertools.product": Library.product,
    "builtins.map": Library.map,
    "builtins.filter": Library.filter,
    "builtins.next": Library.next,
    "builtins.len": Library.length,
    "builtins.dict": Library.dictionary,
    "collections.OrderedDict": Library.dictionary,
    "collections.defaultdict": Library.default_dictionary,
    "os.path.join": Library.path_joined,
    "os.path.basename": Library.base_name,
}
