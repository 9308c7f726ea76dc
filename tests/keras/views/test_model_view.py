"""A model as graders see it: blocks, sizes, features, output, compile settings."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import COMPILE, block, dense, keras_layer, layers, view

from fairmark.checks.expectation import NotReadable
from fairmark.evidence import Function, Layer
from fairmark.keras.views.model_view import ModelView, Output


def model(*built: Layer, **edits: Any) -> ModelView:  # noqa: ANN401 - fields of ModelDescribed
    return view(model={"layers": list(built), **edits}).model


def test_every_convolution_is_a_block() -> None:
    blocks = view().model.blocks
    assert [found.convolution.config["filters"] for found in blocks] == [16, 32, 64]
    assert [found.activation for found in blocks] == ["relu"] * 3
    assert all(found.pooling is not None for found in blocks)


def test_two_convolutions_in_a_row_are_two_blocks_of_which_one_is_pooled() -> None:
    convolution, pooling = block(16, 300)
    first = convolution.model_copy(update={"output_shape": None})
    assert [found.pooling for found in model(first, convolution, pooling).blocks] == [None, pooling]


def test_the_sizes_are_those_of_convolutions_and_poolings() -> None:
    assert view().model.sides == [298, 149, 147, 73, 71, 35]


@pytest.mark.parametrize("shape", [None, [None, 10], [None, None, None, 16]])
def test_layers_of_unknown_size_are_left_out_of_the_chain(shape: list[int | None] | None) -> None:
    unknown = layers()[0].model_copy(update={"output_shape": shape})
    assert model(unknown, layers()[1]).sides == [149]


def test_features_are_what_flatten_hands_to_the_first_dense() -> None:
    assert view().model.features == 78_400
    assert model(keras_layer("Reshape", (None, 78_400)), dense(1, "sigmoid")).features == 78_400
    assert model(dense(512, "relu"), keras_layer("Flatten", (None, 78_400))).features is None
    assert model(keras_layer("Reshape", (None, 35, 35)), dense(1, "sigmoid")).features is None
    assert model(layers()[6].model_copy(update={"output_shape": None})).features is None


def test_the_last_dense_is_the_output_and_the_others_are_hidden() -> None:
    found = view().model
    assert found.output.value == Output(1, "sigmoid")
    assert [(layer.config["units"], activation) for layer, activation in found.hidden_dense] == [(512, "relu")]


def test_a_model_without_layers_has_nothing() -> None:
    empty = model(input_shape=None)
    assert (empty.blocks, empty.sides, empty.features, empty.hidden_dense) == ([], [], None, [])


@pytest.mark.parametrize(
    "activation",
    [
        {"class_name": "function", "config": "my_relu"},
        {"class_name": "__lambda__", "config": {"value": []}},
        {"value": ["4wEAAAA=", None, None]},
        {},
    ],
)
def test_what_a_function_of_the_notebooks_own_does_is_left_to_a_person(activation: object) -> None:
    said = "The activation of the output layer is a Python function, and what that does cannot be told without running"
    with pytest.raises(NotReadable, match=f"^{said} it; a person should look\\.$"):
        _ = model(keras_layer("Dense", (None, 1), units=1, activation=activation)).output


@pytest.mark.parametrize("behind", ["Lambda", "Doubling"])
def test_so_is_a_layer_of_its_own_behind_one_without_an_activation(behind: str) -> None:
    module = "keras.src" if behind == "Lambda" else "__main__"
    own = keras_layer(behind, (None, 1)).model_copy(update={"module": module})
    with pytest.raises(NotReadable):
        _ = model(keras_layer("Dense", (None, 1), units=1), own).output
    assert model(dense(1, "sigmoid"), own).output.value == Output(1, "sigmoid")


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("relu", "relu"),
        (None, "linear"),
        ({"class_name": "function", "config": "relu"}, "relu"),
        ({"class_name": "LeakyReLU", "config": {}}, "leakyrelu"),
        (5, "linear"),
    ],
)
def test_an_activation_has_one_name_however_it_is_written(activation: object, name: str) -> None:
    odd = keras_layer("Dense", (None, 1), units=1, activation=activation)
    assert model(odd).output.value.activation == name


def test_a_layer_of_its_own_gives_the_activation_only_where_there_is_none() -> None:
    behind = keras_layer("Activation", (None, 1), activation="softmax")
    assert model(dense(1, "linear"), behind).output.value.activation == "softmax"
    assert model(dense(1, "sigmoid"), behind).output.value.activation == "sigmoid"
    assert model(dense(1, "linear"), keras_layer("Dropout", (None, 1))).output.value.activation == "linear"


def test_compile_settings_are_observed_in_their_cell() -> None:
    found = view().model
    assert (found.optimizer.value, found.optimizer.subject, found.optimizer.cell) == (
        "rmsprop",
        "the optimizer",
        COMPILE,
    )
    assert (found.learning_rate.value, found.learning_rate.subject) == (0.001, "the learning rate")
    assert (found.metrics.value, found.metrics.subject) == (["accuracy"], "the metrics")
    assert found.loss.subject == "the loss"


def test_metrics_of_the_students_own_are_left_out() -> None:
    own = [Function(name="accuracy", module=module) for module in ("__main__", "", "keras_like", "kerasx.metrics")]
    assert view(compiled={"metrics": own}).model.metrics.value == []
