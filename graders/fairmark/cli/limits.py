"""Options in groups: the limits of a run, which are the same for every command that runs notebooks, and others."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from fairmark.cli.options import require_within
from fairmark.sandbox.limits import GIB, MIB, Limits

__all__ = ["option_groups"]

T = TypeVar("T")

_DEFAULTS = Limits()


@dataclass(frozen=True)
class _Option:
    """One limit: the field of :class:`Limits` it sets, and how people say it. ``unit`` is what 1 stands for."""

    field: str
    name: str
    help: str
    metavar: str
    least: float
    most: float
    unit: int = 1

    def parameter(self) -> inspect.Parameter:
        default = getattr(_DEFAULTS, self.field)
        kind, shown = (int, default) if self.metavar == "N" else (float, default / self.unit)
        option = typer.Option(self.name, min=self.least, max=self.most, metavar=self.metavar, help=self.help)
        return inspect.Parameter(
            self.field, inspect.Parameter.KEYWORD_ONLY, default=shown, annotation=Annotated[kind, option]
        )

    def value(self, given: float) -> Any:  # noqa: ANN401 - an int or a float, as the field is
        require_within(self.name, given, self.least, self.most)
        return type(getattr(_DEFAULTS, self.field))(given * self.unit)


_MONTH = 31 * 24 * 3600
_PETABYTE = 1_000_000
"""In GiB: more than any machine has, and few enough bytes for every clock and counter of the kernel."""

_RUN_SECONDS = "The longest a notebook may run; with all further runs, half as long again."
_OPTIONS = (
    _Option("run_seconds", "--run-seconds", _RUN_SECONDS, "SECONDS", 1, _MONTH),
    _Option("cell_seconds", "--cell-seconds", "The longest one cell may run.", "SECONDS", 1, _MONTH),
    _Option(
        "cpu_seconds", "--cpu-seconds", "The most processor time of a run, on all cores.", "SECONDS", 1, 100 * _MONTH
    ),
    _Option("memory_bytes", "--memory", "The most memory a run may use.", "GIB", 0.5, _PETABYTE, GIB),
    _Option("processes", "--processes", "The most processes a run may have at once.", "N", 1, 4_000_000),
    _Option("written_bytes", "--written", "The most a run may write into files.", "GIB", 0.1, _PETABYTE, GIB),
    _Option("files", "--files", "The most files a run may make.", "N", 100, 1_000_000_000),
    _Option("output_bytes", "--printed", "The most a run may print.", "MIB", 0.1, 1_000_000, MIB),
)


def option_groups(command: Callable[..., T]) -> Callable[..., T]:
    """The command with an option for each field of its keyword parameters that are groups: :class:`Limits`, and
    dataclasses whose fields are annotated as options."""
    own = inspect.signature(command, eval_str=True)
    groups = {name: one.annotation for name, one in own.parameters.items() if is_dataclass(one.annotation)}

    @functools.wraps(command)
    def with_options(**given: Any) -> T:  # noqa: ANN401 - the command's own
        made = {name: _made(kind, given) for name, kind in groups.items()}
        return command(**given, **made)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [one.replace(kind=keyword) for name, one in own.parameters.items() if name not in groups]
    parameters += [parameter for kind in groups.values() for parameter in _parameters(kind)]
    # Typer reads both.
    with_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


def _parameters(kind: Any) -> Iterator[inspect.Parameter]:  # noqa: ANN401 - a dataclass
    if kind is Limits:
        yield from (option.parameter() for option in _OPTIONS)
        return
    annotated = get_type_hints(kind, include_extras=True)
    for one in fields(kind):
        yield inspect.Parameter(
            one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=annotated[one.name]
        )


def _made(kind: Any, given: dict[str, Any]) -> Any:  # noqa: ANN401 - a dataclass, and one made
    """What the command is given for a group: taken out of all that is ``given``."""
    if kind is Limits:
        return Limits(**{option.field: option.value(given.pop(option.field)) for option in _OPTIONS})
    return kind(**{one.name: given.pop(one.name) for one in fields(kind)})
