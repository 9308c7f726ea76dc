"""The second witness: does the notebook's own text bear out what the recorder says?

The recorder runs in the student's process and can be made to say anything. The text cannot: it is parsed here, outside,
as data. A recorded value is doubted where every call in the text that could have caused it says something else, or
where there is no such call at all. Where the text computes a value that cannot be known without running it, the text is
silent and the other witnesses (the rebuilt model, its predictions, the clock) have to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

from fairmark.checks.expectation import Doubted, spell
from fairmark.evidence import Cell, Function
from fairmark.notebook.fold import Value
from fairmark.notebook.source import (
    UNKNOWN,
    Folded,
    SourceCall,
    attributes_set_in,
    calls_in,
    handed_on_in,
    values_given,
)
from fairmark.notebook.traits import traits_of

__all__ = ["Witness"]

_POSITIONS: dict[str, tuple[str, ...]] = {
    "flow_from_directory": ("directory", "target_size", "color_mode", "classes", "class_mode", "batch_size"),
    "image_dataset_from_directory": ("directory", "labels", "label_mode", "class_names", "color_mode", "batch_size"),
    "compile": ("optimizer", "loss", "loss_weights", "metrics"),
    "fit": ("x", "y", "batch_size", "epochs"),
    "RMSprop": ("learning_rate",),
    "Adam": ("learning_rate",),
    "SGD": ("learning_rate",),
    "BinaryCrossentropy": ("from_logits",),
    "CategoricalCrossentropy": ("from_logits",),
    "SparseCategoricalCrossentropy": ("from_logits",),
    "BinaryFocalCrossentropy": ("apply_class_balancing", "alpha", "gamma", "from_logits"),
    "CategoricalFocalCrossentropy": ("alpha", "gamma", "from_logits"),
}
"""Order of Keras's parameters, for calls that do not name them."""

_DEFAULTS: dict[tuple[str, str], Value] = {
    ("ImageDataGenerator", "rescale"): None,
    ("flow_from_directory", "target_size"): (256, 256),
    ("flow_from_directory", "batch_size"): 32,
    ("flow_from_directory", "class_mode"): "categorical",
    ("flow_from_directory", "shuffle"): True,
    ("image_dataset_from_directory", "image_size"): (256, 256),
    ("image_dataset_from_directory", "batch_size"): 32,
    ("image_dataset_from_directory", "shuffle"): True,
    ("compile", "optimizer"): "rmsprop",
    ("fit", "epochs"): 1,
    ("fit", "steps_per_epoch"): None,
    ("fit", "validation_steps"): None,
    ("RMSprop", "learning_rate"): 0.001,
    ("Adam", "learning_rate"): 0.001,
    ("SGD", "learning_rate"): 0.01,
    ("BinaryCrossentropy", "from_logits"): False,
    ("CategoricalCrossentropy", "from_logits"): False,
    ("SparseCategoricalCrossentropy", "from_logits"): False,
    ("BinaryFocalCrossentropy", "from_logits"): False,
    ("CategoricalFocalCrossentropy", "from_logits"): False,
}
"""Keras 3.15's defaults, for calls that leave an argument out."""


