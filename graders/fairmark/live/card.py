"""What a notebook shows for ``check()``: a card as HTML, or the same as text where there is only a console."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from fairmark.present import wording
from fairmark.present.escape import one_line, plain
from fairmark.report import CheckResult, ExerciseResult, Outcome

__all__ = ["Card"]

_COLUMNS = 88
_NO_PERSON = "cannot be told here"
"""In place of "a person will look": nobody does at what happens in a kernel."""


@dataclass(frozen=True)
class Card:
    """``result`` is what was checked, ``later`` says what was not; ``lesson`` teaches once all is right.

    All text may come from a student's cell and is made harmless here. Without a result it is a note: a ``hint``, or
    ``notes`` on what to do first.
    """

    title: str
    result: ExerciseResult | None = None
    lesson: str | None = None
    hint: str | None = None
    notes: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        return _template().render(card=self, style=Markup(_packaged("card.css")))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ANN401 - IPython has no types
        printer.text(repr(self))

    def __repr__(self) -> str:
        text = "\n".join(self._lines())
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return text.encode(encoding, "replace").decode(encoding)

    # --- what is on it ---

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return self.result.checks if self.result is not None else ()

    @property
    def has_passed(self) -> bool:
        """Whether every check that could be made passed, and there was one."""
        return bool(self.checks) and all(check.outcome == "passed" for check in self.checks)

    @property
    def score(self) -> str:
        """``1.5 / 3 points so far``; empty where nothing could be earned."""
        if self.result is None or not self.checks:
            return ""
        so_far = "" if self.has_passed and not self.later else " so far"
        return f"{wording.marks(self.result.score, self.result.max_score)} points{so_far}"

    @property
    def cause(self) -> str:
        """What all checks say alike, as where the cell raised: it is said once, and nothing beside it."""
        said = {remark(check) for check in self.checks}
        alike = len(said) == 1 and all(check.outcome in ("error", "unattempted", "limit") for check in self.checks)
        return said.pop() if alike else ""

    # --- as text ---

    def _lines(self) -> Iterator[str]:
        yield f"{one_line(self.title, limit=200)}   {self.score}".rstrip()
        if self.cause:
            yield from _wrapped(self.cause, "  ")
        for check in self.checks:
            yield from _check_lines(check, in_full=not self.cause)
        for text in (self.hint, self.lesson, *self.notes):
            if text:
                yield from _wrapped(text, "  ")
        for text in self.later:
            yield from _wrapped(f"Later: {text}", "  ")


def findings(check: CheckResult) -> list[tuple[str, str]]:
    """What was found, what was expected and the hint, each with its label; nothing for a check that passed."""
    if check.outcome == "passed":
        return []
    has_said_all = check.outcome in ("unattempted", "error")
    said = () if has_said_all else (("Found", check.found), ("Expected", check.expected))
    return [(label, text) for label, text in (*said, ("Hint", check.hint)) if text]


def remark(check: CheckResult) -> str:
    """What is said beside that."""
    if check.outcome == "unattempted":
        return "Not attempted yet: write your answer in place of the stub, and run the cell."
    return wording.lead(check)


def words(outcome: Outcome) -> str:
    """The outcome, for those who do not see its sign."""
    return _NO_PERSON if outcome == "needs_attention" else wording.LOOKS[outcome].words


def _check_lines(check: CheckResult, *, in_full: bool) -> Iterator[str]:
    title = f"{_symbol(check.outcome)} {one_line(check.title, limit=200)}"
    yield from _wrapped(
        f"{title} ({words(check.outcome)}, {wording.marks(check.score, check.max_score)})", "  ", "    "
    )
    if not in_full:
        return
    if remark(check):
        yield from _wrapped(remark(check), "      ")
    for label, text in findings(check):
        yield from _wrapped(f"{label + ':':<10}{plain(text, limit=500)}", "      ", " " * 16)


def _symbol(outcome: Outcome) -> str:
    look = wording.LOOKS[outcome]
    try:
        look.symbol.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return look.ascii_symbol
    return look.symbol


def _wrapped(text: str, first: str, after: str | None = None) -> Iterator[str]:
    for line in plain(text, limit=1000).splitlines():
        after = first if after is None else after
        yield from textwrap.wrap(line, _COLUMNS, initial_indent=first, subsequent_indent=after) or [""]
        first = after


# --- as HTML ----------------------------------------------------------------------------------------------------------


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, finalize=_finalized, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"one_line": one_line, "with_code": with_code}
    environment.globals |= {"LOOKS": wording.LOOKS, "marks": wording.marks}
    environment.globals |= {"findings": findings, "remark": remark, "words": words}
    return environment.from_string(_packaged("card.html.j2"))


def with_code(text: str) -> Markup:
    """Harmless HTML for ``text``, with what stands between backticks as code."""
    pieces = enumerate(plain(text, limit=1000).split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(piece) if n % 2 else escape(piece) for n, piece in pieces)


def _finalized(value: object) -> object:
    """What every ``{{ }}`` of the template passes before it is escaped, so that none can be forgotten."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _packaged(name: str) -> str:
    return (files("fairmark.live") / name).read_text(encoding="utf-8")
