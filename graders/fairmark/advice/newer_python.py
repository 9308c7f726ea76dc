"""Advice on code that a newer Python reads than the one that notebooks are marked with.

Sources: PEP 701 (f-strings), PEP 695 and 696 (type parameters, ``type``), PEP 750 (t-strings), and the "What's
New" pages of Python 3.12 to 3.14.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Final, TypeAlias

from fairmark.advice.f_strings import newer_f_string
from fairmark.advice.sentence import Advice
from fairmark.advice.text import Layout

__all__ = ["added_later", "newer_syntax"]

Version: TypeAlias = tuple[int, int]

_TYPE = re.compile(
    r"^[ \t]{0,40}type[ \t]{1,9}([^\W\d]\w{0,39})[ \t]{0,9}(?:\[[^\]\n]{0,200}\][ \t]{0,9})?=(?!=)", re.M
)
_PARAMETERS = re.compile(r"^[ \t]{0,40}(?:async[ \t]{1,9})?(?:def|class)[ \t]{1,9}([^\W\d]\w{0,39})[ \t]{0,9}\[", re.M)
_TEMPLATE = re.compile(r"(?<![\w'\"])(?:[tT][rR]?|[rR][tT])(?=['\"])")

_LATER: Final[dict[str, dict[str, Version]]] = {
    "copy": {"replace": (3, 13)},
    "itertools": {"batched": (3, 12)},
    "math": {"fma": (3, 13), "sumprod": (3, 12)},
    "typing": {"ReadOnly": (3, 13), "TypeAliasType": (3, 12), "TypeIs": (3, 13), "override": (3, 12)},
    "warnings": {"deprecated": (3, 13)},
    "PosixPath": {"walk": (3, 12), "copy": (3, 14), "move": (3, 14)},
}
"""What came into modules and classes of Python later than 3.11."""


def newer_syntax(cell: Layout, source: str, *, running: Version = sys.version_info[:2]) -> Advice | None:
    """Advice on the first thing in the cell that ``running`` cannot read and a later Python can."""
    return next(islice(_all_newer(cell, source, running), 1), None)


def _all_newer(cell: Layout, source: str, running: Version) -> Iterator[Advice]:
    found = newer_f_string(source) if running < (3, 12) else None
    if found is not None:
        line, (what, mend) = found
        yield Advice(f"The f-string in line {line} {what}: {_needs((3, 12), running)}.", mend)
    if running < (3, 12):
        if alias := _TYPE.search(cell.code):
            name = alias[1]
            yield Advice(
                f"`type {name} = ...` is a statement of its own: {_needs((3, 12), running)}.",
                f"Leave the word `type` out: `{name} = ...`.",
            )
        if generic := _PARAMETERS.search(cell.code):
            yield Advice(
                f"Square brackets right behind the name `{generic[1]}` declare types: {_needs((3, 12), running)}.",
                "Leave these brackets out, and what is in them.",
            )
    template = _TEMPLATE.search(cell.code) if running < (3, 14) else None
    if template:
        yield Advice(
            f"Line {cell.line_at(template.start())} has a text with the letter t in front: {_needs((3, 14), running)}.",
            "Write f in place of the t.",
        )


def added_later(owner: str, name: str, *, running: Version = sys.version_info[:2]) -> Advice | None:
    """Advice where Python's own ``owner``, a module or class, has got ``name`` later than ``running``."""
    since = _LATER.get(owner, {}).get(name)
    if since is None or since <= running:
        return None
    return Advice(f"`{name}` is newer: {_needs(since, running)}.", "Do without it, or write it out by hand.")


def _needs(wanted: Version, running: Version) -> str:
    return f"that needs Python {wanted[0]}.{wanted[1]}, and Python {running[0]}.{running[1]} runs here"
