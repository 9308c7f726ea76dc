"""Keras objects as data, through their public configurations only."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import math
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from fairmark.evidence import Function, Layer, Scalar, Value
from fairmark.keras.recorder import known
from fairmark.keras.recorder.calls import Called, Calls
from fairmark.keras.recorder.private import LossFunctionWrapper, MeanMetricWrapper

__all__ = [
    "asked_of",
    "built_shape",
    "count",
    "describe_layers",
    "function_of",
    "inner_optimizer",
    "is_simple",
    "learning_rate_of",
    "plain",
    "rate_in",
    "shape_of",
    "simple_value",
    "spelled_as_keras",
]

_SHORT = {"acc": "accuracy", "bce": "binary_crossentropy", "mse": "mean_squared_error", "mae": "mean_absolute_error"}
_RENAMED = ("softmax", "log_softmax", "silu")
"""Functions of ``tf.nn`` that call themselves otherwise (``softmax_v2``): Keras writes that name into a model's
configuration and cannot read it back."""
_SPELLED = {id(getattr(tf.nn, name)): name for name in _RENAMED}
_FUNCTIONS = ("activation", "recurrent_activation")
"""Settings of layers that are functions."""
_LONGEST_TEXT = 2000
_LONGEST_INTEGER_BITS = 64
_LONGEST_LIST = 64
_LARGEST_TABLE = 400
_WRAPPERS = (LossFunctionWrapper, MeanMetricWrapper)
"""Losses and metrics that are a function and its options."""


def plain(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """``value`` as JSON data: numbers, short strings, lists and mappings; anything else as its type's name.

    Types are compared exactly, since a student's subclass of ``float`` may say anything of itself.
    """
    if value is None or type(value) is bool:
        return value
    if type(value) is int:  # JSON of thousands of digits is not read again
        return value if value.bit_length() < _LONGEST_INTEGER_BITS else f"<int of {value.bit_length()} bits>"
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    if type(value) is str:
        return value[:_LONGEST_TEXT]
    if isinstance(value, np.generic) and type(value).__module__ == "numpy":
        return plain(value.item(), depth)
    if depth > 8:
        return "…"
    if type(value) in (list, tuple):
        return [plain(item, depth + 1) for item in list(value)[:_LONGEST_LIST]]  # type: ignore[call-overload]
    if isinstance(value, Mapping):
        return {str(key)[:200]: plain(item, depth + 1) for key, item in list(value.items())[:_LONGEST_LIST]}
    return f"<{type(value).__name__}>"


def is_simple(value: object) -> bool:
    """Whether ``value`` is None, a truth value, a number or a text: what an answer typed into a stub can be."""
    if isinstance(value, np.generic) and type(value).__module__ == "numpy":
        return value.ndim == 0
    return value is None or type(value) in (bool, int, float, str)


def simple_value(value: object) -> Value:
    """A simple value, or a list, table or array of at most 400, as data; raises ``TypeError`` for anything else."""
    if is_simple(value):
        return cast("Scalar", plain(value))
    value = _array_of(value)
    if type(value) is np.ndarray and value.ndim == 0:  # np.squeeze(model.predict(...))
        return cast("Scalar", plain(value.item()))
    if type(value) is np.ndarray and value.ndim in (1, 2) and value.size <= _LARGEST_TABLE:
        value = value.tolist()
    items = _items(value)
    if all(is_simple(item) for item in items):
        return [cast("Scalar", plain(item)) for item in items]
    rows = [_items(row) for row in items]
    if sum(map(len, rows)) > _LARGEST_TABLE or not all(is_simple(item) for row in rows for item in row):
        raise TypeError(type(value).__name__)
    return [[cast("Scalar", plain(item)) for item in row] for row in rows]


def _array_of(value: object) -> object:
    """A small tensor of TensorFlow's, or a variable that holds one number, as an array; anything else as it is. Larger
    variables are weights, which are not to be looked at."""
    own = type(value).__module__.partition(".")[0] in ("tensorflow", "keras")
    if not (own and hasattr(value, "numpy") and hasattr(value, "shape")):
        return value
    sizes = shape_of(value.shape)
    is_small = sizes is not None and math.prod(size or 0 for size in sizes) <= _LARGEST_TABLE
    return np.asarray(value) if is_small and (not sizes or type(value).__name__ == "EagerTensor") else value


def _items(value: object) -> list[object]:
    if type(value) not in (list, tuple) or len(cast("list[object]", value)) > _LARGEST_TABLE:
        raise TypeError(type(value).__name__)
    return list(cast("list[object]", value))


def count(weights: Iterable[Any]) -> int:
    """Of the numbers in these weights."""
    return sum(math.prod(weight.shape) for weight in weights)


def shape_of(shape: object) -> list[int | None] | None:
    """A Keras shape as a list, the batch dimension first and None."""
    try:
        return [None if size is None else int(size) for size in shape]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None  # several inputs or outputs: a structure, not one shape


def _snake(class_name: str) -> str:
    """Keras's own rule (``keras.utils.naming.to_snake_case``), for ``RMSprop`` too: lower case at each capital."""
    if class_name.isupper():
        return class_name.lower()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name).lower()


