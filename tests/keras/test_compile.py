"""Questions about compile settings."""

from __future__ import annotations

import math
from typing import Any

import pytest
from recorded import COMPILE, dense, layers, unmet, view

from fairmark.checks import NoEvidence
from fairmark.checks.expectation import ConflictingEvidence
from fairmark.evidence import Function
from fairmark.keras.compile import (
    learning_rate_is,
    loss_fits_classes,
    loss_fits_output,
    measures_accuracy,
    optimizer_is,
)
from fairmark.keras.views.model_view import ModelView

UNREADABLE = "model.compile(**settings)"  # so that the text does not contradict what a test says was recorded
SCHEDULE = {"compile": "model.compile(optimizer=keras.optimizers.RMSprop(schedule))"}


def model(
    last: tuple[int, str] = (1, "sigmoid"),
    source: str | None = None,
    **compiled: Any,  # noqa: ANN401 - fields of ModelCompiled
) -> ModelView:
    if source is None and compiled.keys() & {"loss", "optimizer", "metrics"}:
        source = UNREADABLE
    sources = {} if source is None else {"compile": source}
    return view(sources=sources, model={"layers": [*layers()[:-1], dense(*last)]}, compiled=compiled).model


def function(name: str, module: str = "keras", **config: Any) -> Function:  # noqa: ANN401 - any JSON
    return Function(name=name, module=module, config=config)


# --- loss -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        ((1, "sigmoid"), function("binary_crossentropy")),
        ((1, "sigmoid"), function("binary_crossentropy", "keras.src.losses.losses", from_logits=False)),
        ((1, "sigmoid"), function("binary_focal_crossentropy", from_logits=False)),
        ((1, "linear"), function("binary_crossentropy", from_logits=True)),
        ((1, "linear"), function("binary_focal_crossentropy", from_logits=True)),
        ((1, "linear"), function("sigmoid_cross_entropy_with_logits_v2", "tensorflow.python.ops.nn_impl")),
        ((1, "sigmoid"), function("crossentropy")),
        ((2, "softmax"), function("ce")),
        ((2, "softmax"), function("sparse_categorical_crossentropy")),
        ((2, "linear"), function("sparse_categorical_crossentropy", from_logits=True)),
    ],
)
def test_the_loss_fits_the_output(last: tuple[int, str], loss: Function) -> None:
    loss_fits_output(model(last, loss=loss))


def test_an_output_that_has_lost_its_marks_does_not_cost_those_of_the_loss() -> None:
    for name in ("binary_crossentropy", "sparse_categorical_crossentropy"):
        loss_fits_output(model((3, "softmax"), loss=function(name)))


def test_one_hot_labels_call_for_another_loss() -> None:
    loss = function("categorical_crossentropy")
    loss_fits_output(model((2, "softmax"), loss=loss), labels="categorical")
    assert unmet(loss_fits_output, model((2, "softmax"), loss=loss)).found == "categorical_crossentropy"


def test_one_hot_labels_behind_two_neurons_call_for_no_other_loss() -> None:
    refused = unmet(
        loss_fits_output,
        model((2, "softmax"), loss=function("sparse_categorical_crossentropy")),
        labels="categorical",
    )
    assert refused.message == (
        "The loss: found sparse_categorical_crossentropy, expected a loss for 2 neurons with softmax and labels that "
        "are one row per picture."
    )


def test_one_hot_labels_behind_one_neuron_have_cost_their_marks_already() -> None:
    loss_fits_output(model(loss=function("binary_crossentropy")), labels="categorical")


def test_one_hot_labels_behind_an_output_that_has_lost_its_marks_leave_every_loss_open() -> None:
    for name in ("binary_crossentropy", "sparse_categorical_crossentropy", "categorical_crossentropy"):
        loss_fits_output(model((3, "softmax"), loss=function(name)), labels="categorical")


@pytest.mark.parametrize(
    ("last", "loss", "found", "output"),
    [
        ((1, "sigmoid"), function("mean_squared_error"), "mean_squared_error", "1 neuron with sigmoid"),
        ((1, "sigmoid"), None, "none", "1 neuron with sigmoid"),
        ((2, "softmax"), function("binary_crossentropy"), "binary_crossentropy", "2 neurons with softmax"),
        ((1, "sigmoid"), function("binary_crossentropy", "__main__"), "binary_crossentropy", "1 neuron with sigmoid"),
        ((1, "sigmoid"), function("binary_crossentropy", "kerasy"), "binary_crossentropy", "1 neuron with sigmoid"),
    ],
)
def test_a_loss_that_does_not_fit_is_refused(
    last: tuple[int, str], loss: Function | None, found: str, output: str
) -> None:
    refused = unmet(loss_fits_output, model(last, loss=loss))
    assert refused.message == (
        f"The loss: found {found}, expected a loss for {output} and labels that are one number per picture."
    )
    assert refused.cell == COMPILE


