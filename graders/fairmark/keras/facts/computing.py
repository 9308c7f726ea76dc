"""What functions of Keras's and TensorFlow's do with what they are given, for whoever reads a notebook's text."""

from __future__ import annotations

from fairmark.notebook.possible.book import Computing

__all__ = ["COMPUTING"]

_PARTS = ("keras.ops", "keras.backend", "tensorflow.math")
_RUNS_ANYTHING = ("py_function", "numpy_function")


def _only_computes(path: str) -> bool:
    """Whether the function of this dotted name gives nothing but what comes from its arguments."""
    package, _, name = path.partition(".")
    if package == "tensorflow" and "." not in name:
        return name.islower() and name not in _RUNS_ANYTHING
    return any(f".{part}." in f".{path}." for part in _PARTS)


COMPUTING = Computing(frozenset({"tensorflow.constant", "tensorflow.convert_to_tensor"}), _only_computes)
