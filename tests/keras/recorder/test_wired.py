"""A model whose graph goes through other layers than it tells of is noticed, and no other."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from fairmark.keras.recorder.wired import is_rewired


def sequential() -> Any:  # noqa: ANN401 - Keras has no types
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(8), keras.layers.Dense(8, name="last")])


def functional() -> Any:  # noqa: ANN401
    given = keras.Input((8,))
    shared = keras.layers.Dense(8)
    sum_of_both = keras.layers.Add()([shared(shared(given)), given * 2])
    return keras.Model(given, keras.layers.Dense(8, name="last")(sum_of_both))


class Subclassed(keras.Model):  # type: ignore[misc] # Keras has no types
    """A functional model with a layer that its graph does not use."""

    def __init__(self) -> None:
        given = keras.Input((8,))
        super().__init__(given, keras.layers.Dense(8)(given))
        self.unused = keras.layers.Dense(8)


def grown() -> Any:  # noqa: ANN401
    model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(8)])
    model.build((None, 8))
    model.pop()
    model.add(keras.layers.Dense(1))
    return model


@pytest.mark.parametrize(
    "make",
    [
        sequential,
        functional,
        Subclassed,
        grown,
        lambda: keras.Sequential([keras.layers.Dense(8)]),
        lambda: keras.Sequential([sequential(), keras.layers.Dense(1)]),
        lambda: keras.models.clone_model(functional()),
    ],
)
def test_an_honest_model_goes_through_its_layers(make: Any) -> None:  # noqa: ANN401
    assert not is_rewired(make())


@pytest.mark.parametrize("make", [sequential, functional])
def test_an_exchanged_node_is_noticed(make: Any) -> None:  # noqa: ANN401
    model = make()
    graph = getattr(model, "_functional", model)
    node = next(
        node for there in graph._nodes_by_depth.values() for node in there if node.operation is model.get_layer("last")
    )
    node.operation = keras.layers.Dense(8)
    assert is_rewired(model)


def test_another_graph_below_a_sequential_model_is_noticed() -> None:
    model = sequential()
    model._functional = functional()
    assert is_rewired(model)