def function_of(written: object, find: Callable[[object], object]) -> Function | None:
    """A loss, metric or optimizer spelled one way, whether it was written as a string, a function or an object.

    ``find`` is Keras's own look-up (``keras.losses.get`` and the like), which settles abbreviations.
    """
    if written is None:
        return None
    if type(written) is functools.partial:
        inner = function_of(written.func, find)
        given = json.loads(json.dumps(plain(written.keywords)))
        return inner and inner.model_copy(update={"config": {**inner.config, **given}})
    if type(written) is str:
        name = _SHORT.get(written, written)
        try:
            found = find(written)
        except ValueError:
            found = None
        generic = name in ("accuracy", "crossentropy")  # Keras asks nobody what these are
        home = known.OWN if found is not None and known.is_own(_what_it_is(found)) and not generic else "keras"
        name = _name_of(found) if found is not None and not generic else name
        return Function(name=name, module=home, config={"name": written[:200]} if name != written else {})
    kind = _what_it_is(written)
    if kind is written:
        return Function(name=_name_of(written), module=known.module(written))
    config = plain(_configuration(written))
    return Function(
        name=_name_of(written),
        class_name=known.class_name(kind),
        module=known.module(kind),
        config=json.loads(json.dumps(config)) if isinstance(config, dict) else {},
        extends=known.extends(kind),
        overridden=known.overridden(written, by_class=True),
    )


def _what_it_is(thing: object) -> Any:  # noqa: ANN401 - a function or a class
    """What tells a thing from its like: a function or class itself, of an object its class."""
    return thing if isinstance(thing, type | types.FunctionType) else type(thing)


def _name_of(thing: object) -> str:
    """A function by its own name; an object by its class's, in snake case (``RMSprop`` is ``rmsprop``)."""
    if isinstance(thing, keras.Optimizer):
        return known.class_name(type(thing)).lower()
    if isinstance(thing, type | types.FunctionType):
        return known.name(thing) or known.says_of_itself(thing)
    used = _function_inside(thing)
    if used is not None:
        return _name_of(used)
    own = getattr(thing, "__name__", None)
    return own[:200] if type(own) is str and known.is_own(type(thing)) else _snake(known.class_name(type(thing)))


def _function_inside(thing: object) -> object:
    """The function that a loss of Keras's goes by, if that is another one than its class says."""
    if not isinstance(thing, _WRAPPERS) or known.is_own(type(thing)):
        return None
    used = vars(thing).get("fn")
    same = _bare(known.name(used) or "") == _bare(known.class_name(type(thing)))
    return None if same or (isinstance(thing, keras.Metric) and not known.is_own(used)) else used


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def inner_optimizer(optimizer: keras.Optimizer) -> keras.Optimizer:
    """The one that was asked for: under ``mixed_float16`` Keras puts another around it, which scales the loss."""
    while isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _configuration(thing: object) -> dict[str, Any]:
    """The configuration of a loss, metric or optimizer, by Keras's own method. Where the notebook has switched off
    eager execution, in which alone a variable can be read, an optimizer's rate is the one that it began with. The
    options of a loss are those that it calls its function with."""
    value = getattr(getattr(thing, "_learning_rate", None), "value", None)
    if tf.executing_eagerly() or not isinstance(value, tf.Variable):
        return {**_asked(thing), **_options_inside(thing)}
    value.numpy = lambda: tf.get_static_value(value.initial_value)
    try:
        return _asked(thing)
    finally:
        del value.numpy


def _asked(thing: object) -> dict[str, Any]:
    try:
        config = known.ask(thing, "get_config")
    except Exception:  # a class of the notebook's own may make anything of itself
        return {}
    return config if isinstance(config, dict) else {}


def _options_inside(thing: object) -> dict[str, Any]:
    options = vars(thing).get("_fn_kwargs") if isinstance(thing, _WRAPPERS) else None
    return options if isinstance(options, dict) else {}


def learning_rate_of(optimizer: keras.Optimizer) -> float | None:
    """The rate as a number; None where it follows a schedule."""
    rate = _configuration(optimizer).get("learning_rate")
    return float(rate) if isinstance(rate, int | float) else None


