"""When two lists of layers are one network: what a model was described as, and what its configuration says.

Of a layer counts its class and what decides what it computes; its name, its initializers and what it keeps for itself
do not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fairmark.evidence import Layer

__all__ = ["is_same_network", "layers_in_configuration"]

_DECISIVE = (
    "activation",
    "axis",
    "dilation_rate",
    "epsilon",
    "factor",
    "filters",
    "groups",
    "height",
    "interpolation",
    "kernel_size",
    "keepdims",
    "n",
    "negative_slope",
    "offset",
    "padding",
    "pool_size",
    "rate",
    "scale",
    "size",
    "strides",
    "target_shape",
    "units",
    "use_bias",
    "width",
)
"""Settings that Keras gives as plain numbers, words and lists of them, and that change what a layer computes."""
_MODELS = ("Sequential", "Functional", "Model")
_MOST = 2000
"""Layers of one configuration that are looked at."""


def is_same_network(one: Iterable[Layer], other: Iterable[Layer]) -> bool:
    """Whether both have the same layers with the same decisive settings, in the same order."""
    mine, theirs = list(one), list(other)
    return len(mine) == len(theirs) and all(map(_is_same, mine, theirs))


def _is_same(one: Layer, other: Layer) -> bool:
    if one.class_name != other.class_name:
        return False
    settings = [(_spelled(one.config.get(key)), _spelled(other.config.get(key))) for key in _DECISIVE]
    return all(mine == theirs for mine, theirs in settings if _ARRAY not in (mine, theirs))


_ARRAY = "an array"
"""How a setting is spelled that is written down as an array here and as a number there."""


def _spelled(value: object) -> str:
    """One spelling for what is written as a plain value or as an object with a configuration."""
    if isinstance(value, dict):
        name, inner = str(value.get("class_name")), value.get("config")
        if name in ("__numpy__", "__tensor__"):
            return _ARRAY
        return str(inner) if name == "function" else name
    if isinstance(value, list | tuple):
        return str([_spelled(item) for item in value])
    return str(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def layers_in_configuration(configuration: str) -> tuple[Layer, ...]:
    """The layers that a model's configuration, vetted JSON as ``model.to_json()`` writes it, says it has: those of a
    nested model in its place, input layers left out."""
    return tuple(layer for layer, _ in zip(_layers(json.loads(configuration)), range(_MOST), strict=False))


def _layers(entry: Mapping[str, Any]) -> Iterator[Layer]:
    name, config = entry.get("class_name"), entry.get("config")
    config = config if isinstance(config, dict) else {}
    if name in _MODELS and isinstance(config.get("layers"), list):
        for inner in config["layers"]:
            if isinstance(inner, dict):
                yield from _layers(inner)
    elif name != "InputLayer":
        settings = {key: config[key] for key in _DECISIVE if key in config}
        yield Layer(
            name=str(config.get("name", ""))[:200],
            class_name=str(name),
            module=str(entry.get("module")),
            config=settings,
        )
