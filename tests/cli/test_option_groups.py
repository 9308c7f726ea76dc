"""Options in groups: a command is given one object where its user types several options."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from fairmark.cli.limits import LimitOptions
from fairmark.cli.option_groups import OptionGroup, option_groups
from fairmark.errors import UsageError
from fairmark.sandbox import Limits


@dataclass(frozen=True)
class Oven:
    """A group whose fields are options."""

    degrees: Annotated[int, typer.Option("--degrees", min=0, max=300, help="How hot.")] = 180
    fan: Annotated[bool, typer.Option("--fan", help="With the fan on.")] = False


@dataclass(frozen=True)
class Tin:
    """A group with an option that must be given."""

    width: Annotated[int, typer.Option("--width")]


class Kilograms:
    """A group that is no dataclass: it says itself which options it has and what they make."""

    def parameters(self) -> Iterator[inspect.Parameter]:
        option = Annotated[float, typer.Option("--kilograms")]
        yield inspect.Parameter("kilograms", inspect.Parameter.KEYWORD_ONLY, default=1.0, annotation=option)

    def made(self, given: dict[str, Any]) -> float:
        return 1000 * float(given.pop("kilograms"))


@option_groups
def bake(
    cake: str,
    *,
    sliced: Annotated[bool, typer.Option("--sliced")] = False,
    oven: Oven,
    grams: Annotated[float, Kilograms()],
) -> None:
    """Bake a cake."""
    typer.echo(f"{cake} {sliced} {oven} {grams}")


@option_groups
def shape(*, tin: Tin) -> None:
    typer.echo(tin)


@option_groups
def grade(*, limits: LimitOptions) -> None:
    typer.echo(limits)


def typed(command: Any, *words: str) -> tuple[int, str]:  # noqa: ANN401 - a command
    """What the command exits with and prints."""
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output.strip()


def test_a_group_is_made_of_its_defaults_if_nothing_is_given() -> None:
    assert typed(bake, "nut") == (0, "nut False Oven(degrees=180, fan=False) 1000.0")


def test_a_group_is_made_of_the_options_that_are_given() -> None:
    words = ("--fan", "--degrees", "200", "--kilograms", "0.5", "--sliced")
    assert typed(bake, "nut", *words) == (0, "nut True Oven(degrees=200, fan=True) 500.0")


def test_an_option_of_a_group_keeps_its_bounds() -> None:
    code, said = typed(bake, "nut", "--degrees", "301")
    assert (code, "'--degrees'" in said) == (2, True)


def test_an_option_of_a_group_without_a_default_must_be_given() -> None:
    assert typed(shape, "--width", "30") == (0, "Tin(width=30)")
    assert typed(shape)[0] == 2


def test_options_of_groups_come_last_in_the_order_of_the_parameters() -> None:
    assert list(inspect.signature(bake).parameters) == ["cake", "sliced", "degrees", "fan", "kilograms"]


def test_a_command_keeps_its_name_and_its_help() -> None:
    assert (bake.__name__, bake.__doc__) == ("bake", "Bake a cake.")


def test_whatever_says_its_options_and_what_they_make_is_a_group() -> None:
    assert isinstance(Kilograms(), OptionGroup)
    assert not isinstance(Oven(), OptionGroup)


def test_the_limits_of_a_run_are_a_group_with_the_usual_limits_as_defaults() -> None:
    assert typed(grade) == (0, str(Limits()))


def test_limits_are_typed_in_units_that_people_use_and_kept_in_bytes() -> None:
    changed = Limits(run_seconds=60.0, memory_bytes=3 * 2**30, processes=7, output_bytes=2**19)
    words = ("--run-seconds", "60", "--memory", "3", "--processes", "7", "--printed", "0.5")
    assert typed(grade, *words) == (0, str(changed))


def test_a_limit_that_is_no_number_is_refused() -> None:
    given = {name: one.default for name, one in inspect.signature(grade).parameters.items()}
    with pytest.raises(UsageError, match=r"^--memory takes a number from 0\.5 to 1,000,000, not nan$"):
        grade(**{**given, "memory_bytes": math.nan})
