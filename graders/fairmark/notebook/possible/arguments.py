"""What calls give, and what parameters get."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fairmark.notebook.possible.asking import Asked
from fairmark.notebook.possible.atoms import (
    EMPTY,
    OPEN,
    UNKNOWN,
    Atom,
    Class,
    Const,
    Instance,
    Map,
    Seq,
    Values,
    bag,
    const,
    elements,
    joined,
    mapping,
    sequence,
)
from fairmark.notebook.possible.members import Members
from fairmark.notebook.possible.scopes import Binding, Operand, Scope, Site

__all__ = ["Arguments"]


_MOST_DERIVED = 20
"""Classes that an object may be of where a method of one is called on it."""


class Arguments:
    """Of the calls of one notebook."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.members = Members(asked)

    # --- arguments ---

    def given_by(self, operand: Operand) -> Values:
        """The values of an argument; with ``*`` or ``**`` those of the whole list or dictionary."""
        found = self._asked.value(operand.expression, operand.scope)
        return elements(found) if operand.step == "iterated" else found

    def positional(self, site: Site) -> list[Values] | None:
        """The arguments that are not named; None where ``*`` leaves open how many."""
        found: list[Values] = []
        for operand in site.positional:
            values = self.given_by(operand)
            if operand.step != "star":
                found.append(values)
                continue
            several = _of_one_length(values) if values else [EMPTY]
            if several is None:
                return None
            found += several
        return found

    def argument(self, site: Site, name: str, position: int | None = None) -> Values | None:
        """What a call gives the parameter ``name``, which stands at ``position``; None where it gives nothing."""
        for keyword, operand in reversed(site.keywords):
            if keyword == name:
                return self.given_by(operand)
        found = self._placed(site, position) if position is not None else None
        if found is not None and UNKNOWN not in found:
            return found
        spread = [self._under(self.given_by(one), name) for keyword, one in site.keywords if keyword is None]
        known = [one for one in (found, *spread) if one is not None]
        return joined(known) if known else None

    def _placed(self, site: Site, position: int) -> Values | None:
        at = 0
        for place, operand in enumerate(site.positional):
            values = self.given_by(operand)
            if operand.step != "star":
                if at == position:
                    return values
                at += 1
                continue
            if not values:
                return EMPTY
            several = _of_one_length(values)
            if several is None:
                rest = [self.given_by(one) for one in site.positional[place + 1 :]]
                return joined([elements(values), *rest, OPEN])
            if position < at + len(several):
                return several[position - at]
            at += len(several)
        return None

    def _under(self, values: Values, name: str) -> Values | None:
        found: set[Atom] = set()
        is_given = False
        for one in values:
            held = dict(one.pairs).get(Const("str", name), EMPTY) | one.rest if isinstance(one, Map) else OPEN
            is_given = is_given or bool(held)
            found |= held
        return frozenset(found) if is_given else None

    # --- parameters ---

    def parameter(self, binding: Binding) -> Values:
        """All that the parameter of a function is given: by calls, by default, by what calls methods from outside."""
        function = binding.scope
        owner = function.method_of
        kinds = function.decorated
        if owner is not None and binding.position == 0 and "staticmethod" not in kinds:
            several = self._derived_from(owner)
            return frozenset(Class(one) if "classmethod" in kinds else Instance(one) for one in several)
        found = self._default(binding)
        if owner is not None and function.name != "__init__" and any(self.members.outer_bases(owner)):
            found |= OPEN
        callers = self._asked.callers(function)
        for _, site, is_bound in callers or ():
            found |= OPEN if site is None else self._passed(site, binding, int(is_bound))
        return found if callers is not None else found | OPEN

    def _passed(self, site: Site, binding: Binding, shift: int) -> Values:
        if binding.position == "*":
            return self._gathered(site, binding.scope, shift)
        if binding.position == "**":
            return self._gathered_by_name(site, binding.scope)
        arguments = binding.scope.arguments
        place = binding.position if isinstance(binding.position, int) else None
        if place is not None and arguments is not None:
            place = place - shift if place < len(arguments.posonlyargs) + len(arguments.args) else None
        return self.argument(site, binding.name, place if place is None or place >= 0 else None) or EMPTY

    def _gathered(self, site: Site, function: Scope, shift: int) -> Values:
        arguments = function.arguments
        given = self.positional(site)
        if given is None or arguments is None:
            return frozenset({bag(joined([OPEN, *(self._elements_of(one) for one in site.positional)]))})
        return frozenset({sequence(given[max(len(arguments.posonlyargs) + len(arguments.args) - shift, 0) :])})

    def _elements_of(self, operand: Operand) -> Values:
        return elements(self.given_by(operand)) if operand.step == "star" else self.given_by(operand)

    def _gathered_by_name(self, site: Site, function: Scope) -> Values:
        arguments = function.arguments
        named = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)} if arguments is not None else set()
        pairs: list[tuple[Values, Values]] = []
        rest = EMPTY
        for name, operand in site.keywords:
            held = self.given_by(operand)
            if name is not None:
                pairs += [(frozenset({const(name)}), held)] if name not in named else []
                continue
            for one in held:
                known = one.pairs if isinstance(one, Map) else ()
                pairs += [(frozenset[Atom]({key}), values) for key, values in known if key.value not in named]
                rest |= one.rest if isinstance(one, Map) else OPEN
        return frozenset({mapping(pairs, rest)})

    def _default(self, binding: Binding) -> Values:
        arguments, place, outside = binding.scope.arguments, binding.position, binding.scope.parent
        if not isinstance(place, int) or arguments is None or outside is None:
            return EMPTY
        placed = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(placed) - len(arguments.defaults))
        value = [*defaults, *arguments.defaults, *arguments.kw_defaults][place]
        return self._asked.value(value, outside) if value is not None else EMPTY

    def _derived_from(self, owner: Scope) -> list[Scope]:
        """A class and those of the notebook's that are derived from it, the first `_MOST_DERIVED`."""
        found = [owner]
        for one in found:
            new = self._asked.book.derived.get(one.name, ())
            found += [each for each in new if each not in found][: _MOST_DERIVED - len(found)]
        return found


def _of_one_length(values: Values) -> Sequence[Values] | None:
    """The items that ``*values`` stands for; None where that can be several or is not known."""
    lists = [one.items for one in values if isinstance(one, Seq)]
    if len(lists) < len(values) or len({len(one) for one in lists}) > 1:
        return None
    return [joined(row) for row in zip(*lists, strict=True)]
