"""Callbacks tried on made-up logs: what is seen of them, and that nothing of the trial stays."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import keras
import pytest

from fairmark.evidence import CallbackAnswer, CallbackTried
from fairmark.keras.recorder import callback_trial


class Recording:
    """Stands in for a recorder."""

    def __init__(self, cell: int, sent: list[Any]) -> None:
        self.cell = cell
        self.send = sent.append


def defined(body: str) -> dict[str, Any]:
    """What a cell leaves that defines a callback whose ``on_epoch_end`` has this body."""
    source = "class Own(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
    names: dict[str, Any] = {"__name__": "__main__", "keras": keras}
    source += textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    exec(source, names)
    return {**names, "source": source}


def tried(names: dict[str, Any]) -> list[CallbackTried]:
    sent: list[Any] = []
    callback_trial.try_classes(Recording(3, sent), names, names["source"])  # type: ignore[arg-type]
    return sent


def stops(body: str) -> dict[str, CallbackAnswer]:
    """The answers in which it stopped, by what moved."""
    (event,) = tried(defined(body))
    assert (event.class_name, event.cell, event.fit) == ("Own", 3, None)
    return {
        answer.moved + " at once" * answer.at_once: answer for answer in event.answers if answer.stopped_at is not None
    }


@pytest.mark.parametrize(
    ("condition", "stopped_at", "before"),
    [
        ('logs["accuracy"] * 100 >= 99.9', 0.999, 0.9985),
        ('logs["accuracy"] == 1.0', 1.0, 0.9995),
        ('not logs["accuracy"] < 0.9', 0.9, 0.89),
        ('1 - logs["accuracy"] < 0.05', 0.96, 0.95),
    ],
)
def test_the_accuracy_at_which_it_stops_is_found(condition: str, stopped_at: float, before: float) -> None:
    answers = stops(f"if {condition}:\n    self.model.stop_training = True")
    assert set(answers) == {"accuracy", "accuracy at once"}
    assert (answers["accuracy"].stopped_at, answers["accuracy"].before) == (stopped_at, before)
    assert answers["accuracy at once"].epoch == 3


def test_each_number_that_makes_it_stop_is_told() -> None:
    assert set(stops('if logs["val_accuracy"] > 0.9:\n    self.model.stop_training = True')) == {"val_accuracy"}
    assert set(stops('if logs["loss"] < 0.1:\n    self.model.stop_training = True')) == {"loss"}


def test_a_stop_set_on_the_callback_is_none() -> None:
    assert stops("self.stop_training = True") == {}


def test_a_callback_that_raises_or_writes_or_never_ends_says_nothing(tmp_path: Path) -> None:
    (raised,) = tried(defined('logs["acc"]'))
    assert {answer.failed for answer in raised.answers} == {True}
    (wrote,) = tried(defined(f'open("{tmp_path}/left", "w")'))
    assert {answer.failed for answer in wrote.answers} == {True}
    assert list(tmp_path.iterdir()) == []
    assert tried(defined("while True:\n    pass")) == []


def test_what_fit_was_given_is_tried_and_stays_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    names = defined('self.seen = logs\nprint("seen")\nif logs["mine"] > 0.9:\n    self.model.stop_training = True')
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(loss="binary_crossentropy", metrics=[keras.metrics.BinaryAccuracy(name="mine")])
    callback, sent = names["Own"](), []
    recorder: Any = Recording(5, sent)
    callback_trial.try_given(recorder, model, "fit-1", [callback, keras.callbacks.History()])
    assert [(event.fit, event.class_name) for event in sent] == [("fit-1", "Own")]
    assert {answer.moved for answer in sent[0].answers if answer.stopped_at is not None} == {"mine"}
    assert not hasattr(callback, "seen")
    assert callback.model is None
    assert model.stop_training is False
    assert capfd.readouterr().out == ""


def test_a_stop_by_the_name_of_the_model_is_told_as_that() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=["accuracy"])

    def stop(epoch: int, logs: dict[str, float]) -> None:
        model.stop_training = logs["accuracy"] > 0.9

    sent: list[Any] = []
    recorder: Any = Recording(5, sent)
    callback_trial.try_given(recorder, model, "fit-1", keras.callbacks.LambdaCallback(on_epoch_end=stop))
    assert {answer.elsewhere for answer in sent[0].answers if answer.stopped_at is not None} == {True}


@pytest.mark.parametrize("given", [None, [], 7, keras.callbacks.History(), [object()]])
def test_what_is_keras_s_own_is_not_tried(given: object) -> None:
    sent: list[Any] = []
    recorder: Any = Recording(5, sent)
    callback_trial.try_given(recorder, keras.Sequential(), "fit-1", given)
    assert sent == []


def test_of_a_loop_over_epochs_the_first_calls_of_fit_are_tried() -> None:
    names = defined("self.model.stop_training = True")
    sent: list[Any] = []
    recorder: Any = Recording(5, sent)
    for number in range(6):
        callback_trial.try_given(recorder, keras.Sequential(), f"fit-{number}", [names["Own"]()])
    assert [event.fit for event in sent] == ["fit-0", "fit-1", "fit-2"]
