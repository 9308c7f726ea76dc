"""Reads the scopes of one cell: one pass over its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal
from weakref import WeakKeyDictionary

from fairmark.notebook.possible.binder import Binder
from fairmark.notebook.possible.dead import catching, completes, is_never_entered, truth
from fairmark.notebook.possible.scopes import (
    ITERATED,
    Binding,
    CellScopes,
    Decorated,
    Guard,
    Operand,
    Scope,
    Site,
    Step,
)
from fairmark.notebook.possible.syntax import last_name_called, names_in, passing, test_of, yields

__all__ = ["scopes_of"]

_KEPT: dict[str, WeakKeyDictionary[ast.AST, CellScopes]] = {"cell": WeakKeyDictionary(), "module": WeakKeyDictionary()}
"""As long as somebody keeps the tree."""


def scopes_of(tree: ast.Module, kind: Literal["cell", "module"] = "cell") -> CellScopes:
    """The scopes of a cell's tree, or of the text of a Python file."""
    kept = _KEPT[kind].get(tree)
    if kept is None:
        reader = _Reader(Scope(kind))
        reader.block(tree.body)
        kept = _KEPT[kind][tree] = reader.found
    return kept


_REBINDING = frozenset({"exec", "eval", "globals", "locals", "vars", "delattr", "builtins", "__builtins__"})

