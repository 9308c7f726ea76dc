"""Weights for a run that trains nothing: large ones are not drawn but zero.

Three blocks for 300 x 300 pictures end in a layer of 40 million weights. Drawing them costs more than everything else
that a notebook does up to ``fit``, and nobody looks at them. These lie in memory that the kernel fills when it is read.
"""

from __future__ import annotations

import math
import mmap
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["leave_unfilled"]

_LARGE = 1_000_000
"""Weights; below it drawing them takes no time worth saving."""
_DRAWN = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling")
"""The initializers that draw each weight by itself; the others of Keras that are random are made from these."""


def leave_unfilled() -> None:
    """From here on Keras's random initializers give zeros where more than a million numbers are asked for."""
    for name in _DRAWN:
        _leave(getattr(keras.initializers, name))


def _leave(initializer: Any) -> None:  # noqa: ANN401 - Keras has no types
    draw = initializer.__call__

    def call(self: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:  # noqa: ANN401 - stands in for Keras's
        is_large = math.prod(shape) > _LARGE and keras.backend.standardize_dtype(dtype) == "float32"
        return _zeros(shape) if is_large else draw(self, shape, dtype)

    initializer.__call__ = call


def _zeros(shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - a tensor of float32
    """Handed over without a copy. A mapping begins with a page, and TensorFlow wants tensors to begin at 64 bytes."""
    memory = np.frombuffer(mmap.mmap(-1, math.prod(shape) * 4), dtype="float32").reshape(shape)
    return tf.experimental.dlpack.from_dlpack(memory.__dlpack__())
