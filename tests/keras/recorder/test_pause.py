"""Epochs after which training waits for a word, and weights that a run without training does without: from inside."""

from __future__ import annotations

from typing import Any

import pytest
from apart import apart

PROGRAM = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
from fairmark.keras.recorder.pause import Pauser
from fairmark.keras.recorder.unfilled import leave_unfilled
from fairmark.sandbox.jobs import Pauses

class Told:
    exported, failing, word = 0, False, "go"
    def export(self, model, moment):
        if self.failing:
            raise OSError(28, "No space left on device")
        assert moment == "epoch"
        self.exported += 1
    def wait(self, seconds):
        return self.word

class Model:
    def __init__(self, trainable_weights):
        self.trainable_weights = trainable_weights

def heard(logs, word="go", failing=False, fits=None, weights=("kernel",), **pauses):
    told = Told()
    told.word, told.failing = word, failing
    pauser = Pauser(Pauses(**pauses), told, told)
    ends = [pauser.ends(Model(weights), fit, one) for fit, one in zip(fits or ["fit-1"] * len(logs), logs)]
    return {"ends": ends, "exported": told.exported}

nan, good, bad = float("nan"), {"loss": 0.1, "accuracy": 0.9}, {"loss": 0.6, "accuracy": 0.5}
still = [{"loss": 0.6931}] * 4
answers = {
    "good": heard([bad, good], accuracy=0.8),
    "stopped": heard([bad, good], word="stop", accuracy=0.8),
    "unheard": heard([good], word=None, accuracy=0.8),
    "other word": heard([good], word="stopped", accuracy=0.8),
    "validated": heard([good | {"val_accuracy": 0.5}, bad | {"val_accuracy": 0.9}], accuracy=0.8),
    "short name": heard([{"loss": 0.1, "acc": 0.9}], accuracy=0.8),
    "no accuracy": heard([{"loss": 0.1}, {}], accuracy=0.8),
    "never": heard([good, bad]),
    "no number": heard([{"loss": nan}, {"loss": float("inf")}]),
    "still": heard(still, still_epochs=3),
    "still allowed": heard(still),
    "frozen": heard([bad], weights=(), accuracy=0.8),
    "two fits": heard(still, fits=["fit-1", "fit-1", "fit-2", "fit-2"], still_epochs=2),
    "no room": heard([good], word="stop", failing=True, accuracy=0.8),
    "odd logs": heard([good | {"f1": [0.1, 0.2]}], word="stop", accuracy=0.8),
}

unfilled = leave_unfilled()
def drawn(initializer, *shape, dtype="float32"):
    return np.asarray(initializer(shape, dtype=dtype))

make = keras.initializers
large, small = (1100, 1000), (100, 100)
kinds = ["GlorotUniform", "HeNormal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"]
answers["large"] = {kind: [float(np.abs(drawn(getattr(make, kind)(), *large)).max())] for kind in kinds}
answers["small"] = {kind: bool(np.abs(drawn(getattr(make, kind)(), *small)).max() > 0) for kind in kinds}
answers["constant"] = float(drawn(make.Ones(), *large).min())
answers["half"] = bool(np.abs(drawn(make.GlorotUniform(), *large, dtype="float16")).max() > 0)
model = keras.Sequential([keras.Input((1200,)), keras.layers.Dense(1000), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
answers["parameters"] = model.count_params()
unread = leave_unfilled()  # the latest is asked for weights
looked_at = keras.Sequential([keras.Input((1200,)), keras.layers.Dense(1000), keras.layers.Dense(1)])
looked_at.compile(loss="mse", optimizer="rmsprop")
looked_at.summary(print_fn=lambda line: None)
looked_at.to_json()
answers["read"] = [unfilled.were_read(), unread.were_read()]
looked_at.layers[0].get_weights()
answers["read"].append(unread.were_read())

before = model.predict(np.ones((2, 1200)), verbose=0).tolist()
model.layers[0].kernel.assign(np.ones((1200, 1000)))
answers["predicted"] = [before, bool(np.abs(model.predict(np.ones((2, 1200)), verbose=0)).max() > 0)]

from fairmark.keras.recorder.training import Watch
sent = []
watch = Watch(sent.append, "fit-1", None)
watch.set_model(model)
watch.on_epoch_begin(0)
watch.on_epoch_end(0, {"loss": 0.5, "f1": np.array([0.1, 0.2]), "acc": np.float32(0.5), "odd": None})
answers["logs"] = sent[0].logs
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    found: dict[str, Any] = apart(PROGRAM)
    return found


# --- pauses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "ends", "exported"),
    [
        ("good", [False, False], 1),
        ("stopped", [False, True], 1),
        ("unheard", [False], 1),
        ("other word", [False], 1),
        ("validated", [False, False], 1),
        ("short name", [False], 1),
        ("no accuracy", [False, False], 0),
        ("never", [False, False], 0),
        ("no number", [False, False], 2),
        ("still", [False] * 4, 1),
        ("still allowed", [False] * 4, 0),
        ("two fits", [False] * 4, 0),
        ("frozen", [False], 1),
    ],
)
def test_training_waits_after_epochs_that_may_settle_it_and_ends_on_one_word(
    what: str, ends: list[bool], exported: int, answers: dict[str, Any]
) -> None:
    assert answers[what] == {"ends": ends, "exported": exported}


@pytest.mark.parametrize("what", ["no room", "odd logs"])
def test_what_goes_wrong_with_a_pause_never_breaks_the_training(what: str, answers: dict[str, Any]) -> None:
    assert answers[what] == {"ends": [False], "exported": 0}


def test_a_metric_of_several_numbers_never_breaks_the_training(answers: dict[str, Any]) -> None:
    assert answers["logs"] == {"loss": 0.5, "acc": 0.5}


# --- weights that nobody looks at -------------------------------------------------------------------------------------


def test_large_weights_are_zero_and_small_ones_drawn(answers: dict[str, Any]) -> None:
    assert set(answers["large"]) == set(answers["small"])
    assert all(most == [0.0] for most in answers["large"].values())
    assert all(answers["small"].values())


def test_weights_that_are_not_random_or_not_float32_are_as_ever(answers: dict[str, Any]) -> None:
    assert (answers["constant"], answers["half"]) == (1.0, True)


def test_whether_anything_has_looked_at_them_is_known(answers: dict[str, Any]) -> None:
    after_drawing, after_summing_up, after_taking_them = answers["read"]
    assert (after_drawing, after_summing_up, after_taking_them) == (True, False, True)


def test_a_model_with_such_weights_can_be_used_and_changed(answers: dict[str, Any]) -> None:
    assert answers["parameters"] == 1200 * 1000 + 1000 + 1000 + 1
    assert answers["predicted"] == [[[0.0], [0.0]], True]
