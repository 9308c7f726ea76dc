"""What a notebook's file holds and nobody reads, taken out of its bytes before they become objects: the outputs of its
cells, and what widgets remember.

Interactive figures weigh megabytes each, and a parsed file takes thirty times its size in memory. This goes through the
bytes once, in time that grows with their number, and builds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairmark.errors import ControlFlow

__all__ = ["MAX_TOKENS", "without_outputs"]

MAX_TOKENS = 6_000_000
"""Strings, brackets, colons and commas that are gone through, a few seconds of work; numbers, and what strings hold, do
not count. A file with more is left as it is."""

_STRING = rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
"""Text without an end reaches to the end of the file, so that none is read twice."""
_TOKEN = re.compile(_STRING + rb"|[\[\]{}:,]", re.DOTALL)
_SKIPPED = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_QUOTE, _COLON, _COMMA, _OPEN = b'":,['[0], b'":,['[1], b'":,['[2], b"[{"

_LONGEST_KEY = 40
_THROWN_AWAY: dict[tuple[bytes, ...], bytes] = {
    (b"cells", b"", b"outputs"): b"[]",
    (b"worksheets", b"", b"cells", b"", b"outputs"): b"[]",
    (b"metadata", b"widgets"): b"{}",
}
"""Where it stands, as keys from the outside in, ``b""`` for a place in a list; and what is left there."""


@dataclass
class _Open:
    """An object or a list that has begun and not ended; ``key`` is that of the value at hand."""

    is_object: bool
    key: bytes = b""
    at_key: bool = True


class _Unreadable(ControlFlow):
    """It is no JSON, or too much of it."""


def without_outputs(data: bytes) -> bytes | None:
    """``data``, the JSON of a notebook, with empty outputs and without what widgets remember. None where it cannot be
    gone through: it is no JSON, or has more than `MAX_TOKENS`."""
    try:
        return b"".join(_Walk(data).pieces())
    except _Unreadable:
        return None


class _Walk:
    """One way through the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tokens = 0
        self._open: list[_Open] = []

    def pieces(self) -> list[bytes]:
        data, at, position = self._data, 0, 0
        kept: list[bytes] = []
        while (token := _TOKEN.search(data, position)) is not None:
            position = token.end()
            self._count()
            self._take(token.start(), position)
            left = _THROWN_AWAY.get(self._place()) if data[token.start()] == _COLON else None
            if left is not None:
                end = self._end_of_value(position)
                if end > position:
                    kept += [data[at:position], left]
                    at = position = end
        if self._open:
            raise _Unreadable
        return [*kept, data[at:]]

    def _count(self) -> None:
        self._tokens += 1
        if self._tokens > MAX_TOKENS:
            raise _Unreadable

    def _place(self) -> tuple[bytes, ...]:
        return tuple(one.key for one in self._open)

    def _take(self, start: int, end: int) -> None:
        """Notes what a token opens, closes or calls by its name."""
        first = self._data[start]
        inner = self._open[-1] if self._open else None
        if first in _OPEN:
            self._open.append(_Open(is_object=first == _OPEN[1]))
        elif inner is None:
            if first != _QUOTE:
                raise _Unreadable
        elif first == _COMMA:
            inner.at_key = True
        elif first == _QUOTE:
            if inner.is_object and inner.at_key:
                inner.key = self._data[start + 1 : end - 1] if end - start <= _LONGEST_KEY else b"?"
                inner.at_key = False
        elif first != _COLON:
            self._open.pop()

    def _end_of_value(self, position: int) -> int:
        """Just after the list or object that begins at ``position``; ``position`` where something else does."""
        depth = 0
        begins = re.compile(rb"\s*+[\[{]").match(self._data, position)
        if begins is None:
            return position
        for token in _SKIPPED.finditer(self._data, position):
            self._count()
            first = self._data[token.start()]
            if first != _QUOTE:
                depth += 1 if first in _OPEN else -1
                if depth == 0:
                    return token.end()
        raise _Unreadable
