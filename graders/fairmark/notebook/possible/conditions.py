"""Which code can run at all: conditions and loops whose values are written in the text, names and functions followed.

Only what is surely one of a few plain values decides: numbers and texts, not what a list or dictionary holds, which may
change wherever it is handed to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from fairmark.notebook.possible.asking import Asked
from fairmark.notebook.possible.dead import completes, ends, every, is_never_entered, truths
from fairmark.notebook.possible.scopes import ITERATED, Binding, Guard, Operand, Scope, Site
from fairmark.notebook.worked_out.plain_values import BUILTINS, NotPlain

__all__ = ["Conditions"]

_MOST_LEVELS = 12
"""Names that stand for names that stand for names."""

_MOST_VALUES = 16

_MOST_STEPS = 20_000
"""Names and calls looked up, of one notebook; then anything may run. A notebook of the course takes some hundreds."""

_TYPES = {"isinstance": isinstance, "type": type, "callable": callable, "bytes": bytes}

_ENDING = frozenset({"sys.exit", "os._exit", "os.abort"})


class Conditions:
    """Of one notebook."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._book = asked.book
        self._asking: list[object] = []
        self._known: dict[Guard, bool] = {}
        self._steps = 0

    def may_run(self, what: Site | Binding) -> bool:
        """Whether nothing before it surely keeps it from being run."""
        return all(map(self._is_passed, what.guards))

    def _is_passed(self, guard: Guard) -> bool:
        if guard in self._known:
            return self._known[guard]
        if guard in self._asking or len(self._asking) > _MOST_LEVELS:
            return True
        self._asking.append(guard)
        try:
            can_pass = self._can_pass(guard)
        finally:
            self._asking.pop()
        if self._asked.is_settled and not self._asking:
            self._known[guard] = can_pass
        return can_pass

    def _can_pass(self, guard: Guard) -> bool:
        def leaf(node: ast.expr) -> list[Any]:
            return self._leaf(node, guard.scope)

        match guard.kind:
            case "entered":
                return not is_never_entered(guard.expression, leaf)
            case "returns":
                return not self._never_returns(guard.expression, guard.scope)
        return (guard.kind == "true") in truths(guard.expression, leaf)

    def _never_returns(self, callee: ast.expr, scope: Scope) -> bool:
        if not isinstance(callee, ast.Name):
            return False
        holder = self._book.holder(callee.id, scope)
        return holder is not None and all(map(_ends, holder.bindings[callee.id]))

    # --- values ---

    def _leaf(self, node: ast.expr, scope: Scope) -> list[Any]:
        """As `fairmark.notebook.possible.dead.Leaf`."""
        self._steps += 1
        if node in self._asking or len(self._asking) > _MOST_LEVELS or self._steps > _MOST_STEPS:
            raise NotPlain
        self._asking.append(node)
        try:
            match node:
                case ast.Name(id=name):
                    return self._named(name, scope)
                case ast.Call(func=ast.Name(id=name)):
                    return self._given_by(node, name, scope)
            raise NotPlain
        finally:
            self._asking.pop()

    def _values(self, node: ast.expr, scope: Scope) -> list[Any]:
        return every(node, lambda one: self._leaf(one, scope))

    def _named(self, name: str, scope: Scope) -> list[Any]:
        holder = self._book.holder(name, scope)
        if holder is None:
            known = {"__debug__": True, **_TYPES, **BUILTINS}
            if name not in known or self._book.is_star_imported:
                raise NotPlain
            return [known[name]]
        if self._book.is_rebinding and holder is self._book.everywhere:
            raise NotPlain
        found = [value for one in holder.bindings[name] if self.may_run(one) for value in self._bound_to(one)]
        if not found or len(found) > _MOST_VALUES or any(isinstance(one, list | dict | set) for one in found):
            raise NotPlain
        return found

    def _bound_to(self, binding: Binding) -> Iterator[Any]:
        if binding.position is not None:
            yield from self._passed(binding)
            return
        if binding.value is None or binding.operator is not None:
            raise NotPlain
        for value in self._values(binding.value, binding.scope):
            yield from _along(value, binding.steps)

    def _passed(self, parameter: Binding) -> Iterator[Any]:
        """What the parameter of a function is given, by default and by all its calls."""
        function, place = parameter.scope, parameter.position
        arguments = function.arguments
        callers = self._asked.callers(function)
        if arguments is None or callers is None or not isinstance(place, int) or function.method_of is not None:
            raise NotPlain
        placed = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(placed) - len(arguments.defaults)) + [*arguments.defaults, *arguments.kw_defaults]
        for _, site, _ in callers:
            if site is None:
                raise NotPlain
            operand = _given(site, parameter.name, place if place < len(placed) else None)
            default = defaults[place]
            if operand is not None:
                yield from self._values(operand.expression, operand.scope)
            elif default is not None and function.parent is not None:
                yield from self._values(default, function.parent)

    def _given_by(self, node: ast.Call, name: str, scope: Scope) -> list[Any]:
        """What a call of a function of the notebook's gives."""
        holder = self._book.holder(name, scope)
        found: list[Any] = []
        for one in holder.bindings[name] if holder is not None else ():
            function = one.defined
            body = function.node if function is not None else None
            if function is None or one.decorators or function.is_lazy or not isinstance(body, ast.FunctionDef):
                raise NotPlain
            for returned in function.returns:
                found += self._values(returned, function)
            found += [None] if all(map(completes, body.body)) or any(map(_gives_none, ast.walk(body))) else []
        if not found or any(isinstance(one, list | dict | set) for one in found):
            raise NotPlain
        return found


def _gives_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and node.value is None


def _along(value: Any, steps: Sequence[object]) -> Iterator[Any]:  # noqa: ANN401 - any plain value
    if not steps:
        yield value
        return
    if not isinstance(value, tuple | list | range | str):
        raise NotPlain
    first, rest = steps[0], steps[1:]
    if first == ITERATED:
        for one in value:
            yield from _along(one, rest)
    elif isinstance(first, int) and -len(value) <= first < len(value):
        yield from _along(value[first], rest)
    else:
        raise NotPlain


def _given(site: Site, name: str, place: int | None) -> Operand | None:
    if any(one.step is not None for one in (*site.positional, *(one for _, one in site.keywords))):
        raise NotPlain
    named = [one for keyword, one in site.keywords if keyword == name]
    placed = site.positional[place : place + 1] if place is not None else ()
    return named[-1] if named else placed[0] if placed else None


def _ends(binding: Binding) -> bool:
    """Whether what is bound is a function whose calls never come back."""
    if binding.imported is not None:
        return binding.imported in _ENDING
    function = binding.defined
    if function is None or function.is_lazy or binding.decorators:
        return False
    return isinstance(function.node, ast.FunctionDef) and ends(function.node)
