"""Whether a training's steps alone made the weights: what the optimizer left in one step is what it finds in the next.

When the optimizer begins to apply the gradients of a step, and when it has applied them, some places of the weights and
of what the optimizer keeps for them are read in the graph of that step, and compared with what they were when the step
before was done. So it makes no difference who else writes to them, a metric in the graph, a function that prepares
images or another thread. The places are drawn anew in every run, and the notebook is not told. Of steps of 4 ms and of
95 ms, on one thread, the median grew by 0.2 and 1.5 ms; from run to run it varied by 1 and 4 ms.

``tests/keras/recorder/test_weights.py`` tests it.

What stands between the two readings must be Keras's own: ``Steps`` looks at the optimizer before.
"""

from __future__ import annotations

import contextlib
import os
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any, Protocol

import keras
import tensorflow as tf
from numpy import arange, asarray, generic, prod, stack, unravel_index
from numpy.random import PCG64, Generator

from fairmark.keras.recorder import known
from fairmark.keras.recorder.describe import inner_optimizer
from fairmark.keras.recorder.hooks import hook
from fairmark.keras.recorder.private import (
    BaseOptimizer,
    ListWrapper,
    ResourceVariable,
    TensorFlowTrainer,
    TrackedDict,
    TrackedList,
    Tracker,
    _DefaultDistributionStrategy,
    _TupleWrapper,
)

__all__ = ["Continuity", "Steps", "kept_by", "watch_steps"]

_METHODS = (BaseOptimizer.apply, keras.optimizers.LossScaleOptimizer.apply)
"""All by which optimizers of Keras's apply gradients."""

_MOST = 8
"""Tables of a model that are read, and as many of its optimizer; twice as many vectors."""
_PLACES = 16
"""Places in each table, and in a vector that is not read whole."""
_WHOLE = 1024
"""Numbers of a vector that is read whole."""
_SUMMED = 131_072
"""Numbers of a table that is also read whole, as a sum of all its bits with factors that are drawn anew."""
_IN_PLACE, _GATHER = tf.raw_ops.ResourceGatherNd, tf.raw_ops.GatherNd
_ROW, _BITS = tf.raw_ops.ConcatV2, tf.raw_ops.Bitcast
_DIFFER, _ANY, _CAST = tf.raw_ops.NotEqual, tf.raw_ops.Any, tf.raw_ops.Cast
_SET, _ADD, _VALUE = tf.raw_ops.AssignVariableOp, tf.raw_ops.AssignAddVariableOp, tf.raw_ops.ReadVariableOp
_LESSER = tf.raw_ops.Minimum
_SUM, _TIMES, _SHAPED = tf.raw_ops.Sum, tf.raw_ops.Mul, tf.raw_ops.Reshape
_DRAWN = Generator(PCG64(int.from_bytes(os.urandom(16), "little")))
_WEIGHTS = keras.Model.weights.fget
_OF_KERAS = frozenset({"assign", "assign_add", "assign_sub", "_direct_assign", "value"})
_OF_TENSORFLOW = frozenset(name for name in dir(ResourceVariable) if callable(getattr(ResourceVariable, name, None)))
"""Methods of variables: Keras's, and those of what it keeps their values in."""
_SETTINGS = ("_iterations", "_learning_rate")
"""What an optimizer keeps that a notebook may well set."""


