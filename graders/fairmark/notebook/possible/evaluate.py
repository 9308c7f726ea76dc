"""The values that expressions can have, names followed to all that they are bound to."""

from __future__ import annotations

import ast
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from fairmark.notebook.fold import COMPARISONS, SIGNS
from fairmark.notebook.possible.atoms import (
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
    Read,
    Seq,
    Values,
    bag,
    computed,
    const,
    cut,
    elements,
    item,
    joined,
    limited,
    mapping,
    sequence,
    sliced,
    sources_in,
)
from fairmark.notebook.possible.book import Book
from fairmark.notebook.possible.calls import Called, Calls
from fairmark.notebook.possible.conditions import Conditions
from fairmark.notebook.possible.dead import truth
from fairmark.notebook.possible.operators import augmented, binary, formatted, text_of
from fairmark.notebook.possible.scopes import ITERATED, Binding, Change, Decorated, Scope, Site, Step
from fairmark.notebook.possible.solver import Solver

__all__ = ["Evaluator"]

Key: TypeAlias = "tuple[str, Any, str]"
"""What is asked for, of which scope or call, and a name."""

MAX_EXPRESSION = 100
"""Levels of expressions worked out at once; what is nested deeper is open."""

MAX_STEPS = 200_000
"""Expressions that are worked out for what names stand for, of one notebook; then all are open. A notebook of the
course takes about a thousand. What is asked again and again is not counted."""


