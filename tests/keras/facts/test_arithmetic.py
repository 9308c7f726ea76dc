"""Layers that cannot be what they say are told from those that can."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from fairmark.evidence import Layer
from fairmark.keras.facts.arithmetic import contradiction, contradictions
from fairmark.keras.recorder.describe import describe_layers

PICTURE = [None, 32, 30, 3]


def told(*layers: Any, shape: tuple[int, ...] = (32, 30, 3)) -> list[Layer]:  # noqa: ANN401 - Keras's layers
    return describe_layers(keras.Sequential([keras.Input(shape), *layers]))


@pytest.mark.parametrize(
    "layers",
    [
        (keras.layers.Conv2D(4, 3), keras.layers.MaxPooling2D(2), keras.layers.Flatten(), keras.layers.Dense(5)),
        (keras.layers.Conv2D(4, (3, 5), strides=2, padding="same"), keras.layers.AveragePooling2D(3, 2, "same")),
        (keras.layers.Conv2D(4, 3, dilation_rate=2, use_bias=False), keras.layers.BatchNormalization()),
        (keras.layers.Conv2D(6, 3, groups=3), keras.layers.MaxPooling2D((2, 3), strides=1)),
        (keras.layers.GlobalAveragePooling2D(), keras.layers.Dropout(0.5), keras.layers.Dense(1, use_bias=False)),
        (keras.layers.Conv2D(8, 1), keras.layers.SeparableConv2D(4, 3), keras.layers.Conv2DTranspose(4, 3)),
        (keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(4, 32, padding="same"), keras.layers.Dense(3)),
    ],
)
def test_what_keras_makes_is_no_contradiction(layers: tuple[Any, ...]) -> None:
    assert contradictions(told(*layers), in_a_row=True) == []
    assert contradictions(told(*layers), in_a_row=False) == []


def test_layers_that_are_not_built_say_nothing() -> None:
    model = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(5)])
    assert contradictions(describe_layers(model), in_a_row=True) == []


@pytest.mark.parametrize(
    ("place", "setting", "value"),
    [
        (0, "filters", 16),
        (0, "kernel_size", [5, 5]),
        (0, "padding", "same"),
        (0, "strides", [2, 2]),
        (0, "use_bias", 0),
    ],
)
def test_a_convolution_that_was_set_by_hand_contradicts_what_it_has(place: int, setting: str, value: object) -> None:
    layer = told(keras.layers.Conv2D(4, 3))[place]
    said = layer.model_copy(update={"config": {**layer.config, setting: value}})
    assert contradiction(said, PICTURE) is not None


def test_units_that_were_set_by_hand_contradict_shape_and_weights() -> None:
    layer = told(keras.layers.Flatten(), keras.layers.Dense(5))[1]
    said = layer.model_copy(update={"config": {**layer.config, "units": 64}})
    assert contradiction(said) == "Dense says 64 units and gives 5"
    without_shape = said.model_copy(update={"output_shape": [None, 64]})
    assert contradiction(without_shape, [None, 2880]) == "Dense says 64 units and has 14405 weights"


def test_a_pooling_that_was_set_by_hand_contradicts_the_sizes() -> None:
    layer = told(keras.layers.MaxPooling2D(4))[0]
    said = layer.model_copy(update={"config": {**layer.config, "pool_size": [2, 2], "strides": [2, 2]}})
    assert contradiction(said, PICTURE) == "MaxPooling2D makes 8 pixels of 32, not 16"
