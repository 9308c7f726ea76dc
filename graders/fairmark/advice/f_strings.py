"""F-strings read as Python 3.12 reads them (PEP 701): what is in the braces may use the string's own quotation marks,
backslashes, comments and line breaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fairmark.errors import ControlFlow
from fairmark.notebook.syntax import syntax_tree

__all__ = ["newer_f_string"]

_LONGEST_CHARACTERS = 20_000
_LONGEST_FIELD_CHARACTERS = 400
_MOST_FIELDS = 200
_DEEPEST = 5

_START = re.compile(r"(?<!\w)([A-Za-z]{0,2})(\"\"\"|'''|\"|')|#[^\n]{0,400}")
_PREFIX = re.compile(r"(?<!\w)(?:[rbuf]|[bf]r|r[bf])\Z", re.IGNORECASE)
_CONVERSION = re.compile(r"![rsa]\b|=[ \t]{0,3}[}:!]")

_QUOTES: Final = (
    "uses its own quotation marks inside its braces",
    "Use the other kind of quotation marks inside the braces: ' within \", or \" within '.",
)
_BACKSLASH: Final = (
    "has a backslash inside its braces",
    "Give the text with the backslash a name in a line before, and use that name in the braces.",
)
_BREAK: Final = (
    "has a comment or a line break inside its braces",
    "Write what is in the braces on one line, without a comment.",
)


class _Unreadable(ControlFlow):
    """Not even Python 3.12 reads it so."""


def newer_f_string(source: str) -> tuple[int, tuple[str, str]] | None:
    """The line of the first f-string in ``source`` that only Python 3.12 and later read; and what is newer in it, as
    the end of a sentence, with a sentence on how to do without. None where there is none, or some string before it has
    no end. At most 20,000 characters are read."""
    reader = _Reader(source[:_LONGEST_CHARACTERS])
    at = 0
    try:
        while match := _START.search(reader.text, at):
            at = match.end()
            if match[2] is None:
                continue  # a comment
            at = reader.string(at, match[1], match[2])
            if reader.newer is not None:
                return reader.text.count("\n", 0, match.start()) + 1, reader.newer
    except _Unreadable:
        pass
    return None


@dataclass
class _Reader:
    """Reads one string from behind its opening quotation marks; each method gives the place behind what it reads, or
    raises ``_Unreadable``. ``newer`` is the first thing that only Python 3.12 takes."""

    text: str
    newer: tuple[str, str] | None = None
    _fields: int = 0

    def string(self, at: int, prefix: str, quotes: str, depth: int = 0) -> int:
        has_fields, raw = "f" in prefix.lower(), "r" in prefix.lower()
        while at < len(self.text):
            if self.text[at] == "\\":
                # Behind a backslash a raw string goes on too, but there a brace stays a brace.
                at += 1 if raw and self.text[at + 1 : at + 2] in ("{", "}") else 2
            elif self.text.startswith(quotes, at):
                return at + len(quotes)
            elif has_fields and self.text.startswith(("{{", "}}"), at):
                at += 2
            elif has_fields and self.text[at] == "{":
                at = self._field(at + 1, quotes, depth)
            elif self.text[at] == "\n" and len(quotes) == 1:
                break
            else:
                at += 1
        raise _Unreadable

    def _field(self, start: int, quotes: str, depth: int) -> int:
        """A pair of braces, whose value may hold strings."""
        self._fields += 1
        if depth >= _DEEPEST or self._fields > _MOST_FIELDS:
            raise _Unreadable
        at, opened, value = start, 0, ""
        while at < min(len(self.text), start + _LONGEST_FIELD_CHARACTERS):
            letter = self.text[at]
            if not opened and (letter in "}:" or _CONVERSION.match(self.text, at)):
                if syntax_tree(f"({value}\n)") is None:  # with its strings emptied
                    break
                return self._format(at, quotes, depth)
            if letter in "'\"":
                at, value = self._nested(at, value, quotes, depth)
                continue
            if letter == "#" or (letter == "\n" and len(quotes) == 1):
                self.newer = self.newer or _BREAK
            if letter == "#":
                end = self.text.find("\n", at)
                at = len(self.text) if end < 0 else end
                continue
            opened += (letter in "([{") - (letter in ")]}")
            value += letter
            at += 1
        raise _Unreadable

    def _nested(self, at: int, value: str, outer: str, depth: int) -> tuple[int, str]:
        """A string in the value of a field of the string between ``outer``: where it ends, and the value with it."""
        match, prefix = _START.match(self.text, at), _PREFIX.search(value)
        quotes = match[2] if match else self.text[at]
        end = self.string(at + len(quotes), prefix[0] if prefix else "", quotes, depth + 1)
        if outer in self.text[at:end]:
            self.newer = self.newer or _QUOTES
        elif "\\" in self.text[at:end]:
            self.newer = self.newer or _BACKSLASH
        return end, f"{value[: prefix.start()] if prefix else value} '' "

    def _format(self, at: int, quotes: str, depth: int) -> int:
        """What may stand behind the value: ``=``, ``!r`` and a format, which may have fields of its own."""
        while at < len(self.text):
            if self.text[at] == "}":
                return at + 1
            if self.text[at] == "{":
                at = self._field(at + 1, quotes, depth + 1)
            elif self.text.startswith(quotes, at) or self.text[at] == "\n":
                break
            else:
                at += 1
        raise _Unreadable
