"""Questions about a model's layers."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import LAYERS, block, dense, keras_layer, layers, unmet, view

from fairmark.checks import NoEvidence
from fairmark.evidence import Layer
from fairmark.keras.layers import (
    ends_for_two_classes,
    ends_with,
    has_block,
    has_hidden_layer,
    has_only_blocks,
    takes_pictures,
)
from fairmark.keras.views.model_view import ModelView, Output

CHAIN = "The sizes after each layer are 298, 149, 147, 73, 71, 35."


def model(*built: Layer, **edits: Any) -> ModelView:  # noqa: ANN401 - fields of ModelDescribed
    return view(model={"layers": list(built), **edits}).model


def first_block(**config: Any) -> ModelView:  # noqa: ANN401 - any JSON
    """The model with another first convolution."""
    return model(*block(16, 300, **config), *layers()[2:])


def pooled_by(class_name: str, **config: Any) -> ModelView:  # noqa: ANN401 - any JSON
    """The model with another first pooling, of which nobody knows what sizes it gives."""
    pooling = keras_layer(class_name, (), **config).model_copy(update={"output_shape": None})
    return model(layers()[0], pooling, *layers()[2:])


# --- blocks -----------------------------------------------------------------------------------------------------------


def test_three_blocks_are_as_asked() -> None:
    built = view().model
    has_block(built, 1, filters=16)
    has_block(built, 2, filters=32)
    has_block(built, 3, filters=64)
    has_only_blocks(built, 3)


@pytest.mark.parametrize(
    "activation",
    [
        {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"},
        {"module": "keras.layers", "class_name": "ReLU", "config": {}, "registered_name": None},
    ],
)
def test_relu_may_be_a_function_or_an_object(activation: object) -> None:
    has_block(first_block(activation=activation), 1, filters=16)


@pytest.mark.parametrize("behind", [("Activation", {"activation": "relu"}), ("ReLU", {})])
def test_relu_may_be_a_layer_of_its_own(behind: tuple[str, dict[str, Any]]) -> None:
    convolution, pooling = block(16, 300, activation="linear")
    activation = keras_layer(behind[0], (None, 298, 298, 16), **behind[1])
    has_block(model(convolution, activation, pooling, *layers()[2:]), 1, filters=16)


def test_dropout_may_stand_before_the_pooling() -> None:
    convolution, pooling, *others = layers()
    has_block(model(convolution, keras_layer("Dropout", (None, 298, 298, 16)), pooling, *others), 1, filters=16)


@pytest.mark.parametrize("pool_size", [[2, 2], 2])
def test_pooling_strides_default_to_its_size(pool_size: object) -> None:
    has_block(pooled_by("MaxPooling2D", pool_size=pool_size, strides=None), 1, filters=16)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"filters": 32}, "32 filters"),
        ({"filters": None}, "None filters"),
        ({"kernel_size": [5, 5]}, "a kernel of 5 x 5"),
        ({"kernel_size": [3]}, "a kernel of 3"),
        ({"kernel_size": None}, "a kernel of None"),
        ({"activation": "tanh"}, "activation tanh"),
        ({"activation": "linear"}, "activation linear"),
        ({"activation": None}, "activation linear"),
        ({"padding": "same"}, "padding 'same', which keeps the size instead of losing the border"),
        ({"strides": [2, 2]}, "strides [2, 2]"),
    ],
)
def test_another_convolution_is_refused_with_the_chain_of_sizes(config: dict[str, Any], found: str) -> None:
    refused = unmet(has_block, first_block(**config), 1, filters=16)
    assert refused.message == f"Convolution block 1: found {found}. {CHAIN}"
    assert refused.found == found
    assert refused.expected == "16 filters of 3 x 3 with relu, then 2 x 2 max pooling"
    assert refused.cell == LAYERS


@pytest.mark.parametrize(
    ("class_name", "config", "found"),
    [
        ("AveragePooling2D", {}, "AveragePooling2D after the convolution"),
        ("MaxPooling2D", {"pool_size": [3, 3], "strides": [3, 3]}, "pooling of [3, 3]"),
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": [1, 1]}, "pooling with strides [1, 1]"),
        ("Flatten", {}, "no pooling after the convolution"),
    ],
)
def test_another_pooling_is_refused(class_name: str, config: dict[str, Any], found: str) -> None:
    assert unmet(has_block, pooled_by(class_name, **config), 1, filters=16).found == found


def test_a_convolution_at_the_very_end_has_no_pooling() -> None:
    assert unmet(has_block, model(layers()[0]), 1, filters=16).found == "no pooling after the convolution"


def test_pictures_of_another_size_are_not_charged_to_the_blocks() -> None:
    smaller = model(*block(16, 150), *block(32, 74), *block(64, 36), input_shape=[None, 150, 150, 3])
    has_block(smaller, 1, filters=16)
    has_block(smaller, 2, filters=32)
    has_block(smaller, 3, filters=64)


@pytest.mark.parametrize(("count", "found"), [(0, "0 convolutions in the model"), (1, "1 convolution in the model")])
def test_a_block_that_is_not_there_is_refused(count: int, found: str) -> None:
    refused = unmet(has_block, model(*layers()[: 2 * count]), 3, filters=64)
    assert refused.message == (
        f"Convolution block 3: found {found}, expected 64 filters of 3 x 3 with relu, then 2 x 2 max pooling."
    )


def test_a_block_too_many_is_refused() -> None:
    refused = unmet(has_only_blocks, model(*layers()[:6], *block(128, 35), *layers()[6:]), 3)
    assert refused.message == "The convolutions: found 4 of them, expected 3 blocks."


def test_without_known_sizes_there_is_no_chain_to_tell() -> None:
    unknown = [layer.model_copy(update={"output_shape": None}) for layer in layers()]
    refused = unmet(has_block, model(*unknown, input_shape=None), 1, filters=32)
    assert refused.message == "Convolution block 1: found 16 filters."


# --- the hidden layer -------------------------------------------------------------------------------------------------


def test_the_hidden_layer_is_remarked_on_with_its_features() -> None:
    assert has_hidden_layer(view().model, units=512) == "The last block hands 78,400 features to the 512 neurons."


@pytest.mark.parametrize(
    ("built", "found"),
    [
        ([*layers()[:7], dense(256, "relu"), dense(1, "sigmoid")], "256 neurons with relu"),
        ([*layers()[:7], dense(512, "tanh"), dense(1, "sigmoid")], "512 neurons with tanh"),
        (
            [*layers()[:7], dense(512, "relu"), dense(64, "relu"), dense(1, "sigmoid")],
            "512 neurons with relu and 64 neurons with relu",
        ),
        ([*layers()[:7], dense(1, "sigmoid")], "no Dense layer before the output"),
        ([*layers()[:6], dense(512, "relu"), dense(1, "sigmoid")], "no Flatten before it"),
        ([*layers()[:6], dense(512, "relu"), layers()[6], dense(1, "sigmoid")], "no Flatten before it"),
        (
            [*layers()[:6], keras_layer("GlobalAveragePooling2D", (None, 64)), *layers()[7:]],
            "GlobalAveragePooling2D",
        ),
        ([], "no Flatten before it"),
    ],
)
def test_another_head_is_refused(built: list[Layer], found: str) -> None:
    refused = unmet(has_hidden_layer, model(*built), units=512)
    assert refused.message == (
        f"The hidden layer: found {found}, expected Flatten, then Dense with 512 neurons and relu."
    )
    assert refused.cell == LAYERS


# --- the output -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [(1, "sigmoid"), (2, "softmax")])
def test_two_classes_are_told_apart_by_one_neuron_or_by_two(last: tuple[int, str]) -> None:
    ends_for_two_classes(model(*layers()[:-1], dense(*last)))


def test_the_activation_may_be_a_layer_of_its_own() -> None:
    for behind in (keras_layer("Activation", (None, 2), activation="softmax"), keras_layer("Softmax", (None, 2))):
        ends_for_two_classes(model(*layers()[:-1], dense(2, "linear"), behind))


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ((1, "linear"), "1 neuron with linear"),
        ((1, "softmax"), "1 neuron with softmax"),
        ((2, "sigmoid"), "2 neurons with sigmoid"),
        ((3, "softmax"), "3 neurons with softmax"),
    ],
)
def test_another_output_is_refused_without_giving_the_answer(last: tuple[int, str], found: str) -> None:
    refused = unmet(ends_for_two_classes, model(*layers()[:-1], dense(*last)))
    assert refused.message == (
        f"The output layer: found {found}, expected an output that tells two classes apart: one probability, or one "
        "per class that add up to 1."
    )


def test_an_output_of_an_odd_size_is_no_number() -> None:
    odd = keras_layer("Dense", (None, 1), units="one", activation="sigmoid")
    assert model(odd).output.value == Output(None, "sigmoid")


def test_a_model_without_dense_layers_shows_no_output() -> None:
    for built in ([], layers()[:6]):
        with pytest.raises(NoEvidence, match=r"^The output layer: found no Dense layer\.$"):
            ends_for_two_classes(model(*built))


def test_there_may_be_no_model() -> None:
    with pytest.raises(NoEvidence, match=r"^The model: found none, expected a Keras model\.$"):
        _ = view(without=["model"]).model


# --- input ------------------------------------------------------------------------------------------------------------


def test_the_input_is_a_colour_picture() -> None:
    takes_pictures(view().model, 300, 300)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (None, "no shape, so that no layer knows how many weights it needs"),
        ([None, 300, 300, 1], "300 x 300 x 1, grey pictures"),
        ([None, 150, 300, 3], "150 x 300 x 3"),
        ([None, 90000], "90000"),
        ([None, None, None, 3], "None x None x 3"),
    ],
)
def test_another_input_is_told(shape: list[int | None] | None, found: str) -> None:
    refused = unmet(takes_pictures, model(*layers(), input_shape=shape), 300, 300)
    assert refused.message == f"The input of the network: found {found}, expected 300 x 300 x 3."
    assert refused.cell == LAYERS


# --- what a model must not have beside, or need not know --------------------------------------------------------------


def test_a_second_pooling_is_one_too_many() -> None:
    second = layers()[1].model_copy(update={"output_shape": None})
    refused = unmet(has_only_blocks, model(*layers()[:2], second, *layers()[2:]), 3)
    assert refused.message == "The poolings: found 4 of them, expected one for each convolution."


def test_a_model_whose_shapes_are_not_known_yet_has_a_hidden_layer_all_the_same() -> None:
    unbuilt = [layer.model_copy(update={"output_shape": None}) for layer in layers()]
    assert has_hidden_layer(model(*unbuilt, input_shape=None), units=512) is None
    without = [layer for layer in unbuilt if layer.class_name != "Flatten"]
    assert unmet(has_hidden_layer, model(*without, input_shape=None), units=512).found == "no Flatten before it"


# --- one mistake made in both models ----------------------------------------------------------------------------------

GREY = {"input_shape": [None, 300, 300, 1]}


def test_what_is_wrong_in_an_example_is_taken_where_it_is_the_same() -> None:
    wrong = [*layers()[:-2], dense(256, "relu"), dense(2, "sigmoid")]
    one, other = model(*wrong, **GREY), model(*block(16, 300), *wrong[-3:], **GREY)
    takes_pictures(other, 300, 300, like=one)
    assert has_hidden_layer(other, units=512, like=one) is None
    ends_for_two_classes(other, like=one)


def test_what_is_neither_right_nor_like_the_example_is_refused() -> None:
    example, other = view().model, model(*layers()[:-3], dense(256, "relu"), dense(2, "sigmoid"), **GREY)
    assert unmet(takes_pictures, other, 300, 300, like=example).expected == "300 x 300 x 3"
    assert unmet(has_hidden_layer, other, units=512, like=example).found == "no Flatten before it"
    assert unmet(ends_for_two_classes, other, like=example).found == "2 neurons with sigmoid"


# --- one head and no other --------------------------------------------------------------------------------------------


def test_the_head_is_the_one_that_is_asked_for() -> None:
    ends_with(view().model, units=1, activation="sigmoid")
    ends_with(model(*layers()[:-1], dense(2, "softmax")), units=2, activation="softmax")


@pytest.mark.parametrize(
    ("units", "activation", "found"),
    [
        (2, "sigmoid", "2 neurons with sigmoid, two answers that need not add up to 1"),
        (1, "softmax", "1 neuron with softmax, whose answer is the same for every picture"),
        (1, "linear", "1 neuron without an activation"),
        (2, "softmax", "2 neurons with softmax"),
    ],
)
def test_another_head_is_told_with_what_is_wrong_about_it(units: int, activation: str, found: str) -> None:
    refused = unmet(ends_with, model(*layers()[:-1], dense(units, activation)), units=1, activation="sigmoid")
    assert refused.message == f"The output layer: found {found}, expected 1 neuron with sigmoid."