class Continuity:
    """Of some variables. To be made outside of a graph; the methods read in the graph that they are called in."""

    def __init__(self, variables: Iterable[Any]) -> None:
        listed = list(variables)
        self.ids = frozenset(map(id, listed))
        chosen = [*_chosen(_tables(listed), _MOST), *_chosen(_vectors(listed), 2 * _MOST)]
        self._by_type = [_Alike(kind, [one for one in chosen if one.dtype == kind]) for kind in _FLOATING]
        self._by_type = [alike for alike in self._by_type if alike.size]
        self._seen = tf.Variable(tf.zeros([sum(alike.size for alike in self._by_type)], tf.int32), trainable=False)
        self._jumps = tf.Variable(0.0, trainable=False)
        self._has_begun = tf.Variable(0.0, trainable=False)
        self._is_begun = False

    def begin(self) -> None:
        """What the variables are now is as it should be."""
        _SET(resource=self._jumps._handle, value=tf.constant(0.0))
        self.leave()
        _SET(resource=self._has_begun._handle, value=tf.constant(1.0))
        self._is_begun = True

    def leave(self, *, by_xla: bool = False) -> None:
        """The optimizer has applied what it had to."""
        if self._by_type:
            _SET(resource=self._seen._handle, value=self._now(by_xla=by_xla))
            if not self._is_begun:
                _SET(resource=self._has_begun._handle, value=tf.constant(1.0))

    def enter(self, *, by_xla: bool = False) -> None:
        """The optimizer is about to apply gradients: counts whether the variables are what it had left."""
        if self._by_type:
            jumped = _CAST(x=self._differ(by_xla=by_xla), DstT=tf.float32)
            _ADD(resource=self._jumps._handle, value=jumped if self._is_begun else jumped * _value(self._has_begun))

    def holds(self) -> bool:
        """Whether they were in every step, and are now; outside of a graph."""
        if not self._by_type or not _number(_value(self._has_begun)):
            return True
        return not (_number(_value(self._jumps)) or _number(self._differ()))

    def _differ(self, *, by_xla: bool = False) -> Any:  # noqa: ANN401 - a tensor
        return _ANY(input=_DIFFER(x=self._now(by_xla=by_xla), y=_value(self._seen)), axis=[0])

    def _now(self, *, by_xla: bool = False) -> Any:  # noqa: ANN401 - a tensor
        return _row([part for alike in self._by_type for part in alike.now(by_xla=by_xla)])


