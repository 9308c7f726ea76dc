"""What an answer may come from: each question that takes what a notebook bound to a name says it of that name.

Every answer may be a plain value, typed in or worked out by plain code, from the numbers too that are known outside
(the framework's view says which): that is exact. Only where plain code cannot work it out, an answer may still be read
off what the question is about.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

__all__ = ["WORKED_OUT", "Origin"]


@dataclass(frozen=True)
class Origin:
    """``calls`` are those of which one must be among what the answer comes from, if it is not worked out; none: it has
    to be worked out."""

    calls: frozenset[str] = frozenset()

    def is_behind(self, sources: Set[str]) -> bool:
        """Whether an answer that comes from calls of ``sources`` comes from one that it may be read off."""
        return bool(self.calls & sources)


WORKED_OUT = Origin()
"""A number, a word or a list of them: typed in or worked out."""
