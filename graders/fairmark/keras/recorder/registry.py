"""Names for objects of the notebook (``model-1``, ``pictures-2``) that do not keep them alive."""

from __future__ import annotations

import weakref

__all__ = ["Registry"]


class Registry:
    """Gives each object one name for as long as it lives.

    Keyed by identity, since the objects' own ``__eq__`` and ``__hash__`` are the student's to define.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._known: dict[int, tuple[weakref.ref[object], str]] = {}
        self._count = 0

    def find(self, thing: object) -> str | None:
        """The object's name, or None where it has none yet."""
        entry = self._known.get(id(thing))
        return entry[1] if entry is not None and entry[0]() is thing else None

    def name(self, thing: object) -> str:
        """The object's name, given now where it had none."""
        known = self.find(thing)
        if known is not None:
            return known
        self._count += 1
        name = f"{self._prefix}-{self._count}"
        self._known[id(thing)] = (weakref.ref(thing), name)
        return name
