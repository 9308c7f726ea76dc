"""Pipelines of ``tf.data`` without autotuning, which is not worth what it costs here.

A thread of TensorFlow's (2.21) looks now and then how a pipeline could be tuned, and whoever lets go of an iterator
waits for it. Where the word to end reaches that thread between its look and its sleep, it is lost (``OptimizeLoop`` in
``core/framework/model.cc``), and the wait is as long as the sleep: seconds after a training of seconds, half a minute
after one of minutes. The values of a pipeline are the same without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from fairmark.keras.recorder.hooks import hook

__all__ = ["leave_untuned"]


def leave_untuned() -> None:
    """From here on a pipeline is tuned only where its own options ask for it."""

    def around(original: Callable[..., Any], pipeline: Any) -> Any:  # noqa: ANN401 - a pipeline, its iterator
        if pipeline.options().autotune.enabled is not None:
            return original(pipeline)
        options = tf.data.Options()
        options.autotune.enabled = False
        return original(pipeline.with_options(options))

    hook(tf.data.Dataset.__iter__, around)
