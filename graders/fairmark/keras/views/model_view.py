"""A model, as graders see it: its layers in order, and how it was compiled."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from fairmark.checks.expectation import ConflictingEvidence, NoEvidence, NotReadable, Observed
from fairmark.evidence import Function, Layer, ModelCompiled, ModelDescribed
from fairmark.keras.facts.arithmetic import contradictions
from fairmark.keras.views.corroboration import Corroboration
from fairmark.keras.views.layer_corroboration import LayerCorroboration

__all__ = ["OWN_FUNCTION", "Block", "ModelView", "Output", "is_keras", "require_told", "require_untouched"]

OWN_FUNCTION = "a Python function"
"""An activation, if it is a function or a layer of the notebook's own: what that does cannot be seen."""

_ACTIVATIONS = frozenset({"elu", "gelu", "linear", "relu", "selu", "sigmoid", "silu", "softmax", "swish", "tanh"})
"""Keras's own, by the names that ``keras.activations.get`` takes."""
_MERGING = ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract")
"""Layers that are given what several others give."""
_BETWEEN = ("Activation", "ReLU", "BatchNormalization", "Dropout", "SpatialDropout2D")
"""Layers that may stand between a convolution and its pooling."""


@dataclass(frozen=True)
class Block:
    """A convolution and the pooling that follows it (None where another convolution or the head comes first)."""

    convolution: Layer
    activation: str
    pooling: Layer | None
    places: tuple[int, ...] = ()
    """Where these stand among the model's layers."""


@dataclass(frozen=True)
class Output:
    """The last layer: how many numbers it gives and through which activation."""

    units: int | None
    activation: str


