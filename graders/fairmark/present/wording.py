"""The words, symbols and numbers that every form of a report shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairmark.evidence import RunOutcome
from fairmark.present.curve import Curve
from fairmark.report import CheckResult, Outcome, RunSummary

__all__ = [
    "CURVE_NOTE",
    "LOOKS",
    "RUN_WORDS",
    "Look",
    "bytes_in_words",
    "lead",
    "marks",
    "number",
    "percent",
    "repeats",
    "run_facts",
    "seconds_in_words",
    "steps_in_words",
]


@dataclass(frozen=True)
class Look:
    """How an outcome is shown: one column wide, in a colour that reads on light and on dark, never by colour alone."""

    symbol: str
    ascii_symbol: str
    words: str
    style: str


LOOKS: Final[dict[Outcome, Look]] = {
    "passed": Look("✓", "+", "passed", "green4"),
    "partial": Look("◐", "~", "partly right", "dark_orange3"),
    "failed": Look("✗", "x", "not right yet", "indian_red"),
    "unattempted": Look("○", "o", "not attempted yet", "grey50"),
    "error": Look("!", "!", "raised an error", "indian_red"),
    "limit": Look("⊘", "%", "reached a limit", "dark_orange3"),
    "needs_attention": Look("⚑", "?", "a person will look", "medium_orchid"),
}

RUN_WORDS: Final[dict[RunOutcome, str]] = {
    "completed": "ran to its end",
    "student_error": "a cell raised an error",
    "timeout": "ran out of time",
    "out_of_memory": "ran out of memory",
    "crashed": "the process crashed",
    "output_limit": "wrote too much output",
    "unreadable": "the file could not be read",
    "not_run": "was not run",
}

CURVE_NOTE: Final = "As the notebook measured it; no mark rests on it."


def number(value: float) -> str:
    """At most two decimals and no zeros for show: 2, 2.5, 0.33; ``?`` for what is not finite."""
    if not math.isfinite(value):
        return "?"
    digits = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def lead(check: CheckResult) -> str:
    """What a check says beside its found and expected: the message, less an end that only repeats the two."""
    repeated = f": found {check.found}, expected {check.expected}."
    return check.message.removesuffix(repeated) + "." if check.message.endswith(repeated) else check.message


def repeats(checks: Sequence[CheckResult]) -> frozenset[str]:
    """The ids of checks that say, word for word and of the same cell, what one above them has said: an error that
    several checks came upon is told once, and a stub that nobody has begun needs no more than its name."""
    said: set[tuple[str, str, str | None, str | None, int | None]] = set()
    again = set()
    for check in checks:
        words = (check.outcome, check.message, check.found, check.expected, check.cell)
        if check.outcome not in ("passed", "partial", "failed") and words in said:
            again.add(check.id)
        said.add(words)
    return frozenset(again)


def marks(score: float, max_score: float) -> str:
    """``2.5 / 4``."""
    return f"{number(score)} / {number(max_score)}"


def percent(value: float) -> str:
    """One decimal, without the sign: ``62.5``; ``?`` for what is not finite."""
    return f"{value:.1f}" if math.isfinite(value) else "?"


def seconds_in_words(seconds: float) -> str:
    """``4.2 s``, ``42 s``, ``3 min 12 s``, ``2 h 05 min``."""
    if not math.isfinite(seconds) or seconds < 0:
        return "? s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def bytes_in_words(size_bytes: int) -> str:
    """Decimal units: ``412 MB``, ``1.9 GB``."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 999_500_000 else f"{size_bytes / 1e6:.0f} MB"


def run_facts(run: RunSummary) -> list[str]:
    """How the run ended, how long it took and how much memory; what is not known is left out."""
    facts = [RUN_WORDS[run.outcome].capitalize()]
    if run.wall_seconds:
        facts.append(seconds_in_words(run.wall_seconds))
    if run.peak_memory_bytes:
        facts.append(f"{bytes_in_words(run.peak_memory_bytes)} at its peak")
    return facts


def steps_in_words(curve: Curve) -> str:
    """``15 epochs of 8 steps``, or between which numbers of steps they ran."""
    epochs = f"{len(curve.steps)} epoch{'' if len(curve.steps) == 1 else 's'}"
    fewest, most = min(curve.steps), max(curve.steps)
    if fewest != most:
        return f"{epochs} of {fewest} to {most} steps"
    return f"{epochs} of {most} step{'' if most == 1 else 's'}"
