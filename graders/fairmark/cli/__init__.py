"""The command line: one small file per command, and the only place that prints or exits.

Exit codes: 0 done and all passed; 1 done, not all passed; 2 usage or unreadable input; 3 something needs attention.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from collections.abc import Container

import typer

from fairmark.errors import FairmarkError, MachineError, UsageError

__all__ = ["COMMANDS", "command_line", "main"]

# Typer has click inside since 0.25, and beside itself before: this class is of the right one.
_USAGE = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

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
        help="Marks deep-learning notebooks fairly: runs them in a sandbox and judges what they really did.",
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
    """Runs a command. Our own errors, and those of the system, become one clear message and their exit code; anything
    else is a bug, shows its traceback, and needs attention."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name on disk may hold bytes that are no text
            stream.reconfigure(errors="backslashreplace")
    try:
        _refuse_windows()
        if "" in sys.argv[1:]:
            raise UsageError(
                "A word of the command is empty", remedy="Was it to be the value of a variable? It has none."
            )
        ended = command_line([word for word in sys.argv[1:] if word in COMMANDS])(
            prog_name="fairmark", standalone_mode=False
        )
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.exit(ended if isinstance(ended, int) else 0)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        sys.exit(_told(problem))


def _told(problem: Exception) -> int:
    """Says what is wrong; what to exit with."""
    # These bring rich, which help does not need.
    from fairmark.cli.foreign import translated
    from fairmark.cli.say import say_error, say_usage

    if isinstance(problem, OSError) and problem.filename is None:  # of a stream: Python would try again at the end
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - until the process ends
    if isinstance(problem, BrokenPipeError):  # whoever read our output has seen enough
        return 1
    if isinstance(problem, _USAGE):
        return say_usage(problem)
    ours = problem if isinstance(problem, FairmarkError) else translated(problem)
    if ours is None:
        traceback.print_exception(problem)
        return 3
    say_error(ours)
    return ours.exit_code
