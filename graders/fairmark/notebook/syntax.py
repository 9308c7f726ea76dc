"""Python's own parser, for the texts of strangers and for several threads."""

from __future__ import annotations

import ast
import threading
import warnings

__all__ = ["syntax_tree"]

_ONE_AT_A_TIME = threading.Lock()
"""Threads that parse at once disturb each other's count of levels (CPython 3.11: gh-106905), as they do with filters of
warnings."""


def syntax_tree(source: str) -> ast.Module | None:
    """The tree of ``source``; None where it is not Python, or nested deeper than the parser's stack."""
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an unknown escape in a student's string is no concern of ours
            try:
                return ast.parse(source)
            except SystemError:  # the same fault, by a thread that parses elsewhere: the text is not to blame
                return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None  # MemoryError is how the parser reports that its stack is used up
