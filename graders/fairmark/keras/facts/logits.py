"""Whether a network gives probabilities or the numbers before them (logits), and which of the two its loss expects.

A loss is told by ``from_logits``: ``False`` unless it is said, and always for a loss given by its name. Those of
``tf.nn`` end in ``_with_logits`` and expect nothing else. Where a layer of the notebook's own, or a ``Lambda``, stands
behind the last ``Dense``, what the network gives cannot be read off its description.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from fairmark.evidence import Function, Layer
from fairmark.keras.views.model_view import ModelView

__all__ = ["Form", "form_of_output", "gives_logits", "keras_name", "takes_logits"]

Form: TypeAlias = Literal["probabilities", "logits", "other", "unknown"]
"""``other`` is what neither loss is made for: the output of ``relu`` or ``tanh``."""

_PROBABILITIES = ("sigmoid", "softmax")
_NEITHER = frozenset(
    {
        *("elu", "celu", "selu", "gelu", "glu", "silu", "swish", "mish", "relu", "relu6", "leaky_relu", "exponential"),
        *("hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "hard_shrink", "soft_shrink", "tanh", "tanh_shrink"),
        *("softplus", "softsign", "squareplus", "threshold", "log_sigmoid", "log_softmax", "sparse_plus", "sparsemax"),
    }
)
_LEAVES_THE_FORM = ("Dropout", "Flatten", "Reshape", "GaussianNoise", "GaussianDropout", "ActivityRegularization")
_ACTIVATIONS = {"Softmax": "softmax", "Sigmoid": "sigmoid", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}
"""Layers, and operations of ``keras.ops``, that are an activation."""

_OF_TENSORFLOW = {
    "sigmoid_cross_entropy_with_logits": "binary_crossentropy",
    "softmax_cross_entropy_with_logits": "categorical_crossentropy",
    "sparse_softmax_cross_entropy_with_logits": "sparse_categorical_crossentropy",
}


def form_of_output(model: ModelView) -> Form:
    """What the last ``Dense`` and whatever stands behind it give."""
    places = [place for place, layer in enumerate(model.layers) if layer.class_name == "Dense"]
    if not places:
        return "unknown"
    for layer in reversed(model.layers[places[-1] :]):  # the last activation is the one that decides
        activation = _activation_of(layer)
        if activation in _PROBABILITIES:
            return "probabilities"
        if activation in _NEITHER:
            return "other"
        if activation != "linear":
            return "unknown"
    # What a class of the notebook's own does when it is called need not be what its layers are.
    return "logits" if model.class_name in ("Sequential", "Functional", "Model") else "unknown"


def _activation_of(layer: Layer) -> str:
    """The activation that a layer ends with; ``?`` where it cannot be told."""
    if layer.module.split(".")[0] != "keras" or layer.class_name == "Lambda":
        return "?"
    if layer.class_name in _ACTIVATIONS:
        return _ACTIVATIONS[layer.class_name]
    if layer.class_name in _LEAVES_THE_FORM:
        return "linear"
    if layer.class_name not in ("Dense", "Activation"):
        return "?"
    activation = layer.config.get("activation")
    if activation is None or isinstance(activation, str):
        return activation or "linear"
    if isinstance(activation, dict):
        name = activation.get("config") if activation.get("class_name") == "function" else activation.get("class_name")
        return _ACTIVATIONS.get(str(name), str(name))
    return "?"


def takes_logits(loss: Function) -> bool:
    """Whether the loss expects numbers that no ``sigmoid`` or ``softmax`` has seen."""
    return loss.config.get("from_logits") is True or _is_of_tensorflow(loss)


def keras_name(loss: Function) -> str:
    """The name of the same loss in Keras, for those of ``tf.nn``; any other goes by its own."""
    return _OF_TENSORFLOW[_bare(loss)] if _is_of_tensorflow(loss) else loss.name


def _is_of_tensorflow(loss: Function) -> bool:
    return loss.module.split(".")[0] == "tensorflow" and _bare(loss) in _OF_TENSORFLOW


def _bare(loss: Function) -> str:
    return loss.name.removesuffix("_v2")


def gives_logits(model: ModelView) -> bool:
    """Whether a prediction is to be read as logits: one number is then held against 0 and not against one half.

    What a network was trained to give, its loss decides: behind a linear layer and a loss that takes it for a
    probability, the number is one.
    """
    form = form_of_output(model)
    loss = model.loss_given
    if form == "probabilities":
        return False
    return takes_logits(loss) if loss is not None else form == "logits"
