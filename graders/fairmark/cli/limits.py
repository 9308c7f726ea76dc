"""The limits of a run as a group of options, the same for every command that runs notebooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from fairmark.cli.options import require_within
from fairmark.sandbox.limits import GIB, MIB, Limits

__all__ = ["LimitOptions"]

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


class _LimitOptions:
    """An option for each limit, and the :class:`Limits` they make."""

    def parameters(self) -> Iterator[inspect.Parameter]:
        yield from (option.parameter() for option in _OPTIONS)

    def made(self, given: dict[str, Any]) -> Limits:
        return Limits(**{option.field: option.value(given.pop(option.field)) for option in _OPTIONS})


LimitOptions = Annotated[Limits, _LimitOptions()]
