"""Looks at a training before and behind the callbacks that it was given: callbacks of ours, put around those."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Protocol

import keras

__all__ = ["Exchanged", "First", "Last", "Switched", "Watched", "does"]


class Watched(Protocol):
    """The training that is looked at."""

    def guarded(self) -> contextlib.AbstractContextManager[None]:
        """Keeps what goes wrong in looking from the training."""

    def begins(self) -> None:
        """The model is built, and no callback has run."""

    def look(self, moment: str) -> None:
        """The callbacks are about to be called."""

    def compare(self) -> None:
        """The callbacks have been called."""

    def look_at_switch(self, callback: Any) -> None:  # noqa: ANN401 - Keras has no types
        """``callback`` of Keras's is about to exchange the weights for their mean, or back."""

    def exchange(self) -> None:
        """It has."""


class _Guard(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    def __init__(self, training: Watched) -> None:
        super().__init__()
        self.training = training


class First(_Guard):
    """Before the first callback."""


class Last(_Guard):
    """Behind the last."""


class Switched(_Guard):
    """Before Keras's exchange of weights."""

    def __init__(self, training: Watched, callback: Any) -> None:  # noqa: ANN401 - Keras's
        super().__init__(training)
        self.callback = callback


class Exchanged(_Guard):
    """Behind it."""


_MOMENTS = ("train", "epoch", "train_batch", "test", "test_batch")


def _before(moment: str) -> Callable[..., None]:
    def look(guard: _Guard, *arguments: object, **options: object) -> None:
        with guard.training.guarded():
            if moment == "on_train_begin":
                guard.training.begins()
            guard.training.look(moment)

    return look


def _behind(guard: _Guard, *arguments: object, **options: object) -> None:
    with guard.training.guarded():
        guard.training.compare()


def _exchanged(guard: _Guard, *arguments: object, **options: object) -> None:
    with guard.training.guarded():
        guard.training.exchange()


def _switched(guard: Switched, *arguments: object, **options: object) -> None:
    with guard.training.guarded():
        guard.training.look_at_switch(guard.callback)


for _moment in (f"on_{what}_{when}" for what in _MOMENTS for when in ("begin", "end")):
    setattr(First, _moment, _before(_moment))
    setattr(Last, _moment, _behind)
    setattr(Switched, _moment, _switched)
    setattr(Exchanged, _moment, _exchanged)


def does(callback: object, method: str) -> bool:
    """Whether ``callback``, if it is not one of Keras's own, has a ``method`` of its own."""
    if type(callback) in _CALLBACKS and method not in vars(callback):
        return False
    return method in getattr(callback, "__dict__", {}) or getattr(type(callback), method, None) is not getattr(
        keras.callbacks.Callback, method
    )


_CALLBACKS = frozenset(
    kind
    for name, kind in vars(keras.callbacks).items()
    if isinstance(kind, type) and name not in ("Callback", "CallbackList", "LambdaCallback")
)
"""Keras's own, as they are before the first cell."""
