"""The text of a cell as it is run: its code without comments and blank lines.

Evidence is kept for a text and given to everybody whose cells have it. Code can read its own text, comments and line
numbers included (``In``, ``inspect.getsource``, ``co_firstlineno``, the lines that tracebacks and warnings quote), so
no two texts are taken for the same because they mean the same. Instead nothing else than the canonical text is run: no
comment, blank line or blank at the end of a line enters the sandbox, and what is not there cannot be read.

A cell is run exactly as it was written if the canonical text might be another program: if it is not Python, if IPython,
which runs it, may take a line of it for one of its own (a magic, a shell command, a prompt), if it begins with ``#!``,
or if the two texts have different syntax trees.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from fairmark.evidence import Cell, CellError, CellFinished, Evidence, Stamped
from fairmark.notebook.lexing import TOKEN
from fairmark.notebook.syntax import syntax_tree

__all__ = ["Canonical", "as_run", "canonical", "in_own_lines"]

_REMEMBERED_CHARACTERS = 5_000
"""Of longer cells the text is worked out each time."""
_NOTHING = "#"
"""What is run of a cell of comments alone: IPython does not count a cell without any text."""
_TAKEN_BY_IPYTHON = re.compile(r"^[^\S\n]*(?:[%!?,;/]|#!|>>>|\.\.\.|In \[|\[(?:ins|nav)\])", re.MULTILINE)
"""How a line begins that IPython may make another of, if only inside a string: an escape or a prompt. Looked for line
by line, so that thousands of blank ones take no longer than others."""
_BLANK_LINE_WITH_SPACES = re.compile(r"^[ \t]+$", re.MULTILINE)
_SAYS_A_LINE = re.compile(r"(?:ipython-input|Cell In)[^\n]*\bline \d")
"""A message that names a cell and a line of it, as those from inside a compiled graph do."""


class Canonical(NamedTuple):
    """A cell's text as it is run; ``lines`` are the numbers that its lines have in the text as it was written."""

    text: str
    lines: tuple[int, ...]


def canonical(source: str) -> Canonical:
    """The text that is run of the cell ``source``."""
    return _remembered(source) if len(source) <= _REMEMBERED_CHARACTERS else _canonical(source)


def _canonical(source: str) -> Canonical:
    exact = Canonical(source, tuple(range(1, source.count("\n") + 2)))
    if not source.strip() or _may_be_read_otherwise(source):
        return exact
    kept = list(_lines_of_code(source))
    text = "\n".join(line for _, line in kept) or _NOTHING
    if _may_be_read_otherwise(text) or not _is_same_program(source, text):
        return exact
    lines = (first + below for first, line in kept for below in range(line.count("\n") + 1))
    return Canonical(text, tuple(lines) or (1,))


_remembered = lru_cache(maxsize=512)(_canonical)


def as_run(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """The same with the texts that are run; cells that are not run are as they were."""
    return tuple(
        cell.model_copy(update={"source": canonical(cell.source).text}) if cell.touched else cell for cell in cells
    )


def in_own_lines(evidence: Evidence, cells: Iterable[Cell]) -> Evidence | None:
    """What was recorded of the canonical texts of ``cells``, with errors in the lines that the texts as written have
    for them. None if a message says a line of a cell itself: that one would be of another text."""
    if not _errors(evidence):
        return evidence
    lines = {cell.position: canonical(cell.source).lines for cell in cells if cell.touched}
    moves = any(own != tuple(range(1, len(own) + 1)) for own in lines.values())
    if moves and any(_SAYS_A_LINE.search(error.message) for error in _errors(evidence)):
        return None
    events = tuple(_moved(stamped, lines) for stamped in evidence.run.events)
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": events})})


# --- the text ---------------------------------------------------------------------------------------------------------


def _lines_of_code(source: str) -> Iterator[tuple[int, str]]:
    """Lines that hold more than a comment, with their numbers. What a long string or a backslash holds together is one,
    under the number of its first."""
    line: list[str] = []
    first = number = 1
    at = 0
    for token in TOKEN.finditer(f"{source}\n"):
        line.append(source[at : token.start()])
        at = token.end()
        number += token[0].count("\n")
        if token["end"]:
            written = "".join(line).rstrip(" \t")
            if written:
                yield first, written
            line, first = [], number
        elif not token["comment"]:
            line.append(token[0])


def _may_be_read_otherwise(source: str) -> bool:
    """Whether IPython may run something else than Python reads here (its ``inputtransformer2`` and ``prefilter``).

    It takes escapes and prompts off any line, and spaces out of blank lines, those of long strings too; and a cell of
    one line may be a magic without its ``%``, unless it begins with a keyword or assigns to a name.
    """
    if _TAKEN_BY_IPYTHON.search(source):
        return True
    if ('"""' in source or "'''" in source) and _BLANK_LINE_WITH_SPACES.search(source):
        return True
    only = source.strip()
    if len(only.splitlines()) != 1 or only.startswith("#"):
        return False
    first = re.match(r"\w*", only)[0]  # type: ignore[index] # it always matches
    return not (keyword.iskeyword(first) or re.match(r"\w+\s*=(?!=)", only))


def _is_same_program(one: str, other: str) -> bool:
    trees = syntax_tree(one), syntax_tree(other)
    try:
        return trees[0] is not None and trees[1] is not None and ast.dump(trees[0]) == ast.dump(trees[1])
    except (RecursionError, ValueError, MemoryError):  # too deep, or a number of too many digits
        return False


# --- its lines --------------------------------------------------------------------------------------------------------


def _errors(evidence: Evidence) -> list[CellError]:
    events = (stamped.event for stamped in evidence.run.events)
    return [event.error for event in events if isinstance(event, CellFinished) and event.error]


def _moved(stamped: Stamped, lines: dict[int, tuple[int, ...]]) -> Stamped:
    event = stamped.event
    if not isinstance(event, CellFinished) or event.error is None:
        return stamped

    def own(position: int, line: int) -> int:
        known = lines.get(position, ())
        return known[line - 1] if 1 <= line <= len(known) else line

    error = event.error
    passed = zip(error.through, error.lines, strict=False)
    moved = {
        "line": None if error.line is None else own(event.cell, error.line),
        "lines": (*(own(position, line) for position, line in passed), *error.lines[len(error.through) :]),
    }
    return stamped.model_copy(update={"event": event.model_copy(update={"error": error.model_copy(update=moved)})})
