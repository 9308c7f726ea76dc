"""Options for the limits of a run, the same for every command that runs notebooks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

from fairmark.cli.options import require_within
from fairmark.sandbox.limits import GIB, MIB, Limits

__all__ = ["with_limits"]

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


def with_limits(command: Callable[..., T]) -> Callable[..., T]:
    """The command with an option for each limit in the place of its keyword parameter ``limits``."""

    @functools.wraps(command)
    def with_options(**given: Any) -> T:  # noqa: ANN401 - the command's own
        limits = Limits(**{option.field: option.value(given.pop(option.field)) for option in _OPTIONS})
        return command(**given, limits=limits)

    signature = inspect.signature(command, eval_str=True)
    own = [parameter for name, parameter in signature.parameters.items() if name != "limits"]
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    parameters = [*keywords, *(option.parameter() for option in _OPTIONS)]
    # Typer reads both.
    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options
