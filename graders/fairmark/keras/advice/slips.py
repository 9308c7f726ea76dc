"""Slips of the fingers in a line of code: a digit for a letter, a comma for a point, a pair without its parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from fairmark.advice.sentence import Slip
from fairmark.advice.text import Layout
from fairmark.keras.advice.names import GONE, HOMES, OPTIONS, WORDS, nearest

__all__ = ["comma_for_point", "slips_in"]

_DIGIT_FIRST = re.compile(r"(?<![\w.])([01])([A-Za-z_]\w{0,39})\b")
_COMMA = re.compile(
    r"(?:\b([^\W\d]\w{0,39})[ \t]{0,9}=[ \t]{0,9})?(?<![\w.,])"
    r"(\d{1,12}(?:,[ \t]{0,3}\d{1,12}){1,3})(?![\w.]|,[ \t]{0,3}\d)"
)
_CALLED = re.compile(r"\b([^\W\d]\w{0,59})[ \t]{0,9}\(")
_PAIRS: Final = (
    "dilation_rate",
    "figsize",
    "input_shape",
    "kernel_size",
    "pool_size",
    "shape",
    "size",
    "strides",
    "target_size",
)
"""Arguments that take several numbers."""


def slips_in(cell: Layout) -> Iterator[Slip]:
    """Those that can only be slips, in the order of their lines; names of Keras misspelt in the same lines first."""
    start = 0
    for line in cell.lines:
        found = [*_digits(line), *_commas(line, cell.depths[start : start + len(line)])]
        if found:
            yield from _misspelt(line)
            yield from found
        start += len(line) + 1


def _digits(line: str) -> Iterator[Slip]:
    for match in _DIGIT_FIRST.finditer(line):
        letter = "l" if match[1] == "1" else "o"
        meant = letter + match[2]
        if meant in ("lr", *HOMES, *OPTIONS) or meant in WORDS:
            cause = f"`{match[0]}` begins with the digit {match[1]}, not with the letter {letter}."
            if meant in GONE:
                cause += f" And Keras 3 calls `{meant}` `learning_rate`."
            yield Slip(cause, "learning_rate" if meant in GONE else meant)


def _commas(line: str, depths: Sequence[int]) -> Iterator[Slip]:
    for match in _COMMA.finditer(line):
        name, numbers = match[1], match[2]
        digits = [part.strip() for part in numbers.split(",")]
        if not depths[match.start(2)]:
            continue  # outside brackets `a = 0,5` is a tuple
        if name in _PAIRS:
            pair = ", ".join(digits)
            yield Slip(f"`{name}` takes several numbers, in parentheses of their own.", f"{name}=({pair})")
        elif len(digits) == 2 and (name or (len(digits[1]) > 1 and digits[1].startswith("0") and digits[0] == "0")):
            yield comma_for_point(numbers)


def comma_for_point(numbers: str) -> Slip:
    """``0,001`` for ``0.001``."""
    point = re.sub(r",\s*", ".", numbers)
    return Slip(f"`{numbers}` has a comma where Python wants a decimal point.", point)


def _misspelt(line: str) -> Iterator[Slip]:
    for match in islice(_CALLED.finditer(line), 8):
        meant = nearest(match[1], HOMES)
        if meant is not None:
            yield Slip(f"Keras has no `{match[1]}`.", meant)
