"""The second corroboration: what a notebook's text says it calls, read as data and never executed.

What the recorder reports from inside the process can be forged there; the text cannot. Each call comes with the
arguments that can be read off the text and with whether it can run at all. Cells that do not run (untouched
exercises) say nothing here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

from fairmark.evidence import Cell
from fairmark.notebook.bindings import Names, names_in, values_bound
from fairmark.notebook.fold import UNKNOWN, Folded, dotted_name, fold
from fairmark.notebook.magics import as_dedented, is_run_otherwise, python_source
from fairmark.notebook.reach import Found, Reach, reach_in
from fairmark.notebook.syntax import syntax_tree

__all__ = [
    "UNKNOWN",
    "Folded",
    "SourceCall",
    "calls_in",
    "parses",
    "tree_of",
    "values_given",
]

MAX_DEPTH = 100
"""Levels of nesting in one cell's syntax tree; a cell nested deeper counts as one that does not parse. Hand-written
cells have about ten; each level takes up to three of the 1,000 frames Python allows."""


KEPT_CHARACTERS = 4_000
"""The trees of cells up to this length are kept for a while: most cells of a class are the same, and each is read for
many questions. Of a longer one the tree takes too much memory."""


@dataclass(frozen=True)
class SourceCall:
    """One call in the text.

    ``callee`` is the called name as written (``models.Sequential``, ``model.compile``); where part of it is no name,
    a call in it is written ``()``, an index ``[]`` and anything else ``?`` (``build().fit``). ``cell`` is the cell's
    position in running order, ``line`` counts from 1 in the cell. ``arguments`` holds the keyword arguments,
    ``positional`` the others. ``**mapping`` and ``*sequence`` are spelled out where they can be read; where not, the
    keys ``"**"`` and ``"*"`` stand in ``arguments`` with `UNKNOWN`, and ``positional`` ends with one for the sequence.
    ``reachable`` is False only where the text leaves no doubt that the call cannot run. ``names`` holds all that the
    call may go by: ``name``, and where ``callee`` is a plain name, what that is bound to (an import under another name,
    ``flow = generator.flow_from_directory``). ``makers`` says for arguments (by name or place) that are made by a call,
    or are a function by its name, what that goes by: ``RMSprop`` for ``optimizers.RMSprop(0.001)``. What
    neither an import nor a class of the notebook's own names is left out.
    """

    callee: str
    cell: int
    line: int
    arguments: Mapping[str, Folded] = field(hash=False)
    positional: tuple[Folded, ...]
    reachable: bool
    names: frozenset[str]
    makers: Mapping[str | int, frozenset[str]] = field(hash=False, default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of ``callee``: ``compile`` of ``model.compile``."""
        return self.callee.rpartition(".")[2]


def calls_in(cells: Iterable[Cell]) -> tuple[SourceCall, ...]:
    """All calls in the cells that run, in the order of the text; cells that do not parse have none.

    Names count as constants where they are bound once in the whole notebook, so ``cells`` is all of it.
    """
    return _calls_in_texts(_texts(cells))


@lru_cache(maxsize=8)
def _calls_in_texts(texts: tuple[tuple[int, str], ...]) -> tuple[SourceCall, ...]:
    read = _read_texts(texts)
    return tuple(_source_call(call, read.names) for call in read.reach.calls)


def values_given(cells: Iterable[Cell], name: str) -> tuple[Folded, ...]:
    """What the live code of these cells binds ``name`` to; `UNKNOWN` for each value that cannot be read off."""
    read = _read(cells)
    names = read.names
    found = [
        fold(value, names.constants, names.functions) if value is not None else UNKNOWN
        for statement in read.reach.statements
        if statement.reachable
        for value in values_bound(statement.node, name)
    ]
    is_open = names.rebound or name in read.bound_in_passing or name in read.changed_in_place
    return (*found, UNKNOWN) if is_open else tuple(found)


@dataclass(frozen=True)
class _Reading:
    """What is read off a notebook once, however much is asked of it. ``bound_in_passing``: by ``:=``;
    ``changed_in_place``: by a method of its own (``labels.append(...)``), ``labels[0] = ...`` or ``labels += ...``."""

    names: Names
    reach: Reach
    bound_in_passing: frozenset[str]
    changed_in_place: frozenset[str]


def _read(cells: Iterable[Cell]) -> _Reading:
    return _read_texts(_texts(cells))


def _texts(cells: Iterable[Cell]) -> tuple[tuple[int, str], ...]:
    return tuple((cell.position, cell.source) for cell in cells if cell.touched)


@lru_cache(maxsize=8)
def _read_texts(texts: tuple[tuple[int, str], ...]) -> _Reading:
    parsed = [(position, tree_of(source)) for position, source in texts]
    trees = [(position, tree) for position, tree in parsed if tree is not None]
    changes = [_changes_in(tree) for _, tree in trees]
    return _Reading(
        names=names_in(tree for _, tree in trees),
        reach=reach_in(trees),
        bound_in_passing=frozenset().union(*(one.bound_in_passing for one in changes)),
        changed_in_place=frozenset().union(*(one.changed_in_place for one in changes)),
    )


