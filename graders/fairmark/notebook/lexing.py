"""The little of Python's grammar that tells code from strings and comments, for text that may not be Python.

Python's own tokenizer is not used: it stops at the first magic or open string, and a line full of escaped quotes takes
it quadratic time (37 s for 50,000 characters).
"""

from __future__ import annotations

import re

__all__ = ["statement_end", "without_comments"]

TOKEN = re.compile(
    r"""(?P<passed>
        '''(?:\\.|[^\\])*?(?:'''|\\?\Z) | \"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\\?\Z)
        | '(?:\\.|[^'\\\n])*'? | \"(?:\\.|[^\"\\\n])*\"?
        | \\\n
    ) | (?P<comment>\#[^\n]*) | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<end>\n)""",
    re.DOTALL | re.VERBOSE,
)
"""Strings and continued lines are passed over whole. A string needs no end: it stops at its line's, or where it has
three quotes at the text's, so that no text is read twice."""


def statement_end(source: str, start: int) -> int:
    """The index just after the first line end from ``start`` on that is in no string, comment or bracket; the length of
    ``source`` where there is none."""
    depth = 0
    for token in TOKEN.finditer(source, start):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(depth - 1, 0)
        elif token["end"] and depth == 0:
            return token.end()
    return len(source)


def without_comments(source: str) -> str:
    """``source`` with its comments cut out, line ends left."""
    return TOKEN.sub(lambda token: "" if token["comment"] else token[0], source)
