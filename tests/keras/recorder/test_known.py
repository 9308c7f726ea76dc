"""Keras's own objects are known by identity, whatever names, modules and methods a notebook gives them or its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import pytest
import tensorflow as tf

from fairmark.keras.recorder import known
from fairmark.keras.recorder.describe import describe_layers, function_of

FIND: Any = keras.losses.get


@pytest.fixture
def renamed() -> Iterator[Any]:
    """Keras's Adam under another name, for as long as a test lasts."""
    kind = keras.optimizers.Adam
    kind.__name__ = "RMSprop"
    yield kind
    kind.__name__ = "Adam"


def own(base: type, name: str, **members: object) -> Any:  # noqa: ANN401 - a class
    """A class that says it is Keras's."""
    return type(name, (base,), {"__module__": "keras.src.layers.core.dense", "__qualname__": name, **members})


def test_a_library_class_that_was_renamed_keeps_its_name_here(renamed: Any) -> None:  # noqa: ANN401
    told = function_of(renamed(), FIND)
    assert told is not None
    assert (told.name, told.class_name) == ("adam", "Adam")


def test_a_class_that_goes_by_keras_names_is_the_notebooks_own() -> None:
    told = function_of(own(keras.optimizers.SGD, "RMSprop")(), FIND)
    assert told is not None
    assert (told.class_name, told.module, told.extends) == ("__main__.RMSprop", known.OWN, "SGD")


def test_a_function_that_is_signed_as_keras_is_the_notebooks_own() -> None:
    def binary_crossentropy(labels: Any, outputs: Any) -> Any:  # noqa: ANN401
        return labels - outputs

    binary_crossentropy.__module__ = "keras.src.losses.losses"
    told = function_of(binary_crossentropy, FIND)
    assert told is not None
    assert told.module == known.OWN


def test_a_loss_is_told_by_the_function_and_the_options_that_it_uses() -> None:
    loss = keras.losses.BinaryCrossentropy()
    loss.fn, loss._fn_kwargs = keras.losses.mean_squared_error, {}
    told = function_of(loss, FIND)
    assert told is not None
    assert told.name == "mean_squared_error"
    turned = keras.losses.BinaryCrossentropy(from_logits=True)
    turned.from_logits = False
    told = function_of(turned, FIND)
    assert told is not None
    assert told.config["from_logits"] is True


def test_a_configuration_is_asked_of_keras_own_method() -> None:
    optimizer = keras.optimizers.RMSprop(learning_rate=0.01)
    optimizer.get_config = lambda: {"learning_rate": 0.001}
    told = function_of(optimizer, FIND)
    assert told is not None
    assert told.config["learning_rate"] == pytest.approx(0.01)
    assert told.overridden == ["get_config"]


def test_a_layer_that_goes_by_keras_names_is_the_notebooks_own() -> None:
    layer = own(keras.layers.Dense, "Dense", get_config=lambda self: {"units": 512})(4)
    [told] = describe_layers(keras.Sequential([keras.Input((3,)), layer]))
    assert (told.class_name, told.module, told.extends) == ("__main__.Dense", known.OWN, "Dense")
    assert told.config["units"] == 4


def test_methods_put_on_a_layer_are_told() -> None:
    layer = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input((3,)), layer])
    layer.get_config = lambda: {"units": 512}
    layer.call = lambda inputs: inputs
    [told] = describe_layers(model)
    assert (told.config["units"], told.overridden) == (4, ["call", "get_config"])


@pytest.mark.parametrize("name", ["relu", "my_relu", "linear"])
def test_an_activation_of_the_notebooks_own_is_told_as_a_function(name: str) -> None:
    def function(values: Any) -> Any:  # noqa: ANN401
        return values

    function.__name__, function.__module__ = name, "keras.src.activations.activations"
    [told] = describe_layers(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation=function)]))
    assert told.config["activation"] == {
        "module": known.OWN,
        "class_name": "function",
        "config": "my_relu" if name == "my_relu" else None,
    }


@pytest.mark.parametrize("activation", ["relu", tf.nn.relu, keras.activations.relu, tf.keras.activations.relu])
def test_an_activation_of_keras_is_told_by_its_name(activation: object) -> None:
    [told] = describe_layers(keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation=activation)]))
    says = told.config["activation"]
    assert (says["config"] if isinstance(says, dict) else says) == "relu"


@pytest.mark.parametrize(
    "thing",
    [
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.RandomFlip(),
        keras.losses.BinaryCrossentropy(),
        keras.metrics.BinaryAccuracy(),
        keras.metrics.AUC(),
        keras.optimizers.Adam(),
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_is_put_on_keras_own_objects_by_keras(thing: object) -> None:
    assert known.overridden(thing) == []
    assert not known.is_own(type(thing))


def test_what_is_replaced_in_keras_is_told_once_by_name() -> None:
    replaced, kind = known.Replaced(), keras.layers.Dense
    assert replaced.new() == []
    kept, code = vars(kind)["call"], keras.losses.poisson.__code__
    try:
        kind.call = lambda self, inputs: inputs
        keras.Model.fit = lambda self: None
        keras.losses.poisson.__code__ = (lambda y_true, y_pred: 0).__code__
        names = [name.rpartition(".")[2] for name in replaced.new()]
        assert names == ["call", "fit", "poisson"]
        assert replaced.new() == []
    finally:
        kind.call = kept
        del keras.Model.fit
        keras.losses.poisson.__code__ = code


def test_honest_use_of_keras_replaces_nothing() -> None:
    replaced = known.Replaced()

    class Mine(keras.Model):
        def fit(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            return super().fit(*arguments, **options)

    @keras.saving.register_keras_serializable("tests")
    class Scaled(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:  # noqa: ANN401
            return 2 * inputs

    inputs = keras.Input((3,))
    model = Mine(inputs, keras.layers.Dense(1)(Scaled()(inputs)))
    model.compile("rmsprop", "mse", metrics=["mae"])
    keras.backend.clear_session()
    assert replaced.new() == []
    assert known.overridden(model) == []


@pytest.mark.parametrize("where", ["PIL.Image.open", "PIL.Image.Image.resize", "numpy.asarray", "builtins.open"])
def test_what_images_come_through_is_noticed_when_it_is_replaced(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = known.Replaced()
    assert replaced.new() == []
    monkeypatch.setattr(where, lambda *arguments, **options: None)
    assert replaced.new() == [where]


def test_a_name_that_stands_before_pythons_own_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = known.Replaced()
    monkeypatch.setitem(vars(keras.src.utils.image_utils), "open", print)
    assert replaced.new() == ["keras.src.utils.image_utils.open"]
