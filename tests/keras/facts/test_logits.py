"""Probabilities or logits: what an output gives, and what a loss takes."""

from __future__ import annotations

import pytest
from recorded import dense, keras_layer, layers, view

from fairmark.checks.expectation import NotReadable
from fairmark.evidence import Function, Layer
from fairmark.keras.compile import loss_fits_output
from fairmark.keras.facts.logits import form_of_output, gives_logits, takes_logits
from fairmark.keras.views.model_view import ModelView

WITH = Function(name="binary_crossentropy", module="keras", config={"from_logits": True})
WITHOUT = Function(name="binary_crossentropy", module="keras")


def ending(*last: Layer, loss: Function = WITHOUT, class_name: str = "Sequential") -> ModelView:
    """A network that ends with these layers."""
    return view(
        sources={"compile": "model.compile(**settings)"},
        model={"layers": [*layers()[:-1], *last], "class_name": class_name},
        compiled={"loss": loss},
    ).model


def activation(name: object) -> Layer:
    return keras_layer("Activation", (None, 1), activation=name)


@pytest.mark.parametrize(
    ("last", "form"),
    [
        ([dense(1, "sigmoid")], "probabilities"),
        ([dense(2, "softmax")], "probabilities"),
        ([dense(1, "linear"), activation("sigmoid")], "probabilities"),
        ([dense(2, "linear"), keras_layer("Softmax", (None, 2))], "probabilities"),
        ([dense(1, "linear"), keras_layer("Sigmoid", (None, 1))], "probabilities"),
        ([dense(1, "linear"), activation({"class_name": "function", "config": "sigmoid"})], "probabilities"),
        ([dense(1, "linear"), keras_layer("Dropout", (None, 1)), activation("sigmoid")], "probabilities"),
        ([dense(1, "sigmoid"), keras_layer("Flatten", (None, 1))], "probabilities"),
        ([dense(1, "linear")], "logits"),
        ([dense(1, "linear"), keras_layer("Flatten", (None, 1))], "logits"),
        ([dense(1, "linear"), activation("linear")], "logits"),
        ([dense(1, "relu")], "other"),
        ([dense(1, "tanh")], "other"),
        ([dense(1, "sigmoid"), keras_layer("ReLU", (None, 1))], "other"),
        ([dense(2, "linear"), keras_layer("Lambda", (None, 2))], "unknown"),
        ([dense(1, "<lambda>")], "unknown"),
        ([dense(1, "linear"), keras_layer("Squash", (None, 1)).model_copy(update={"module": "__main__"})], "unknown"),
        ([dense(1, "linear"), activation({"class_name": "function", "config": "my_sigmoid"})], "unknown"),
    ],
)
def test_the_last_activation_says_what_the_network_gives(last: list[Layer], form: str) -> None:
    assert form_of_output(ending(*last)) == form


def test_what_a_class_of_its_own_does_with_a_linear_layer_is_not_known() -> None:
    assert form_of_output(ending(dense(1, "linear"), class_name="Network")) == "unknown"
    assert form_of_output(ending(dense(1, "sigmoid"), class_name="Network")) == "probabilities"


def test_what_cannot_be_told_is_left_to_a_person() -> None:
    model = ending(dense(1, "linear"), keras_layer("Lambda", (None, 1)))
    with pytest.raises(NotReadable, match="what that does cannot be told without running it; a person should look"):
        loss_fits_output(model)


def test_a_loss_takes_logits_where_it_says_so() -> None:
    assert takes_logits(WITH)
    assert not takes_logits(WITHOUT)
    assert not takes_logits(WITH.model_copy(update={"config": {"from_logits": "no"}}))


@pytest.mark.parametrize(
    ("last", "loss", "logits"),
    [
        (dense(1, "sigmoid"), WITH, False),
        (dense(1, "linear"), WITH, True),
        (dense(1, "linear"), WITHOUT, False),
    ],
)
def test_a_prediction_is_read_as_the_loss_takes_it(last: Layer, loss: Function, logits: bool) -> None:
    assert gives_logits(ending(last, loss=loss)) is logits


def test_behind_a_layer_of_its_own_the_loss_says_how_to_read_a_prediction() -> None:
    behind = keras_layer("Lambda", (None, 1))
    assert gives_logits(ending(dense(1, "linear"), behind, loss=WITH))
    assert not gives_logits(ending(dense(1, "linear"), behind, loss=WITHOUT))


def test_a_network_that_was_not_compiled_gives_what_its_layers_say() -> None:
    described = {"layers": [*layers()[:-1], dense(1, "linear")]}
    assert gives_logits(view(without=["compiled"], model=described).model)