class Witness:
    """Testimony of the notebook's text. ``vouched`` are positions of cells that ran with the author's text instead:
    what happened in them needs no witness."""

    def __init__(self, cells: Sequence[Cell], vouched: frozenset[int] = frozenset()) -> None:
        self._cells = [cell for cell in cells if cell.position not in vouched]
        self._vouched = vouched

    @cached_property
    def _calls(self) -> tuple[SourceCall, ...]:
        return tuple(call for call in calls_in(self._cells) if call.reachable)

    def _named(self, names: Sequence[str], cell: int) -> list[tuple[str, SourceCall]]:
        """Calls that may be of one of ``names``, in ``cell`` or before it (functions are defined before they are used),
        each with that name."""
        before = [call for call in self._calls if call.cell <= cell]
        return [(name, call) for call in before for name in names if name in call.names]

    def require_call(self, cell: int, names: Sequence[str]) -> None:
        """Raises :class:`Doubted` where no text up to ``cell`` calls any of ``names``, or could have it called."""
        called = cell in self._vouched or self._named(names, cell)
        if not called and not set(names) & handed_on_in(self._until(cell)):
            raise Doubted(f"the run reports a call of {names[0]}, but no cell's text makes one", cell=cell)

    def _until(self, cell: int) -> list[Cell]:
        return [one for one in self._cells if one.position <= cell]

    def confirm(
        self, cell: int, names: Sequence[str], argument: str, value: object, *, alike: tuple[object, ...] = ()
    ) -> None:
        """Raises :class:`Doubted` where all calls of ``names`` up to ``cell`` give ``argument`` another value than
        ``value`` or one of those that are ``alike``. An attribute of that name that is set anywhere says nothing sure.
        """
        if cell in self._vouched:
            return
        written = [_argument(name, call, argument) for name, call in self._named(names, cell)]
        accepted = (value, *alike)
        if not written or any(not item.known or any(_same(item.value, one) for one in accepted) for item in written):
            return
        if argument in attributes_set_in(self._until(cell)):
            return
        said = " or ".join(dict.fromkeys(spell(item.value) for item in written))
        raise Doubted(f"the run reports {argument} = {spell(value)}, but the text says {said}", cell=cell)

    def confirm_made(self, cell: int, name: str, argument: str, recorded: Function) -> None:
        """Raises :class:`Doubted` where all calls of ``name`` up to ``cell`` give ``argument`` something that goes by
        another name than what was recorded."""
        if cell in self._vouched:
            return
        known = {_bare(text) for text in (recorded.name, recorded.class_name) if text}
        said: list[str] = []
        for _, call in self._named((name,), cell):
            made = _made(name, call, argument)
            if not made or known & set(map(_bare, made)):
                return
            said += sorted(made)
        if said:
            spelled = " or ".join(dict.fromkeys(said))
            raise Doubted(f"the run reports {argument} = {recorded.name}, but the text says {spelled}", cell=cell)

    def confirm_value(self, cell: int, name: str, value: object) -> None:
        """Raises :class:`Doubted` where all that the text up to ``cell`` binds ``name`` to is something else."""
        if cell in self._vouched:
            return
        written = values_given(self._until(cell), name)
        if not written or any(not item.known or _same(item.value, value) for item in written):
            return
        said = " or ".join(dict.fromkeys(spell(item.value) for item in written))
        raise Doubted(f"the run reports {name} = {spell(value)}, but the text says {said}", cell=cell)

    def confirm_given(self, cell: int, name: str) -> None:
        """Raises :class:`Doubted` where a text of the student's, up to ``cell``, binds ``name``, which is for a given
        cell to bind: that one may have kept the value that it found. A given cell may be spelled otherwise, but not
        with a value that can be read off."""
        for one in self._until(cell):
            if one.role != "locked":
                is_said = one.touched and name in traits_of(one.source).binds
            else:
                is_said = one.own_text and any(value.known for value in values_given([one], name))
            if is_said:
                raise Doubted(f"{name}, which a given cell works out, is given a value by the notebook", cell=cell)


_SHORT = {"bce": "binarycrossentropy", "mse": "meansquarederror", "mae": "meanabsoluteerror"}


def _bare(name: str) -> str:
    """One spelling for ``BinaryCrossentropy``, ``binary_crossentropy`` and ``bce``."""
    bare = name.lower().replace("_", "")
    return _SHORT.get(bare, bare)


def _made(name: str, call: SourceCall, argument: str) -> frozenset[str]:
    """The names that what ``call`` gives as ``argument`` goes by; empty where the text does not say."""
    written = _argument(name, call, argument)
    if written.known:
        return frozenset({written.value} if isinstance(written.value, str) else ())
    if argument in call.arguments:
        return call.makers.get(argument, frozenset())
    return call.makers.get(_POSITIONS[name].index(argument), frozenset())


def _argument(name: str, call: SourceCall, argument: str) -> Folded:
    """The value that a call of ``name`` gives to ``argument``: as named, as placed, by default, or UNKNOWN."""
    if argument in call.arguments:
        return call.arguments[argument]
    order, placed = _POSITIONS.get(name, ()), call.positional
    if argument in order and order.index(argument) < len(placed):
        return placed[order.index(argument)]
    # More are placed than the table knows: the argument may be among them.
    hidden = argument not in order and len(placed) > len(order)
    if hidden or {"*", "**"} & call.arguments.keys() or (name, argument) not in _DEFAULTS:
        return UNKNOWN
    return Folded(True, _DEFAULTS[name, argument])


def _same(written: object, value: object) -> bool:
    if isinstance(written, int) and isinstance(value, int):
        return written == value
    if isinstance(written, int | float) and isinstance(value, int | float):
        return math.isclose(written, value, rel_tol=1e-6)
    if isinstance(written, tuple | list) and isinstance(value, tuple | list):
        return len(written) == len(value) and all(map(_same, written, value))
    return bool(written == value)