@pytest.mark.parametrize(
    ("last", "name"), [((1, "sigmoid"), "binary_crossentropy"), ((2, "softmax"), "sparse_categorical_crossentropy")]
)
def test_logits_are_not_taken_from_an_output_that_gives_probabilities(last: tuple[int, str], name: str) -> None:
    refused = unmet(loss_fits_output, model(last, loss=function(name, from_logits=True)))
    assert refused.message == (
        f"The loss: found from_logits=True behind {last[1]}, expected from_logits only where the output has no "
        "activation."
    )


@pytest.mark.parametrize(
    ("last", "name", "config"),
    [
        ((1, "linear"), "binary_crossentropy", {}),
        ((1, "linear"), "binary_crossentropy", {"from_logits": False}),
        ((1, "linear"), "binary_focal_crossentropy", {"from_logits": False}),
        ((2, "linear"), "sparse_categorical_crossentropy", {}),
        ((2, "linear"), "sparse_categorical_crossentropy", {"from_logits": False, "ignore_class": None}),
        ((2, "linear"), "crossentropy", {}),
    ],
)
def test_an_output_without_activation_calls_for_logits(
    last: tuple[int, str], name: str, config: dict[str, Any]
) -> None:
    refused = unmet(loss_fits_output, model(last, loss=function(name, **config)))
    assert refused.message == (
        f"The loss: found {name} without from_logits behind an output that has no activation, expected a loss that is "
        "told what it is given: probabilities, or numbers that are none yet."
    )


@pytest.mark.parametrize("name", ["categorical_crossentropy", "categorical_focal_crossentropy"])
def test_logits_belong_to_the_losses_of_rows_likewise(name: str) -> None:
    for last, logits in (((2, "softmax"), False), ((2, "linear"), True)):
        loss_fits_output(model(last, loss=function(name, from_logits=logits)), labels="categorical")
        loss_fits_classes(model((5, last[1]), loss=function(name, from_logits=logits)), labels="categorical")
    for last, logits in (((2, "softmax"), True), ((2, "linear"), False)):
        unmet(loss_fits_output, model(last, loss=function(name, from_logits=logits)), labels="categorical")
        unmet(loss_fits_classes, model((5, last[1]), loss=function(name, from_logits=logits)), labels="categorical")


def test_a_loss_of_tensorflow_s_that_takes_logits_is_told_behind_probabilities() -> None:
    loss = function("sigmoid_cross_entropy_with_logits_v2", "tensorflow.python.ops.nn_impl")
    assert unmet(loss_fits_output, model((1, "sigmoid"), loss=loss)).found == (
        "sigmoid_cross_entropy_with_logits_v2 behind sigmoid"
    )


def test_what_the_text_says_of_logits_is_held_against_the_record() -> None:
    made = function("binary_crossentropy", from_logits=True).model_copy(update={"class_name": "BinaryCrossentropy"})
    source = "import keras\nmodel.compile(loss=keras.losses.BinaryCrossentropy(), optimizer='rmsprop')"
    with pytest.raises(ConflictingEvidence, match="from_logits = True, but the text says False"):
        loss_fits_output(model((1, "linear"), source=source, loss=made))


# --- optimizer --------------------------------------------------------------------------------------------------------


def test_the_optimizer_is_known_by_its_class() -> None:
    optimizer_is(model(), "RMSprop")


def test_another_optimizer_is_refused_by_the_name_it_has_in_keras() -> None:
    adam = Function(name="adam", class_name="Adam", module="keras.src.optimizers.adam")
    refused = unmet(optimizer_is, model(optimizer=adam), "RMSprop")
    assert refused.message == "The optimizer: found Adam, expected RMSprop."
    assert refused.cell == COMPILE


def test_the_learning_rate_may_be_typed_or_left_at_its_default() -> None:
    learning_rate_is(model(), 0.001)
    learning_rate_is(model(source="model.compile(optimizer='rmsprop')"), 0.001)


@pytest.mark.parametrize(
    ("written", "rate", "found"),
    [
        ("0.01", 0.009999999776482582, "0.01"),
        ("1e-4", 9.999999747378752e-05, "0.0001"),
        ("3e-5", 2.9999999242136255e-05, "3e-05"),
        ("rate", math.nan, "nan"),
        ("0", 0.0, "0"),
    ],
)
def test_another_learning_rate_is_told_as_it_was_written(written: str, rate: float, found: str) -> None:
    source = f"model.compile(optimizer=keras.optimizers.RMSprop(learning_rate={written}))"
    refused = unmet(learning_rate_is, model(source=source, learning_rate=rate), 0.001)
    assert refused.message == f"The learning rate: found {found}, expected 0.001."


