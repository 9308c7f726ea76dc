"""Questions about compile settings."""

from __future__ import annotations

from fairmark.checks.expectation import CheckFailed, NotReadable, expect, spell
from fairmark.evidence import Function
from fairmark.keras.facts.accuracy_names import is_accuracy_key, measures_accuracy_of
from fairmark.keras.facts.logits import form_of_output, keras_name, takes_logits
from fairmark.keras.views.model_view import ModelView, Output, is_keras, require_untouched

__all__ = ["learning_rate_is", "loss_fits_classes", "loss_fits_output", "measures_accuracy", "optimizer_is"]

_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_FOR_ROWS = ("categorical_crossentropy", "categorical_focal_crossentropy")
_FOR_NUMBERS = ("sparse_categorical_crossentropy",)
_RESOLVED_BY_KERAS = ("crossentropy", "ce")
"""Keras takes the cross-entropy that the shapes of labels and output call for."""

_FITTING: dict[Output, tuple[str, ...]] = {
    Output(1, "sigmoid"): _BINARY,
    Output(1, "linear"): _BINARY,
    Output(2, "softmax"): _FOR_NUMBERS,
    Output(2, "linear"): _FOR_NUMBERS,
}
"""Losses that fit an output, for labels that are one number per picture."""


def loss_fits_output(model: ModelView, *, labels: str | None = None) -> None:
    """The loss fits what the last layer gives and what the labels are.

    ``labels`` is the generator's mode: behind two neurons, one-hot labels call for ``categorical_crossentropy``. An
    output with any other number of neurons has already cost its marks; then any loss for two classes is taken.
    """
    loss, output = model.loss, model.output.value
    fitting = _FITTING.get(output, (*_BINARY, *_FOR_NUMBERS))
    rows = labels == "categorical" and output.units != 1
    if rows:
        fitting = _FOR_ROWS if output in _FITTING else (*fitting, *_FOR_ROWS)
    found = loss.value
    if found is not None:
        require_untouched(found, "the loss", loss.cell)
    if found is None or not _is_one_of(found, fitting):
        raise CheckFailed(
            loss.subject,
            found="none" if found is None else found.name,
            expected=f"a loss for {_spell_output(output)} and labels that are one {'row' if rows else 'number'} per "
            "picture",
            cell=loss.cell,
        )
    _logits_agree(model, found, loss.cell)


def _is_one_of(loss: Function, names: tuple[str, ...]) -> bool:
    """Whether this is one of Keras's losses ``names``, or the same loss of ``tf.nn``; a look-alike of the student's
    own does not count, however it is named."""
    is_keras = loss.module.split(".")[0] == "keras"
    return (is_keras or keras_name(loss) != loss.name) and keras_name(loss) in (*names, *_RESOLVED_BY_KERAS)


def _logits_agree(model: ModelView, loss: Function, cell: int | None) -> None:
    """``from_logits`` belongs to an output without activation, and only there; without it a loss takes what it is given
    for probabilities. Raises :class:`NotReadable` where what the network gives cannot be read off its layers."""
    form, logits = form_of_output(model), takes_logits(loss)
    if form == "unknown":
        said = f"Whether {loss.name} fits the output cannot be told: what the last layers give is a function's to say."
        raise NotReadable(said, cell=cell)
    if form == "probabilities" and logits:
        found = "from_logits=True" if "from_logits" in loss.config else loss.name
        raise CheckFailed(
            "the loss",
            found=f"{found} behind {model.output.value.activation}",
            expected="from_logits only where the output has no activation",
            cell=cell,
        )
    if form == "logits" and not logits:
        raise CheckFailed(
            "the loss",
            found=f"{loss.name} without from_logits behind an output that has no activation",
            expected="a loss that is told what it is given: probabilities, or numbers that are none yet",
            cell=cell,
        )


def _spell_output(output: Output) -> str:
    return f"{output.units} neuron{'s' * (output.units != 1)} with {output.activation}"


def optimizer_is(model: ModelView, name: str) -> None:
    """The optimizer is Keras's ``name``, as a string or an object. Raises :class:`NotReadable` for a class of the
    notebook's own that is made from one of Keras's: what it does is for a person to say."""
    optimizer, found = model.optimizer, model.compiled.optimizer
    if found.extends is not None and not is_keras(found):
        said = (
            f"The optimizer is a class of the notebook's own, made from Keras's {found.extends}: a person should look."
        )
        raise NotReadable(said, cell=optimizer.cell)
    require_untouched(found, "the optimizer", optimizer.cell)
    if optimizer.value != name.lower() or not is_keras(found):
        written = model.compiled.optimizer.class_name or optimizer.value
        raise CheckFailed(optimizer.subject, found=written, expected=name, cell=optimizer.cell)


def learning_rate_is(model: ModelView, rate: float) -> None:
    """The optimizer's learning rate is ``rate``, typed or by default."""
    found = model.learning_rate
    if found.value is None:
        raise CheckFailed(found.subject, found="one that follows a schedule", expected=spell(rate), cell=found.cell)
    expect(found).to_be(rate)


def measures_accuracy(model: ModelView) -> None:
    """Accuracy is among the metrics, under any of Keras's names for it that mean accuracy for this output and loss
    (:func:`fairmark.keras.facts.accuracy_names.measures_accuracy_of`)."""
    metrics = model.metrics
    counted = [metric for metric in model.compiled.metrics if measures_accuracy_of(metric, model)]
    if counted:
        measuring = next((metric for metric in counted if not metric.overridden), counted[0])
        require_untouched(measuring, "the metric", metrics.cell)
        model.confirm_metric(measuring)
    else:
        found = ", ".join(metrics.value) or "no metrics"
        other = next((name for name in metrics.value if is_accuracy_key(name)), None)
        if other is not None:
            found += f"; behind {_spell_output(model.output.value)} {other} does not count what is right"
        raise CheckFailed(metrics.subject, found=found, expected="accuracy among them", cell=metrics.cell)


def loss_fits_classes(model: ModelView, *, labels: str | None) -> None:
    """The loss fits several classes and the form of their labels.

    ``labels`` is the generator's mode: ``categorical`` gives a row per picture, ``sparse`` a number; any other has
    already cost its marks, and then either loss is taken.
    """
    fitting = {"categorical": _FOR_ROWS, "sparse": _FOR_NUMBERS}.get(labels or "", (*_FOR_ROWS, *_FOR_NUMBERS))
    loss, found = model.loss, model.loss.value
    if found is not None:
        require_untouched(found, "the loss", loss.cell)
    form = {"categorical": " that are one row per picture", "sparse": " that are one number per picture"}
    if found is None or not _is_one_of(found, fitting):
        raise CheckFailed(
            loss.subject,
            found="none" if found is None else found.name,
            expected=f"a loss for several classes and labels{form.get(labels or '', '')}",
            cell=loss.cell,
        )
    _logits_agree(model, found, loss.cell)