_SURE = (
    *(ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
"""Statements that surely bind their names."""

_LOOKS = frozenset({"print", "type", "id", "repr", "str", "bool", "isinstance", "callable", "len", "display"})
"""Functions that do not go through what they are given."""

_MOST_GUARDS = 100
"""Conditions that are kept of one call; further ones are not looked at."""


class _Reader(Binder):
    # --- statements ---

    def block(self, statements: Sequence[ast.stmt], *guards: Guard) -> None:
        """Reads these, which run only where ``guards`` are passed."""
        outside, self.guards = self.guards, self.guards + guards
        self.depth += 1
        for statement in statements:
            self.is_sure = self.depth == 1 and isinstance(statement, _SURE)
            self.read(statement)
            if not completes(statement):
                break
            if len(self.guards) < _MOST_GUARDS:
                self.guards += tuple(passing(statement, self.scope))
        self.guards = outside
        self.depth -= 1

    def guarded(self, nodes: Iterable[ast.AST | None], *guards: Guard) -> None:
        outside, self.guards = self.guards, self.guards + guards
        self.each(nodes)
        self.guards = outside

    def when(self, test: ast.expr, *, is_true: bool) -> Guard:
        return Guard(test, self.scope, "true" if is_true else "false")

    def read(self, node: ast.AST) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)
        else:
            self.children(node)

    def children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                if value and isinstance(value[0], ast.stmt):
                    self.block(value)
                else:
                    self.each(value)
            elif isinstance(value, ast.AST):
                self.read(value)

    def each(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.read(node)

    def nothing(self, node: ast.AST) -> None: ...

    def condition(self, node: ast.If) -> None:
        known = truth(node.test)
        self.read(node.test)
        if known is not False:
            self.block(node.body, self.when(node.test, is_true=True))
        if known is not True:
            self.block(node.orelse, self.when(node.test, is_true=False))

    def loop_while(self, node: ast.While) -> None:
        self.read(node.test)
        if truth(node.test) is not False:
            self.loops += 1
            self.block(node.body, self.when(node.test, is_true=True))
            self.loops -= 1
        self.block(node.orelse)

    def loop_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.read(node.iter)
        self.bind(node.target, node.iter, (ITERATED,))
        if not is_never_entered(node.iter):
            self.loops += 1
            self.block(node.body, Guard(node.iter, self.scope, "entered"))
            self.loops -= 1
        self.block(node.orelse)

    def attempt(self, node: ast.Try | ast.TryStar) -> None:
        self.block(node.body)
        if all(map(completes, node.body)):
            self.block(node.orelse)
        self.each(catching(node))
        self.block(node.finalbody)

    def match(self, node: ast.Match) -> None:
        self.read(node.subject)
        before: list[Guard] = []
        for case in node.cases:
            self.pattern(case.pattern, node.subject, ())
            if case.guard is not None:
                self.read(case.guard)
            test = test_of(case.pattern, node.subject)
            own = [self.when(test, is_true=True)] if test is not None else []
            own += [self.when(case.guard, is_true=True)] if case.guard is not None else []
            self.block(case.body, *before, *own)
            if test is not None and case.guard is None:
                before.append(self.when(test, is_true=False))

    def pattern(self, pattern: ast.pattern, subject: ast.expr | None, steps: tuple[Step, ...]) -> None:
        """``subject`` is None where it is not followed what a name is bound to."""
        match pattern:
            case ast.MatchAs(name=name, pattern=inner):
                if inner is not None:
                    self.pattern(inner, subject, steps)
                if name is not None:
                    self.add(name, Binding(self.scope, value=subject, steps=steps))
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                self.add(name, Binding(self.scope))
            case ast.MatchOr(patterns=several):
                for one in several:
                    self.pattern(one, subject, steps)
            case ast.MatchSequence(patterns=several):
                for place, one in enumerate(several):
                    self.pattern(one, subject, (*steps, place))
        if isinstance(pattern, (ast.MatchMapping, ast.MatchClass)):
            for one in [*pattern.patterns, *getattr(pattern, "kwd_patterns", ())]:
                self.pattern(one, None, ())

    # --- what is bound ---

    def assign(self, node: ast.Assign) -> None:
        self.read(node.value)
        for target in node.targets:
            self.bind(target, node.value)

    def left_alone(self, node: ast.Expr) -> None:
        """What such a statement gives nobody iterates over, nor awaits."""
        self.undriven(node.value)
        self.read(node.value)

    def undriven(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call | ast.GeneratorExp):
            self.idle.add(node)
        elif isinstance(node, ast.NamedExpr):
            self.undriven(node.value)

    def annotate(self, node: ast.AnnAssign) -> None:
        if self.scope.kind == "class" and isinstance(node.target, ast.Name):
            self.scope.fields.append(node.target.id)
        if node.value is not None:
            self.read(node.value)
            self.bind(node.target, node.value)

    def augment(self, node: ast.AugAssign) -> None:
        self.read(node.value)
        binding = Binding(self.scope, value=node.value, operator=node.op, target=node.target)
        match node.target:
            case ast.Name(id=name):
                self.scope.mentions.add(name)
                self.add(name, binding)
            case ast.Attribute(attr=name):
                self.found.attributes[name].append(binding)
            case ast.Subscript():
                self.item(node.target, binding)

    def walrus(self, node: ast.NamedExpr) -> None:
        self.read(node.value)
        outside, self.is_sure = self.is_sure, False
        self.bind(node.target, node.value)
        self.is_sure = outside

    def enter(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.read(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, item.context_expr)
        self.block(node.body)

    def handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.read(node.type)
        if node.name is not None:
            self.add(node.name, Binding(self.scope))
        self.block(node.body)

    def imports(self, node: ast.Import) -> None:
        for alias in node.names:
            self.scope.body.imports.add(alias.name)
            head = alias.name.partition(".")[0]
            self.add(alias.asname or head, Binding(self.scope, imported=alias.name if alias.asname else head))

    def imports_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self.scope.body.imports.add(module)
        for alias in node.names:
            name = alias.asname or alias.name
            self.add(name, Binding(self.scope, imported=f"{module}.{alias.name}"))

    def leave_open(self, node: ast.Global | ast.Nonlocal) -> None:
        (self.scope.globals if isinstance(node, ast.Global) else self.scope.nonlocals).update(node.names)

    # --- what is defined ---

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.each(node.decorator_list)
        owner = self.scope if self.scope.kind == "class" else None
        inner = self.inside(node, "function", node.name)
        inner.method_of = owner
        inner.decorated = tuple(filter(None, map(last_name_called, node.decorator_list)))
        inner.is_lazy = isinstance(node, ast.AsyncFunctionDef) or any(map(yields, node.body))
        self.add(node.name, Binding(self.scope, defined=inner, decorators=self.decorators(node, inner)))
        self.parameters(inner, node.args)
        self.within(inner, lambda: self.block(node.body))

    def anonymous(self, node: ast.Lambda) -> None:
        inner = self.inside(node, "function", "<lambda>")
        self.parameters(inner, node.args)
        inner.is_lazy = yields(node.body)
        inner.returns.append(node.body)
        self.within(inner, lambda: self.read(node.body))

    def parameters(self, inner: Scope, arguments: ast.arguments) -> None:
        self.each([*arguments.defaults, *arguments.kw_defaults])
        for place, one in enumerate([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]):
            inner.bindings[one.arg] = [Binding(inner, position=place, name=one.arg)]
        if arguments.vararg is not None:
            inner.bindings[arguments.vararg.arg] = [Binding(inner, position="*")]
        if arguments.kwarg is not None:
            inner.bindings[arguments.kwarg.arg] = [Binding(inner, position="**")]

    def class_(self, node: ast.ClassDef) -> None:
        self.each([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        inner = self.inside(node, "class", node.name)
        inner.bases = list(node.bases)
        inner.decorated = tuple(filter(None, map(last_name_called, node.decorator_list)))
        self.add(node.name, Binding(self.scope, defined=inner, decorators=self.decorators(node, inner)))
        self.within(inner, lambda: self.block(node.body))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.read(node.generators[0].iter)
        if node in self.idle:
            return
        inner = self.inside(node, "comprehension", "")
        self.within(inner, lambda: self.generators(node))

    def generators(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        outside = self.scope.parent or self.scope
        for place, one in enumerate(node.generators):
            if place:
                self.read(one.iter)
            for name, steps in names_in(one.target, (ITERATED,)):
                binding = Binding(self.scope if place else outside, value=one.iter, steps=steps)
                self.scope.bindings.setdefault(name, []).append(binding)
            if is_never_entered(one.iter) or any(truth(test) is False for test in one.ifs):
                return
            self.guards += (Guard(one.iter, self.scope if place else outside, "entered"),)
            self.each(one.ifs)
            self.guards += tuple(self.when(test, is_true=True) for test in one.ifs)
        self.each([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    def inside(self, node: ast.AST, kind: Literal["function", "class", "comprehension"], name: str) -> Scope:
        inner = Scope(kind, name=name, parent=self.scope, node=node)
        self.scope.inner[node] = inner
        self.found.scopes.append(inner)
        return inner

    def within(self, inner: Scope, read: Callable[[], None]) -> None:
        outside, self.scope = (self.scope, self.guards), inner
        if inner.kind == "function":  # who calls it has passed them, or never does
            self.guards = ()
        read()
        self.scope, self.guards = outside

    def decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, inner: Scope) -> tuple[Site, ...]:
        sites: list[Site] = []
        for one in reversed(node.decorator_list):
            given = Operand(Decorated(inner, tuple(sites)), self.scope)
            sites.append(self.called(one, (given,), (), one.lineno))
        return tuple(sites)

    # --- expressions ---

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.scope.body.mentions.add(node.id)
            self.found.is_rebinding = self.found.is_rebinding or node.id in _REBINDING

    def attribute(self, node: ast.Attribute) -> None:
        self.scope.body.mentions.add(node.attr)
        self.found.is_rebinding = self.found.is_rebinding or node.attr == "__dict__"
        self.read(node.value)

    def either(self, node: ast.IfExp) -> None:
        known = truth(node.test)
        self.read(node.test)
        if known is not False:
            self.guarded([node.body], self.when(node.test, is_true=True))
        if known is not True:
            self.guarded([node.orelse], self.when(node.test, is_true=False))

    def joined(self, node: ast.BoolOp) -> None:
        stops = isinstance(node.op, ast.Or)
        passed: list[Guard] = []
        for operand in node.values:
            self.guarded([operand], *passed)
            if truth(operand) is stops:
                return
            passed.append(self.when(operand, is_true=not stops))

    def returned(self, node: ast.Return) -> None:
        if node.value is not None:
            self.read(node.value)
            self.scope.body.returns.append(node.value)

    def yielded(self, node: ast.Yield | ast.YieldFrom) -> None:
        if node.value is not None:
            self.read(node.value)
            self.scope.body.yields.append(node.value)

    def call(self, node: ast.Call) -> None:
        positional = tuple(
            Operand(one.value, self.scope, "star") if isinstance(one, ast.Starred) else Operand(one, self.scope)
            for one in node.args
        )
        keywords = tuple(
            (one.arg, Operand(one.value, self.scope, None if one.arg else "pairs")) for one in node.keywords
        )
        line = node.func.end_lineno or node.lineno
        self.used(node.func)
        site = self.scope.body.sites[node] = self.called(node.func, positional, keywords, line)
        site.is_driven = node not in self.idle
        if isinstance(node.func, ast.Name) and node.func.id in _LOOKS:
            for one in node.args:
                self.undriven(one)
        self.children(node)
        match node:
            case ast.Call(func=ast.Attribute(value=holder, attr=method)):
                self.changing(node, holder, method)
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str() as name), value]):
                self.scope.body.mentions.add(name)
                binding = Binding(self.scope, value=value, target=node.args[0], guards=self.guards)
                self.found.attributes[name].append(binding)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str() as name), *_]):
                self.scope.body.mentions.add(name)
            case ast.Call(func=ast.Name(id="setattr")):
                self.found.is_rebinding = True

    def called(
        self,
        callee: ast.expr,
        positional: tuple[Operand, ...],
        keywords: tuple[tuple[str | None, Operand], ...],
        line: int,
    ) -> Site:
        place = (callee.end_lineno or 0, callee.end_col_offset or 0)
        site = Site(Operand(callee, self.scope), positional, keywords, line, place, self.guards)
        self.scope.body.calls.append(site)
        return site


_HANDLERS: dict[type, Callable[[_Reader, Any], None]] = {
    ast.Constant: _Reader.nothing,
    ast.Pass: _Reader.nothing,
    ast.If: _Reader.condition,
    ast.While: _Reader.loop_while,
    ast.For: _Reader.loop_for,
    ast.AsyncFor: _Reader.loop_for,
    ast.Match: _Reader.match,
    ast.Try: _Reader.attempt,
    ast.TryStar: _Reader.attempt,
    ast.Assign: _Reader.assign,
    ast.Expr: _Reader.left_alone,
    ast.AnnAssign: _Reader.annotate,
    ast.AugAssign: _Reader.augment,
    ast.NamedExpr: _Reader.walrus,
    ast.With: _Reader.enter,
    ast.AsyncWith: _Reader.enter,
    ast.ExceptHandler: _Reader.handler,
    ast.Import: _Reader.imports,
    ast.ImportFrom: _Reader.imports_from,
    ast.Global: _Reader.leave_open,
    ast.Nonlocal: _Reader.leave_open,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.Lambda: _Reader.anonymous,
    ast.ClassDef: _Reader.class_,
    ast.ListComp: _Reader.comprehension,
    ast.SetComp: _Reader.comprehension,
    ast.DictComp: _Reader.comprehension,
    ast.GeneratorExp: _Reader.comprehension,
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.attribute,
    ast.IfExp: _Reader.either,
    ast.BoolOp: _Reader.joined,
    ast.Return: _Reader.returned,
    ast.Yield: _Reader.yielded,
    ast.YieldFrom: _Reader.yielded,
    ast.Call: _Reader.call,
}