class ModelView:
    """``built_in`` are the positions of the cells in which the model first appeared and was changed.
    ``trainable_parameters`` is how many numbers of it training may change, None where nobody counted; ``moved`` names
    settings that were not the same in all steps of its training (``learning_rate``, ``settings``)."""

    def __init__(
        self,
        described: ModelDescribed,
        built_in: frozenset[int],
        compiled: ModelCompiled | None,
        corroboration: Corroboration,
    ) -> None:
        self.id = described.model
        self.cell = min(built_in)
        self.class_name = described.class_name
        self.layers = described.layers
        self._input_shape = described.input_shape
        self.trainable_parameters = described.trainable_parameters
        self.moved: frozenset[str] = frozenset()
        self._overridden = described.overridden
        self._compiled = compiled
        self._corroboration = corroboration
        is_own = described.class_name not in ("Sequential", "Functional", "Model")
        self._made = LayerCorroboration(corroboration, built_in, described.layers, may_share=is_own)

    def _require_told(self) -> None:
        """Raises :class:`NotReadable` where methods of the notebook's own hang on the model or on a layer of Keras's,
        :class:`ConflictingEvidence` where a layer cannot be what it says."""
        for name, found in (("the model", self._overridden), *((one.name, one.overridden) for one in self.layers)):
            if found:
                said = f"Methods of {name} are the notebook's own ({', '.join(found)}); a person should look."
                raise NotReadable(said, cell=self.cell)
        is_row = self.class_name == "Sequential" and not any(one.class_name in _MERGING for one in self.layers)
        wrong = contradictions(self.layers, in_a_row=is_row)
        if wrong:
            raise ConflictingEvidence(f"a layer cannot be what it says: {wrong[0]}", cell=self.cell)

    # --- layers ---

    @property
    def input_shape(self) -> list[int | None] | None:
        """What the network takes, the batch dimension first; None where that is not known yet."""
        if not self._made.has_input(self._input_shape):
            self._corroboration.not_shown(f"a network that takes {self._input_shape}", self.cell)
        return self._input_shape

    def confirm(self, places: Iterable[int]) -> None:
        """The layers at these places are made by calls in the text; says so where they are not."""
        missing = next((place for place in places if place not in self._made.borne_out), None)
        if missing is not None:
            self._corroboration.not_shown(f"the layer {self.layers[missing].class_name}", self.cell)

    @property
    def blocks(self) -> list[Block]:
        """Every convolution in order, with its pooling."""
        self._require_told()
        blocks: list[Block] = []
        for index, layer in enumerate(self.layers):
            if layer.class_name in ("Conv2D", "Convolution2D"):
                following = _first_that_matters(self.layers[index + 1 :])
                pooling = following if following is not None and "Pooling2D" in following.class_name else None
                places = [index, self._place_of_activation(index)]
                places += [] if pooling is None else [self.layers.index(pooling, index + 1)]
                blocks.append(Block(layer, self._activation(index), pooling, tuple(places)))
        return blocks

    @property
    def sides(self) -> list[int]:
        """Height in pixels after each convolution and pooling: 298, 149, 147, 73, 71, 35 for three blocks at 300."""
        return [
            layer.output_shape[1]
            for layer in self.layers
            if ("Conv2D" in layer.class_name or "Pooling2D" in layer.class_name)
            and layer.output_shape is not None
            and len(layer.output_shape) == 4
            and layer.output_shape[1] is not None
        ]

    @property
    def features(self) -> int | None:
        """How many numbers ``Flatten`` hands on to the first ``Dense``; None where there is no ``Flatten`` before it,
        or no known shape."""
        for place, layer in enumerate(itertools.takewhile(lambda layer: layer.class_name != "Dense", self.layers)):
            if layer.class_name in ("Flatten", "Reshape") and layer.output_shape and len(layer.output_shape) == 2:
                self.confirm([place])
                return layer.output_shape[1]
        return None

    @property
    def hidden_dense(self) -> list[tuple[Layer, str]]:
        """``Dense`` layers before the last layer, each with its activation."""
        self._require_told()
        indices = [index for index, layer in enumerate(self.layers) if layer.class_name == "Dense"]
        self.confirm(place for index in indices[:-1] for place in (index, self._place_of_activation(index)))
        return [(self.layers[index], self._activation(index)) for index in indices[:-1]]

    @property
    def output(self) -> Observed[Output]:
        self._require_told()
        indices = [index for index, layer in enumerate(self.layers) if layer.class_name == "Dense"]
        if not indices:
            raise NoEvidence("the output layer", found="no Dense layer", cell=self.cell)
        self.confirm([indices[-1], self._place_of_activation(indices[-1])])
        units = self.layers[indices[-1]].config.get("units")
        activation = require_told("the output layer", self._activation(indices[-1]), self.cell)
        return Observed(Output(units if isinstance(units, int) else None, activation), "the output layer", self.cell)

    def _place_of_activation(self, index: int) -> int:
        """Where the layer stands that gives a layer its activation: itself, or the one behind it."""
        own = _activation_name(self.layers[index])
        behind = self.layers[index + 1] if index + 1 < len(self.layers) else None
        is_behind = behind is not None and behind.class_name in ("Activation", "ReLU", "Softmax", "Sigmoid")
        return index + 1 if own == "linear" and is_behind else index

    def _activation(self, index: int) -> str:
        """A layer's own activation, or that of the ``Activation`` layer behind it."""
        own = _activation_name(self.layers[index])
        behind = self.layers[index + 1] if index + 1 < len(self.layers) else None
        if own == "linear" and behind is not None and _is_own(behind):
            return OWN_FUNCTION
        if own == "linear" and behind is not None and behind.class_name in ("Activation", "ReLU", "Softmax", "Sigmoid"):
            return _activation_name(behind) if behind.class_name == "Activation" else behind.class_name.lower()
        return own

    # --- compile ---

    @property
    def compiled(self) -> ModelCompiled:
        if self._compiled is None:
            raise NoEvidence("the compile settings", found="no call of compile", expected="model.compile(...)")
        if self._overridden:
            said = f"The model goes by the notebook's own {', '.join(self._overridden)}; a person should look."
            raise NotReadable(said, cell=self._compiled.cell)
        if "settings" in self.moved:
            said = "The optimizer, the loss or the metrics were replaced while the model was trained"
            raise NotReadable(f"{said}; a person should look.", cell=self._compiled.cell)
        return self._compiled

    @property
    def loss_given(self) -> Function | None:
        """The loss as recorded, None where there is none; marks go through :attr:`loss`."""
        return None if self._compiled is None else self._compiled.loss

    @property
    def loss(self) -> Observed[Function | None]:
        compiled = self.compiled
        if compiled.loss is not None:
            self._corroboration.confirm_made(compiled.cell, "compile", "loss", compiled.loss)
            from_logits = compiled.loss.config.get("from_logits")
            if from_logits is not None:
                self._corroboration.confirm_setting(
                    compiled.cell, "compile", "loss", compiled.loss, "from_logits", from_logits
                )
        return Observed(compiled.loss, "the loss", compiled.cell)

    @property
    def optimizer(self) -> Observed[str]:
        """Keras's class name in lower case: ``rmsprop``, ``adam``."""
        compiled = self.compiled
        self._corroboration.confirm_made(compiled.cell, "compile", "optimizer", compiled.optimizer)
        return Observed(compiled.optimizer.name, "the optimizer", compiled.cell)

    @property
    def learning_rate(self) -> Observed[float | None]:
        """None where a schedule sets it."""
        compiled = self.compiled
        if "learning_rate" in self.moved:
            said = "The learning rate was set anew while the model was trained; a person should look."
            raise NotReadable(said, cell=compiled.cell)
        rate = compiled.learning_rate
        self._corroboration.confirm_setting(
            compiled.cell, "compile", "optimizer", compiled.optimizer, "learning_rate", rate
        )
        # Keras keeps the rate as float32; six digits are what was written.
        return Observed(None if rate is None else float(f"{rate:.6g}"), "the learning rate", compiled.cell)

    def confirm_metric(self, metric: Function) -> None:
        """The text of ``compile`` asks for this metric; says so where it does not."""
        cell = self.compiled.cell
        self._corroboration.confirm_made(cell, "compile", "metrics", metric)
        if "threshold" in metric.config:
            self._corroboration.confirm_setting(
                cell, "compile", "metrics", metric, "threshold", metric.config["threshold"]
            )

    @property
    def metrics(self) -> Observed[list[str]]:
        compiled = self.compiled
        names = [metric.name for metric in compiled.metrics if is_keras(metric)]
        return Observed(names, "the metrics", compiled.cell)


