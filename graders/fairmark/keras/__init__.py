"""The Keras wing: all that fairmark knows of Keras and TensorFlow.

::

    framework      what the rest of the engine asks, found by the entry point ``keras`` of ``fairmark.frameworks``
    facts/         names, spellings, arguments and their defaults, accuracy keys: each table once
    recorder/      runs inside the sandbox, and in a kernel: writes down what a notebook does with Keras
    views/         the evidence as checks see it: ``RunView`` and what it gives
    generators, layers, parameters, compile, training, callbacks, history, accuracy, prediction
                   questions ready to use
    advice/        what most likely went wrong where a cell raised, and what to type instead
    grading/       old names of Keras, a second training, the trained model as it is rebuilt
    mistakes/      what `fairmark verify` changes in right answers
    templates/     the example that `fairmark new` writes

Outside this folder the engine names neither. Grader scripts import from here ``RunView`` and the modules of questions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairmark.keras.views.run_view import RunView

__all__ = ["RunView"]


def __getattr__(name: str) -> object:
    # The recorder runs from this package, too, and needs no views.
    if name != "RunView":
        raise AttributeError(f"module 'fairmark.keras' has no attribute {name!r}")
    return importlib.import_module("fairmark.keras.views.run_view").RunView
