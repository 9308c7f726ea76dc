"""The names that cells give values to, by their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["given_above", "names_bound_by"]

MOST_CELLS = 60
LONGEST_CHARACTERS = 20_000

_ASSIGNED = re.compile(
    r"^[ \t]{0,40}([^\W\d]\w{0,59}(?:[ \t]{0,3},[ \t]{0,3}[^\W\d]\w{0,59}){0,9})[ \t]{0,9}=(?!=)", re.MULTILINE
)
_DEFINED = re.compile(r"^[ \t]{0,40}(?:def|class|for)[ \t]{1,9}([^\W\d]\w{0,59})", re.MULTILINE)
_IMPORTED = re.compile(
    r"^[ \t]{0,40}(?:from[ \t]{1,9}[\w.]{1,80}[ \t]{1,9})?import[ \t]{1,9}([^\n#]{1,400})", re.MULTILINE
)
_WORD = re.compile(r"[^\W\d]\w{0,59}")


def names_bound_by(sources: Sequence[str]) -> list[str]:
    """Names assigned, defined or imported at the start of a line, those bound last first.

    At most the last 60 cells are read, and of each the first 20,000 characters; a keyword argument that has a line of
    its own counts as assigned, which is harmless where near misses are looked for.
    """
    found: dict[str, None] = {}
    for source in reversed(sources[-MOST_CELLS:]):
        found.update(dict.fromkeys(_in_one(source[:LONGEST_CHARACTERS])))
    return list(found)[:2000]


def given_above(name: str, sources: Sequence[str]) -> bool:
    """Whether a line of ``sources`` that is not indented assigns or defines ``name``, and none deletes it."""
    made = re.compile(
        rf"^(?:(?:\w{{1,60}}[ \t]{{0,3}},[ \t]{{0,3}}){{0,9}}{name}\b(?:[ \t]{{0,3}},[ \t]{{0,3}}\w{{1,60}}){{0,9}}"
        rf"[ \t]{{0,9}}=(?!=)|(?:def|class)[ \t]{{1,9}}{name}\b)",
        re.MULTILINE,
    )
    deleted = re.compile(rf"\bdel\b[^\n#]{{0,200}}\b{name}\b")
    texts = [source[:LONGEST_CHARACTERS] for source in sources[-MOST_CELLS:]]
    return any(made.search(text) for text in texts) and not any(deleted.search(text) for text in texts)


def _in_one(source: str) -> Iterable[str]:
    for match in _ASSIGNED.finditer(source):
        yield from _WORD.findall(match[1])
    for match in _DEFINED.finditer(source):
        yield match[1]
    for match in _IMPORTED.finditer(source):
        for imported in match[1].split(","):
            words = _WORD.findall(imported)
            yield from words[-1:]
