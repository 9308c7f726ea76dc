"""Where a model's weights come from: a ledger of what they were when they were made and when a training left them.

Weights are compared by marks: the exclusive or of all their bytes, and the bytes at places that are drawn anew in every
run and that the notebook is not told. A mark of 160 MB takes 10 ms.

This reaches into how Keras gives a variable its first value; ``test_weights.py`` says what has moved.

In the steps of a training only the optimizer may change them, see :mod:`fairmark.keras.recorder.applied`.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from math import prod
from typing import Any, Literal, NamedTuple, TypeAlias
from weakref import ref

import keras
import numpy as np
import tensorflow as tf
from numpy import asarray, ascontiguousarray
from numpy import bitwise_xor as _XOR  # noqa: N812 - a constant here
from numpy.random import PCG64, Generator

from fairmark.keras.recorder import applied, known
from fairmark.keras.recorder.around_callbacks import Exchanged, First, Last, Switched, does
from fairmark.keras.recorder.describe import inner_optimizer
from fairmark.keras.recorder.hooks import hook
from fairmark.keras.recorder.private import (
    DRAWN_BY,
    EagerTensor,
    ResourceVariable,
    UnliftedInitializerVariable,
    backend,
)

__all__ = ["Ledger", "Origin", "WatchedTraining", "value_of"]

Origin: TypeAlias = Literal["initial", "trained", "other"]
Marks: TypeAlias = tuple[bytes, ...]
"""Of a model's weights, one for each."""
_PLACES = 1024
"""Places whose bytes go into a mark: who has changed one weight in a hundred is missed once in thirty thousand."""
_MOST_AXES = 8
"""Numbers in a list that is a setting, axes for instance."""
_AROUND_ALL = frozenset({"on_train_begin", "on_train_end"})
_MOST_MEASURED = 16
"""Numbers of a mean: one a channel, and more than pictures have. One a pixel could be anything that is to be known."""
_WEIGHTS = keras.Model.weights.fget
_LAYERS = keras.Model._flatten_layers
"""Bound before the first cell, so that a class of the notebook's own cannot say what its weights are."""


class _Left(NamedTuple):
    """What a training left of a model."""

    marks: Marks
    origin: Origin


