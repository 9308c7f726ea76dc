"""One order of the pictures for each pass over them, however far ahead of the training Keras draws.

Keras draws batches ahead in a thread of its own, and gives a flow's pictures a new order when an epoch ends. Where an
epoch has fewer steps than there are batches, the new order would come before, between or after batches that are drawn
already, as the thread happens to be fast: the same network would be trained by other pictures each time. So in a
training a flow gets its new order with the first batch of its next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from keras.src.legacy.preprocessing import image as legacy

from fairmark.sandbox.inside.hooks import hook

__all__ = ["Passes"]


class Passes:
    """The flows whose pictures are due a new order."""

    def __init__(self) -> None:
        self._trainings = 0
        self._due: dict[int, Callable[[], None]] = {}
        hook(legacy.Iterator.on_epoch_end, self._epoch_ends())
        hook(legacy.Iterator.__getitem__, self._batch_is_drawn())

    @contextmanager
    def in_training(self) -> Iterator[None]:
        """Until the end orders wait for the next pass; then those that wait are given."""
        self._trainings += 1
        try:
            yield
        finally:
            self._trainings -= 1
            while self._due and not self._trainings:
                self._due.popitem()[1]()

    def _epoch_ends(self) -> Callable[..., None]:
        def around(original: Callable[..., None], flow: Any) -> None:  # noqa: ANN401 - Keras has no types
            if self._trainings:
                self._due[id(flow)] = lambda: original(flow)
            else:
                original(flow)

        return around

    def _batch_is_drawn(self) -> Callable[..., Any]:
        def around(original: Callable[..., Any], flow: Any, place: Any) -> Any:  # noqa: ANN401
            order = self._due.pop(id(flow), None) if place == 0 else None
            if order is not None:
                order()
            return original(flow, place)

        return around
