"""What the names of a notebook stand for, as far as its text alone can tell."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from fairmark.notebook.fold import UNKNOWN, Value, dotted_name, fold

__all__ = ["Names", "names_in", "values_bound"]

REBINDS_BY_TEXT = {"exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "builtins", "__builtins__"}
"""Where one of these is named, any name may be bound to anything, and no name is believed to be constant."""

_MOST_ALIASES = 50
"""Names that one call may go by; a longer chain of aliases is not followed to its end."""

COMPUTED_BUILTINS = ("int", "float", "round")


@dataclass(frozen=True)
class Names:
    """``constants``: values of names that are bound exactly once, to a value that can be read off the text.
    ``functions``: what a name stands for by import, or as a builtin that nothing in the notebook replaces.
    ``aliases``: everything a name is bound to anywhere by import or by assigning a dotted name, each by its last part
    (``IDG`` may be ``ImageDataGenerator``, ``flow`` may be ``flow_from_directory``). ``makers``: for a name bound
    exactly once, to a call, what is called. ``classes``: names of the notebook's own. ``rebound`` says that
    any name may be bound to anything."""

    constants: Mapping[str, Value]
    functions: Mapping[str, str]
    aliases: Mapping[str, frozenset[str]]
    makers: Mapping[str, str]
    classes: frozenset[str]
    rebound: bool = False

    def called(self, name: str) -> frozenset[str]:
        """All names that a call of ``name`` may go by: its own, and those it is an alias of."""
        found: set[str] = set()
        waiting = {name}
        while waiting and len(found) < _MOST_ALIASES:
            found |= waiting
            waiting = {other for one in waiting for other in self.aliases.get(one, ())} - found
        return frozenset(found)


@dataclass(frozen=True)
class _Binding:
    """``name`` is bound: to ``value`` by an assignment, to ``target`` by an import, or by what is not followed."""

    name: str
    value: ast.expr | None = None
    target: str | None = None


@dataclass(frozen=True)
class _InCell:
    """What one cell binds, in the order of the text."""

    bindings: tuple[_Binding, ...]
    classes: frozenset[str]
    rebound: bool


_KEPT: WeakKeyDictionary[ast.AST, _InCell] = WeakKeyDictionary()
"""As long as somebody keeps the tree."""


def _in_cell(tree: ast.AST) -> _InCell:
    kept = _KEPT.get(tree)
    if kept is None:
        nodes = list(ast.walk(tree))
        kept = _KEPT[tree] = _InCell(
            bindings=tuple(binding for node in sorted(nodes, key=_place) for binding in _bindings_of(node)),
            classes=frozenset(node.name for node in nodes if isinstance(node, ast.ClassDef)),
            rebound=any(map(_rebinds_by_text, nodes)),
        )
    return kept


def names_in(trees: Iterable[ast.AST]) -> Names:
    """The names of all cells together, cells in running order. Star imports are taken to bind none of them."""
    bindings: defaultdict[str, list[_Binding]] = defaultdict(list)
    classes: set[str] = set()
    rebound = False
    for cell in map(_in_cell, trees):
        rebound = rebound or cell.rebound
        classes |= cell.classes
        for binding in cell.bindings:
            bindings[binding.name].append(binding)
    aliases = {name: _aliased(found) for name, found in bindings.items()}
    if rebound:
        return Names({}, {}, aliases, {}, frozenset(classes), rebound=True)
    functions = {name: name for name in COMPUTED_BUILTINS if name not in bindings}
    for name, found in bindings.items():
        targets = {binding.target for binding in found}
        if len(targets) == 1 and found[0].target is not None:
            functions[name] = found[0].target
    constants: dict[str, Value] = {}
    for name, found in bindings.items():
        value = found[0].value
        folded = fold(value, constants, functions) if len(found) == 1 and value is not None else UNKNOWN
        if folded.known:
            constants[name] = folded.value
    makers = {name: maker for name, found in bindings.items() if (maker := _maker(found)) is not None}
    return Names(constants, functions, aliases, makers, frozenset(classes))


def _maker(bindings: list[_Binding]) -> str | None:
    value = bindings[0].value
    return dotted_name(value.func) if len(bindings) == 1 and isinstance(value, ast.Call) else None


def _aliased(bindings: Iterable[_Binding]) -> frozenset[str]:
    dotted = [binding.target or (dotted_name(binding.value) if binding.value else None) for binding in bindings]
    return frozenset(name.rpartition(".")[2] for name in dotted if name is not None)


def _rebinds_by_text(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in REBINDS_BY_TEXT
        case ast.Attribute(attr="__dict__"):
            return True
    return False


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _bindings_of(node: ast.AST) -> Iterator[_Binding]:
    """What ``node`` itself binds; a name that is assigned to is counted at the assignment, not at its own node."""
    yield from _assignments_of(node)
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                bound = alias.asname or alias.name.partition(".")[0]
                yield _Binding(bound, target=alias.name if alias.asname else bound)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            for alias in aliases:
                yield _Binding(alias.asname or alias.name, target=f"{'.' * level}{module or ''}.{alias.name}")
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield _Binding(name)
        case ast.ClassDef(name=name) | ast.MatchMapping(rest=str() as name):
            yield _Binding(name)
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            yield _Binding(name)


def values_bound(node: ast.stmt, name: str) -> list[ast.expr | None]:
    """What a statement binds ``name`` to; None for a value that is not followed."""
    return [binding.value for binding in _bindings_of(node) if binding.name == name]


def _assignments_of(node: ast.AST) -> Iterator[_Binding]:
    targets: list[ast.expr] = []
    followed: ast.expr | None = None
    match node:
        case ast.Assign():
            targets, followed = node.targets, node.value
        case ast.AnnAssign(value=ast.expr()) | ast.NamedExpr():
            targets, followed = [node.target], node.value
        case ast.AugAssign() | ast.For() | ast.AsyncFor() | ast.comprehension():
            targets = [node.target]
        case ast.withitem(optional_vars=ast.expr() as target):
            targets = [target]
        case ast.Delete():
            targets = node.targets
    for target in targets:
        yield from _assigned(target, followed)


def _assigned(target: ast.expr, value: ast.expr | None) -> Iterator[_Binding]:
    match target, value:
        case ast.Name(id=name), _:
            yield _Binding(name, value=value)
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), (ast.Tuple(elts=values) | ast.List(elts=values))) if (
            len(targets) == len(values) and not any(isinstance(item, ast.Starred) for item in targets + values)
        ):
            for one, its_value in zip(targets, values, strict=True):
                yield from _assigned(one, its_value)
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), _):
            for one in targets:
                yield from _assigned(one, None)
        case ast.Starred(value=inner), _:
            yield from _assigned(inner, None)
        case ((ast.Attribute(value=inner) | ast.Subscript(value=inner)), _):
            # `math.ceil = other` changes what `math` stands for, and `sys.modules["__main__"].STEPS = 2` changes STEPS.
            if isinstance(target, ast.Attribute):
                yield _Binding(target.attr)
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield _Binding(inner.id)
