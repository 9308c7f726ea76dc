"""Advice on ``%magics`` and on TensorBoard, where notebooks are marked without them."""

from __future__ import annotations

import re

from fairmark.advice.sentence import Advice

__all__ = ["advise_on_command", "no_tensorboard"]

_NOT_FOUND = re.compile(
    r"(?:Line|Cell) magic function `(%{1,2}\w{1,40})` not found|Cell magic `(%%\w{1,40})` not found"
)
_NO_BACKEND = re.compile(r"'(\w{1,40})' is not a recognised GUI loop or backend name")


def advise_on_command(message: str) -> Advice | None:
    """Cause and mend for a magic that is not known, or a way of showing figures that is not there."""
    backend = _NO_BACKEND.match(message)
    if backend:
        return Advice(
            f"Figures cannot be shown as `{backend[1]}` where notebooks are marked.",
            "Write `%matplotlib inline`, or take the line out.",
        )
    found = _NOT_FOUND.match(message)
    if found is None:
        return None
    command = found[1] or found[2]
    if command == "%tensorboard":
        return no_tensorboard()
    if command == "%tensorflow_version":
        return Advice(f"`{command}` is a command of Google Colab only.", "Take the line out: TensorFlow 2 runs here.")
    return Advice(
        f"`{command}` is a command of the place where the notebook was written, and unknown where it is marked.",
        "Take the line out.",
    )


def no_tensorboard() -> Advice:
    """For whatever needs TensorBoard."""
    return Advice(
        "TensorBoard is not installed where notebooks are marked, and nobody looks at what it writes.",
        "Take out the lines that use it; among the callbacks, `TensorBoard(...)`.",
    )
