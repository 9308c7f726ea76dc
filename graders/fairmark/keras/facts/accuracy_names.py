"""The names of accuracy: which metrics measure it, and under which names ``fit`` logs what they measure.

The one table of these names; every question that speaks of accuracy asks it here. ``"accuracy"`` and ``"acc"`` are
resolved by Keras itself (``keras.src.trainers.compile_utils.get_metric``, 3.15), by the shapes of labels and outputs,
to one of the three kinds below; each kind may also be asked for by a name, a function or an object of its own. A metric
that is written as a text is logged under that text, any other under its own name, which an object may be given freely.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from fairmark.evidence import Function, ModelCompiled
from fairmark.evidence.objects import ACCURACY_KEYS
from fairmark.keras.views.model_view import ModelView, Output
from fairmark.keras.views.run_view import RunView

__all__ = [
    "VALIDATION",
    "accuracy_curve",
    "accuracy_keys",
    "is_accuracy_key",
    "log_key",
    "measures_accuracy_of",
]

Kind: TypeAlias = Literal["binary", "sparse", "categorical"]

_RESOLVED_BY_KERAS = ("accuracy", "acc")
_KINDS: dict[str, Kind] = {
    "binaryaccuracy": "binary",
    "sparsecategoricalaccuracy": "sparse",
    "categoricalaccuracy": "categorical",
}
_BY_LOSS: dict[str, Kind] = {
    "binary_crossentropy": "binary",
    "binary_focal_crossentropy": "binary",
    "sparse_categorical_crossentropy": "sparse",
    "categorical_crossentropy": "categorical",
    "categorical_focal_crossentropy": "categorical",
}
VALIDATION = "val_"
"""What ``fit`` puts in front of the names of what it measured on validation pictures."""


def measures_accuracy_of(metric: Function, model: ModelView) -> bool:
    """Whether ``metric`` measures the accuracy of a model with this output and this loss.

    One output calls for binary accuracy: the categorical kinds look for the largest of several numbers, which of one
    number is always the same. Several call for the kind that reads labels in the form in which the loss reads them.
    Where output and loss do not belong together, one of them has cost its marks, and what fits either is taken.
    """
    if metric.module.split(".")[0] not in ("keras", "tensorflow"):
        return False
    if metric.name in _RESOLVED_BY_KERAS:
        return metric.class_name is None  # an Accuracy object counts numbers that are equal to their label
    output = model.output.value
    kind = _KINDS.get(metric.name.lower().replace("_", ""))
    return kind in _fitting(output, model.compiled.loss) and _can_fall_both_ways(metric, output)


def _fitting(output: Output, loss: Function | None) -> Collection[Kind]:
    by_output: set[Kind] = {"binary"} if output.units == 1 else {"sparse", "categorical"}
    by_loss = {_BY_LOSS[loss.name]} if loss is not None and loss.name in _BY_LOSS else by_output
    fitting = by_output & by_loss or by_output | by_loss
    if output == Output(2, "softmax") and "categorical" in fitting:
        fitting = fitting | {"binary"}  # two numbers that add up to 1: each is above one half where the other is not
    return fitting


def _can_fall_both_ways(metric: Function, output: Output) -> bool:
    """Whether the metric's threshold, where it has one, lies among the numbers that the output can give."""
    threshold = metric.config.get("threshold", 0.5)
    is_number = isinstance(threshold, int | float) and not isinstance(threshold, bool)
    return is_number and (output.activation == "linear" or 0 < threshold < 1)  # type: ignore[operator]


def log_key(metric: Function) -> str:
    """The name under which ``fit`` logs what ``metric`` measures, for training pictures."""
    name = metric.config.get("name")
    return name if isinstance(name, str) else metric.name


def accuracy_keys(run: RunView, model: str | None = None) -> tuple[str, ...]:
    """The names under which accuracy is logged in this run: of ``model`` alone (an id), or of all that were compiled,
    with Keras's own names behind them. Empty where ``model`` was never compiled."""
    compiled = run.all(ModelCompiled, lambda event: model is None or event.model == model)
    metrics = [metric for event in (compiled if model is None else compiled[-1:]) for metric in event.metrics]
    own = [log_key(metric) for metric in metrics if _is_named_as_accuracy(metric)]
    return tuple(dict.fromkeys([*own, *(ACCURACY_KEYS if model is None else ())]))


def _is_named_as_accuracy(metric: Function) -> bool:
    known = metric.name in _RESOLVED_BY_KERAS or metric.name.lower().replace("_", "") in _KINDS
    return known and metric.module.split(".")[0] in ("keras", "tensorflow") and not log_key(metric).endswith("loss")


def is_accuracy_key(key: str, keys: Iterable[str] = ACCURACY_KEYS) -> bool:
    """Whether ``key`` names an accuracy, of training or validation pictures; ``keys`` are those of training."""
    return key.removeprefix(VALIDATION) in {one for known in (ACCURACY_KEYS, keys) for one in known}


def accuracy_curve(
    history: Mapping[str, Sequence[float]], *, validation: bool = False, keys: Iterable[str] = ACCURACY_KEYS
) -> Sequence[float]:
    """Accuracy epoch by epoch, under the first of ``keys`` that the history has; empty where it has none."""
    prefix = VALIDATION if validation else ""
    return next((history[prefix + key] for key in keys if history.get(prefix + key)), [])
