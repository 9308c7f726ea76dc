"""What attributes can be: of objects and classes of the notebook's own, of modules, of what calls gave."""

from __future__ import annotations

from collections.abc import Iterator

from fairmark.notebook.possible.asking import Asked
from fairmark.notebook.possible.atoms import (
    EMPTY,
    OPEN,
    Atom,
    Class,
    Const,
    External,
    Function,
    Instance,
    Module,
    Read,
    Returned,
    Seq,
    Values,
    const,
    constants_in,
    further,
    joined,
    origins_in,
)
from fairmark.notebook.possible.scopes import Operand, Scope, Site

__all__ = ["Members"]

_OBJECT = External("builtins.object")

_MOST_BASES = 20
"""Classes that one of the notebook's is derived from, all together."""


class Members:
    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def of(self, values: Values, name: str) -> Values:
        """The attribute ``name`` of these; a method is not called by that."""
        bound = self._asked.attribute_bound(name)
        return bound | joined(self._member(one, name) for one in values)

    def _member(self, one: Atom, name: str) -> Values:
        match one:
            case External(path=path):
                return frozenset({External(f"{path}.{name}" if path.count(".") < _MOST_BASES else path)})
            case Instance(scope=scope) | Class(scope=scope):
                return self._of_class(one, scope, name)
            case Module(scope=scope):
                return self._asked.bound_in(scope, name) if name in scope.bindings else OPEN
            case Returned(site=site):
                return frozenset({further(one, name)}) | self._asked.keyword(site, name)
            case Read():
                return frozenset({further(one, name)})
            case Const() | Seq() if name == "value":  # of an enumeration
                return frozenset({one})
        return OPEN

    def as_given(self, site: Site, name: str) -> Values:
        """``generator.batch_size`` is what the generator was made with."""
        for keyword, operand in reversed(site.keywords):
            if keyword == name and operand.step is None:
                return self._asked.value(operand.expression, operand.scope)
        maker = self._asked.value(site.callee.expression, site.callee.scope)
        for one in maker:
            if isinstance(one, Returned) and "namedtuple" in one.names:
                return self._of_record(one.site, site, name)
        return EMPTY

    def _of_record(self, maker: Site, site: Site, name: str) -> Values:
        """``maker`` calls ``namedtuple``, ``site`` what that gave."""
        if len(maker.positional) < 2:
            return OPEN
        fields = maker.positional[1]
        for value in constants_in(self._asked.value(fields.expression, fields.scope))[0]:
            names = value.replace(",", " ").split() if isinstance(value, str) else value
            if isinstance(names, (list, tuple)) and name in names and names.index(name) < len(site.positional):
                operand = site.positional[names.index(name)]
                return self._asked.value(operand.expression, operand.scope) if operand.step is None else OPEN
        return EMPTY

    def _of_class(self, one: Instance | Class, scope: Scope, name: str) -> Values:
        is_field = isinstance(one, Instance) and self._is_field(scope, name)
        fields = self._asked.field(scope, name) if is_field else EMPTY
        found = self.in_class(scope, name)
        if self._is_enumeration(scope):
            if isinstance(one, Instance) and name == "value":
                members = joined(self._asked.bound_in(scope, each) for each in scope.bindings)
                return frozenset(each for each in members if not isinstance(each, Function))
            if found is not None and not any(isinstance(each, Function) for each in found[1]):
                return found[1] | {Instance(scope)}
        if found is not None:
            return fields | joined(self._accessed(each, one) for each in found[1])
        if is_field or name in self._asked.book.attributes:
            return fields
        outer = frozenset(self.outer_bases(scope))
        return frozenset({Read(outer | {scope.name}, (name,), self.origins(scope))}) if outer else OPEN

    def in_class(self, scope: Scope, name: str) -> tuple[Scope, Values] | None:
        """What a class or the first of its bases binds ``name`` to, and which of them does."""
        for one in self.own_bases(scope):
            if name in one.bindings:
                return one, self._asked.bound_in(one, name)
        return None

    def _accessed(self, each: Atom, holder: Instance | Class) -> Values:
        if not isinstance(each, Function):
            return frozenset({each})
        kinds = each.scope.decorated
        if each.scope.method_of is None or "staticmethod" in kinds:
            return frozenset({each})
        if isinstance(holder, Instance) and ("property" in kinds or "cached_property" in kinds):
            return self._asked.returned(each.scope)
        return frozenset({Function(each.scope, bound=isinstance(holder, Instance) or "classmethod" in kinds)})

    def _is_field(self, scope: Scope, name: str) -> bool:
        return "__init__" not in scope.bindings and any(name in one.fields for one in self.own_bases(scope))

    def field(self, scope: Scope, name: str) -> Values:
        """What a field of a dataclass, or of a named tuple, is given where objects of it are made."""
        fields = [each for one in reversed(list(self.own_bases(scope))) for each in one.fields]
        callers = self._asked.callers(scope)
        if callers is None:
            return OPEN
        return joined(self._given(site, name, fields.index(name)) for _, site, _ in callers if site is not None)

    def _given(self, site: Site, name: str, place: int) -> Values:
        operands: list[Operand] = [one for keyword, one in site.keywords if keyword == name]
        operands += site.positional[place : place + 1]
        if any(one.step is not None for one in (*site.positional, *(one for _, one in site.keywords))):
            return OPEN | self._spread(site, name)
        return self._asked.value(operands[0].expression, operands[0].scope) if operands else EMPTY

    def _spread(self, site: Site, name: str) -> Values:
        held = [self._asked.value(one.expression, one.scope) for _, one in site.keywords if one.step == "pairs"]
        return joined(values for one in joined(held) for key, values in getattr(one, "pairs", ()) if key == const(name))

    # --- bases ---

    def own_bases(self, scope: Scope) -> Iterator[Scope]:
        """A class, and those of the notebook's that it is derived from."""
        waiting, seen = [scope], {scope}
        while waiting:
            one = waiting.pop(0)
            yield one
            for base in self._bases(one):
                if isinstance(base, Class) and base.scope not in seen and len(seen) < _MOST_BASES:
                    seen.add(base.scope)
                    waiting.append(base.scope)

    def outer_bases(self, scope: Scope) -> Iterator[str]:
        """Names of the classes that are not the notebook's, from which a class is derived."""
        for one in self.own_bases(scope):
            for base in self._bases(one):
                if isinstance(base, External) and base.last != "object":
                    yield base.last
                elif isinstance(base, Read) and base.path:
                    yield str(base.path[-1])

    def origins(self, scope: Scope) -> frozenset[str]:
        """The dotted names of the classes that are not the notebook's, from which a class is derived."""
        bases = [base for one in self.own_bases(scope) for base in self._bases(one) if base != _OBJECT]
        return origins_in(frozenset(bases))

    def _is_enumeration(self, scope: Scope) -> bool:
        return any(isinstance(base, External) and base.path.startswith("enum.") for base in self._bases(scope))

    def _bases(self, scope: Scope) -> list[Atom]:
        if scope.parent is None:
            return []
        found = [self._asked.value(one, scope.parent) for one in scope.bases[:_MOST_BASES]]
        return [each for one in found for each in one]
