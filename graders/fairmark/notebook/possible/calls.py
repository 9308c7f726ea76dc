"""What calls call, what they give it, and what they give back."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator

from fairmark.notebook.possible.arguments import Arguments
from fairmark.notebook.possible.asking import Asked
from fairmark.notebook.possible.atoms import (
    ANYWHERE,
    EMPTY,
    OPEN,
    UNKNOWN,
    Atom,
    Bag,
    Class,
    Const,
    External,
    Function,
    Instance,
    Map,
    Module,
    Partial,
    Read,
    Returned,
    Seq,
    Values,
    joined,
    limited,
    origins_in,
)
from fairmark.notebook.possible.library import READS_OFF, Library
from fairmark.notebook.possible.scopes import Decorated, Operand, Scope, Site

__all__ = ["Called", "Calls"]

Called = tuple[Scope, "Site | None", bool]
"""A function (or class) of the notebook's, the call that calls it (None: something outside does), and whether its first
parameter is what it is called on."""

_PARTIAL = frozenset({"functools.partial", "functools.partialmethod", "?.partial"})

_MOST_PARTIALS = (8, 2, 2)
"""Partial functions that one call may call and that are followed; the same of partial functions of these."""

_HANDING_BACK = frozenset(
    (
        *("collections", "concurrent", "contextlib", "copy", "functools", "heapq", "itertools", "operator", "queue"),
        *("random", "weakref"),
    )
)
"""Modules whose functions may give back what they are given."""

_TOLD_ONLY = frozenset(
    (
        *("builtins.print", "builtins.len", "builtins.isinstance", "builtins.issubclass", "builtins.super"),
        *("builtins.type", "builtins.hasattr", "builtins.getattr", "builtins.setattr", "builtins.repr"),
        *("builtins.str", "builtins.id", "builtins.callable", "builtins.dir", "builtins.help"),
        *("builtins.vars", "?.display", "inspect.getsource", "inspect.signature", "builtins.staticmethod"),
        *("builtins.classmethod", "builtins.property", "functools.partial", "functools.partialmethod"),
        *("functools.wraps",),
    )
)
"""Functions that do not call what they are given, or of which what they make of it is followed."""


class Calls(Arguments):
    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self._library = Library(self, asked.book.computing)
        self._made_up: dict[tuple[Site, object], Site] = {}
        self._reached: dict[Site, tuple[Scope, ...]] = {}

    # --- what is called ---

    def callees(self, site: Site) -> Values:
        """What a call may call."""
        return self._asked.value(site.callee.expression, site.callee.scope)

    def is_outside(self, site: Site) -> bool:
        """Whether what is called is surely not the notebook's own, as its name alone says."""
        callee = site.callee.expression
        if isinstance(callee, ast.Name):
            return not self._asked.book.may_be_own(callee.id, site.callee.scope)
        return isinstance(callee, ast.Attribute) and callee.attr not in self._asked.book.members

    def targets(self, site: Site, level: int = 0) -> Iterator[Called]:
        """The notebook's own functions and classes that a call calls."""
        if self.is_outside(site):
            return
        callees = self.callees(site)
        for one in _followed(callees, level):
            yield from self.targets(self.completed(site, one), level + 1)
        for other in callees:
            yield from self._targets_of(other, site)

    def _targets_of(self, one: Atom, site: Site | None) -> Iterator[Called]:
        match one:
            case Function(scope=scope, bound=is_bound):
                yield scope, site, is_bound
            case Class(scope=scope):
                yield scope, site, True
                yield from self._methods(scope, ("__init__", "__new__", "__post_init__"), site)
            case Instance(scope=scope):
                yield from self._methods(scope, ("__call__", "call"), site)

    def _methods(self, scope: Scope, names: Iterable[str], site: Site | None) -> Iterator[Called]:
        for name in names:
            found = self.members.in_class(scope, name)
            for one in found[1] if found is not None else ():
                if isinstance(one, Function):
                    yield one.scope, site, True

    def completed(self, site: Site, partial: Partial) -> Site:
        """The call of what ``partial`` was given first, with its arguments before those of ``site``."""
        before = partial.site
        key = (site, before)
        if key not in self._made_up:
            self._made_up[key] = Site(
                callee=before.positional[0],
                positional=before.positional[1:] + site.positional,
                keywords=before.keywords + site.keywords,
                line=site.line,
                place=site.place,
            )
        return self._made_up[key]

    def applied(self, site: Site, function: Operand, items: tuple[Operand, ...]) -> Site:
        """The calls that ``map`` makes."""
        key = (site, "map")
        if key not in self._made_up:
            each = tuple(Operand(one.expression, one.scope, "iterated") for one in items)
            self._made_up[key] = Site(function, each, (), site.line, site.place)
        return self._made_up[key]

    def variants(self, site: Site, level: int = 0) -> Iterator[Site]:
        """``site``, or what it comes to where it calls what ``partial`` gave, and the calls that ``map`` makes."""
        callees = self.callees(site) if not self.is_outside(site) else EMPTY
        partials = _followed(callees, level)
        for one in partials:
            yield from self.variants(self.completed(site, one), level + 1)
        if len(partials) < len(callees) or not partials:
            yield site
        mapped = self._mapped(site) if site.is_driven else None
        if mapped is not None and level < len(_MOST_PARTIALS):
            yield from self.variants(mapped, level + 1)

    def _mapped(self, site: Site) -> Site | None:
        callee = site.callee.expression
        is_map = isinstance(callee, ast.Name) and callee.id == "map" and len(site.positional) > 1
        if not is_map or self.callees(site) != {External("builtins.map")}:
            return None
        if any(one.step is not None for one in site.positional):
            return None
        return self.applied(site, site.positional[0], site.positional[1:])

    # --- what is handed on ---

    def handed(self, site: Site) -> Iterator[Called]:
        """The notebook's own functions and classes that a call of something outside is given, which may call them."""
        candidates = [
            (one, operand.scope)
            for operand in (*site.positional, *(one for _, one in site.keywords))
            for one in self._may_be_code(operand.expression, operand.scope)
        ]
        if not candidates:
            return
        callees = self.callees(site)
        if all(isinstance(one, Function) or _is_told_only(one) for one in callees):
            return
        mapped = self._mapped(site)
        if mapped is not None and not site.is_driven:
            return
        for node, scope in candidates:
            if mapped is not None and node is site.positional[0].expression:
                yield from self.targets(mapped)
                continue
            for one in _all_in(self._asked.value(node, scope)):
                if isinstance(one, Partial):
                    yield from ((called, None, bound) for called, _, bound in self.targets(one_of(one)))
                else:
                    yield from self._handed_on(one)

    def _handed_on(self, one: Atom) -> Iterator[Called]:
        if isinstance(one, Instance):
            yield one.scope, None, True
        yield from self._targets_of(one, None)

    def _may_be_code(self, node: ast.expr, scope: Scope) -> Iterator[ast.expr]:
        book = self._asked.book
        match node:
            case ast.Lambda() | Decorated():
                yield node
            case ast.Name(id=name):
                if book.may_hold_code(name, scope):
                    yield node
            case ast.Attribute(attr=name):
                if name in book.members:
                    yield node
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name) as callee):
                is_own = book.may_be_own(name, scope) if isinstance(callee, ast.Name) else name in book.members
                if name == "partial" or is_own:
                    yield node
            case ast.Tuple(elts=several) | ast.List(elts=several) | ast.Set(elts=several) | ast.Dict(values=several):
                yield from itertools.chain.from_iterable(self._may_be_code(one, scope) for one in several)
            case ast.IfExp(body=one, orelse=other):
                yield from itertools.chain(self._may_be_code(one, scope), self._may_be_code(other, scope))
            case ast.Starred(value=one):
                yield from self._may_be_code(one, scope)

    def find_callers(self) -> frozenset[Called]:
        """All calls in active code of the notebook's own functions and classes."""
        found: set[Called] = set()
        for site in filter(self._asked.conditions.may_run, self._asked.book.sites):
            found.update(self.targets(site))
            found.update(self.handed(site))
        return frozenset(found)

    def reached_by(self, site: Site) -> tuple[Scope, ...]:
        """The notebook's own functions that a call reaches: what it calls or hands on, of a class all methods."""
        if site not in self._reached:
            called = [
                scope for one in (self.targets(site), self.handed(site), self._acted_on(site)) for scope, _, _ in one
            ]
            found: dict[Scope, None] = {}
            for scope in called:
                if scope.kind == "function":
                    found |= {scope: None} if site.is_driven or not scope.is_lazy else {}
                else:
                    for one in self.members.own_bases(scope):
                        found.update(dict.fromkeys(self._asked.book.methods.get(one, ())))
            self._reached[site] = tuple(found)
        return self._reached[site]

    def _acted_on(self, site: Site) -> Iterator[Called]:
        """The classes of the objects that a method is called on: ``model.fit()`` calls ``model.call``."""
        callee = site.callee.expression
        if isinstance(callee, ast.Attribute) and any(self._may_be_code(callee.value, site.callee.scope)):
            for one in self._asked.value(callee.value, site.callee.scope):
                if isinstance(one, Instance):
                    yield one.scope, None, True

    def called_on(self, site: Site) -> Values:
        """What stands before the last dot of what is called."""
        callee = site.callee.expression
        return self._asked.value(callee.value, site.callee.scope) if isinstance(callee, ast.Attribute) else EMPTY

    # --- what is given back ---

    def given(self, site: Site) -> Values:
        """What a call gives."""
        callee = site.callee.expression
        found: set[Atom] = set()
        if not isinstance(callee, ast.Attribute):
            return limited(self.given_by_all(self.callees(site), site))
        base = self._asked.value(callee.value, site.callee.scope)
        for one in base:
            if isinstance(one, (Const, Seq, Bag, Map)):
                found |= self._library.method(one, callee.attr, site)
            elif not isinstance(one, type(UNKNOWN)):
                for each in self.members.of(frozenset({one}), callee.attr):
                    found |= self._given_by(each, site)
            else:
                for each in self.members.of(EMPTY, callee.attr):
                    found |= self._given_by(each, site)
                found.add(Returned(site, frozenset({callee.attr}), frozenset({callee.attr})))  # from anywhere
        return limited(frozenset(found))

    def given_by_all(self, callees: Values, site: Site, level: int = 0) -> Values:
        """What one of these gives where ``site`` calls it."""
        partials = _followed(callees, level)
        others = [one for one in callees if not isinstance(one, Partial)]
        left_out = OPEN if len(partials) + len(others) < len(callees) else EMPTY
        return left_out | joined(self._given_by(one, site, level) for one in (*partials, *others))

    def _given_by(self, one: Atom, site: Site, level: int = 0) -> Values:
        match one:
            case Function(scope=scope):
                return self._asked.returned(scope)
            case Class(scope=scope):
                return frozenset({Instance(scope)})
            case Instance():
                origins = self.members.origins(one.scope)
                made = _made(site, {"__call__"}, {one.scope.name}, origins)
                return self.method_given(frozenset({one}), "__call__") or made
            case Partial() if level < len(_MOST_PARTIALS):
                inner = self.completed(site, one)
                return self.given_by_all(self.callees(inner), inner, level + 1)
            case External(path=path):
                return self._given_by_library(path, site)
            case Read(path=path) if path and path[-1] in READS_OFF:
                return frozenset({one})
            case Read(sources=sources, path=path, origins=origins) if path and isinstance(path[-1], str):
                return _made(site, {path[-1]}, sources, origins)
            case Read(sources=sources, origins=origins) | Returned(sources=sources, origins=origins):
                return _made(site, {"__call__"}, sources, origins)
        return OPEN

    def _given_by_library(self, path: str, site: Site) -> Values:
        if path in _PARTIAL and site.positional and site.positional[0].step is None:
            return frozenset({Partial(site)})
        if path == "builtins.super":
            return self._super(site)
        if path == "builtins.getattr":
            return self._read_by_name(site)
        found = self._library.call(path, site)
        if found is not None:
            return found
        origins = {path}
        if path.partition(".")[0] in _HANDING_BACK:
            operands = (*site.positional, *(one for _, one in site.keywords))
            origins |= origins_in(joined(self.given_by(one) for one in operands))
        return _made(site, {path.rpartition(".")[2]}, (), origins)

    def _super(self, site: Site) -> Values:
        scope: Scope | None = site.callee.scope
        while scope is not None and scope.kind != "class":
            scope = scope.parent
        if scope is None or scope.parent is None:
            return OPEN
        bases = joined(self._asked.value(one, scope.parent) for one in scope.bases)
        own = frozenset[Atom](Instance(one.scope) for one in bases if isinstance(one, Class))
        outer = {one.last for one in bases if isinstance(one, External)}
        return own | (_made(site, outer, (), origins_in(bases)) if outer or not own else EMPTY)

    def _read_by_name(self, site: Site) -> Values:
        given = self.positional(site)
        if given is None or len(given) < 2:
            return OPEN
        names = [one.value for one in given[1] if isinstance(one, Const) and isinstance(one.value, str)]
        found = joined(self.members.of(given[0], name) for name in names)
        return found | (OPEN if len(names) < len(given[1]) else EMPTY) | (given[2] if len(given) > 2 else EMPTY)

    def method_given(self, instances: Values, name: str) -> Values:
        """What a method of objects of the notebook's own classes gives; nothing where there is none."""
        found: list[Values] = []
        for one in instances:
            for scope, _, _ in self._methods(one.scope, (name,), None) if isinstance(one, Instance) else ():
                found.append(self._asked.returned(scope))
        return joined(found)

    def decorated(self, site: Site, itself: Values) -> Values:
        """What a decorator makes of a function or class: one that is a function of the notebook's what it gives back,
        others leave it as it is."""
        if self.is_outside(site):
            return itself
        callees = self.callees(site)
        given = joined(self._given_by(one, site) for one in callees if isinstance(one, (Function, Class)))
        is_followed = all(isinstance(one, Function) for one in callees) and UNKNOWN not in given
        is_method = any(isinstance(one, Function) and one.scope.method_of is not None for one in itself)
        return given if is_followed and not is_method else itself | given

    def applied_to(self, site: Site, function: Operand, items: tuple[Operand, ...]) -> Values:
        """What ``map`` gives for each element."""
        return self.given(self.applied(site, function, items))

    # --- names ---

    def origins(self, site: Site, name: str) -> frozenset[str]:
        """The dotted names of what a callee that goes by ``name`` may come from, outside the notebook; `ANYWHERE` is
        among them where it is not known."""
        callee = site.callee.expression
        if isinstance(callee, ast.Attribute):
            held = self._asked.value(callee.value, site.callee.scope)
            bound = origins_in(self._asked.attribute_bound(callee.attr))
            return bound.union(*(self._origins_of(one, callee.attr) for one in held)) if held else ANYWHERE
        callees = self.callees(site)
        wanted = [one for one in callees if not isinstance(one, External) or one.last in (name, "__init__")]
        return frozenset().union(*(self._origins_of(one) for one in wanted)) if callees else ANYWHERE

    def _origins_of(self, one: Atom, member: str = "") -> frozenset[str]:
        match one:
            case Instance(scope=scope) | Class(scope=scope):
                if any(self.members.in_class(scope, name) for name in ("__getattr__", "__getattribute__")):
                    return ANYWHERE
                return self.members.origins(scope)
            case Module(scope=scope):
                return origins_in(self._asked.bound_in(scope, member)) if member in scope.bindings else ANYWHERE
            case Partial():
                return ANYWHERE
            case Const() | Seq() | Bag() | Map() | Function():
                return frozenset()
        return origins_in(frozenset({one}))

    def names(self, site: Site) -> tuple[frozenset[str], frozenset[str]]:
        """What the callee may go by outside the notebook, and which of the notebook's own it may be."""
        callee = site.callee.expression
        if isinstance(callee, ast.Attribute) and callee.attr != "__init__" and self.is_outside(site):
            return frozenset({callee.attr}), frozenset()
        outer: set[str] = set()
        own: set[str] = set()
        for one in self.callees(site):
            match one:
                case External(path=path):
                    outer.update(path.split(".")[-2:] if path.endswith(".__init__") else [path.rpartition(".")[2]])
                case Read(sources=sources, path=path) if path and isinstance(path[-1], str):
                    outer.update({path[-1], *sources} if path[-1] == "__init__" else {path[-1]})
                case Returned() | Read():
                    outer.add("__call__")
                case Function(scope=scope):
                    own.add(scope.name)
                case Class(scope=scope):
                    own.add(scope.name)
                    outer.update(self.members.outer_bases(scope))
                case Instance(scope=scope):
                    own.add(scope.name)
                    outer.add("__call__")
                case _ if isinstance(callee, ast.Attribute):
                    outer.add(callee.attr)
        if not outer and not own and isinstance(callee, ast.Attribute):
            outer.add(callee.attr)
        return frozenset(outer), frozenset(own)


def _followed(values: Values, level: int) -> list[Partial]:
    """Those of what calls of ``partial`` gave that are followed, where as many calls of it led here."""
    most = _MOST_PARTIALS[level] if level < len(_MOST_PARTIALS) else 0
    return sorted((one for one in values if isinstance(one, Partial)), key=lambda one: one.site.place)[:most]


def one_of(partial: Partial) -> Site:
    return Site(partial.site.positional[0], (), (), partial.site.line, partial.site.place)


def _is_told_only(one: Atom) -> bool:
    return isinstance(one, External) and one.path in _TOLD_ONLY


def _made(site: Site, names: Iterable[str], sources: Iterable[str], origins: Iterable[str]) -> Values:
    return frozenset({Returned(site, frozenset(names), frozenset(names) | frozenset(sources), frozenset(origins))})


def _all_in(values: Values) -> Iterator[Atom]:
    """These, and what lists and dictionaries among them hold."""
    for one in values:
        match one:
            case Seq(items=items):
                for each in items:
                    yield from _all_in(each)
            case Bag(items=items):
                yield from _all_in(items)
            case Map(pairs=pairs, rest=rest):
                for _, each in pairs:
                    yield from _all_in(each)
                yield from _all_in(rest)
            case _:
                yield one
