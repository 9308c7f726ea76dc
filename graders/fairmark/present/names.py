"""Names of different students that would look the same once they are shown."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable

__all__ = ["shown_apart"]

_DIGEST_CHARACTERS = 12
"""As many as in the names of files, so that a row and its files can be told to belong together."""


def shown_apart(names: Iterable[str], show: Callable[[str], str]) -> dict[str, str]:
    """What stands for each of ``names``: ``show(name)``, and digits of its SHA-256 where another is shown alike.

    A name that is shown as it is stays as it is, so that nobody takes another's row by adding to that one's name what
    is not shown (zero-width characters, escape sequences, whatever lies beyond the length).
    """
    shown = {name: show(name) for name in names}
    counts = Counter(shown.values())
    return {
        name: text if counts[text] == 1 or text == name else f"{text} #{_digest(name)}" for name, text in shown.items()
    }


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
