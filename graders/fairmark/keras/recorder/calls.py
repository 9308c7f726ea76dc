"""Which layers a model or layer of the notebook's own calls, in order: Keras knows that of its own classes alone."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # only here, since the recorder stands in a notebook's kernel before Keras does
    import keras

__all__ = ["Called", "Calls"]

_MOST = 1000
"""Calls that are kept of one thing."""


class Called(NamedTuple):
    """A layer that was called, and the shape of what came out, None where that is not one array."""

    layer: keras.Layer
    output_shape: list[int | None] | None


class Calls:
    """The latest calls; what is called is not kept alive."""

    def __init__(self) -> None:
        self._inside = threading.local()
        self._made: dict[int, tuple[weakref.ref[keras.Layer], list[tuple[weakref.ref[keras.Layer], Any]]]] = {}

    def call(self, original: Callable[..., Any], layer: keras.Layer, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        """Calls ``original`` for ``layer``, and remembers which layers it calls if its class is the notebook's own."""
        stack: list[list[Any] | None] = self._inside.__dict__.setdefault("stack", [])
        made: list[Any] | None = [] if _is_own(layer) else None
        was_built = layer.built
        stack.append(made)
        try:
            outputs = original(layer, *arguments, **options)
        finally:
            stack.pop()
        if made:
            self._made[id(layer)] = weakref.ref(layer), made if was_built else _without_trial(made)
        caller = stack[-1] if stack else None
        if caller is not None and len(caller) < _MOST:
            caller.append((weakref.ref(layer), getattr(outputs, "shape", None)))
        return outputs

    def made_by(self, layer: keras.Layer) -> list[Called]:
        """What ``layer`` called when it was last called; empty for one of Keras's own and for one that never was."""
        known, made = self._made.get(id(layer), (None, []))
        if known is None or known() is not layer:
            return []
        alive = [(called(), shape) for called, shape in made]
        return [Called(called, _shape(shape)) for called, shape in alive if called is not None]


def _without_trial(made: list[tuple[weakref.ref[keras.Layer], Any]]) -> list[tuple[weakref.ref[keras.Layer], Any]]:
    """Without the calls by which Keras has found out what there is to build, before those that were asked for."""
    half = len(made) // 2
    is_twice = [id(called()) for called, _ in made[:half]] == [id(called()) for called, _ in made[half:]]
    return made[half:] if is_twice else made


def _is_own(layer: keras.Layer) -> bool:
    from fairmark.keras.recorder.known import is_own  # imports Keras, which is there: one of its layers is called

    return is_own(type(layer))


def _shape(shape: object) -> list[int | None] | None:
    """With the batch dimension left open, whatever batch was given."""
    try:
        sizes = [None if size is None else int(size) for size in shape]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    return [None, *sizes[1:]]
