"""Trainings whose epochs are parts of a pass over the pictures draw the same ones each time.

Keras draws batches ahead in a thread of its own. Where an epoch has fewer steps than there are batches, the order that
a flow's pictures get when an epoch ends would come before, between or after batches that are drawn already; and as all
flows draw from one source of random numbers, validation would get others each time. So in such a training a flow gets
its new order as Keras begins the next pass over it, and has random numbers of its own. Where epochs are whole passes,
Keras does the same each time by itself, and is left alone; so is a flow that several workers draw from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from fairmark.keras.recorder.hooks import hook
from fairmark.keras.recorder.private import PyDatasetAdapter, legacy

__all__ = ["Passes"]

_STEPS = {"x": "steps_per_epoch", "validation_data": "validation_steps"}


class Passes:
    """What becomes of flows in a training, by the adapter through which Keras draws from each."""

    def __init__(self) -> None:
        self._trainings = 0
        self._turn = threading.RLock()
        self._due: WeakKeyDictionary[Any, Callable[[], None]] = WeakKeyDictionary()
        self._random: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        hook(PyDatasetAdapter.on_epoch_end, self._epoch_ends())
        hook(PyDatasetAdapter.get_tf_dataset, self._dataset_is_made())
        hook(PyDatasetAdapter._get_iterator, self._pass_begins())

    @contextmanager
    def in_training(self, asked: Mapping[str, Any]) -> Iterator[None]:
        """A call of ``fit`` with these arguments. Orders that wait for another pass are given at its end."""
        if not any(_is_part(asked[flow], asked[steps]) for flow, steps in _STEPS.items()):
            yield
            return
        self._trainings += 1
        try:
            yield
        finally:
            self._trainings -= 1
            waiting = [] if self._trainings else list(self._due.values())
            for give_order in waiting:
                give_order()
            if not self._trainings:
                self._due.clear()

    def _goes_by_passes(self, adapter: Any) -> bool:  # noqa: ANN401 - Keras has no types
        return self._trainings > 0 and adapter.enqueuer is None and isinstance(adapter.py_dataset, legacy.Iterator)

    def _epoch_ends(self) -> Callable[..., None]:
        def around(original: Callable[..., None], adapter: Any) -> None:  # noqa: ANN401
            if self._goes_by_passes(adapter):
                self._due[adapter] = adapter.py_dataset.on_epoch_end
                adapter._within_epoch = False  # what the original does besides
            else:
                original(adapter)

        return around

    def _dataset_is_made(self) -> Callable[..., Any]:
        def around(original: Callable[..., Any], adapter: Any) -> Any:  # noqa: ANN401
            with self._turn:  # it draws, too, to see what batches are like
                return original(adapter)

        return around

    def _pass_begins(self) -> Callable[..., Any]:
        def around(original: Callable[..., Any], adapter: Any) -> Any:  # noqa: ANN401
            batches = original(adapter)
            return self._drawn(adapter, batches) if self._goes_by_passes(adapter) else batches

        return around

    def _drawn(self, adapter: Any, batches: Iterator[Any]) -> Iterator[Any]:  # noqa: ANN401
        with self._own_random(adapter):
            give_order = self._due.pop(adapter, None)
            if give_order is not None:
                give_order()
        while True:
            with self._own_random(adapter):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    @contextmanager
    def _own_random(self, adapter: Any) -> Iterator[None]:  # noqa: ANN401
        """What is drawn of random numbers comes from those of this adapter, which go on from where all stood when it
        was first drawn from."""
        with self._turn:
            outside = np.random.get_state(legacy=False)
            np.random.set_state(self._random.get(adapter, outside))
            try:
                yield
            finally:
                self._random[adapter] = np.random.get_state(legacy=False)
                np.random.set_state(outside)


def _is_part(flow: object, steps: Any) -> bool:  # noqa: ANN401 - whatever the notebook gave
    """Whether so many steps are fewer than one pass has."""
    if not isinstance(flow, legacy.Iterator) or steps is None:
        return False
    try:
        return 0 < int(steps) < len(flow)
    except Exception:  # of the notebook's own classes; Keras says what is wrong with it
        return False
