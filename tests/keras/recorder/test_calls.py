"""What a model or layer of the notebook's own calls: in order, as often as it does, and with what came out."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from fairmark.keras.recorder.calls import Calls


class Twice(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
    """Two steps through one layer, and one through another."""

    def __init__(self) -> None:
        super().__init__()
        self.other = keras.layers.Dense(3)
        self.step = keras.layers.Dense(4)

    def call(self, numbers: Any) -> Any:  # noqa: ANN401 - a tensor
        return self.other(self.step(self.step(numbers)))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every call of a layer is seen, as hooks see to in a notebook."""
    made, original = Calls(), keras.Layer.__call__

    def seen(self: keras.Layer, *arguments: object, **options: object) -> object:
        return made.call(original, self, *arguments, **options)

    monkeypatch.setattr(keras.Layer, "__call__", seen)
    return made


@pytest.mark.parametrize(
    "ask",
    [lambda layer: layer(np.zeros((5, 4))), lambda layer: layer(keras.Input((4,)))],
    ids=["numbers", "building a model"],
)
@pytest.mark.parametrize("times", [1, 2], ids=["once", "again"])
def test_layers_are_told_as_they_are_called(ask: Callable[[Twice], object], times: int, calls: Calls) -> None:
    layer = Twice()
    for _ in range(times):
        ask(layer)
    assert [(made.layer.units, made.output_shape) for made in calls.made_by(layer)] == [
        (4, [None, 4]),
        (4, [None, 4]),
        (3, [None, 3]),
    ]


def test_of_keras_own_and_of_what_was_never_called_nothing_is_told(calls: Calls) -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    network(np.zeros((1, 4)))
    assert calls.made_by(network) == []
    assert calls.made_by(Twice()) == []


def test_what_is_gone_is_told_no_more(calls: Calls) -> None:
    layer = Twice()
    layer(np.zeros((5, 4)))
    layer.step = layer.other = None
    gc.collect()
    assert len(calls.made_by(layer)) <= 3
    layer = Twice()
    assert calls.made_by(layer) == []