class Evaluator:
    """Of one notebook. Everything is worked out when it is asked for, and kept."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.solver: Solver[Key] = Solver(self._solved, OPEN)
        self.calls = Calls(self)
        self.conditions = Conditions(self)
        self._steps = 0
        self._callers: tuple[frozenset[Any], Mapping[Scope, Sequence[Called]]] = (frozenset(), {})

    @property
    def is_settled(self) -> bool:
        """Whether what is found is found for good."""
        return not self.solver.is_solving

    def value(self, node: ast.expr, scope: Scope) -> Values:
        """The values that ``node``, which stands in ``scope``, can have."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            return OPEN
        solver = self.solver
        if solver.depth > MAX_EXPRESSION or self._steps > MAX_STEPS:
            return OPEN
        solver.depth += 1
        found = handler(self, node, scope)
        solver.depth -= 1
        if solver.is_solving:
            self._steps += 1 + len(found) // 8
        return found

    def named(self, name: str, scope: Scope) -> Values:
        """What ``name`` can stand for in ``scope``."""
        holder = self.book.holder(name, scope)
        if holder is None:
            return frozenset({External(f"builtins.{name}" if self.book.is_builtin(name) else f"?.{name}")})
        return self.solver.get(("name", holder, name))

    def attribute_bound(self, name: str) -> Values:
        """What attributes of this name are bound to, whatever they belong to."""
        return self.solver.get(("attribute", None, name)) if name in self.book.attributes else EMPTY

    def bound_in(self, scope: Scope, name: str) -> Values:
        """What a scope itself binds ``name`` to."""
        return self.solver.get(("name", scope, name)) if name in scope.bindings else EMPTY

    def field(self, scope: Scope, name: str) -> Values:
        """What a field of objects of a class is given where they are made."""
        return self.solver.get(("field", scope, name))

    def keyword(self, site: Site, name: str) -> Values:
        """What what a call makes was given as ``name``."""
        return self.solver.get(("keyword", site, name))

    def callers(self, called: Scope) -> Sequence[Called] | None:
        """All calls of a function or class of the notebook's own; None where that was too much to find out."""
        found = self.solver.get(("callers", None, ""))
        if found is not self._callers[0]:
            several: defaultdict[Scope, list[Called]] = defaultdict(list)
            for one in found - OPEN:
                several[one[0]].append(one)
            self._callers = found, several
        return None if UNKNOWN in found else self._callers[1].get(called, ())

    def returned(self, function: Scope) -> Values:
        """What a function gives back."""
        return self.solver.get(("returned", function, ""))

    # --- unknowns ---

    def _solved(self, key: Key) -> frozenset[Any]:
        kind, scope, name = key
        match kind:
            case "callers":
                return self.calls.find_callers()
            case "returned":
                return limited(self._given_back(scope))
            case "field":
                return limited(self.calls.members.field(scope, name))
            case "keyword":
                return limited(self.calls.members.as_given(scope, name))
        if kind == "use":
            return limited(self._in_force(self.book.reaching(*scope) or ()))
        bindings = self.book.attributes[name] if scope is None else scope.bindings[name]
        found = self._in_force(bindings)
        changes = self._changes_of(name, scope) if name in self.book.changes else ()
        if changes:
            found = self._changed(found, changes)
        if self.book.is_rebinding and scope is self.book.everywhere:
            found |= OPEN
        return limited(found)

    def _given_back(self, function: Scope) -> Values:
        if isinstance(function.node, ast.AsyncFunctionDef):
            return OPEN
        if function.yields:
            return frozenset({bag(joined(self.value(one, function) for one in function.yields))})
        if not function.returns:
            return frozenset({const(None)})
        return joined(self.value(one, function) for one in function.returns)

    def _in_force(self, bindings: Sequence[Binding]) -> Values:
        return joined(self.bound_to(one) for one in bindings if self.conditions.may_run(one))

    def bound_alone(self, name: str, bindings: Sequence[Binding]) -> Values:
        """What these bindings alone, of a name of the notebook's, bind it to."""
        found = self._in_force(bindings)
        changes = self._changes_of(name, self.book.everywhere) if name in self.book.changes else ()
        if found and changes:
            found = self._changed(found, changes)
        return limited(found | OPEN if found and self.book.is_rebinding else found)

    def bound_to(self, binding: Binding) -> Values:
        """What a binding alone binds to."""
        if binding.defined is not None:
            return self._defined(binding.defined, binding.decorators)
        if binding.imported is not None:
            return self._imported(binding.imported)
        if binding.position is not None:
            return self.calls.parameter(binding)
        if binding.value is None:
            return OPEN
        found = self.value(binding.value, binding.scope)
        for step in binding.steps:
            found = self._step(found, step)
        if binding.operator is not None and binding.target is not None:
            found = augmented(binding.operator, self.value(binding.target, binding.scope), found)
        return found

    def _defined(self, defined: Scope, decorators: Sequence[Site]) -> Values:
        values: Values = frozenset({Class(defined) if defined.kind == "class" else Function(defined)})
        for one in decorators:
            values = self.calls.decorated(one, values)
        return values

    def _decorated(self, node: Decorated, scope: Scope) -> Values:
        return self._defined(node.defined, node.below)

    def _imported(self, path: str) -> Values:
        module = self.book.module(path)
        if module is not None:
            return frozenset({Module(module)})
        head, _, name = path.rpartition(".")
        holder = self.book.module(head)
        if holder is not None and name in holder.bindings:
            return self.solver.get(("name", holder, name))
        return frozenset({External(path.lstrip("."))})

    def _step(self, values: Values, step: Step) -> Values:
        if step == ITERATED:
            return elements(values)
        if isinstance(step, tuple):
            return cut(values, step[0], -step[1] or None)
        return item(values, frozenset({const(step)}))

    def _changes_of(self, name: str, holder: Scope | None) -> Sequence[Change]:
        """Those of the name that ``holder`` binds, or of attributes of that name."""
        changes = self.book.changes[name]
        if holder is None:
            return [one for one in changes if one.is_of_attribute]
        return [one for one in changes if not one.is_of_attribute and self.book.holder(name, one.scope) is holder]

    def _changed(self, values: Values, changes: Sequence[Change]) -> Values:
        """``values`` with all that is put into them, in whatever order."""
        added, pairs = EMPTY, []
        for change in changes:
            held = self.bound_to(change.binding) if change.binding is not None else EMPTY
            if change.key is not None:
                pairs.append((self.value(change.key, change.scope), held))
                added |= held
            elif change.is_spread:
                pairs += [
                    (frozenset({key}), values) for one in held if isinstance(one, Map) for key, values in one.pairs
                ]
                added |= elements(held)
            else:
                added |= held
            pairs += [(frozenset({const(name)}), self.value(one, change.scope)) for name, one in change.pairs]
        found: set[Atom] = set(values)
        for one in values:
            match one:
                case Seq(items=items):
                    found.add(bag(joined(items) | added))
                case Bag(items=inside):
                    found.discard(one)
                    found.add(bag(inside | added))
                case Map(pairs=known, rest=rest):
                    found.discard(one)
                    kept = [(frozenset[Atom]({key}), held) for key, held in known]
                    found.add(mapping([*kept, *pairs], rest, is_any=True))
        return frozenset(found)

    # --- expressions ---

    def _constant(self, node: ast.Constant, scope: Scope) -> Values:
        return frozenset({const(node.value)})

    def _name(self, node: ast.Name, scope: Scope) -> Values:
        if node in scope.root.uses and self.book.reaching(node, scope) is not None:
            return self.solver.get(("use", (node, scope), node.id))
        return self.named(node.id, scope)

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set, scope: Scope) -> Values:
        items: list[Values] = []
        for one in node.elts[: MAX_SPELLED + 1]:
            if not isinstance(one, ast.Starred):
                items.append(self.value(one, scope))
                continue
            starred = self.value(one.value, scope)
            if not starred:
                return EMPTY
            only = next(iter(starred)) if len(starred) == 1 else None
            if not isinstance(only, Seq):
                every = [
                    elements(self.value(each.value, scope))
                    if isinstance(each, ast.Starred)
                    else self.value(each, scope)
                    for each in node.elts[:MAX_SPELLED]
                ]
                return frozenset({bag(joined(every))})
            items += only.items
        return frozenset({sequence(items)})

    def _dictionary(self, node: ast.Dict, scope: Scope) -> Values:
        found: Values = frozenset({mapping(())})
        pairs: list[tuple[Values, Values]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                pairs.append((self.value(key, scope), self.value(value, scope)))
            else:
                found = binary(
                    ast.BitOr(), binary(ast.BitOr(), found, frozenset({mapping(pairs)})), self.value(value, scope)
                )
                pairs = []
        return binary(ast.BitOr(), found, frozenset({mapping(pairs)})) if pairs else found

    def _binary(self, node: ast.BinOp, scope: Scope) -> Values:
        return binary(node.op, self.value(node.left, scope), self.value(node.right, scope))

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Values:
        return computed(SIGNS[type(node.op)], self.value(node.operand, scope))

    def _compare(self, node: ast.Compare, scope: Scope) -> Values:
        if len(node.ops) > 1:
            parts = [self.value(one, scope) for one in (node.left, *node.comparators)]
            sources = frozenset(itertools.chain(*map(sources_in, parts)))
            return OPEN | (frozenset({Read(sources)}) if sources else EMPTY)
        return computed(
            COMPARISONS[type(node.ops[0])], self.value(node.left, scope), self.value(node.comparators[0], scope)
        )

    def _either(self, node: ast.IfExp, scope: Scope) -> Values:
        known = truth(node.test)
        chosen = [node.body] if known else [node.body, node.orelse] if known is None else [node.orelse]
        return joined(self.value(one, scope) for one in chosen)

    def _any_of(self, node: ast.BoolOp, scope: Scope) -> Values:
        found: set[Atom] = set()
        stops = isinstance(node.op, ast.Or)
        for one in node.values[:-1]:
            values = self.value(one, scope)
            found |= {each for each in values if not isinstance(each, Const) or bool(each.value) is stops}
            if truth(one) is stops:
                return frozenset(found)
        return frozenset(found) | self.value(node.values[-1], scope)

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Values:
        return text_of([self.value(one, scope) for one in node.values[:MAX_SPELLED]])

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> Values:
        specification = self.value(node.format_spec, scope) if node.format_spec is not None else None
        return formatted(self.value(node.value, scope), node.conversion, specification)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Values:
        return self.calls.members.of(self.value(node.value, scope), node.attr)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Values:
        held = self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            return sliced(
                held, *(frozenset({const(None)}) if one is None else self.value(one, scope) for one in bounds)
            )
        own = frozenset(one for one in held if isinstance(one, Instance))
        given = self.calls.method_given(own, "__getitem__") if own else EMPTY
        return item(held - own, self.value(node.slice, scope)) | given

    def _call(self, node: ast.Call, scope: Scope) -> Values:
        site = scope.body.sites.get(node)
        if site is None:
            return OPEN
        self.solver.depth += 2  # a call takes more of Python's stack than other expressions
        found = self.calls.given(site)
        self.solver.depth -= 2
        return found

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Values:
        inner = scope.inner.get(node)
        return frozenset({Function(inner)}) if inner is not None else OPEN

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Values:
        inner = scope.inner.get(node)
        return frozenset({bag(self.value(node.elt, inner))}) if inner is not None else OPEN

    def _dictionary_of(self, node: ast.DictComp, scope: Scope) -> Values:
        inner = scope.inner.get(node)
        if inner is None:
            return OPEN
        return frozenset({mapping([(self.value(node.key, inner), self.value(node.value, inner))])})

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Values:
        return self.value(node.value, scope)


MAX_SPELLED = 1_001
"""Items of one list that are read; a longer one is cut off."""

_HANDLERS: dict[type, Callable[[Evaluator, Any, Scope], Values]] = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    ast.Tuple: Evaluator._sequence,
    ast.List: Evaluator._sequence,
    ast.Set: Evaluator._sequence,
    ast.Dict: Evaluator._dictionary,
    ast.BinOp: Evaluator._binary,
    ast.UnaryOp: Evaluator._unary,
    ast.Compare: Evaluator._compare,
    ast.IfExp: Evaluator._either,
    ast.BoolOp: Evaluator._any_of,
    ast.JoinedStr: Evaluator._text,
    ast.FormattedValue: Evaluator._formatted,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
    ast.Call: Evaluator._call,
    ast.Lambda: Evaluator._lambda,
    ast.ListComp: Evaluator._comprehension,
    ast.SetComp: Evaluator._comprehension,
    ast.GeneratorExp: Evaluator._comprehension,
    ast.DictComp: Evaluator._dictionary_of,
    ast.NamedExpr: Evaluator._walrus,
    Decorated: Evaluator._decorated,
}
