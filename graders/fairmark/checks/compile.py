"""Questions about compile settings."""

from __future__ import annotations

from fairmark.checks.expectation import Unmet, expect, spell
from fairmark.checks.model_view import ModelView, Output
from fairmark.evidence import Function

__all__ = ["learning_rate_is", "loss_fits_classes", "loss_fits_output", "measures_accuracy", "optimizer_is"]

_FITTING: dict[Output, tuple[str, ...]] = {
    Output(1, "sigmoid"): ("binary_crossentropy",),
    Output(1, "linear"): ("binary_crossentropy",),
    Output(2, "softmax"): ("sparse_categorical_crossentropy",),
    Output(2, "linear"): ("sparse_categorical_crossentropy",),
}
"""Losses that fit an output, for labels that are one number per picture."""

_ACCURACIES = ("accuracy", "acc", "binary_accuracy", "sparse_categorical_accuracy")


def loss_fits_output(model: ModelView, *, labels: str | None = None) -> None:
    """The loss fits what the last layer gives and what the labels are.

    ``labels`` is the generator's mode: behind two neurons, one-hot labels call for ``categorical_crossentropy``. An
    output with any other number of neurons has already cost its marks; then any loss for two classes is taken.
    """
    loss, output = model.loss, model.output.value
    fitting = _FITTING.get(output, ("binary_crossentropy", "sparse_categorical_crossentropy"))
    rows = labels == "categorical" and output.units != 1
    if rows:
        fitting = ("categorical_crossentropy",) if output in _FITTING else (*fitting, "categorical_crossentropy")
    found = loss.value
    if found is None or found.name not in fitting or found.module.split(".")[0] != "keras":
        raise Unmet(
            loss.subject,
            found="none" if found is None else found.name,
            expected=f"a loss for {_spell_output(output)} and labels that are one {'row' if rows else 'number'} per "
            "picture",
            cell=loss.cell,
        )
    _logits_agree(found, output, loss.cell)


def _logits_agree(loss: Function, output: Output, cell: int | None) -> None:
    """``from_logits`` belongs to an output without activation, and only there."""
    from_logits = bool(loss.config.get("from_logits", False))
    if output.activation in ("sigmoid", "softmax") and from_logits:
        raise Unmet(
            "the loss",
            found=f"from_logits=True behind {output.activation}",
            expected="from_logits only where the output has no activation",
            cell=cell,
        )


def _spell_output(output: Output) -> str:
    return f"{output.units} neuron{'s' * (output.units != 1)} with {output.activation}"


def optimizer_is(model: ModelView, name: str) -> None:
    """The optimizer is Keras's ``name``, as a string or an object."""
    optimizer = model.optimizer
    if optimizer.value != name.lower():
        written = model.compiled.optimizer.class_name or optimizer.value
        raise Unmet(optimizer.subject, found=written, expected=name, cell=optimizer.cell)


def learning_rate_is(model: ModelView, rate: float) -> None:
    """The optimizer's learning rate is ``rate``, typed or by default."""
    found = model.learning_rate
    if found.value is None:
        raise Unmet(found.subject, found="one that follows a schedule", expected=spell(rate), cell=found.cell)
    expect(found).to_be(rate)


def measures_accuracy(model: ModelView) -> None:
    """Accuracy is among the metrics, under any of Keras's names for it that mean accuracy for this output."""
    metrics = model.metrics
    # With a single output, comparing the places of the largest numbers finds every picture right.
    names = _ACCURACIES if model.output.value.units == 1 else (*_ACCURACIES, "categorical_accuracy")
    if not set(metrics.value) & set(names):
        found = ", ".join(metrics.value) or "no metrics"
        raise Unmet(metrics.subject, found=found, expected="accuracy among them", cell=metrics.cell)


_FOR_ROWS = ("categorical_crossentropy", "categorical_focal_crossentropy")
_FOR_NUMBERS = ("sparse_categorical_crossentropy",)


def loss_fits_classes(model: ModelView, *, labels: str | None) -> None:
    """The loss fits several classes and the form of their labels.

    ``labels`` is the generator's mode: ``categorical`` gives a row per picture, ``sparse`` a number; any other has
    already cost its marks, and then either loss is taken.
    """
    fitting = {"categorical": _FOR_ROWS, "sparse": _FOR_NUMBERS}.get(labels or "", (*_FOR_ROWS, *_FOR_NUMBERS))
    loss, found = model.loss, model.loss.value
    form = {"categorical": " that are one row per picture", "sparse": " that are one number per picture"}
    if found is None or found.name not in fitting or found.module.split(".")[0] != "keras":
        raise Unmet(
            loss.subject,
            found="none" if found is None else found.name,
            expected=f"a loss for several classes and labels{form.get(labels or '', '')}",
            cell=loss.cell,
        )
    _logits_agree(found, model.output.value, loss.cell)