class _Alike:
    """Variables of one type: ``size`` numbers tell what they are. Every operation costs a millisecond as a graph is
    made, so what can be done for all of them is done once."""

    def __init__(self, kind: str, variables: list[Any]) -> None:
        self._kind = tf.as_dtype(kind)
        self._summed = [one for one in variables if _is_summed(one)]
        self._watched = [(one, _places(tuple(one.shape))) for one in variables if not _is_summed(one)]
        self._places = [tf.constant(places, tf.int32) for _, places in self._watched]
        numbers = sum(int(prod(one.shape)) for one in self._summed)
        halves = self._kind.size // 2
        self._factors = _factors((numbers, halves) if halves > 1 else (numbers,))
        self._axes = list(range(self._factors.shape.rank))
        words = max(1, halves // 2)
        self.size = words * sum(len(places) for _, places in self._watched) + bool(self._summed)

    def now(self, *, by_xla: bool) -> Iterator[Any]:
        """Tensors of one axis: the bits at places that were drawn, and the sum of all numbers' bits, sixteen at a time,
        each times its factor. The sum begins anew over the end of 32 bits; another number is missed once in 100,000."""
        if self._watched:
            handles = (one._value._handle for one, _ in self._watched)
            read = map(_READ_OF[by_xla], handles, self._places, repeat(self._kind))
            yield self._bits(_row(list(read)))
        if self._summed:
            held = [_VALUE(resource=one._value._handle, dtype=self._kind) for one in self._summed]
            flat = _row([_SHAPED(tensor=one, shape=[-1]) for one in held])
            bits = _CAST(x=_BITS(input=flat, type=tf.uint16), DstT=tf.int32)
            yield _SHAPED(tensor=_SUM(input=_TIMES(x=bits, y=self._factors), axis=self._axes), shape=[1])

    def _bits(self, row: Any) -> Any:  # noqa: ANN401 - tensors
        if self._kind in (tf.float16, tf.bfloat16):
            row = _CAST(x=row, DstT=tf.float32)
        bits = _BITS(input=row, type=tf.int32)
        return _SHAPED(tensor=bits, shape=[-1]) if self._kind == tf.float64 else bits


def _row(parts: list[Any]) -> Any:  # noqa: ANN401 - tensors of one axis
    return _ROW(values=parts, axis=0) if len(parts) > 1 else parts[0]


def _value(variable: tf.Variable) -> Any:  # noqa: ANN401 - a tensor
    return _VALUE(resource=variable._handle, dtype=variable._dtype)


_FLOATING = ("bfloat16", "float16", "float32", "float64")
_READ_OF: dict[bool, Callable[[Any, Any, Any], Any]] = {
    False: lambda handle, at, kind: _IN_PLACE(resource=handle, indices=at, dtype=kind),
    True: lambda handle, at, kind: _GATHER(params=_VALUE(resource=handle, dtype=kind), indices=at),
}
"""XLA has nothing that reads in place, and needs nothing."""


def _number(tensor: Any) -> float:  # noqa: ANN401 - as above
    return float(asarray(memoryview(tensor)))


def _tables(variables: Iterable[Any]) -> list[Any]:
    return [one for one in variables if one.dtype in _FLOATING and len(one.shape) > 1 and prod(one.shape) > 0]


def _vectors(variables: Iterable[Any]) -> list[Any]:
    """Those that gradients change: statistics are changed in the course of a step."""
    found = [one for one in variables if one.dtype in _FLOATING and len(one.shape) == 1 and prod(one.shape) > 0]
    return [one for one in found if one.trainable]


def _chosen(variables: list[Any], most: int) -> list[Any]:
    """Some of them."""
    return [variables[at] for at in _DRAWN.permutation(len(variables))[:most]]


def _places(shape: Sequence[int]) -> Any:  # noqa: ANN401 - an array, places x axes
    size = int(prod(shape))
    is_whole = len(shape) == 1 and size <= _WHOLE
    drawn = arange(size) if is_whole else _DRAWN.integers(size, size=_PLACES)
    return stack(unravel_index(drawn, shape), axis=1)


def _is_summed(variable: Any) -> bool:  # noqa: ANN401 - a variable of Keras's
    return len(variable.shape) > 1 and prod(variable.shape) <= _SUMMED


def _factors(shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - a tensor
    return tf.constant(_DRAWN.integers(-(2**31), 2**31, size=shape), tf.int32)


def kept_by(optimizer: Any) -> list[Any]:  # noqa: ANN401 - one of Keras's, or anything else
    """The variables that an optimizer keeps for the weights, and goes by."""
    held = vars(optimizer)
    lists = [value for name, value in held.items() if isinstance(value, list) and name != "_trainable_variables"]
    found = {id(one): one for value in lists for one in value if isinstance(one, keras.Variable)}
    settings = {id(held.get(name)) for name in _SETTINGS}
    return [one for key, one in found.items() if key not in settings]


class Ledger(Protocol):
    """What is known of the weights of all trainings."""

    def are_left_to_training(self, model: keras.Model) -> bool:
        """Whether the weights of ``model`` have nothing of the notebook's own with them that runs in each step."""

    def is_kept(self, optimizer: Any) -> bool:  # noqa: ANN401 - one of Keras's, or anything else
        """Whether what an optimizer keeps for its weights is as it began, or as a training has left it."""

    def continuity(self, name: str, variables: list[Any]) -> Continuity:
        """What reads ``variables``, one for all trainings that go on with the same."""


class Steps:
    """Those of one call of ``fit``. ``at_apply`` is called where a step goes by its optimizer, once for each graph and
    in each step without one, and says whether it goes by what it should."""

    def __init__(self, model: keras.Model, name: str, ledger: Ledger, at_apply: Callable[[], bool] | None) -> None:
        self._model = model
        self._name = name
        self._ledger = ledger
        self._at_apply = at_apply
        self._weights: Continuity | None = None
        self._kept: Continuity | None = None
        self._is_foreign = False
        self._opened_in: int | None = None
        self._applied = tf.Variable(0.0, trainable=False)
        self._rates = tf.Variable([float("inf"), float("inf")], trainable=False)
        self._both_ways = tf.constant([1.0, -1.0])  # the least of rates, and of their negatives, in one operation
        if _WEIGHTS(model):
            self._weights = ledger.continuity(f"{name} weights", _WEIGHTS(model))
            self._weights.begin()
        if model.optimizer.built:
            self._begin_kept()

    def _begin_kept(self) -> None:
        optimizer = inner_optimizer(self._model.optimizer)
        self._is_foreign = self._is_foreign or not self._ledger.is_kept(optimizer)
        self._kept = self._ledger.continuity(f"{self._name} kept", kept_by(optimizer))
        self._kept.begin()

    def _both(self) -> list[Continuity]:
        return [one for one in (self._weights, self._kept) if one is not None]

    def is_of(self, model: keras.Model) -> bool:
        """Whether it is ``model`` that is trained."""
        return model is self._model

    def open(self) -> None:
        """``train_step`` has begun: it applies gradients once."""
        self._opened_in = threading.get_ident()

    def enter(self, optimizer: Any, variables: Any) -> bool:  # noqa: ANN401 - one of Keras's, or anything else
        """``optimizer`` is about to apply gradients to ``variables``. Whether that is what the step does."""
        if optimizer is not self._model.optimizer or self._opened_in != threading.get_ident():
            return False
        self._opened_in = None
        with tf.init_scope():
            if self._weights is None:  # Keras builds the model in its first step, and gives it values afterwards
                self._weights = self._ledger.continuity(f"{self._name} weights", _WEIGHTS(self._model))
            if self._kept is None:
                _build(optimizer, variables)
                self._begin_kept()
            self._is_foreign = self._is_foreign or not self._is_keras()
            if self._at_apply is not None and not self._at_apply():
                self._is_foreign = True
        for one in self._both():
            one.enter(by_xla=self._model.jit_compile is True)
        self._note_rate(inner_optimizer(optimizer))
        return True

    def _note_rate(self, optimizer: Any) -> None:  # noqa: ANN401 - as above
        rate = vars(optimizer).get("_learning_rate")
        if type(rate) is keras.Variable:
            value = _VALUE(resource=rate._value._handle, dtype=rate._value._dtype)
            now = value if rate._value._dtype == tf.float32 else _CAST(x=value, DstT=tf.float32)
            least = _LESSER(x=_TIMES(x=now, y=self._both_ways), y=_value(self._rates))
            _SET(resource=self._rates._handle, value=least)

    def rates(self) -> tuple[float, float] | None:
        """The least and the greatest learning rate by which gradients were applied; None if nobody could read it."""
        least, most = map(float, asarray(memoryview(_value(self._rates))))
        return (least, -most) if least <= -most else None

    def leave(self) -> None:
        """It has applied them."""
        _ADD(resource=self._applied._handle, value=tf.constant(1.0))
        for one in self._both():
            one.leave(by_xla=self._model.jit_compile is True)

    def applied(self) -> int:
        """How often gradients were applied up to now, whatever the optimizer's own counter says."""
        return int(_number(_value(self._applied)))

    def hold(self) -> bool:
        """Whether nothing but the optimizer has changed the weights, or what it keeps, up to now."""
        return not self._is_foreign and all(one.holds() for one in self._both())

    def hold_what_is_kept(self) -> bool:
        """Whether nothing but the optimizer has changed what it keeps, up to now."""
        return self._kept is None or self._kept.holds()

    def begin(self) -> None:
        """The weights were changed, and rightly so, since :meth:`hold` was asked."""
        for one in self._both():
            one.begin()

    def enter_mean(self, optimizer: Any) -> bool:  # noqa: ANN401 - as above
        """``optimizer`` is about to make the weights their mean over the training, as it has kept it. Whether it is the
        one of this training."""
        if optimizer is not inner_optimizer(self._model.optimizer):
            return False
        self._is_foreign = not self.hold() or not self._is_keras()
        return True

    def _is_keras(self) -> bool:
        """Whether nothing of the notebook's own stands in what the optimizer does to the weights."""
        outer = self._model.optimizer
        inner = inner_optimizer(outer)
        kept = kept_by(inner)
        rate = vars(inner).get("_learning_rate")
        is_rate = isinstance(rate, keras.Variable | float) or not known.is_own(type(rate))
        return (
            is_rate
            and _is_plain(outer)
            and _is_plain(inner)
            and (self._kept is None or self._kept.ids == frozenset(map(id, kept)))
            and not any(known.is_own(type(one)) or known.overridden(one) for one in (outer, inner))
            and not any(map(_is_overridden, [*_WEIGHTS(self._model), *kept]))
            and self._ledger.are_left_to_training(self._model)
        )


_PLAIN = frozenset({types.NoneType, bool, int, float, str, dict, set, list, tuple})
_HOLDING = frozenset({keras.Variable, TrackedDict, TrackedList, Tracker, ListWrapper, _TupleWrapper})
"""What optimizers of Keras's hold, as they are made and once they have trained."""
_STRATEGIES = frozenset(
    {_DefaultDistributionStrategy, *(one for one in vars(tf.distribute).values() if isinstance(one, type))}
)


def _is_plain(optimizer: Any) -> bool:  # noqa: ANN401 - one of Keras's
    """Whether all that it holds is of Python's, Keras's and TensorFlow's own kinds: a switch could do anything as it is
    asked whether it is on, and so could a list as it is read."""
    held = vars(optimizer).values()
    return all(
        type(one) in _PLAIN | _HOLDING | _STRATEGIES or isinstance(one, generic) or not known.is_own(type(one))
        for one in held
    )


def _build(optimizer: Any, variables: Any) -> None:  # noqa: ANN401 - one of Keras's, or anything else
    """As the first call of ``apply`` does at once."""
    if not optimizer.built and not known.is_own(type(optimizer)):
        with keras.name_scope(optimizer.name, caller=optimizer):
            optimizer.build(list(variables))
        optimizer.built = True


def _is_overridden(variable: Any) -> bool:  # noqa: ANN401 - a variable of Keras's, or anything else
    own = type(variable) is not keras.Variable or not vars(variable).keys().isdisjoint(_OF_KERAS)
    return own or not vars(variable._value).keys().isdisjoint(_OF_TENSORFLOW)


class Training(Protocol):
    """One call of ``fit``."""

    @property
    def steps(self) -> Steps | None:
        """Its steps, once it has begun."""

    def guarded(self) -> contextlib.AbstractContextManager[None]:
        """Keeps what goes wrong in looking from the training."""


class Trainings(Protocol):
    """Those of one run."""

    @property
    def training(self) -> Training | None:
        """The one that is at work."""


def watch_steps(ledger: Trainings) -> None:
    """Has the steps of the training that is at work looked at."""

    def step(original: Callable[..., Any], model: Any, data: Any) -> Any:  # noqa: ANN401
        steps = ledger.training.steps if ledger.training is not None else None
        if steps is not None and steps.is_of(model):
            steps.open()
        return original(model, data)

    def apply(original: Callable[..., Any], optimizer: Any, gradients: Any, variables: Any) -> None:  # noqa: ANN401
        with _watched(ledger, lambda steps: steps.enter(optimizer, variables), lambda steps: steps.leave()):
            original(optimizer, gradients, variables)

    def average(original: Callable[..., Any], optimizer: Any, variables: Any) -> None:  # noqa: ANN401
        with _watched(ledger, lambda steps: steps.enter_mean(optimizer), lambda steps: steps.begin()):
            original(optimizer, variables)

    hook(TensorFlowTrainer.train_step, step)
    for method in _METHODS:
        hook(method, apply)
    hook(BaseOptimizer.finalize_variable_values, average)


@contextlib.contextmanager
def _watched(ledger: Trainings, enter: Callable[[Steps], bool], leave: Callable[[Steps], None]) -> Iterator[None]:
    """Calls ``enter`` with the steps of the training that is at work, if there is one, and ``leave`` if it says so."""
    training, is_step = ledger.training, False
    steps = training.steps if training is not None else None
    if training is not None and steps is not None:
        with training.guarded():
            is_step = enter(steps)
    yield
    if training is not None and steps is not None and is_step:
        with training.guarded():
            leave(steps)