def is_keras(function: Function) -> bool:
    """A look-alike of the student's own does not count, however it is named."""
    return function.module.split(".")[0] in ("keras", "tensorflow")


def require_untouched(found: Function, subject: str, cell: int | None) -> None:
    """Raises :class:`NotReadable` for an object of Keras's class with methods that are not Keras's."""
    if is_keras(found) and found.overridden:
        said = f"{subject[:1].upper()}{subject[1:]} has methods of the notebook's own ({', '.join(found.overridden)})"
        raise NotReadable(f"{said}; a person should look.", cell=cell)


def _first_that_matters(layers: list[Layer]) -> Layer | None:
    return next((layer for layer in layers if layer.class_name not in _BETWEEN and not _is_own(layer)), None)


def _is_own(layer: Layer) -> bool:
    """Whether it runs code that is not Keras's."""
    return layer.class_name == "Lambda" or layer.module.split(".")[0] not in ("keras", "tensorflow")


def require_told(subject: str, activation: str, cell: int) -> str:
    """``activation``, of what ``subject`` names; raises :class:`NotReadable` where it cannot be told."""
    if activation == OWN_FUNCTION:
        said = f"The activation of {subject} is {activation}, and what that does cannot be told without running it"
        raise NotReadable(f"{said}; a person should look.", cell=cell)
    return activation


def _activation_name(layer: Layer) -> str:
    activation = layer.config.get("activation")
    if isinstance(activation, str):
        return activation
    if isinstance(activation, dict):
        name, function = activation.get("class_name"), activation.get("config")
        if name == "function" and function in _ACTIVATIONS:
            return str(function)
        return OWN_FUNCTION if name in (None, "function", "__lambda__") else str(name).lower()
    return "linear"
