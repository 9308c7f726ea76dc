"""Weights for a run that trains nothing: large ones are not drawn but zero.

Three blocks for 300 x 300 pictures end in a layer of 40 million weights. Drawing them costs more than everything else
that a notebook does up to ``fit``, and hardly anybody looks at them. These lie in memory that the kernel fills when it
is read; whether it has been, the kernel knows.
"""

from __future__ import annotations

import ctypes
import math
import mmap
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from fairmark.keras.recorder.hooks import hook

__all__ = ["Unfilled", "leave_unfilled"]

_LARGE = 1_000_000
"""Weights; below it drawing them takes no time worth saving."""
_DRAWN = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling")
"""The initializers that draw each weight by itself; the others of Keras that are random are made from these."""


class Unfilled:
    """The weights that were left so."""

    def __init__(self) -> None:
        self._memory: list[np.ndarray[Any, Any]] = []

    def zeros(self, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - a tensor of float32
        """Handed over without a copy, since a mapping begins where TensorFlow wants tensors to: at 64 bytes."""
        mapped = mmap.mmap(-1, math.prod(shape) * 4, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory = np.frombuffer(mapped, dtype="float32").reshape(shape)
        self._memory.append(memory)
        return tf.experimental.dlpack.from_dlpack(memory.__dlpack__())

    def were_read(self) -> bool:
        """Whether anything has read or written one of them, by ``mincore(2)``; True where that cannot be told."""
        return any(_is_in_memory(memory) for memory in self._memory)


def _is_in_memory(memory: np.ndarray[Any, Any]) -> bool:
    pages = (ctypes.c_ubyte * -(-memory.nbytes // mmap.PAGESIZE))()
    try:
        told = ctypes.CDLL(None).mincore(ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes), pages)
    except (AttributeError, OSError):
        return True
    return told != 0 or any(pages)


def leave_unfilled() -> Unfilled:
    """From here on Keras's random initializers give zeros where more than a million numbers are asked for."""
    unfilled = Unfilled()
    for name in _DRAWN:
        _leave(getattr(keras.initializers, name), unfilled)
    return unfilled


def _leave(initializer: Any, unfilled: Unfilled) -> None:  # noqa: ANN401 - Keras has no types
    def around(original: Callable[..., Any], self: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:  # noqa: ANN401
        is_large = (
            tf.executing_eagerly() and math.prod(shape) > _LARGE and keras.backend.standardize_dtype(dtype) == "float32"
        )
        return unfilled.zeros(shape) if is_large else original(self, shape, dtype)

    hook(initializer.__call__, around)