class Ledger:
    """One run's. ``watch`` begins it, before the first cell."""

    def __init__(self) -> None:
        self._secret = os.urandom(16)
        self._made: dict[int, tuple[ref[Any], bytes]] = {}
        self._left: dict[str, _Left] = {}
        self._places: dict[int, np.ndarray] = {}
        self._initializers = dict(_initializers())
        self._closures = frozenset(_closures_of_layers())
        self._drawing = _Drawing()
        self._kept: dict[int, tuple[ref[Any], bytes]] = {}
        self._read: dict[str, applied.Continuity] = {}
        self.training: WatchedTraining | None = None

    def watch(self) -> None:
        """Has every variable of Keras's marked when it is given its first value."""

        def around(original: Callable[..., Any], variable: Any, initializer: Any) -> None:  # noqa: ANN401
            if not tf.executing_eagerly():
                original(variable, initializer)
                return
            drawn = _Drawn(initializer, self._is_keras)
            original(variable, drawn)
            with contextlib.suppress(Exception):  # nobody knows then what it was
                mark = self._mark(variable)
                if drawn.value is not None and mark == self._mark_of(asarray(drawn.value)):
                    self._made[id(variable)] = ref(variable), mark

        hook(keras.Variable._initialize_with_initializer, around)
        applied.watch_steps(self)

    def _is_keras(self, initializer: object) -> bool:
        """Whether it is one of Keras's own that draws numbers, or fills with one: not what brings an array along."""
        if isinstance(initializer, types.FunctionType):
            return initializer.__code__ in self._closures
        kind = type(initializer)
        own = self._initializers.get(kind)
        return own is not None and own is _code_of(kind) and _is_plain(initializer) and self._drawing.is_as_it_was()

    # --- marks ---

    def marks(self, model: keras.Model) -> Marks:
        """One for each of the weights, as they are now."""
        return tuple(map(self._mark, _weights_of(model)))

    def _mark(self, variable: keras.Variable) -> bytes:
        return self._mark_of(value_of(variable))

    def _mark_of(self, array: np.ndarray) -> bytes:
        data = ascontiguousarray(array).reshape(-1).view(np.uint8)
        words = data[: len(data) // 8 * 8].view(np.uint64)
        digest = blake2b(f"{array.shape}".encode(), digest_size=16, key=self._secret)
        digest.update(data[len(words) * 8 :].tobytes())
        if len(words):
            digest.update(int(_XOR.reduce(words)).to_bytes(8, "little"))
            digest.update(words[self._places_in(len(words))].tobytes())
        return digest.digest()

    def _places_in(self, size: int) -> np.ndarray:
        if size not in self._places:
            seed = int.from_bytes(self._secret, "little") + size
            drawn = Generator(PCG64(seed)).integers(size, size=_PLACES)
            self._places[size] = drawn if size > _PLACES else np.arange(size)
        return self._places[size]

    # --- where they come from ---

    def origin(self, model: keras.Model, name: str) -> Origin | None:
        """Of the weights as they are now; ``name`` is the model's. None where nobody can know: there is no eager
        execution, in which alone they can be read."""
        if not tf.executing_eagerly():
            return None
        if not self.are_left_to_training(model):
            return "other"
        if all(self._is_marked(one, self._made) for one in _weights_of(model)):
            return "initial"
        left = self._left.get(name)  # what a call of fit that failed at once left is initial, and was found so above
        return "trained" if left is not None and left.origin != "other" and left.marks == self.marks(model) else "other"

    def _is_marked(self, variable: keras.Variable, ledger: dict[int, tuple[ref[Any], bytes]]) -> bool:
        made, mark = ledger.get(id(variable), (None, b""))
        return made is not None and made() is variable and mark == self._mark(variable)

    def is_kept(self, optimizer: Any) -> bool:  # noqa: ANN401 - one of Keras's, or anything else
        """Whether what an optimizer keeps for its weights is as it began, or as a training has left it."""
        kept = applied.kept_by(optimizer)
        return all(self._is_marked(one, self._made) or self._is_marked(one, self._kept) for one in kept)

    def continuity(self, name: str, variables: list[Any]) -> applied.Continuity:
        """What reads ``variables``, one for all trainings that go on with the same."""
        before = self._read.get(name)
        if before is None or before.ids != frozenset(map(id, variables)):
            before = self._read[name] = applied.Continuity(variables)
        return before

    def are_left_to_training(self, model: keras.Model) -> bool:
        """Whether no weight has a constraint or a regularizer of the notebook's own, which run in each step, or takes
        its gradient for its value."""
        weights = _weights_of(model)
        run = [one for weight in weights for one in (weight.constraint, weight.regularizer) if one is not None]
        run += [one for layer in _LAYERS(model) if (one := layer.activity_regularizer) is not None]
        own = any(type(one) not in _RUN_IN_STEPS or not _is_plain(one) for one in run)
        return not own and not any(one.overwrite_with_gradient for one in weights)

    def left(self, model: keras.Model, name: str, origin: Origin) -> None:
        """A training left ``model`` as it is now, having begun with weights of that ``origin``."""
        self._left[name] = _Left(self.marks(model), origin)
        for one in applied.kept_by(inner_optimizer(model.optimizer)):
            self._kept[id(one)] = ref(one), self._mark(one)


class _Drawing:
    """What Keras's initializers draw numbers by: whether anything has been put in the place of it."""

    def __init__(self) -> None:
        homes = [vars(one) for path in DRAWN_BY if (one := sys.modules.get(path)) is not None]
        self._held = [(home, name, value) for home in homes for name, value in home.items() if _is_looked_up(value)]
        functions = {id(value): value for _, _, value in self._held if isinstance(value, types.FunctionType)}
        self._codes = [(inner, inner.__code__) for value in functions.values() if (inner := _function_in(value))]

    def is_as_it_was(self) -> bool:
        return all(home.get(name) is value for home, name, value in self._held) and all(
            function.__code__ is code for function, code in self._codes
        )


class _Drawn:
    """An initializer that remembers what it gave; nothing if it ``is_keras`` no more before or afterwards, since what
    stood in the place of Keras's may have put that back."""

    def __init__(self, initializer: Callable[..., Any], is_keras: Callable[[object], bool]) -> None:
        self._initializer = initializer
        self._is_keras = is_keras
        self.value: Any = None

    def __call__(self, shape: Iterable[int], dtype: object = None) -> Any:  # noqa: ANN401 - a tensor
        sizes = tuple(map(int, shape))
        is_keras = type(dtype) is str and self._is_keras(self._initializer)
        drawn = self._initializer(sizes if is_keras else shape, dtype=dtype)
        self.value = drawn if is_keras and self._is_keras(self._initializer) else None
        return drawn


class WatchedTraining:
    """One call of ``fit``. Only training may change the weights; a callback, Keras's or the notebook's own, may bring
    back what this training had made by the end of an epoch."""

    def __init__(self, ledger: Ledger, model: keras.Model, name: str) -> None:
        self._ledger = ledger
        self._model = model
        self._name = name
        self._changed = False
        self._known: set[Marks] = set()
        self._seen: Marks | None = None
        self._is_called_back = self._has_failed = False
        self._callbacks: list[Any] = []
        self._values: dict[int, object] = {}
        self._outer: WatchedTraining | None = None
        self.steps: applied.Steps | None = None
        self.at_apply: Callable[[], bool] | None = None
        self.origin = ledger.origin(model, name)

    def around(self, callbacks: Iterable[Any]) -> list[Any]:
        """``callbacks``, with one of ours before the first and one behind the last."""
        self._callbacks = list(callbacks)
        if self.origin is None:
            return self._callbacks
        return [First(self), *(one for given in self._callbacks for one in self._between(given)), Last(self)]

    def _between(self, callback: Any) -> list[Any]:  # noqa: ANN401 - whatever fit was given
        """Weights may be exchanged for their mean over the training, and back, by what Keras has for that: by nothing
        before or behind it."""
        if type(callback) is not keras.callbacks.SwapEMAWeights or known.overridden(callback):
            return [callback]
        return [Last(self), Switched(self, callback), callback, Exchanged(self)]

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Looking must never break the training: where it fails, nobody knows."""
        try:
            yield
        except Exception:
            self._has_failed = True

    def begins(self) -> None:
        """The model is built, and no callback has run."""
        self._values = {id(one): one._value for one in _WEIGHTS(self._model)}
        self.steps = applied.Steps(self._model, self._name, self._ledger, self.at_apply)
        self._outer, self._ledger.training = self._ledger.training, self
        now = self._ledger.origin(self._model, self._name)
        self._changed = self._changed or (now == "other" and self.origin != "other")

    def look_at_switch(self, callback: Any) -> None:  # noqa: ANN401 - Keras's that exchanges weights
        """Keras is about to ask whether weights are to be exchanged: what is no bool could do so as it is asked."""
        asked = vars(callback).get("swap_on_epoch"), vars(inner_optimizer(self._model.optimizer)).get("use_ema")
        self._changed = self._changed or any(type(one) is not bool for one in asked)

    def look(self, moment: str) -> None:
        """The callbacks are about to be called."""
        self._is_called_back = True
        self._seen = self._ledger.marks(self._model) if self._matters(moment) else None
        if self._seen is not None and self.steps is not None:
            self._changed = self._changed or not self.steps.hold()
        if self._seen is not None and moment in ("on_train_begin", "on_epoch_end"):
            self._known.add(self._seen)

    def compare(self) -> None:
        """The callbacks have been called."""
        self._is_called_back = False
        if self._seen is None:
            return
        now = self._ledger.marks(self._model)
        self._changed = self._changed or (now != self._seen and now not in self._known)
        if self.steps is not None:
            self._changed = self._changed or not self.steps.hold_what_is_kept()
            if now != self._seen:
                self.steps.begin()
        self._seen = now

    def ended_epoch(self, batches: int) -> None:
        """An epoch has ended, ``batches`` in all since the training began: none of them is more than one step."""
        if self.steps is not None:
            self._changed = self._changed or self.steps.applied() > batches

    def exchange(self) -> None:
        """Keras has exchanged the weights for their mean over the training, or back."""
        self._is_called_back = True
        if self._seen is not None:
            self._seen = self._ledger.marks(self._model)
            self._known.add(self._seen)
            if self.steps is not None:
                self.steps.begin()

    def _matters(self, moment: str) -> bool:
        """Between the first and the last step there is nothing to look at where no callbacks were given. Keras's own do
        nothing to the weights in the course of an epoch, and it has many batches."""
        if "batch" not in moment:
            return bool(self._callbacks) or moment in _AROUND_ALL
        alias = moment.replace("train_", "").replace("test_", "")
        return any(does(callback, moment) or does(callback, alias) for callback in self._callbacks)

    def finish(self) -> bool | None:
        """``fit`` has returned. Whether anything else than training changed the weights; None where nobody knows."""
        self._ends()
        if self.origin is None or self._has_failed:
            return None
        now = self._ledger.marks(self._model)
        untouched = (now == self._seen or now in self._known) and self._are_the_same()
        self._changed = self._changed or not untouched or not self._ledger.are_left_to_training(self._model)
        self._ledger.left(self._model, self._name, "other" if self._changed else self.origin)
        return self._changed

    def _ends(self) -> None:
        if self._ledger.training is self:
            self._ledger.training = self._outer

    def _are_the_same(self) -> bool:
        """Whether the model keeps its weights where it did when the training began, since steps go on with those; and
        whether its steps made them."""
        same = all(self._values.get(id(one), one._value) is one._value for one in _WEIGHTS(self._model))
        return same and self.steps is not None and self.steps.hold()

    def abandon(self) -> None:
        """``fit`` raised an error, in the middle of a step or in a callback: what it left is training's all the same,
        unless a callback has changed it."""
        self._ends()
        if self.origin is None or self._has_failed:
            return
        if self._is_called_back:
            self.compare()
        self._ledger.left(self._model, self._name, "other" if self._changed else self.origin)


# --- Keras's own, as they are before the first cell ---

_RUN_IN_STEPS = frozenset(
    kind for home in (keras.constraints, keras.regularizers) for kind in vars(home).values() if isinstance(kind, type)
)
_READ = tf.raw_ops.ReadVariableOp
_VARIABLES = (ResourceVariable, UnliftedInitializerVariable)
"""Of TensorFlow, one made outside of a graph and one made while a step was traced."""
_SETTINGS = frozenset({bool, int, float, str, *np.sctypeDict.values()} - {np.object_})


def value_of(variable: keras.Variable) -> np.ndarray:
    """What a variable holds, without a copy where it can be, whatever the notebook has put on the object."""
    value = variable._value
    if type(value) not in _VARIABLES:
        raise TypeError(type(value).__name__)
    held = _READ(resource=value._handle, dtype=value._dtype)
    try:
        return asarray(memoryview(held))
    except ValueError:  # bfloat16
        return asarray(held)


def _is_plain(thing: object) -> bool:
    """Whether an initializer, constraint or regularizer holds nothing but numbers, words and lists of numbers: an array
    among its settings brings along values that no training has made."""
    return all(_is_setting(value) for value in vars(thing).values())


def _is_setting(value: object) -> bool:
    if type(value) in (list, tuple):
        axes: Collection[object] = value  # type: ignore[assignment]
        return len(axes) <= _MOST_AXES and all(type(one) in (int, float) for one in axes)
    if type(value) is EagerTensor:  # Keras makes one of a regularizer's factor
        return asarray(value).ndim == 0
    if type(value) is keras.random.SeedGenerator:
        return _is_as_made(value)
    return value is None or type(value) in _SETTINGS


def _is_as_made(seeds: keras.random.SeedGenerator) -> bool:
    """Whether nothing of the notebook's own runs where numbers are drawn by these seeds."""
    held = vars(seeds)
    state = held.get("state")
    is_own = type(state) is not keras.Variable or known.overridden(state) or type(state._value) not in _VARIABLES
    return not is_own and held.get("backend") is backend and not known.overridden(seeds)


def _weights_of(model: keras.Model) -> list[Any]:
    """All but those that a ``Normalization`` layer has measured, which are no training's: a few numbers a channel."""
    measured = {id(one) for layer in _LAYERS(model) for one in _measured_by(layer)}
    return [weight for weight in _WEIGHTS(model) if id(weight) not in measured]


def _measured_by(layer: keras.Layer) -> list[Any]:
    if type(layer) is not keras.layers.Normalization:
        return []
    held = [vars(layer).get(name) for name in ("adapt_mean", "adapt_variance", "count")]
    return [one for one in held if type(one) is keras.Variable and prod(one._shape) <= _MOST_MEASURED]


def _is_looked_up(value: object) -> bool:
    return isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.ModuleType | type)


def _function_in(value: types.FunctionType) -> types.FunctionType | None:
    inner = inspect.unwrap(value)
    return inner if isinstance(inner, types.FunctionType) else None


def _code_of(kind: type) -> object:
    return getattr(kind.__call__, "__code__", None)


def _initializers() -> Iterator[tuple[type, object]]:
    for kind in vars(keras.initializers).values():
        if isinstance(kind, type):
            yield kind, _code_of(kind)


def _closures_of_layers() -> Iterator[types.CodeType]:
    """Functions that methods of Keras's layers make, as an LSTM does for its biases."""
    for kind in vars(keras.layers).values():
        for method in vars(kind).values() if isinstance(kind, type) else ():
            function = inspect.unwrap(method) if callable(method) else None
            if isinstance(function, types.FunctionType):
                yield from _codes_in(function.__code__)


def _codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes_in(constant)
