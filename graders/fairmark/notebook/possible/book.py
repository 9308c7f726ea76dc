"""The scopes of all cells of a notebook together: what each name is bound to, and which functions code mentions."""

from __future__ import annotations

import ast
import builtins
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fairmark.notebook.magics import module_written_by
from fairmark.notebook.possible.reader import scopes_of
from fairmark.notebook.possible.scopes import Binding, CellScopes, Change, Scope, Site
from fairmark.notebook.source import tree_of

__all__ = ["Book", "book_of"]

_BUILTINS = frozenset(dir(builtins)) - {"_", "__name__", "__doc__", "copyright", "credits", "license"}

_WRITTEN = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?['\"]?(?:[^\n'\"]*/)?(\w+)\.py['\"]?[ \t]*\n")

_HOLDS_NO_FUNCTION = (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Compare, ast.UnaryOp)


@dataclass(frozen=True)
class Computing:
    """What a framework's functions do with what they are given, by their dotted names: those in ``same`` give it as it
    is, and of those for which ``only_computes`` nothing else comes into what they give."""

    same: frozenset[str] = frozenset()
    only_computes: Callable[[str], bool] = lambda path: False


@dataclass(eq=False)
class Book:
    """``roots``: of each cell that runs, by position. ``modules``: those that cells write, by name. ``names``: what all
    cells bind. ``is_rebinding``: text may bind any name. ``is_part``: other cells run that are not read."""

    roots: Mapping[int, Scope]
    modules: Mapping[str, Scope]
    cells: Sequence[CellScopes]
    names: defaultdict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    attributes: defaultdict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    changes: defaultdict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    is_rebinding: bool = False
    is_star_imported: bool = False
    is_part: bool = False
    computing: Computing = field(default_factory=Computing)
    _known: dict[tuple[str, Scope, str], bool] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for cell in self.cells:
            for name, bindings in cell.attributes.items():
                self.attributes[name] += bindings
            for name, changes in cell.changes.items():
                self.changes[name] += changes
            self.is_rebinding = self.is_rebinding or cell.is_rebinding
            if cell.root.kind == "cell":
                for name, bindings in cell.root.bindings.items():
                    self.names[name] += bindings
                for scope in cell.scopes:
                    for name, bindings in scope.outward.items():
                        self.names[name] += bindings
        for binding in self.names.pop("*", ()):
            self._bind_all(binding)

    def _bind_all(self, binding: Binding) -> None:
        module = self.module((binding.imported or "").rpartition(".")[0])
        if module is None:
            self.is_star_imported = True
            return
        for name, bindings in module.bindings.items():
            self.names[name] += bindings

    def module(self, name: str) -> Scope | None:
        """The module that a cell writes, by its dotted name."""
        return self.modules.get(name.strip(".").rpartition(".")[2]) if self.modules else None

    def position(self, scope: Scope) -> int:
        """The first cell in which it stands; 0 for a module that a cell writes."""
        return next((at for at, root in self.roots.items() if root is scope.root), 0)

    def holder(self, name: str, scope: Scope) -> Scope | None:
        """The scope that binds ``name`` as it is read in ``scope``; for what all cells bind, that of the first; None
        where nothing does."""
        one: Scope | None = scope
        while one is not None:
            if one.parent is None:
                return one if one.kind == "module" and name in one.bindings else self._global(name)
            if name in one.globals:
                return self._global(name)
            if name in one.bindings and (one.kind != "class" or one is scope):
                return one
            one = one.parent
        return None

    def reaching(self, node: ast.Name, scope: Scope) -> Sequence[Binding] | None:
        """Those bindings of the name that a cell's own code can have when it uses it: the last that is surely made
        before, and what may be made since; None where that is not told, and all are."""
        root, name = scope.root, node.id
        if self.is_rebinding or self.modules or name in self.changes or name in self._outward:
            return None
        if self.holder(name, scope) is not self.everywhere:
            return None
        start, stop = root.uses[node]
        own = root.bindings.get(name, [])
        places = [at for at, one in self.roots.items() if one is root]
        if start is not None:
            return own[start:stop]
        if len(places) > 1:
            return None
        found = own[:stop]
        for at in sorted((at for at in self.roots if at < places[0]), reverse=True):
            before = self.roots[at]
            found += before.bindings.get(name, [])[before.sure.get(name, 0) :]
            if name in before.sure:
                return found
        return found or None

    @cached_property
    def _outward(self) -> frozenset[str]:
        """Names that functions bind outside."""
        return frozenset(name for cell in self.cells for scope in cell.scopes for name in scope.outward)

    def _global(self, name: str) -> Scope | None:
        return self.everywhere if name in self.names else None

    @cached_property
    def everywhere(self) -> Scope:
        """Stands for all cells together."""
        return Scope("cell", name="*", bindings=self.names)

    def is_builtin(self, name: str) -> bool:
        return name in _BUILTINS

    # --- functions ---

    @cached_property
    def functions(self) -> Sequence[Scope]:
        return [scope for cell in self.cells for scope in cell.scopes if scope.kind == "function"]

    @cached_property
    def classes(self) -> Sequence[Scope]:
        return [scope for cell in self.cells for scope in cell.scopes if scope.kind == "class"]

    @cached_property
    def derived(self) -> Mapping[str, Sequence[Scope]]:
        """Classes by the last part of the name of what they are derived from."""
        derived: defaultdict[str, list[Scope]] = defaultdict(list)
        for one in self.classes:
            for base in one.bases:
                name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
                derived[name].append(one)
        return derived

    @cached_property
    def methods(self) -> Mapping[Scope, Sequence[Scope]]:
        """Of each class its functions."""
        methods: defaultdict[Scope, list[Scope]] = defaultdict(list)
        for one in self.functions:
            if one.method_of is not None:
                methods[one.method_of].append(one)
        return methods

    @cached_property
    def members(self) -> frozenset[str]:
        """Attributes that the notebook defines or binds, or that stand for functions of modules it writes."""
        held = [scope.bindings for scope in itertools.chain(self.classes, self.modules.values())]
        return frozenset(itertools.chain(self.attributes, *held))

    @cached_property
    def active(self) -> frozenset[Scope]:
        """Bodies of which live code mentions the name, that of a method's class or that of what holds them."""
        by_name: defaultdict[str, list[Scope]] = defaultdict(list)
        by_parent: defaultdict[Scope, list[Scope]] = defaultdict(list)
        for one in self.functions:
            owner = one.method_of
            by_name[owner.name if owner is not None else one.name].append(one)
            if one.parent is not None:
                by_parent[one.parent.body].append(one)
        mentioned: set[str] = set()
        reached: set[Scope] = set()
        waiting = [*self.roots.values(), *self.modules.values()]
        while waiting:
            scope = waiting.pop()
            if scope in reached:
                continue
            reached.add(scope)
            new = scope.mentions - mentioned
            mentioned |= new
            for one in itertools.chain(by_parent[scope], *(by_name[name] for name in new if name in by_name)):
                named = one.method_of.name if one.method_of is not None else one.name
                is_named = named in mentioned or named == "<lambda>" or bool(one.decorated)
                if is_named and one.parent is not None and one.parent.body in reached:
                    waiting.append(one)
        return frozenset(reached)

    @cached_property
    def sites(self) -> Sequence[Site]:
        """All calls of `active` code."""
        bodies = [cell.root for cell in self.cells] + list(self.functions)
        return [site for body in dict.fromkeys(bodies) if body in self.active for site in body.calls]

    def may_hold_code(self, name: str, scope: Scope) -> bool:
        """Whether ``name`` may stand for a function, a class, or an object of a class, of the notebook's own."""
        holder = self.holder(name, scope)
        if holder is None:
            return False
        key = ("code", holder, name)
        if key not in self._known:
            self._known[key] = any(map(self._may_be_code, holder.bindings[name]))
        return self._known[key]

    def _may_be_code(self, binding: Binding) -> bool:
        if binding.defined is not None or binding.position is not None:
            return True
        if binding.imported is not None:
            return bool(self.modules)
        value = binding.value
        if isinstance(value, ast.Call):
            callee = value.func
            if isinstance(callee, ast.Name):
                return self.may_be_own(callee.id, binding.scope) or callee.id in ("list", "tuple", "dict")
            return not isinstance(callee, ast.Attribute) or callee.attr in self.members or callee.attr == "partial"
        return value is not None and not isinstance(value, _HOLDS_NO_FUNCTION)

    def may_be_own(self, name: str, scope: Scope) -> bool:
        """Whether ``name`` may stand for more than an import or a builtin."""
        holder = self.holder(name, scope)
        if holder is None:
            return False
        key = ("own", holder, name)
        if key not in self._known:
            imported = [one.imported for one in holder.bindings[name]]
            is_partial = any("partial" in (one or "") for one in imported)
            self._known[key] = bool(self.modules) or not all(imported) or is_partial
        return self._known[key]


def book_of(texts: Iterable[tuple[int, str]]) -> Book:
    """Reads the cells that run, each with its position."""
    roots: dict[int, Scope] = {}
    modules: dict[str, Scope] = {}
    read: dict[Scope, CellScopes] = {}
    for position, source in texts:
        written = _WRITTEN.match(source)
        tree = tree_of(module_written_by(source) if written else source)
        if tree is None:
            continue
        found = scopes_of(tree, "module" if written else "cell")
        read[found.root] = found
        if written:
            modules[written[1]] = found.root
        else:
            roots[position] = found.root
    return Book(roots=roots, modules=modules, cells=list(read.values()))
