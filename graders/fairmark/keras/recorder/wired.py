"""Whether a model still computes what its layers say: Keras runs the nodes of a graph, and tells of layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from fairmark.keras.recorder.private import Functional

__all__ = ["is_rewired"]

_LAYERS = keras.Model._flatten_layers
"""Those inside of those, too; bound before the first cell."""


def is_rewired(model: keras.Model) -> bool:
    """Whether the graph of ``model``, or of a model in it, goes through other layers than the model tells of; False if
    Keras keeps none."""
    models = (layer for layer in _LAYERS(model) if isinstance(layer, keras.Model))
    return _is_rewired(model) or any(_is_rewired(one) for one in models if one is not model)


def _is_rewired(model: keras.Model) -> bool:
    held = vars(model)
    if isinstance(model, keras.Sequential):
        graph = held.get("_functional")
        return graph is not None and (type(graph) is not Functional or _run_by(graph) != _ids(held.get("_layers", ())))
    if not isinstance(model, Functional):
        return False
    run = _run_by(model)
    return run is None or not set(run) <= set(_ids(held.get("_layers", ())))


def _run_by(graph: Any) -> list[int] | None:  # noqa: ANN401 - a functional model
    """The layers of a graph by identity, in its order; None if its nodes go through others than it tells of."""
    held = vars(graph)
    told = held["_operations"]
    run = [node for there in held["_nodes_by_depth"].values() for node in there]
    ordered = [one for there in held["_operations_by_depth"].values() for one in there]
    through = [node.operation for node in run]
    if not set(_ids(through)) == set(_ids(told)) == set(_ids(ordered)):
        return None
    if not all(any(node is one for one in node.operation._inbound_nodes) for node in run):
        return None
    return _ids(one for one in told if isinstance(one, keras.layers.Layer))


def _ids(things: Iterable[object]) -> list[int]:
    return [id(one) for one in things]
