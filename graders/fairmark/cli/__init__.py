"""The command line: one small file per command, and the only place that prints or exits.

Exit codes: 0 done and all passed; 1 done, not all passed; 2 usage or unreadable input; 3 something needs attention.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Container

import typer

from fairmark.errors import FairmarkError, MachineError

__all__ = ["COMMANDS", "command_line", "main"]

COMMANDS = {
    "check": "Check one notebook: what is right, what is not, and a hint.",
    "grade": "Grade a class: a gradebook row and a report for every submission.",
    "demo": "Draw the pictures, make up a class of six and grade it.",
    "judge": "Judge recorded evidence again; nothing is run.",
    "new": "Begin a course or an assignment with a running example.",
    "release": "Generate the student notebooks from the solutions.",
    "verify": "Test graders: mutants must be caught, right answers must pass.",
    "data": "List, make, add and check the pictures of data sets.",
    "doctor": "Show what this machine has, what it lacks, and what follows.",
}
"""Every command and its line in ``fairmark --help``."""


def command_line(wanted: Container[str] = tuple(COMMANDS)) -> typer.Typer:
    """The program with the commands in ``wanted`` loaded.

    The others are only named: what each command imports takes longer than ``fairmark --help`` may.
    """
    app = typer.Typer(
        name="fairmark",
        help="Marks Keras notebooks fairly: runs them in a sandbox and judges what they really did.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # help texts are plain, and start faster so
        pretty_exceptions_enable=False,
    )
    for name, line in COMMANDS.items():
        if name not in wanted:
            app.command(name, help=line)(_not_loaded)
            continue
        module = importlib.import_module(f"fairmark.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=line)
        else:
            app.command(name, short_help=line)(getattr(module, name))
    return app


def _refuse_windows() -> None:
    """Processes and pipes are used here in ways that Windows does not offer."""
    if sys.platform == "win32":
        raise MachineError(
            "fairmark runs on Linux and macOS, not on Windows itself.",
            remedy="Install it in the Windows Subsystem for Linux: there it has every layer of its sandbox.",
        )


def _not_loaded() -> None:
    raise AssertionError("a command was run that the words given did not name")


def main() -> None:
    """Runs a command. Our own errors become one clear message and their exit code; anything else is a bug, shows its
    traceback, and needs attention."""
    try:
        _refuse_windows()
        command_line([word for word in sys.argv[1:] if word in COMMANDS])(prog_name="fairmark")
    except FairmarkError as problem:
        from fairmark.cli.say import say_error  # brings rich, which help does not need

        say_error(problem)
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        traceback.print_exc()
        sys.exit(3)