def rate_in(optimizer: object) -> float | None:
    """The same, read at once from where Keras reads it."""
    rate = vars(optimizer).get("_learning_rate")
    if not isinstance(rate, keras.Variable) or not tf.executing_eagerly():
        return None
    return float(np.asarray(rate.value))


@contextmanager
def spelled_as_keras() -> Iterator[None]:
    """Has functions of ``tf.nn`` go by the names that Keras knows them by, for as long as a configuration is asked for:
    the notebook finds them as they are."""
    functions = [(getattr(tf.nn, name), name) for name in _RENAMED]
    before = [function.__name__ for function, _ in functions]
    try:
        for function, name in functions:
            function.__name__ = name
        yield
    finally:
        for (function, _), name in zip(functions, before, strict=True):
            function.__name__ = name


def built_shape(model: keras.Model) -> list[int | None] | None:
    """What a model of a class that Keras does not know was built for, the batch dimension left open; None if it was not
    built, or for several inputs."""
    with contextlib.suppress(Exception):  # a class of the notebook's own may say anything
        shape = shape_of((model.get_build_config() or {}).get("input_shape"))
        return None if not shape else [None, *shape[1:]]
    return None


def describe_layers(model: keras.Model, calls: Calls | None = None) -> list[Layer]:
    """The model's layers in order, with those of a nested model in its place. Input layers are left out. Operations of
    ``keras.ops`` are no layers; those behind the last one, which say what the model gives, are told like layers.

    A model or layer of the notebook's own is told by what it ``calls``, as often as it does; a model that was never
    called, by what it holds."""
    made = [] if calls is None else calls.made_by(model)
    parts = made or [Called(layer, None) for layer in _layers_of(model)]
    described = [told for part in parts for told in _told(part, calls)]
    operations = itertools.takewhile(
        lambda one: not isinstance(one, keras.Layer), reversed(asked_of(model, "operations"))
    )
    for operation in reversed(list(operations)):
        name, kind = str(operation.name)[:200], type(operation)
        described.append(
            Layer(
                name=name,
                class_name=known.class_name(kind),
                module=known.module(kind),
                output_shape=_output_shape(operation),
            )
        )
    return described


def _told(called: Called, calls: Calls | None) -> list[Layer]:
    """One layer, or what stands for it."""
    layer = called.layer
    if isinstance(layer, keras.layers.InputLayer):
        return []
    if isinstance(layer, keras.Model):
        return describe_layers(layer, calls)
    inner = [] if calls is None else calls.made_by(layer)
    if inner:
        return [told for part in inner for told in _told(part, calls)]
    return [
        Layer(
            name=str(layer.name)[:200],
            class_name=known.class_name(type(layer)),
            module=known.module(type(layer)),
            config=_layer_config(layer),
            output_shape=called.output_shape or _output_shape(layer),
            parameters=count(asked_of(layer, "weights")),
            extends=known.extends(type(layer)),
            overridden=known.overridden(layer),
        )
    ]


def _layers_of(model: keras.Model) -> list[keras.Layer]:
    """What a model holds, by Keras's own property; of one that is built from layers in a row, what it really runs."""
    inside = vars(model).get("_functional")
    if inside is not None and isinstance(inside, keras.Model) and not known.is_own(type(inside)):
        return asked_of(inside, "layers")
    return asked_of(model, "layers")


def asked_of(thing: object, member: str) -> list[Any]:
    """A list by Keras's own property; empty if it has none."""
    try:
        return list(known.ask(thing, member))
    except Exception:  # not there, or not yet
        return []


def _layer_config(layer: keras.Layer) -> dict[str, Any]:
    try:
        with spelled_as_keras():
            config = plain(known.ask(layer, "get_config"))
    except Exception:  # a class of the notebook's own need not have one
        return {}
    if not isinstance(config, dict):
        return {}
    held = vars(layer)
    return {**config, **{key: _told_truly(held[key], config.get(key)) for key in _FUNCTIONS if key in held}}


def _told_truly(function: object, told: object) -> object:
    """An activation as Keras has ``told`` it, if that is what it is: Keras goes by the name that a function has by now.
    One of the notebook's own is told as such, whatever it calls itself."""
    if function is None:
        return None
    kind = _what_it_is(function)
    name = _SPELLED.get(id(kind), known.name(kind))
    if name is None:
        own = known.says_of_itself(function)
        return {"module": known.module(kind), "class_name": "function", "config": None if known.is_name(own) else own}
    says = told.get("config" if kind is function else "class_name") if isinstance(told, dict) else told
    return told if says == name else name if kind is function else {"class_name": name, "config": None}


def _output_shape(layer: keras.Operation) -> list[int | None] | None:
    try:
        return shape_of(known.ask(layer, "output").shape)
    except (AttributeError, ValueError):
        return None  # never called, or called on several inputs
