"""Places and defaults of arguments, held against the Keras that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from fairmark.keras.facts.calls import DEFAULT_RATES, default_of, names_of, place_of

LAYERS = ("Conv2D", "MaxPooling2D", "AveragePooling2D", "Dense", "Activation", "Rescaling", "Input", "InputLayer")
LOSSES = (
    *("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"),
    *("BinaryFocalCrossentropy", "CategoricalFocalCrossentropy"),
)
OPTIMIZERS = tuple(name for name, _ in DEFAULT_RATES)

PLACES = {
    "ImageDataGenerator": "image.ImageDataGenerator",
    "DirectoryIterator": "image.DirectoryIterator",
    "flow_from_directory": "image.ImageDataGenerator.flow_from_directory",
    "image_dataset_from_directory": "keras.utils.image_dataset_from_directory",
    "compile": "keras.Model.compile",
    "fit": "keras.Model.fit",
    "BinaryAccuracy": "keras.metrics.BinaryAccuracy",
    **{name: f"keras.layers.{name}" for name in LAYERS},
    **{name: f"keras.losses.{name}" for name in LOSSES},
    **{name: f"keras.optimizers.{name}" for name in OPTIMIZERS},
}
"""Where each stands in Keras."""

PROGRAM = """
import inspect, json, operator, sys
from types import SimpleNamespace
from tensorflow import keras
from tensorflow.keras.preprocessing import image

root = SimpleNamespace(keras=keras, image=image)
said = {}
for name, place in json.loads(sys.argv[1]).items():
    parameters = list(inspect.signature(operator.attrgetter(place)(root)).parameters.values())
    said[name] = [
        (one.name, None if one.default is one.empty else repr(one.default)) for one in parameters if one.name != "self"
    ]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def signatures() -> dict[str, list[tuple[str, str | None]]]:
    """The parameters of each, in order, with the text of their defaults, as Keras itself says in another process."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(PLACES)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, list[tuple[str, str | None]]] = json.loads(said.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", PLACES)
def test_arguments_stand_where_keras_has_them(name: str, signatures: dict[str, list[Any]]) -> None:
    order = [parameter for parameter, _ in signatures[name]]
    known = {parameter: place_of(name, parameter) for parameter in order}
    assert any(place is not None for place in known.values())
    assert {parameter: place for parameter, place in known.items() if place not in (None, order.index(parameter))} == {}


@pytest.mark.parametrize("name", sorted(set(PLACES) - {"Activation", "Input", "InputLayer"}))
def test_defaults_are_those_of_keras(name: str, signatures: dict[str, list[Any]]) -> None:
    known = {parameter: (default_of(name, parameter), said) for parameter, said in signatures[name]}
    known = {parameter: (default, said) for parameter, (default, said) in known.items() if default is not None}
    assert known
    for parameter, ((value,), said) in known.items():
        assert _without_pairs(repr(value)) == _without_pairs(str(said)), parameter


def _without_pairs(default: str) -> str:
    """Keras takes one number for two that are alike."""
    return default.replace("(1, 1)", "1").replace("(2, 2)", "2")


def test_what_nobody_knows_has_no_place_and_no_default() -> None:
    assert (place_of("Conv2D", "colour"), default_of("Conv2D", "colour")) == (None, None)
    assert (place_of("no_such_call", "x"), default_of("no_such_call", "x")) == (None, None)


def test_another_name_of_a_layer_has_the_same_arguments() -> None:
    assert names_of("MaxPool2D") == ("MaxPooling2D", "MaxPool2D")
    assert place_of("MaxPool2D", "strides") == place_of("MaxPooling2D", "strides") == 1
    assert default_of("MaxPool2D", "pool_size") == ((2, 2),)
