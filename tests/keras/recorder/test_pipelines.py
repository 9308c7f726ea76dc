"""Pipelines without autotuning give what they give with it."""

from __future__ import annotations

from typing import Any

import pytest
from apart import apart

PROGRAM = """
import json, os, sys
import keras, numpy as np, tensorflow as tf
from fairmark.keras.recorder.pipelines import leave_untuned

def values():
    found = {}
    tf.random.set_seed(1)
    numbers = tf.data.Dataset.range(20).map(lambda n: n * 2, num_parallel_calls=tf.data.AUTOTUNE)
    found["numbers"] = [int(n) for n in numbers.shuffle(20, seed=1).batch(3).unbatch().prefetch(tf.data.AUTOTUNE)]
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    rows, targets = np.random.rand(16, 4).astype("float32"), np.random.rand(16).astype("float32")
    pairs = tf.data.Dataset.from_tensor_slices((rows, targets)).shuffle(16, seed=2).batch(4).prefetch(tf.data.AUTOTUNE)
    found["arrays"] = model.fit(rows, targets, batch_size=4, epochs=2, validation_split=0.25, verbose=0).history
    found["pipeline"] = model.fit(pairs, epochs=2, verbose=0).history
    found["evaluated"] = model.evaluate(pairs, verbose=0)
    return found

before = values()
leave_untuned()
options = tf.data.Options()
options.autotune.enabled = True
asked = tf.data.Dataset.range(3).with_options(options)
answers = {"before": before, "after": values()}
answers["own"] = [iter(one)._dataset.options().autotune.enabled for one in (asked, tf.data.Dataset.range(3))]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    found: dict[str, Any] = apart(PROGRAM)
    return found


@pytest.mark.parametrize("what", ["numbers", "arrays", "pipeline", "evaluated"])
def test_the_values_are_the_same(what: str, answers: dict[str, Any]) -> None:
    assert answers["after"][what] == answers["before"][what]


def test_whoever_asks_for_tuning_gets_it_and_nobody_else(answers: dict[str, Any]) -> None:
    assert answers["own"] == [True, False]
