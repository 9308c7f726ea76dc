"""Parts of TensorFlow that need a package which is not installed: they do nothing, where nobody would look at what they
do."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from fairmark.sandbox.inside.hooks import hook

__all__ = ["do_without_tensorboard"]

_SUMMARIES = ("audio", "histogram", "image", "scalar", "text")
"""Of ``tf.summary``: without the package each raises ``TBNotInstalledError``, and so does Keras's ``TensorBoard``."""


def do_without_tensorboard() -> None:
    """From here on summaries are not written, where TensorBoard is not installed. Each says False, as it does where
    there is no file to write to."""
    if importlib.util.find_spec("tensorboard") is not None:
        return

    def around(original: Callable[..., Any], *arguments: Any, **options: Any) -> bool:  # noqa: ANN401
        return False

    for name in _SUMMARIES:
        hook(getattr(tf.summary, name), around)
