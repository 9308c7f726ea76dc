"""What needs a package that is not installed, or a screen: it does nothing, where nobody would look at what it does."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from fairmark.keras.recorder.hooks import hook

__all__ = ["do_without_tensorboard", "do_without_windows"]

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


def do_without_windows() -> None:
    """From here on Matplotlib keeps to what it draws with where the notebook asks for what needs a screen or another
    package. Only where Matplotlib is loaded by now, as it is in a warm worker: loading it takes time."""
    matplotlib, pyplot = sys.modules.get("matplotlib"), sys.modules.get("matplotlib.pyplot")
    if matplotlib is None or pyplot is None:
        return

    def around(original: Callable[..., Any], backend: object, **options: Any) -> None:  # noqa: ANN401
        try:
            original(backend, **options)
        except ImportError:
            return
        except ValueError:  # the name of a package that would bring it
            if not str(backend).startswith("module://"):
                raise

    hook(matplotlib.use, around)
    hook(pyplot.switch_backend, around)
