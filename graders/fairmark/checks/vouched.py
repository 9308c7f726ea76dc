"""What the author's cells call and bind, where a further run has them in the place of the student's."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANYTHING", "Vouched"]


@dataclass(frozen=True, eq=False)
class Vouched:
    """Of one cell that ran with the author's text: the names of what it can call, and those that it binds (models left
    out)."""

    calls: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()


ANYTHING = Vouched()
"""A cell, known by being this very object, that may call and bind whatever is asked for."""
