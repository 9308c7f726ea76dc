"""Classes of a notebook's own, as far as plain code needs them: settings, and methods that count or train."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fairmark.notebook.worked_out.known_things import UNKNOWN, Method, Thing
from fairmark.notebook.worked_out.plain_values import NotPlain

__all__ = ["Function", "Instance", "OwnClass"]


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the notebook's, with the names around it; what it yields is gathered in a list."""

    node: ast.FunctionDef | ast.Lambda
    around: tuple[dict[str, Any], ...]

    def is_decorated_as(self, name: str) -> bool:
        decorators = self.node.decorator_list if isinstance(self.node, ast.FunctionDef) else []
        return any(isinstance(one, ast.Name) and one.id == name for one in decorators)


@dataclass(frozen=True, eq=False)
class OwnClass(Thing):
    """A class: ``names`` are what its body binds, ``fields`` those with an annotation, in order; ``run`` calls a
    function of the notebook's; ``extends`` says that it may have more from a class that is not the notebook's."""

    names: dict[str, Any]
    fields: tuple[str, ...]
    run: Callable[[Function, list[Any], dict[str, Any]], Any]
    extends: bool = False

    def member(self, name: str) -> object:
        if self.names.get(name, UNKNOWN) is UNKNOWN:
            raise NotPlain
        return self.names[name]

    def call(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        made = Instance(self, {})
        begins = self.names.get("__init__")
        if isinstance(begins, Function):
            self.run(begins, [made, *given], named)
        else:
            made.attributes.update(zip(self.fields, given, strict=False))
            made.attributes.update(named)
        return made


@dataclass(frozen=True, eq=False)
class Instance(Thing):
    """Something of a class of the notebook's own."""

    of: OwnClass
    attributes: dict[str, Any]

    def may_inherit(self, name: str) -> bool:
        """Whether its class may have ``name`` from one that is not the notebook's."""
        return self.of.extends and name not in self.attributes and name not in self.of.names

    def member(self, name: str) -> object:
        found = self.attributes[name] if name in self.attributes else self.of.names.get(name, UNKNOWN)
        if found is UNKNOWN:
            raise NotPlain
        if not isinstance(found, Function) or name in self.attributes:
            return found
        if found.is_decorated_as("property"):
            return self.of.run(found, [self], {})
        own = [] if found.is_decorated_as("staticmethod") else [self]
        return Method(lambda given, named: self.of.run(found, [*own, *given], named))
