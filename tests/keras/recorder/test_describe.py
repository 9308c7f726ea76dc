"""Keras objects as data: however numbers, losses and outputs are spelled."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from fairmark.keras.recorder.describe import describe_layers, function_of, simple_value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (tf.constant(8), 8),
        (tf.math.ceil(8.2), 9.0),
        (tf.Variable(9), 9),
        (keras.Variable(7.0), 7.0),
        (np.int64(3), 3),
        (np.array(5), 5),
        (tf.constant([0, 1]), [0, 1]),
    ],
)
def test_a_number_in_a_tensor_is_a_number(written: object, value: object) -> None:
    assert simple_value(written) == value


@pytest.mark.parametrize("written", [tf.zeros((30, 30)), tf.Variable([0.0, 1.0]), object(), tf.ones((2, 2, 2))])
def test_weights_and_pictures_are_no_answers(written: object) -> None:
    with pytest.raises(TypeError):
        simple_value(written)


@pytest.mark.parametrize(
    ("written", "name", "key"),
    [
        ("accuracy", "accuracy", None),
        ("acc", "accuracy", "acc"),
        ("BinaryAccuracy", "binary_accuracy", "BinaryAccuracy"),
    ],
)
def test_a_metric_written_as_text_keeps_the_text_it_is_logged_under(written: str, name: str, key: str | None) -> None:
    function = function_of(written, keras.metrics.get)
    assert function is not None
    assert (function.name, function.config.get("name")) == (name, key)


def test_a_loss_that_was_given_options_beforehand_is_that_loss_with_these_options() -> None:
    loss = functools.partial(keras.losses.binary_crossentropy, from_logits=True)
    function = function_of(loss, keras.losses.get)
    assert function is not None
    assert (function.name, function.config) == ("binary_crossentropy", {"from_logits": True})
    assert function.module.startswith("keras.")


def test_an_operation_behind_the_last_layer_is_told_like_a_layer() -> None:
    taken = keras.Input((4,))
    given = keras.ops.sigmoid(keras.layers.Dense(1)(taken / 2))
    functional = keras.Model(taken, given)
    assert [layer.class_name for layer in describe_layers(functional)] == ["Dense", "Sigmoid"]
    nested = keras.Sequential([keras.Input((4,)), functional])
    assert [layer.class_name for layer in describe_layers(nested)] == ["Dense", "Sigmoid"]
    assert describe_layers(functional)[-1].output_shape == [None, 1]
