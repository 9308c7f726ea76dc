"""Whether the flows that a training draws from go by the same settings for every batch.

They are looked at where they are used, as a batch is drawn, and before each step: what is changed between two steps and
put back is seen. It takes a few microseconds.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from fairmark.keras.recorder.private import legacy

__all__ = ["Flows"]

_MOVES = frozenset({"batch_index", "index_array", "index_generator", "lock", "total_batches_seen"})
"""What of a flow changes as it is drawn from."""
_FEW = 8
"""Numbers in a list that is a setting."""


class Flows:
    """Those that the latest call of ``fit`` was given."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[object, tuple[object, ...]]] = {}
        self._shapes: dict[int, tuple[object, ...]] = {}
        self._moved: set[int] = set()

    def begin(self, *sources: object) -> None:
        """A call of ``fit`` with ``sources`` begins."""
        self._held, self._shapes, self._moved = {}, {}, set()
        self.keep(*sources)

    def keep(self, *sources: object) -> None:
        """What ``sources`` go by now is what they are to go by."""
        for source in sources:
            if isinstance(source, legacy.Iterator):
                self._held[id(source)] = source, _settings(source)

    def look(self, source: object) -> None:
        """``source`` is used now."""
        flow, settings = self._held.get(id(source), (None, ()))
        if flow is source and not (_same(_settings(source), settings) and _moves_plainly(source)):
            self._moved.add(id(source))

    def look_at_all(self) -> None:
        """A step begins."""
        for flow, _ in list(self._held.values()):
            self.look(flow)

    def drawn(self, source: object, batch: Any) -> None:  # noqa: ANN401 - arrays or tensors
        """``source`` gave ``batch``: all of a training have pictures of one form."""
        self.look(source)
        form = getattr(batch[0] if type(batch) is tuple else batch, "shape", ())[1:]
        if id(source) in self._held and self._shapes.setdefault(id(source), form) != form:
            self._moved.add(id(source))

    def moved(self, source: object) -> None:
        """``source`` does not go by what it went by."""
        self._moved.add(id(source))

    def have_moved(self, source: object) -> bool:
        """Whether ``source`` has not gone by the same settings all the time."""
        self.look(source)
        return id(source) in self._moved


def _settings(flow: object) -> tuple[object, ...]:
    held = vars(flow)
    generator = held.get("image_data_generator")
    own = (type(flow), *map(_read, (value for name, value in held.items() if name not in _MOVES)))
    return own if generator is None else (*own, type(generator), *map(_read, vars(generator).values()))


def _read(value: object) -> object:
    """What a setting is: of a list of a few numbers, which can be changed where it is, the numbers."""
    return tuple(value) if type(value) is list and len(value) <= _FEW else value


def _moves_plainly(flow: object) -> bool:
    """Whether what changes as a flow is drawn from is of the kinds that Keras gives it: all else could act then."""
    held = vars(flow)
    counts = (held.get("batch_index", 0), held.get("total_batches_seen", 0))
    return type(held.get("index_array")) in (types.NoneType, np.ndarray) and all(type(one) is int for one in counts)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(
        mine is theirs or (type(mine) is tuple and mine == theirs) for mine, theirs in zip(one, other, strict=True)
    )
