"""Whether layers can be what their configuration says: how many weights such layers have, and what shapes they give.

A configuration is what an object says of itself, and its attributes can be set by hand. Weights and shapes are counted
where Keras computes with them. Of layers that are not in the table, or that were never built, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from fairmark.evidence import Layer

__all__ = ["contradiction", "contradictions"]

Shape: TypeAlias = Sequence[int | None]

_CONVOLUTIONS = ("Conv2D", "Convolution2D")
_POOLINGS = ("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D")


def contradictions(layers: Sequence[Layer], *, in_a_row: bool) -> list[str]:
    """What is wrong with each of ``layers`` that cannot be what it says; ``in_a_row`` says that each is given what the
    one before it gives."""
    given: list[Shape | None] = [None, *(layer.output_shape if in_a_row else None for layer in layers[:-1])]
    found = (contradiction(layer, shape) for layer, shape in zip(layers, given, strict=False))
    return [said for said in found if said is not None]


def contradiction(layer: Layer, given: Shape | None = None) -> str | None:
    """What is wrong with a layer of Keras's that is given this shape, batch first, in words; None if nothing is."""
    if layer.module.split(".")[0] != "keras" or layer.output_shape is None:
        return None
    if layer.config.get("data_format") == "channels_first":
        return None
    if layer.class_name == "Dense":
        return _weighed(layer, "units", 1, _last(given))
    if layer.class_name in _CONVOLUTIONS:
        kernel, groups = _pair(layer.config.get("kernel_size")), layer.config.get("groups", 1)
        if kernel is None or groups != 1:
            return None
        return _weighed(layer, "filters", kernel[0] * kernel[1], _last(given)) or _sized(layer, given, kernel)
    if layer.class_name in _POOLINGS:
        pool = _pair(layer.config.get("pool_size"))
        return None if pool is None else _sized(layer, given, pool)
    return None


def _weighed(layer: Layer, setting: str, each: int, inputs: int | None) -> str | None:
    """``each`` weights for every input and output, and one more for every output with a bias. Without ``inputs`` it is
    asked whether there is a number of inputs that makes so many."""
    outputs = layer.config.get(setting)
    if not isinstance(outputs, int) or outputs < 1:
        return None
    last = _last(layer.output_shape)
    if last is not None and last != outputs:
        return f"{layer.class_name} says {outputs} {setting} and gives {last}"
    if layer.parameters == 0:
        return None  # not built, or nobody counted
    bias = 1 if layer.config.get("use_bias", True) else 0
    if inputs is None:
        fits = layer.parameters % outputs == 0 and (layer.parameters // outputs - bias) % each == 0
    else:
        fits = layer.parameters == outputs * (each * inputs + bias)
    return None if fits else f"{layer.class_name} says {outputs} {setting} and has {layer.parameters} weights"


def _sized(layer: Layer, given: Shape | None, window: tuple[int, int]) -> str | None:
    """Height and width that a ``window`` makes of what it is given."""
    shape = layer.output_shape
    if given is None or shape is None or len(given) != 4 or len(shape) != 4:
        return None
    strides = _pair(layer.config.get("strides")) or (window if layer.class_name in _POOLINGS else (1, 1))
    spread = _pair(layer.config.get("dilation_rate")) or (1, 1)
    for before, after, side, stride, apart in zip(given[1:3], shape[1:3], window, strides, spread, strict=True):
        if before is None or after is None:
            continue
        padded = layer.config.get("padding") == "same"
        reach = 1 if padded else (side - 1) * apart + 1
        expected = (before - reach) // stride + 1
        if after != expected:
            return f"{layer.class_name} makes {after} pixels of {before}, not {expected}"
    return None


def _last(shape: Shape | None) -> int | None:
    return shape[-1] if shape else None


def _pair(value: Any) -> tuple[int, int] | None:  # noqa: ANN401 - any JSON
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(one, int) for one in value):
        return (value[0], value[1])
    return None
