"""The form all advice has: one sentence or two on the cause, one or two on the mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Advice", "Slip", "from_slips", "listed"]

LONGEST_CHARACTERS = 220
"""Of cause and mend each; a terminal shows 600 characters of a message."""


@dataclass(frozen=True)
class Advice:
    """``cause`` says what Python or the framework stumbled over, ``mend`` what to do about it. Whole sentences, at most
    220 characters each; what they quote of the cell is cut short."""

    cause: str
    mend: str

    def __post_init__(self) -> None:
        for part in ("cause", "mend"):
            text = getattr(self, part)
            if len(text) > LONGEST_CHARACTERS:
                object.__setattr__(self, part, f"{text[: LONGEST_CHARACTERS - 1]}…")


@dataclass(frozen=True)
class Slip:
    """One wrong word in a line: what is wrong with it, as a sentence, and what to write in its place."""

    cause: str
    write: str


def from_slips(slips: Sequence[Slip]) -> Advice | None:
    """One piece of advice for the first three slips; None where there are none."""
    distinct = list(dict.fromkeys(slips))[:3]
    if not distinct:
        return None
    words = listed(dict.fromkeys(f"`{slip.write}`" for slip in distinct))
    return Advice(" ".join(slip.cause for slip in distinct), f"Write {words}.")


def listed(words: Sequence[str] | dict[str, None]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
