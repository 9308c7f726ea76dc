"""Help: every command and every option says what it does, and the README knows every command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from commands import Run

from fairmark.cli import COMMANDS, command_line

ROOT = Path(__file__).resolve().parents[2]


def every_command(command: Any = None, name: str = "fairmark") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - Typer's
    """Each command with its full name, groups first."""
    command = command or typer.main.get_command(command_line())
    yield name, command
    for word, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, f"{name} {word}")


EVERY_COMMAND = dict(every_command())


def test_the_contract_names_these_commands() -> None:
    assert set(COMMANDS) == {"check", "grade", "demo", "judge", "new", "release", "verify", "data", "doctor"}


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_every_command_says_what_it_does(name: str) -> None:
    text = EVERY_COMMAND[name].help or ""
    assert text.strip().endswith((".", "!"))


@pytest.mark.parametrize("name", EVERY_COMMAND)
def test_every_option_and_argument_says_what_it_is(name: str) -> None:
    silent = [
        parameter.name
        for parameter in EVERY_COMMAND[name].params
        if parameter.name != "help" and not (getattr(parameter, "help", None) or "").strip()
    ]
    assert silent == []


@pytest.mark.parametrize("name", [name for name in EVERY_COMMAND if name.count(" ")])
def test_help_is_shown_and_nothing_done(name: str, fairmark_: Run) -> None:
    result = fairmark_(*name.split()[1:], "--help")
    assert (result.exit_code, result.err) == (0, "")
    assert f"Usage: {name}" in result.out


def test_help_names_every_command_and_is_made_without_tensorflow() -> None:
    program = (
        "import sys\nfrom fairmark.cli import main\nsys.argv = ['fairmark', '--help']\n"
        "try:\n    main()\nfinally:\n    assert 'tensorflow' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    text = " ".join(result.stdout.split())
    assert all(f"{name} {line}" in text for name, line in COMMANDS.items())


def test_without_a_command_help_is_shown(fairmark_: Run) -> None:
    result = fairmark_()
    assert "Usage: fairmark" in result.out + result.err


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_mentions_every_command(name: str) -> None:
    assert f"fairmark {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "said"), [(["chekc"], "check"), (["check", "--quik"], "--quick")])
def test_a_word_that_is_misspelled_exits_with_2_and_the_nearest_one(
    words: list[str], said: str, fairmark_: Run
) -> None:
    result = fairmark_(*words)
    assert (result.exit_code, result.out) == (2, "")
    assert said in result.err.partition(words[-1])[2]


@pytest.mark.parametrize(
    "words", [["check"], ["grade"], ["check", "a.ipynb", "--seed", "-1"], ["grade", "a", "--numerics", "float64"]]
)
def test_a_command_that_lacks_something_exits_with_2(words: list[str], fairmark_: Run) -> None:
    result = fairmark_(*words)
    assert (result.exit_code, result.out) == (2, "")
    assert result.err.startswith(f"Usage: fairmark {words[0]}")