def test_a_schedule_is_no_rate() -> None:
    compiled = view(sources=SCHEDULE, compiled={"learning_rate": None}).model
    refused = unmet(learning_rate_is, compiled, 0.001)
    assert refused.message == "The learning rate: found one that follows a schedule, expected 0.001."


# --- metrics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metric",
    [
        function("accuracy"),
        function("acc"),
        function("binary_accuracy", "keras.src.metrics.accuracy_metrics"),
    ],
)
def test_accuracy_is_measured_under_any_of_its_names(metric: Function) -> None:
    measures_accuracy(model(metrics=[function("mean_absolute_error"), metric]))


def test_accuracy_of_two_neurons_is_measured_under_any_of_its_names() -> None:
    loss = function("sparse_categorical_crossentropy")
    for module in ("keras.src.metrics.accuracy_metrics", "tensorflow.keras.metrics"):
        measures_accuracy(model((2, "softmax"), loss=loss, metrics=[function("sparse_categorical_accuracy", module)]))


@pytest.mark.parametrize("name", ["sparse_categorical_accuracy", "categorical_accuracy"])
def test_an_accuracy_that_looks_for_the_largest_of_one_number_is_told(name: str) -> None:
    refused = unmet(measures_accuracy, model(metrics=[function(name)]))
    assert refused.message == (
        f"The metrics: found {name}; behind 1 neuron with sigmoid {name} does not count what is right, expected "
        "accuracy among them."
    )


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        ([], "no metrics"),
        ([function("mean_absolute_error")], "mean_absolute_error"),
        ([function("auc"), function("precision")], "auc, precision"),
        ([function("accuracy", "__main__")], "no metrics"),
    ],
)
def test_without_accuracy_the_metrics_are_told(metrics: list[Function], found: str) -> None:
    refused = unmet(measures_accuracy, model(metrics=metrics))
    assert refused.message == f"The metrics: found {found}, expected accuracy among them."


# --- nothing to ask about ---------------------------------------------------------------------------------------------


def test_a_model_that_was_never_compiled_shows_no_settings() -> None:
    uncompiled = view(without=["compiled"]).model
    for check in (loss_fits_output, measures_accuracy):
        with pytest.raises(
            NoEvidence, match=r"^The compile settings: found no call of compile, expected model\.compile"
        ):
            check(uncompiled)
    with pytest.raises(NoEvidence):
        optimizer_is(uncompiled, "RMSprop")
    with pytest.raises(NoEvidence):
        learning_rate_is(uncompiled, 0.001)


def test_the_last_compile_counts() -> None:
    later = view().model.compiled.model_copy(update={"metrics": []})
    assert unmet(measures_accuracy, view(also=[later]).model).found == "no metrics"


# --- what the text says of it -----------------------------------------------------------------------------------------

SGD = {"optimizer": Function(name="sgd", class_name="SGD", module="keras.optimizers", config={})}
MSE = {"loss": Function(name="mean_squared_error", module="keras", config={})}


@pytest.mark.parametrize(
    "optimizer",
    [
        "keras.optimizers.SGD(0.1)",
        "keras.optimizers.SGD",
        "'sgd'",
        "make()",
        "settings.optimizer()",
        "chosen",
        "imported_as(0.1)",
        "choices[0]",
        "chosen_class()",
    ],
)
def test_an_optimizer_that_the_text_bears_out_or_does_not_tell_is_believed(optimizer: str) -> None:
    source = f"""
import keras
from keras.optimizers import SGD as imported_as
chosen = keras.optimizers.SGD(learning_rate=0.1)
def make(): return chosen
class settings: optimizer = choices[0]
chosen_class = choices[1]
model.compile(optimizer={optimizer}, loss="bce")"""
    assert model(source=source, **SGD).optimizer.value == "sgd"


@pytest.mark.parametrize("written", ["keras.optimizers.RMSprop(0.001)", "'rmsprop'", "chosen", "Mine()"])
def test_an_optimizer_that_the_text_contradicts_is_doubted(written: str) -> None:
    source = f"""
chosen = keras.optimizers.RMSprop()
class Mine(keras.optimizers.SGD): pass
model.compile({written}, "bce")"""
    with pytest.raises(ConflictingEvidence, match=r"^the run reports optimizer = sgd, but the text says "):
        assert model(source=source, **SGD).optimizer


def test_a_loss_that_the_text_contradicts_is_doubted_under_any_of_its_names() -> None:
    for written in ("'mse'", "keras.losses.MeanSquaredError()", "keras.losses.mean_squared_error"):
        assert model(source=f"model.compile('sgd', {written})", **MSE).loss.value is not None
    for written in ("'bce'", "keras.losses.BinaryCrossentropy()"):
        with pytest.raises(
            ConflictingEvidence, match=r"^the run reports loss = mean_squared_error, but the text says "
        ):
            assert model(source=f"model.compile('sgd', {written})", **MSE).loss