@dataclass(frozen=True)
class _Changes:
    """Of one cell, what `_Reading` has of all."""

    bound_in_passing: frozenset[str]
    changed_in_place: frozenset[str]


_KEPT: WeakKeyDictionary[ast.AST, _Changes] = WeakKeyDictionary()
"""As long as somebody keeps the tree."""


def _changes_in(tree: ast.Module) -> _Changes:
    kept = _KEPT.get(tree)
    if kept is None:
        nodes = list(ast.walk(tree))
        kept = _KEPT[tree] = _Changes(
            bound_in_passing=frozenset(node.target.id for node in nodes if isinstance(node, ast.NamedExpr)),
            changed_in_place=frozenset(filter(None, map(_changed_by, nodes))),
        )
    return kept


_CHANGING = ("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", "update")
"""Methods of lists and dictionaries that change them."""


def _changed_by(node: ast.AST) -> str | None:
    """The name of what a statement or call changes without binding it anew."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
            return name
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) | ast.AugAssign(target=ast.Name(id=name)):
            return name
    return None


def parses(source: str) -> bool:
    """Whether a cell's text is Python, IPython's additions aside."""
    return tree_of(source) is not None


def tree_of(source: str) -> ast.Module | None:
    """A cell's syntax tree, IPython's additions aside; None where it is not Python, or nested beyond `MAX_DEPTH`.

    Others are given the same tree: it is not to be changed.
    """
    return _kept_tree(source) if len(source) <= KEPT_CHARACTERS else _tree(source)


@lru_cache(maxsize=128)
def _kept_tree(source: str) -> ast.Module | None:
    return _tree(source)


def _tree(source: str) -> ast.Module | None:
    if is_run_otherwise(source):
        return None
    try:
        tree = syntax_tree(python_source(as_dedented(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return tree if tree is not None and _is_shallow(tree) else None


def _is_shallow(tree: ast.AST) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def _source_call(call: Found[ast.Call], names: Names) -> SourceCall:
    node = call.node
    positional, complete = _positional_arguments(node, names)
    callee = _callee(node.func)
    return SourceCall(
        callee=callee,
        cell=call.cell,
        line=node.func.end_lineno or node.lineno,
        arguments=_keyword_arguments(node, names) | ({} if complete else {"*": UNKNOWN}),
        positional=positional,
        reachable=call.reachable,
        names=names.called(callee) if isinstance(node.func, ast.Name) else frozenset({callee.rpartition(".")[2]}),
        makers=_makers(node, names),
    )


def _makers(node: ast.Call, names: Names) -> dict[str | int, frozenset[str]]:
    given: list[tuple[str | int, ast.expr]] = [*enumerate(node.args)]
    given += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None]
    made: dict[str | int, frozenset[str]] = {}
    for place, value in given:
        is_called = isinstance(value, ast.Call)
        name = dotted_name(value.func) if isinstance(value, ast.Call) else dotted_name(value)
        if not is_called and name is not None and name in names.makers:
            is_called, name = True, names.makers[name]
        head, dot, _ = (name or "").partition(".")
        if name is None or not (names.aliases.get(head) or (head in names.classes and not dot)):
            continue
        goes_by = names.called(name) if not dot else frozenset({name.rpartition(".")[2]})
        # `get`, `from_config`, `deepcopy` and their like make what their arguments say.
        if is_called and not any(one[:1].isupper() for one in goes_by):
            continue
        made[place] = goes_by
    return made


def _callee(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_callee(value)}.{name}"
        case ast.Call(func=inner):
            return f"{_callee(inner)}()"
        case ast.Subscript(value=value):
            return f"{_callee(value)}[]"
    return "?"


def _positional_arguments(node: ast.Call, names: Names) -> tuple[tuple[Folded, ...], bool]:
    """The arguments, and whether these are all."""
    folded: list[Folded] = []
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            folded.append(fold(argument, names.constants, names.functions))
            continue
        sequence = fold(argument.value, names.constants, names.functions).value
        if not isinstance(sequence, tuple):
            return (*folded, UNKNOWN), False
        folded += [Folded(True, value) for value in sequence]
    return tuple(folded), True


def _keyword_arguments(node: ast.Call, names: Names) -> dict[str, Folded]:
    folded: dict[str, Folded] = {}
    for keyword in node.keywords:
        if keyword.arg is not None:
            folded[keyword.arg] = fold(keyword.value, names.constants, names.functions)
        else:
            folded |= _spread(keyword.value, names)
    return folded


def _spread(mapping: ast.expr, names: Names) -> dict[str, Folded]:
    """The arguments of ``**mapping``, where it is a dictionary written out in the call."""
    if not isinstance(mapping, ast.Dict):
        return {"**": UNKNOWN}
    spread: dict[str, Folded] = {}
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        name = fold(key, names.constants, names.functions).value if key else None
        spread |= {name: fold(value, names.constants, names.functions)} if isinstance(name, str) else {"**": UNKNOWN}
    return spread
