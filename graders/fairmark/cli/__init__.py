"""The command line: one small file per command, and the only place that prints or exits.

Exit codes: 0 done and all passed; 1 done, not all passed; 2 usage or unreadable input; 3 something needs attention.
"""

from __future__ import annotations

import sys

import typer

from fairmark.cli import check, data, demo, doctor, grade, release
from fairmark.cli.say import say_error
from fairmark.errors import FairmarkError

__all__ = ["app", "main"]

app = typer.Typer(
    name="fairmark",
    help="Marks Keras notebooks fairly: runs them in a sandbox and judges what they really did.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # help texts are plain, and start faster so
    pretty_exceptions_enable=False,
)
app.command("check")(check.check)
app.command("grade")(grade.grade)
app.command("demo")(demo.demo)
app.command("release")(release.release)
app.add_typer(data.app, name="data")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Runs a command. Our own errors become one clear message and their exit code; anything else is a bug and shows
    its traceback."""
    try:
        app()
    except FairmarkError as problem:
        say_error(problem)
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
