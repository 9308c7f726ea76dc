"""When a description and a configuration are one network."""

from __future__ import annotations

import json

import pytest
from recorded import dense, keras_layer, layers

from fairmark.keras.facts.network import is_same_network, layers_in_configuration


def entry(class_name: str, **config: object) -> dict[str, object]:
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}


def test_layers_of_a_configuration_are_read_in_order_with_nested_ones_in_their_place() -> None:
    inner = entry("Functional", layers=[entry("InputLayer"), entry("Conv2D", filters=4), entry("Flatten")])
    whole = entry("Sequential", layers=[entry("InputLayer"), inner, entry("Dense", units=1, activation="sigmoid")])
    assert [layer.class_name for layer in layers_in_configuration(json.dumps(whole))] == ["Conv2D", "Flatten", "Dense"]
    assert layers_in_configuration(json.dumps(whole))[0].config == {"filters": 4}
    assert layers_in_configuration("{}")[0].class_name == "None"


def test_names_and_what_layers_keep_for_themselves_do_not_matter() -> None:
    one, other = dense(3, "relu"), dense(3, "relu").model_copy(update={"name": "another"})
    assert is_same_network([one], [other.model_copy(update={"config": {**other.config, "dtype": "float16"}})])


@pytest.mark.parametrize(
    "other",
    [
        layers()[:-1],
        [*layers()[:-1], dense(2, "sigmoid")],
        [*layers()[:-1], dense(1, "softmax")],
        [*layers()[1:], layers()[0]],
        [keras_layer("Dropout", (None, 3), rate=0.5), *layers()],
    ],
    ids=range(5),
)
def test_another_class_setting_or_order_is_another_network(other: list) -> None:
    assert not is_same_network(layers(), other)


def test_an_activation_is_one_however_it_is_written_down() -> None:
    long = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert is_same_network(
        [dense(3, "relu")], [dense(3, "relu").model_copy(update={"config": {"units": 3, "activation": long}})]
    )
