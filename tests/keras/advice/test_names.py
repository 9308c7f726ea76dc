"""The nearest name: one letter, capitals, and pairs that must not be taken for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.keras.advice.names import GONE, HOMES, OPTIONS, import_line, nearest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("RMSProp", "RMSprop"),
        ("RSSPROP", "RMSprop"),
        ("imageDataGenerator", "ImageDataGenerator"),
        ("Maxpooling2D", "MaxPooling2D"),
        ("conv2d", "Conv2D"),
        ("Flaten", "Flatten"),
        ("Adam", None),
        ("Conv4D", None),
        ("Linear", None),
        ("D" * 61, None),
    ],
)
def test_a_misspelt_name_of_keras_finds_the_one_that_is_meant(typed: str, meant: str | None) -> None:
    assert nearest(typed, HOMES) == meant


@pytest.mark.parametrize(
    ("typed", "other"),
    [("x_train", "y_train"), ("Conv1D", "Conv2D"), ("train_dir", "test_dir"), ("model1", "model2"), ("a", "b")],
)
def test_names_that_mean_two_things_are_not_taken_for_each_other(typed: str, other: str) -> None:
    assert nearest(typed, [other]) is None


def test_an_option_is_found_whatever_its_capitals() -> None:
    assert [nearest(word, OPTIONS) for word in ("Epochs", "epoch", "target_sise")] == [
        "epochs",
        "epochs",
        "target_size",
    ]


def test_what_is_gone_is_never_what_is_meant() -> None:
    assert not set(GONE) & {*HOMES, *OPTIONS}


def test_an_import_names_the_module_below_tensorflow() -> None:
    assert import_line("Dense") == "from tensorflow.keras.layers import Dense"


@given(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=10))
def test_the_nearest_is_one_of_the_known_and_never_the_same(typed: str, known: list[str]) -> None:
    found = nearest(typed, known)
    assert found is None or (found in known and found != typed)
