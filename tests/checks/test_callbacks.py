"""Questions about a callback that ends training."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import STEPS, TRAINING, unmet, view

from fairmark.checks import NotShown, RunView
from fairmark.checks.callback_text import callback_text
from fairmark.checks.callbacks import (
    compares_with,
    defines_one,
    ends_training_in_time,
    is_given,
    reads,
    stops_the_model,
)
from fairmark.evidence import Cell, EpochEnded, FitFinished

RIGHT = """
class StopWhenLearned(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] >= 0.999:
            self.model.stop_training = True
"""

OTHERWISE = [
    RIGHT,
    RIGHT.replace('logs["accuracy"] >= 0.999', 'logs.get("accuracy") > 99.9 / 100'),
    RIGHT.replace('logs["accuracy"] >= 0.999', '0.999 <= logs["accuracy"]'),
    RIGHT.replace("keras.callbacks.Callback", "tf.keras.callbacks.Callback").replace("epoch, logs=None", "e, logs={}"),
    """
LIMIT = 0.999
class Enough(Callback):
    def __init__(self, key="accuracy"):
        super().__init__()
        self.key = key
    def on_epoch_end(self, epoch, logs):
        reached = logs[self.key] >= LIMIT
        network = self.model
        network.stop_training = reached
""",
    """
class Enough(keras.callbacks.Callback):
    def __init__(self, threshold):
        super().__init__()
        self.threshold = threshold
    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] < self.threshold:
            return
        setattr(self.model, "stop_training", True)
stop = Enough(threshold=0.999)
""",
    """
