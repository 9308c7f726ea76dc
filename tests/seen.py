"""What people and programs make of an output: a page's elements, a terminal's lines, a file system's names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from html.parser import HTMLParser

from rich.cells import cell_len

__all__ = [
    "Page",
    "in_order",
    "is_file_name",
    "is_formula",
    "lines_in_columns",
    "sequences",
    "unstyled",
]

LEFT_TO_RIGHT_MARK = "\u200e"

# --- terminals --------------------------------------------------------------------------------------------------------

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def sequences(output: str) -> set[str]:
    """Escape sequences and carriage returns: what a terminal is told beside what it shows."""
    return set(_SEQUENCE.findall(output))


def unstyled(output: str) -> str:
    """``output`` without colours; nothing is left in it but what is seen, and marks of direction behind letters."""
    text = _STYLE.sub("", output)
    strange = {sign for sign in text if not sign.isprintable()} - {"\n", LEFT_TO_RIGHT_MARK}
    assert not strange, sorted(map(ascii, strange))
    for line in text.splitlines():
        assert LEFT_TO_RIGHT_MARK not in line or any(map(_is_right_to_left, line)), ascii(line)
    return text


def lines_in_columns(text: str, width: int) -> list[str]:
    """The lines; none is wider than ``width`` columns, and those of a panel end where it ends."""
    lines = text.splitlines()
    for line in lines:
        assert cell_len(line) <= width, line
        assert line[:1] not in "│╭╰" or not line or (cell_len(line) == width and line[-1] in "│╮╯"), line
    return lines


# --- directions: Unicode UAX 9 for lines without embeddings -----------------------------------------------------------


def in_order(line: str, ours: Collection[str] = ()) -> bool:
    """Whether a terminal that reorders leaves what is not the student's in its place.

    That is all before the first letter of a right-to-left script, and every text of ``ours``.
    """
    first = next((index for index, sign in enumerate(line) if _is_right_to_left(sign)), None)
    if first is None:
        return True
    places = _places(line)
    found = [(match.start(), match.end()) for text in ours for match in re.finditer(re.escape(text), line)]
    return all(
        places[start:end] == list(range(places[start], places[start] + end - start)) for start, end in found
    ) and (places[:first] == list(range(first)))


def _is_right_to_left(sign: str) -> bool:
    return unicodedata.bidirectional(sign) in {"R", "AL", "AN"}


def _places(line: str) -> list[int]:
    """For each sign of a left-to-right line, how many are drawn to its left (rules W1, 2, 4, 7, N1, N2, I1, L2)."""
    levels = _levels(_resolved(_weak([unicodedata.bidirectional(sign) or "L" for sign in line])))
    order = list(range(len(line)))
    for level in (2, 1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return [place for _, place in sorted(zip(order, range(len(order)), strict=True))]


def _weak(kinds: list[str]) -> list[str]:
    strong = before = "L"
    for index, kind in enumerate(kinds):
        kind = before if kind == "NSM" else kind  # noqa: PLW2901 - W1
        strong = kind if kind in {"L", "R", "AL"} else strong
        if kind == "EN":
            kind = {"AL": "AN", "L": "L", "R": "EN"}[strong]  # noqa: PLW2901 - W2 and W7
        before = kinds[index] = "R" if kind == "AL" else kind
    for index in range(1, len(kinds) - 1):  # W4
        if kinds[index] in {"CS", "ES"} and kinds[index - 1] == kinds[index + 1] == "EN":
            kinds[index] = "EN"
    return kinds


def _resolved(kinds: list[str]) -> list[str]:
    """Neutral signs take the direction of their neighbours where both agree, else that of the line."""
    sides = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
    index = 0
    while index < len(kinds):
        end = index
        while end < len(kinds) and kinds[end] not in sides:
            end += 1
        left = sides[kinds[index - 1]] if index else "L"
        right = sides[kinds[end]] if end < len(kinds) else "L"
        kinds[index:end] = [left if left == right else "L"] * (end - index)
        index = end + 1
    return kinds


def _levels(kinds: list[str]) -> list[int]:
    return [{"L": 0, "R": 1, "EN": 2, "AN": 2}[kind] for kind in kinds]


# --- pages ------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """``tree`` holds each element's depth, name and attributes, in order; ``words`` what is read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tree: list[tuple[int, str, tuple[tuple[str, str | None], ...]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.append((len(self._open), tag, tuple(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words += data.split()

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")


# --- files ------------------------------------------------------------------------------------------------------------

_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
}


def is_file_name(name: str) -> bool:
    """Whether Linux, macOS and Windows all take ``name`` for a file in the folder it is put into."""
    return (
        0 < len(name.encode("utf-8")) <= 255
        and not set(name) & set('<>:"/\\|?*')
        and all(sign.isprintable() for sign in name)
        and not name.startswith((".", "-", " "))
        and not name.endswith((".", " "))
        and name.lower().partition(".")[0].rstrip() not in _DEVICES
    )


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may run what is in a cell, whatever it takes for quotes and spaces before it."""
    return unicodedata.normalize("NFKC", cell).strip(' \t\r\n"`').startswith(("=", "+", "-", "@", "−"))
