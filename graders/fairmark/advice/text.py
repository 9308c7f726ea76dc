"""A cell's text laid out: what is code, what is text or comment, and which brackets belong together.

One pass over at most 20,000 characters, of whatever kind; nothing here raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fairmark.notebook.magics import python_source

__all__ = ["Bracket", "Layout", "layout"]

LONGEST_CHARACTERS = 20_000

_TOKEN = re.compile(r"\"\"\"|'''|[\"'#()\[\]{}]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_NAME_BEFORE = re.compile(r"[^\W\d]\w{0,39}[ \t]{0,9}\Z")


@dataclass(frozen=True)
class Bracket:
    """A bracket, the line it is in (from 1), and the name right before it, if any: ``Conv2D`` in ``Conv2D(16``."""

    sign: str
    line: int
    name: str


@dataclass
class Layout:
    """``code`` is the text with the insides of its strings and its comments blanked out, character by character.

    ``depths`` says for each character how many brackets are open there (at most 255). ``open_text`` is the first
    string that does not end: its quotation marks and the line it begins in. ``wrong`` is the first closing bracket
    that closes nothing, or not the kind that is open (the second of the pair then); ``unclosed`` are those left open.
    """

    code: str
    depths: bytearray
    open_text: tuple[str, int] | None = None
    wrong: tuple[Bracket, Bracket | None] | None = None
    unclosed: list[Bracket] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return self.code.split("\n")

    def line_at(self, offset: int) -> int:
        return self.code.count("\n", 0, offset) + 1


def layout(source: str) -> Layout:
    """Lays out the first 20,000 characters of a cell, IPython's own commands taken out."""
    text = source[:LONGEST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    return _Scan(python_source(text)).laid_out


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._code: list[str] = []
        self._depths = bytearray()
        self._open: list[Bracket] = []
        self.laid_out = Layout("", self._depths)
        self._scan()
        self.laid_out.code = "".join(self._code)
        self.laid_out.unclosed = self._open

    def _scan(self) -> None:
        at, line = 0, 1
        while token := _TOKEN.search(self._text, at):
            start, sign = token.start(), token[0]
            line += self._text.count("\n", at, start)
            self._keep(at, start)
            if sign in "()[]{}":
                self._bracket(sign, line)
                at = token.end()
                self._keep(start, at)
                continue
            at = self._end_of(sign, token.end(), line)
            self._blank(start, at, sign)
            line += self._text.count("\n", start, at)
        self._keep(at, len(self._text))

    def _keep(self, start: int, end: int) -> None:
        self._code.append(self._text[start:end])
        self._depths += bytes([min(len(self._open), 255)]) * (end - start)

    def _blank(self, start: int, end: int, sign: str) -> None:
        """Quotation marks stay; what is between them becomes spaces, line ends aside."""
        inside = re.sub(r"[^\n]", " ", self._text[start:end])
        if sign != "#":
            inside = sign + inside[len(sign) :]
            if self._text.endswith(sign, start + len(sign), end):
                inside = inside[: -len(sign)] + sign
        self._code.append(inside)
        self._depths += bytes([min(len(self._open), 255)]) * (end - start)

    def _end_of(self, sign: str, start: int, line: int) -> int:
        """Where the comment or string ends whose first sign has just been passed."""
        if sign == "#":
            end = self._text.find("\n", start)
            return len(self._text) if end < 0 else end
        stop = re.compile(rf"\\.|{sign}" if len(sign) > 1 else rf"\\.|{sign}|\n", re.DOTALL)
        for found in stop.finditer(self._text, start):
            if found[0] == sign:
                return found.end()
            if found[0] == "\n":
                self.laid_out.open_text = self.laid_out.open_text or (sign, line)
                return found.start()
        self.laid_out.open_text = self.laid_out.open_text or (sign, line)
        return len(self._text)

    def _bracket(self, sign: str, line: int) -> None:
        before = _NAME_BEFORE.search("".join(self._code[-2:])[-50:])
        bracket = Bracket(sign, line, before[0].strip() if before else "")
        if sign not in _CLOSES:
            self._open.append(bracket)
        elif self._open and self._open[-1].sign == _CLOSES[sign]:
            self._open.pop()
        elif self.laid_out.wrong is None:
            self.laid_out.wrong = (bracket, self._open[-1] if self._open else None)
