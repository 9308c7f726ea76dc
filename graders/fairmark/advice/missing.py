"""Advice on a line that ends before it should: a value, a condition or a name is missing from it."""

from __future__ import annotations

import re

from fairmark.advice.sentence import Advice
from fairmark.advice.text import Layout

__all__ = ["something_missing"]

_NO_VALUE = re.compile(r"[ \t]*([^\W\d][\w.\[\]]{0,59})[ \t]*(?:[-+*/%@&|^]|//|\*\*)?=[ \t]*\Z")
_SIGN_LAST = re.compile(r"(?<![-+*/%<>=!])(//|\*\*|[-+*/%<>]|==|<=|>=|!=|\band|\bor|\bnot|\bin|\bis)[ \t]*\Z")
_POINT_LAST = re.compile(r"\b([^\W\d][\w.]{0,59})\.[ \t]*\Z")
_NO_CONDITION = re.compile(r"[ \t]*(if|elif|while)[ \t]*:")
_NO_LIST = re.compile(r"[ \t]*for\b[^\n:]{0,80}\bin[ \t]*:")
_IMPORT_LAST = re.compile(r"[ \t]*import[ \t]*\Z")
_IMPORTS_ALL = re.compile(r"[ \t]*from\b[^\n]{1,120}\bimport[ \t]*\*")
_EMPTY_ARGUMENT = re.compile(r"\b([^\W\d]\w{0,39})[ \t]{0,9}=(?!=)[ \t\n]{0,40}[,)\]]")


def something_missing(cell: Layout) -> Advice | None:
    """Advice on the first line, outside brackets, that ends too soon; else on the first argument without a value."""
    start = 0
    for number, line in enumerate(cell.lines, start=1):
        end = start + len(line)
        open_at_end = cell.depths[end] if end < len(cell.depths) else cell.depths[end - 1] if end else 0
        if not open_at_end and line.strip():
            found = _in_line(line[-300:], number)
            if found is not None:
                return found
        start = end + 1
    argument = next((one for one in _EMPTY_ARGUMENT.finditer(cell.code) if cell.depths[one.start()]), None)
    if argument is None:
        return None
    return Advice(
        f"In line {cell.line_at(argument.start())} `{argument[1]}=` has no value behind it.",
        "Write the value that it is to have, or leave the argument out.",
    )


def _in_line(line: str, number: int) -> Advice | None:
    no_value = _NO_VALUE.match(line)
    if no_value:
        return Advice(
            f"Line {number} gives `{no_value[1]}` no value: nothing stands behind the =.",
            "Write the value behind it.",
        )
    if no_condition := _NO_CONDITION.match(line):
        return Advice(f"Line {number} has no condition behind `{no_condition[1]}`.", "Write it in front of the colon.")
    if _NO_LIST.match(line):
        return Advice(f"Line {number} does not say what to go through: nothing stands behind `in`.", "Write it there.")
    if _IMPORT_LAST.match(line):
        return Advice(f"Line {number} does not say what to import.", "Write the name behind `import`.")
    if (sign := _SIGN_LAST.search(line)) and not _IMPORTS_ALL.match(line):
        return Advice(
            f"Line {number} ends with `{sign[1]}`, and nothing stands behind it.",
            "Write the missing value, or put the whole into parentheses if it goes on in the next line.",
        )
    if point := _POINT_LAST.search(line):
        return Advice(f"Line {number} ends with the point of `{point[1]}.`.", "Write the name that belongs behind it.")
    return None
