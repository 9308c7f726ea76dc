"""Consoles and messages: results on standard output, everything else on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from fairmark.course import Course, built_in_course
from fairmark.errors import FairmarkError
from fairmark.present.encodable import Encodable
from fairmark.present.escape import plain
from fairmark.sandbox import Launcher, not_confined

__all__ = ["results", "say", "say_course", "say_error", "say_kept", "say_usage", "tell", "waiting", "warn_unconfined"]

_MOST_CHARACTERS = 8000
"""Of one remark: the longest path there is, and what is said about it."""


def results() -> Console:
    """Where results go: plain where standard output is not a terminal."""
    return Console(highlight=False, emoji=False, soft_wrap=False)


def waiting() -> Console:
    """Where progress and remarks go."""
    return Console(stderr=True, highlight=False, emoji=False)


def say(message: str, style: str = "") -> None:
    """One remark on standard error, on one line: what it names, a file say, must not add lines that look like ours."""
    # Not one_line: a path keeps its spaces.
    shown = plain(message, limit=_MOST_CHARACTERS, lines=_MOST_CHARACTERS).replace("\n", " ")
    waiting().print(Encodable(Text(shown, style=style)), soft_wrap=True)


def say_course(course: Course) -> None:
    """By which course is marked: its grader scripts run with the rights of whoever runs the command."""
    built_in = " (the built-in one)" if course.root == built_in_course().root else ""
    say(f"Course: {course.root}{built_in}", "dim")


def say_kept(gradebook: Path) -> None:
    """That there was a gradebook which somebody had edited."""
    said = (
        f"The gradebook had been edited since it was written: that one is kept as {gradebook}, a new one was written."
    )
    say(said, "bold")


def warn_unconfined(launcher: Launcher) -> None:
    """Said once, before a notebook runs that could get out of something."""
    missing = not_confined(launcher)
    if missing:
        say(f"Not confined on this machine: {', '.join(missing)}. Run only notebooks you trust.", "dim")


def tell(line: str) -> None:
    """One line of a result on standard output, which what it names cannot add lines or colours to."""
    shown = plain(line, limit=_MOST_CHARACTERS, lines=_MOST_CHARACTERS).replace("\n", " ")
    results().print(Encodable(Text(shown)), soft_wrap=True)


def say_usage(problem: Any) -> int:  # noqa: ANN401 - of click, wherever typer has it
    """What is wrong with the words of a command, as click finds it: how it is used, and the fault; the exit code."""
    context, said = getattr(problem, "ctx", None), problem.format_message()
    if type(problem).__name__ == "NoArgsIsHelpError":  # a group of commands that was given no words
        waiting().print(said, markup=False, soft_wrap=True)
        return int(problem.exit_code)
    if context is not None:
        for line in (*context.get_usage().split("\n"), f"Try '{context.command_path} --help' for help."):
            say(line)
    say(f"Error: {said}")
    return int(problem.exit_code)


def say_error(problem: FairmarkError) -> None:
    """What is wrong, and what to do about it."""
    say(f"fairmark: {problem.message}", "bold red")
    if problem.remedy:
        say(problem.remedy)
