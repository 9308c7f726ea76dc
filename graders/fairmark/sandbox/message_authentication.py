"""A seal on every event: which place it has, and a keyed digest of it.

The key lies in the memory of the process inside, where a determined notebook finds it: what is sealed is not therefore
true. But a line that was merely written to the descriptor, or sent a second time, or out of its turn, is seen to be
forged; it is set aside and reported, and the run goes on.
"""

from __future__ import annotations

import hashlib
import hmac

from fairmark.errors import ControlFlow

__all__ = ["Seal", "Unsealed"]

_DIGEST_BYTES = 8


class Unsealed(ControlFlow):
    """A line that the recorder did not write, or not now."""


class Seal:
    """One end of a channel: it either closes or opens. ``key`` is in hexadecimal digits; places count from 0."""

    def __init__(self, key: str) -> None:
        self._key = bytes.fromhex(key)
        self._place = 0

    def close(self, text: bytes) -> bytes:
        """``text``, which holds no end of line, with its seal in front."""
        line = b"%d %s %s" % (self._place, self._digest(self._place, text), text)
        self._place += 1
        return line

    def open(self, line: bytes) -> bytes:
        """The text of a line. Raises :class:`Unsealed` where it is not sealed, or not later than the last one."""
        place, _, rest = line.partition(b" ")
        digest, _, text = rest.partition(b" ")
        if not (place.isdigit() and len(place) < 16 and int(place) >= self._place):
            raise Unsealed
        if not hmac.compare_digest(digest, self._digest(int(place), text)):
            raise Unsealed
        self._place = int(place) + 1
        return text

    def _digest(self, place: int, text: bytes) -> bytes:
        digest = hashlib.blake2b(text, digest_size=_DIGEST_BYTES, key=self._key, salt=place.to_bytes(16, "little"))
        return digest.hexdigest().encode()
