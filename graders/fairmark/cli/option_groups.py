"""Commands whose options come in groups: one parameter of the command stands for several options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Protocol, TypeVar, get_args, get_origin, get_type_hints, runtime_checkable

__all__ = ["OptionGroup", "option_groups"]

T = TypeVar("T")


@runtime_checkable
class OptionGroup(Protocol):
    """How a parameter is made from several options; stands in the parameter's ``Annotated``."""

    def parameters(self) -> Iterator[inspect.Parameter]:
        """One keyword parameter for each option, annotated as Typer wants it."""

    def made(self, given: dict[str, Any]) -> Any:  # noqa: ANN401 - the parameter's value
        """The parameter's value; takes the options of this group out of ``given``."""


def option_groups(command: Callable[..., T]) -> Callable[..., T]:
    """The command with an option for each field of the parameters that are groups.

    A parameter is a group if its annotation is a dataclass whose fields are annotated as options, or is ``Annotated``
    with an :class:`OptionGroup`. The options of groups come after the command's own, in the order of the parameters.
    """
    own = inspect.signature(command, eval_str=True)
    found = {name: _group_of(one.annotation) for name, one in own.parameters.items()}
    groups = {name: group for name, group in found.items() if group is not None}

    @functools.wraps(command)
    def with_options(**given: Any) -> T:  # noqa: ANN401 - the command's own
        made = {name: group.made(given) for name, group in groups.items()}
        return command(**given, **made)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(kind=keyword) for name, one in own.parameters.items() if name not in groups]
    parameters += [parameter for group in groups.values() for parameter in group.parameters()]
    # Typer reads both.
    with_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


class _Fields:
    """The group of a dataclass whose fields are annotated as options."""

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a dataclass
        self._kind = kind

    def parameters(self) -> Iterator[inspect.Parameter]:
        annotated = get_type_hints(self._kind, include_extras=True)
        for one in fields(self._kind):
            default = inspect.Parameter.empty if one.default is MISSING else one.default
            yield inspect.Parameter(
                one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotated[one.name]
            )

    def made(self, given: dict[str, Any]) -> Any:  # noqa: ANN401 - an instance of the dataclass
        return self._kind(**{one.name: given.pop(one.name) for one in fields(self._kind)})


def _group_of(annotation: Any) -> OptionGroup | None:  # noqa: ANN401 - whatever stands at a parameter
    if get_origin(annotation) is Annotated:
        return next((one for one in get_args(annotation)[1:] if isinstance(one, OptionGroup)), None)
    return _Fields(annotation) if is_dataclass(annotation) else None