class Enough(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if not logs["accuracy"] < 0.999:
            self.model.stop_training = True
""",
]


def written(source: str) -> RunView:
    """The exercise ``steps`` of the recorded run is where the callback stands."""
    return view(sources={"steps": source}, exercise="steps")


@pytest.mark.parametrize("source", OTHERWISE)
def test_right_callbacks_pass_however_they_are_spelled(source: str) -> None:
    run = written(source)
    defines_one(run)
    stops_the_model(run)
    reads(run, "accuracy", what="the training accuracy")
    compares_with(run, 0.999)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "The callback: found no such class, expected a class made from keras.callbacks.Callback."),
        ("class (", "The callback: found no such class, expected a class made from keras.callbacks.Callback."),
        (
            RIGHT.replace("(keras.callbacks.Callback)", ""),
            "The callback: found no such class, expected a class made from keras.callbacks.Callback.",
        ),
        (
            RIGHT.replace("on_epoch_end", "on_epochs_end"),
            "The callback: found on_epochs_end, expected a method that fit calls when an epoch ends.",
        ),
        (
            RIGHT.replace("self, epoch, logs=None", "epoch, logs=None"),
            "The callback: found on_epoch_end with 2 parameters, expected three: self, the epoch and its logs.",
        ),
    ],
)
def test_what_is_no_callback_is_told(source: str, message: str) -> None:
    assert unmet(defines_one, written(source)).message == message


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("self.model.stop", "self.stop", "stop_training set on self, the callback, where fit does not look"),
        (
            "self.model.stop",
            "model.stop",
            "stop_training set on model, a name of the notebook's that may stand for another model",
        ),
        ("= True", "= False", "stop_training set to False, which stops nothing"),
        ("= True", "== True", "a comparison with stop_training (== for =), which stops nothing"),
        ("stop_training = True", "stop_training()", "a call of stop_training, which stops nothing"),
        ("self.model.stop", "stop", "a variable of its own named stop_training, which stops nothing"),
        ("self.model.stop_training = True", "return", "stop_training set nowhere"),
    ],
)
def test_a_callback_that_does_not_stop_its_model_is_told(old: str, new: str, found: str) -> None:
    said = unmet(stops_the_model, written(RIGHT.replace(old, new))).message
    assert said == f"The callback: found {found}, expected stop_training set on the model that is being trained."


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ('"acc"', "'acc'"),
        ('"val_accuracy"', "'val_accuracy', measured on the validation pictures"),
        ("name", "no entry of the logs"),
    ],
)
def test_a_callback_that_reads_something_else_is_told(key: str, found: str) -> None:
    said = unmet(reads, written(RIGHT.replace('"accuracy"', key)), "accuracy", what="the training accuracy").message
    assert said == (
        f"What the callback reads: found {found}, expected the training accuracy, under the name fit logs it by."
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("0.999", "0.95", "0.95"),
        ("0.999", "99.9", "99.9"),
        (">=", "<", "a stop while the accuracy is below it"),
        ('logs["accuracy"] >= 0.999', 'logs["accuracy"]', "no comparison"),
    ],
)
def test_another_threshold_is_told(old: str, new: str, found: str) -> None:
    said = unmet(compares_with, written(RIGHT.replace(old, new)), 0.999).message
    assert said == f"The threshold: found {found}, expected a stop at 99.9%."


def test_a_threshold_that_cannot_be_read_off_is_left_to_the_training() -> None:
    compares_with(written(RIGHT.replace("0.999", "limit()")), 0.999)


def test_nothing_is_asked_of_a_method_that_is_not_there() -> None:
    with pytest.raises(NotShown):
        stops_the_model(written(RIGHT.replace("on_epoch_end", "on_end")))


def test_cells_that_do_not_run_define_no_callback() -> None:
    cell = Cell(position=1, number=1, role="exercise", exercise="callback", touched=False, source=RIGHT)
    assert callback_text([cell]) == []


# --- the training -----------------------------------------------------------------------------------------------------


def trained(accuracies: list[float], asked: int = 15, **edits: Any) -> RunView:  # noqa: ANN401 - see recorded
    epochs = {f"epoch_{number}" for number in range(1, 16)}
    ended = [
        EpochEnded(fit="fit-1", epoch=number, steps=8, validation_steps=8, seconds=1.0, logs={"accuracy": accuracy})
        for number, accuracy in enumerate(accuracies, start=1)
    ]
    finished = FitFinished(fit="fit-1", cell=TRAINING, epochs=len(ended), iterations=8)
    return view(
        without={*epochs, "fitted"},
        also=[*ended, finished],
        fit={"epochs": asked, "callbacks": edits.get("callbacks", [])},
        sources={"training": "history = model.fit(training_pictures, **settings)", "steps": RIGHT},
    )


@pytest.mark.parametrize("given", [["StopWhenLearned"], ["History", "StopWhenLearned"]])
def test_the_callback_is_among_those_that_fit_was_given(given: list[str]) -> None:
    run = trained([1.0], callbacks=given)
    is_given(run.training, run, name="Another")


@pytest.mark.parametrize(("given", "found"), [([], "none"), (["EarlyStopping"], "EarlyStopping"), (["type"], "type")])
def test_a_callback_that_fit_was_not_given_is_told(given: list[str], found: str) -> None:
    run = trained([1.0], callbacks=given)
    said = unmet(is_given, run.training, run, name="StopWhenLearned").message
    assert said == f"The callbacks given to fit: found {found}, expected a StopWhenLearned."


def test_training_that_ends_with_the_epoch_that_reached_it_is_right() -> None:
    run = trained([0.5, 0.9875, 1.0])
    said = ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)
    assert said == "Training ended after epoch 3 of 15."


@pytest.mark.parametrize(
    ("accuracies", "message"),
    [
        (
            [0.5, 0.95],
            "The end of the training: found a stop after epoch 2, at an accuracy of 0.9500, expected to go on until "
            "99.9%.",
        ),
        (
            [0.5, 1.0, 0.9],
            "The end of the training: found 99.9% reached in epoch 2, but 3 epochs run, expected a stop after that "
            "epoch.",
        ),
    ],
)
def test_training_that_ends_too_early_or_too_late_is_told(accuracies: list[float], message: str) -> None:
    run = trained(accuracies)
    assert unmet(ends_training_in_time, run, run.training, key="accuracy", threshold=0.999).message == message


@pytest.mark.parametrize("accuracies", [[], [float("nan")] * 15, [0.9] * 15])
def test_training_that_never_got_there_shows_nothing(accuracies: list[float]) -> None:
    run = trained(accuracies)
    with pytest.raises(NotShown):
        ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)


def test_a_rehearsal_shows_nothing() -> None:
    evidence = trained([1.0]).evidence
    rehearsed = evidence.model_copy(update={"run": evidence.run.model_copy(update={"rehearsed": True})})
    run = view(rehearsed)
    with pytest.raises(NotShown):
        ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)


def test_the_steps_of_the_recorded_run_are_where_the_callback_stands() -> None:
    assert written(RIGHT).cells_of("steps") == {STEPS}
