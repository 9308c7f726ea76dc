"""Advice on a cell that Python cannot read at all.

The text decides wherever it can: what Python says of one and the same slip differs from version to version. The most
certain findings come first, since an odd character or an open string makes all that follows look wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice, pairwise

from fairmark.advice.characters import foreign_characters
from fairmark.advice.missing import something_missing
from fairmark.advice.newer_python import newer_syntax
from fairmark.advice.sentence import Advice, from_slips
from fairmark.advice.text import Bracket, Layout
from fairmark.evidence import CellError
from fairmark.keras.advice.imports import split_import
from fairmark.keras.advice.slips import slips_in

__all__ = ["advise_on_syntax"]

_KINDS = {"(": "parenthesis", "[": "square bracket", "{": "brace"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def advise_on_syntax(error: CellError, cell: Layout, source: str) -> Advice | None:
    """Cause and mend, or None where the text shows nothing that is typical."""
    if error.type in ("IndentationError", "TabError"):
        return _indentation(error)
    finders: tuple[Callable[[], Advice | None], ...] = (
        lambda: newer_syntax(cell, source),
        lambda: foreign_characters(cell.code),
        lambda: from_slips(list(islice(slips_in(cell), 9))),
        lambda: split_import(cell),
        lambda: something_missing(cell),
        lambda: _open_text(cell),
        lambda: _brackets(cell),
        lambda: _quoted_argument(cell),
        lambda: _missing_comma(error, cell),
        lambda: _by_message(error, cell),
    )
    return next((advice for find in finders if (advice := find()) is not None), None)


# --- brackets and quotation marks -------------------------------------------------------------------------------------


def _open_text(cell: Layout) -> Advice | None:
    if cell.open_text is None:
        return None
    sign, line = cell.open_text
    where = "there" if len(sign) > 1 else "in that line"
    return Advice(
        f"A text in line {line} has no end: one {sign} {where} has no partner.",
        f"Close the text with the {sign} it began with, right after its last letter.",
    )


def _brackets(cell: Layout) -> Advice | None:
    if cell.wrong is not None:
        closing, opening = cell.wrong
        if opening is None:
            return Advice(
                f"The {closing.sign} in line {closing.line} closes nothing: there is one too many.",
                f"Take a {closing.sign} away, or open what it should close.",
            )
        return Advice(
            f"The {closing.sign} in line {closing.line} comes while the {_opened(opening)} is still open.",
            f"Close that one first, with {_CLOSING[opening.sign]}, where its own list of values ends.",
        )
    if not cell.unclosed:
        return None
    bracket = cell.unclosed[-1]
    return Advice(
        f"The {_opened(bracket)} is never closed.",
        f"Put the missing {_CLOSING[bracket.sign]} where that list of values ends; each bracket needs its partner.",
    )


def _opened(bracket: Bracket) -> str:
    after = f" after `{bracket.name}`" if bracket.name else ""
    return f"{_KINDS[bracket.sign]} {bracket.sign} opened{after} in line {bracket.line}"


# --- what stands between values ---------------------------------------------------------------------------------------

_QUOTED_ARGUMENT = re.compile(r"[(,\n][ \t]{0,40}(['\"])[ ]{1,60}\1[ \t]{0,9}=(?!=)")
_ENDS_A_VALUE = re.compile(r"[\w)\]}'\"][ \t]*\Z")
_BEGINS_A_VALUE = re.compile(r"[ \t]*(?:[^\W\d]\w*|['\"(\[{\d])")
_JOINING_WORDS = ("and", "as", "else", "for", "if", "in", "is", "not", "or")


def _quoted_argument(cell: Layout) -> Advice | None:
    match = _QUOTED_ARGUMENT.search(cell.code)
    if match is None or not cell.depths[match.end() - 1]:
        return None
    return Advice(
        f"In line {cell.line_at(match.end() - 1)} the name of an argument stands in quotation marks.",
        "Write the name without them; only its value may need them.",
    )


def _missing_comma(error: CellError, cell: Layout) -> Advice | None:
    if "invalid syntax" not in error.message:
        return None
    lines, start = cell.lines, 0
    for number, (line, following) in enumerate(pairwise(lines), start=1):
        start += len(line) + 1
        if cell.depths[start - 1] and _stand_side_by_side(line[-200:].rstrip(), following[:200]):
            return Advice(
                f"Between line {number} and line {number + 1} a comma is missing.",
                f"End line {number} with a comma: it separates layers in a list and arguments in a call.",
            )
    return None


def _stand_side_by_side(line: str, following: str) -> bool:
    begins = _BEGINS_A_VALUE.match(following)
    if not begins or not _ENDS_A_VALUE.search(line):
        return False
    first, last = begins[0].strip(), line.rstrip().rpartition(" ")[2]
    if line.rstrip()[-1] in "'\"" and first in ("'", '"'):
        return False  # two texts in a row are one
    return first not in _JOINING_WORDS and last not in _JOINING_WORDS and first not in ("(", "[")


# --- what Python says, put in other words -----------------------------------------------------------------------------


def _by_message(error: CellError, cell: Layout) -> Advice | None:
    line = cell.lines[error.line - 1].strip() if error.line and 0 < error.line <= len(cell.lines) else ""
    said, where = error.message, f"line {error.line}" if error.line else "a line"
    dashed = re.match(r"((?:[^\W\d]\w{0,39}-){1,5}[^\W\d]\w{0,39})[ \t]{0,9}=(?!=)", line)
    if dashed:
        name = dashed[1].replace("-", "_")
        return Advice("Python reads the - in a name as minus.", f"Join the words with underscores: `{name}`.")
    if "==" in said or "cannot assign to" in said:
        return Advice(f"In {where} a single = stands where nothing can be given a value.", "To compare, write ==.")
    if "expected ':'" in said:
        word = re.match(r"[a-z]{2,8}\b", line)
        begins = f" that begins with `{word[0]}`" if word else ""
        return Advice(f"The line{begins} opens a block and needs a colon.", f"End {where} with a colon.")
    if "forgot a comma" in said:
        return Advice(
            f"In {where} two values stand side by side with nothing between them.", "Put a comma between the two."
        )
    if "multiple exception types" in said:
        return Advice(
            f"In {where} `except` names several kinds of errors side by side.",
            "Put them in parentheses: `except (A, B):`.",
        )
    if "in call to 'print'" in said:
        return Advice("`print` without parentheses is from Python 2.", "Put what is to be printed in parentheses.")
    if "positional argument follows keyword" in said:
        return Advice(
            f"In {where} an argument without a name stands behind one that has a name.",
            "Give it its name too, or put it in front.",
        )
    if "keyword argument repeated" in said:
        return Advice(f"In {where} one argument is given twice.", "Keep the one that is meant.")
    return None


def _indentation(error: CellError) -> Advice | None:
    said, where = error.message, f"line {error.line}" if error.line else "a line"
    if error.type == "TabError":
        return Advice(
            f"The lines up to {where} are indented partly with tabs, partly with spaces.",
            "Replace each tab by four spaces.",
        )
    if "expected an indented block" in said:
        return Advice(
            "The lines that belong to a line with a colon at its end stand further to the right than it does.",
            f"Begin {where} with four more spaces than the line with the colon.",
        )
    if "unexpected indent" in said:
        return Advice(
            f"{where.capitalize()} begins further to the right than the line above, which opens no block.",
            "Begin both at the same column.",
        )
    return Advice(
        f"{where.capitalize()} begins at a column where no line above begins.",
        "Give it as many spaces as the line it belongs with.",
    )
