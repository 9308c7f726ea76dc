"""Advice on TensorFlow 1 and on an older Keras: names that are gone, and switches that undo TensorFlow 2.

Sources: TensorFlow's guide "Migrate from TensorFlow 1.x", and the installed Keras 3, which a test asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fairmark.advice.sentence import Advice
from fairmark.evidence import Cell, CellError
from fairmark.keras.facts.respell import SWITCHES
from fairmark.notebook.source import calls_in

__all__ = ["gone_from_tensorflow", "old_keras_beside_new", "one_of_tensorflow_1", "switch_in"]

_OLD_KERAS = re.compile(r"^[ \t]{0,40}(?:from|import)[ \t]{1,9}tensorflow\.python\.keras\b", re.MULTILINE)
_REFUSED = re.compile(
    r"tensorflow\.python\.keras\b|The added layer must be an instance of class Layer|"
    r"Only instances of `keras\.Layer`|must be an instance of (?:class )?`?(?:Layer|Model)|"
    r"Could not interpret \w{1,20} identifier"
)
_SWITCHES: Final = (*SWITCHES, "disable_v2_tensorshape")
_SWITCH = re.compile(rf"\b({'|'.join(_SWITCHES)})[ \t]{{0,9}}\(")
_OF_GRAPHS = re.compile(r"[Ee]ager|[Ss]ymbolic|\b[Gg]raph\b|placeholder|uninitialized|is not iterable|numpy\(\)")
_SESSION = re.compile(
    r"Session graph is empty|placeholder\(\) is not compatible|'NoneType' object has no attribute 'run'"
)
_SESSION_USED = re.compile(r"\b(?:Session|InteractiveSession|placeholder|global_variables_initializer)[ \t]{0,9}\(")

_GRAPHS: Final = frozenset(
    {
        *("ConfigProto", "GPUOptions", "Graph", "InteractiveSession", "Session", "assign", "get_default_graph"),
        *("get_default_session", "get_session", "get_variable", "global_variables_initializer", "placeholder"),
        *("reset_default_graph", "set_session", "variable_scope", "initialize_all_variables"),
    }
)
"""Of the time when TensorFlow first drew a graph and then ran it."""

_INSTEAD: Final = {
    "app": "Leave it out: a notebook runs by itself.",
    "contrib": "Use what `tensorflow.keras` has in its place.",
    "enable_eager_execution": "Take the line out: TensorFlow 2 does so by itself.",
    "enable_v2_behavior": "Take the line out: TensorFlow 2 does so by itself.",
    "flags": "Give the value a name of its own in the notebook.",
    "layers": "Write `keras.layers`.",
    "logging": "Take the line out: it only sets how much TensorFlow prints.",
    "losses": "Write `keras.losses`.",
    "metrics": "Write `keras.metrics`.",
    "set_random_seed": "Write `keras.utils.set_random_seed`.",
}
"""By name, what stands in its place."""


def old_keras_beside_new(error: CellError, source: str, earlier: Sequence[str]) -> Advice | None:
    """Advice where parts of ``tensorflow.python.keras``, an older Keras inside TensorFlow, have met parts of today's
    Keras."""
    where = _where(_OLD_KERAS, source, earlier)
    if where is None or not _REFUSED.search(error.message[:2000]):
        return None
    return Advice(
        f"{where} imports from `tensorflow.python.keras`, an old Keras inside TensorFlow that does not go together "
        "with the Keras of today.",
        "Write `tensorflow.keras`, not `tensorflow.python.keras`.",
    )


def one_of_tensorflow_1(error: CellError, source: str, earlier: Sequence[str]) -> Advice | None:
    """Advice where a switch back to TensorFlow 1, in this cell or above, or a session has led to the error."""
    message = error.message[:2000]
    where = _where(_SWITCH, source, earlier)
    if where is not None and _OF_GRAPHS.search(message):
        switch = next(found[1] for text in [source, *reversed(earlier)] if (found := _SWITCH.search(text)))
        return _of_switch(where, switch)
    if _SESSION.search(message) and any(_SESSION_USED.search(text) for text in [source, *earlier]):
        return Advice(
            "Sessions and placeholders are TensorFlow 1; TensorFlow 2 computes at once.",
            "Leave them out: what would be run in a session is a value already.",
        )
    return None


def switch_in(cells: Sequence[Cell]) -> Advice | None:
    """Advice where the text switches back to TensorFlow 1 before anything has raised: a quick check trains nothing."""
    numbers = {cell.position: cell.number for cell in cells}
    for call in calls_in(cells):
        if call.reachable and call.name in _SWITCHES and numbers[call.cell] is not None:
            return _of_switch(f"Line {call.line} of cell {numbers[call.cell]}", call.name)
    return None


def _of_switch(where: str, switch: str) -> Advice:
    return Advice(
        f"{where} calls `{switch}()`: TensorFlow then works as version 1 did, and Keras 3 does not work so.",
        "Take that line out; nothing has to stand in its place.",
    )


def gone_from_tensorflow(name: str, owner: str = "") -> Advice | None:
    """Advice on ``name``, reached as ``owner.name``, where TensorFlow 1 had it and TensorFlow 2 has not."""
    shown = f"`{owner}.{name}`" if owner else f"`{name}`"
    if name in _GRAPHS:
        return Advice(f"{shown} is TensorFlow 1.", "Leave it out: TensorFlow 2 computes at once.")
    if name in _INSTEAD:
        return Advice(f"{shown} is TensorFlow 1.", _INSTEAD[name])
    optimizer = re.fullmatch(r"(\w{2,40})Optimizer", name)
    if optimizer:
        return Advice(
            f"{shown} is TensorFlow 1.", f"Write `keras.optimizers.{_OPTIMIZERS.get(optimizer[1], optimizer[1])}`."
        )
    return None


_OPTIMIZERS: Final = {"GradientDescent": "SGD", "Momentum": "SGD", "RMSProp": "RMSprop"}
"""What Keras calls the optimizers that it names differently."""


def _where(pattern: re.Pattern[str], source: str, earlier: Sequence[str]) -> str | None:
    """``Line 2`` of the cell that raised, or ``A cell above``; None where ``pattern`` is found in neither."""
    found = pattern.search(source)
    if found:
        return f"Line {source.count(chr(10), 0, found.start()) + 1}"
    return "A cell above" if any(pattern.search(text) for text in earlier) else None
