"""Questions about a callback that ends training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from recorded import STEPS, TRAINING, unmet, view

from fairmark.checks import CheckFailed, NoEvidence
from fairmark.checks.expectation import collecting_unsupported
from fairmark.evidence import CallbackAnswer, CallbackTried, Cell, EpochEnded, FitFinished, Function
from fairmark.keras import RunView
from fairmark.keras.callback_text import callback_text
from fairmark.keras.callbacks import (
    compares_with,
    defines_one,
    ends_training_in_time,
    is_given,
    reads,
    stops_the_model,
)

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
    with pytest.raises(NoEvidence):
        stops_the_model(written(RIGHT.replace("on_epoch_end", "on_end")))


def test_cells_that_do_not_run_define_no_callback() -> None:
    cell = Cell(position=1, number=1, role="exercise", exercise="callback", touched=False, source=RIGHT)
    assert callback_text([cell]) == []


# --- what was tried ---------------------------------------------------------------------------------------------------

BODY = """
class Watching(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if self.learned(logs):
            self.model.stop_training = True

    def learned(self, logs):
        return enough(logs)
"""


def behaved(
    at: float | None = 0.999,
    before: float = 0.9985,
    epoch: int = 3,
    moved: str = "accuracy",
    *,
    elsewhere: bool = False,
) -> CallbackTried:
    """What a callback did that stopped at one value of what moved."""
    gradually = CallbackAnswer(moved=moved, stopped_at=at, before=before, epoch=None if at is None else 70)
    at_once = CallbackAnswer(moved=moved, at_once=True, stopped_at=1.0, epoch=epoch)
    answers = [one.model_copy(update={"elsewhere": elsewhere}) for one in ([gradually, at_once] if at else [gradually])]
    return CallbackTried(cell=STEPS, class_name="Watching", answers=answers)


def shown(*events: CallbackTried, source: str = BODY, exercise: str = "steps") -> RunView:
    return view(sources={"steps": source}, exercise=exercise, also=events)


def test_what_the_text_leaves_open_is_settled_by_what_the_callback_did() -> None:
    run = shown(behaved())
    defines_one(run)
    stops_the_model(run)
    reads(run, "accuracy", what="the training accuracy")
    compares_with(run, 0.999)


@pytest.mark.parametrize(
    ("did", "found"),
    [
        (behaved(0.95, 0.94), "a stop at an accuracy of 0.95"),
        (behaved(0.5, 0.5), "a stop at an accuracy of 0.5"),
        (behaved(1.0, 0.9995), "no stop at an accuracy of 0.9995"),
        (behaved(epoch=4), "no stop after the first epoch that reaches it"),
        (behaved(0.9, 0.89, moved="val_accuracy"), "a stop at an accuracy of 0.9"),
    ],
)
def test_what_the_callback_did_wrongly_is_told(did: CallbackTried, found: str) -> None:
    said = unmet(compares_with, shown(did), 0.999).message
    assert said == f"The threshold: found {found}, expected a stop at 99.9%."


def test_a_stop_at_all_is_a_stop_at_the_threshold_where_no_accuracy_lies_between_them() -> None:
    run = view(sources={"steps": BODY}, exercise="steps", also=[behaved(1.0, 0.9995)], training={"found": 80})
    compares_with(run, 0.999)


@pytest.mark.parametrize(("written", "is_shown"), [("0.9995", True), ("1.0", True), ("9.99", False)])
def test_a_trial_does_not_put_right_what_no_accuracy_reaches(written: str, is_shown: bool) -> None:
    did = behaved(1.0, 0.9985).model_copy(update={"class_name": "StopWhenLearned"})
    source = RIGHT.replace("0.999", written)
    run = view(sources={"steps": source}, exercise="steps", also=[did], training={"found": 80})
    run.evidence.folders.update({"train": {"horses": 40, "humans": 40}})
    with collecting_unsupported() as missing:
        compares_with(run, 0.999)
    assert bool(missing) is not is_shown


def test_what_else_makes_it_stop_is_told() -> None:
    either = CallbackTried(
        cell=STEPS,
        class_name="Watching",
        answers=[*behaved().answers, *behaved(moved="val_accuracy").answers],
    )
    assert unmet(reads, shown(either), "accuracy", what="the training accuracy").found == (
        "'accuracy' and 'val_accuracy', measured on the validation pictures"
    )


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("0.999", "0.95", lambda run: compares_with(run, 0.999)),
        ("0.999", "99.9", lambda run: compares_with(run, 0.99)),
        (">=", "<", lambda run: compares_with(run, 0.999)),
        ('"accuracy"', '"val_accuracy"', lambda run: reads(run, "accuracy", what="it")),
    ],
)
def test_a_record_does_not_outweigh_a_text_that_is_plain(old: str, new: str, check: Callable[[RunView], None]) -> None:
    forged = behaved().model_copy(update={"class_name": "StopWhenLearned"})
    if new == "99.9":
        forged = behaved(None, 1.0).model_copy(update={"class_name": "StopWhenLearned"})
    run = shown(forged, source=RIGHT.replace(old, new))
    with pytest.raises(CheckFailed):
        check(run)


@pytest.mark.parametrize(
    "source",
    [
        "Watching = make()",
        "class Watching:\n    def on_epoch_end(self, epoch, logs=None):\n        self.model.stop_training = True",
        "class Base: pass\nclass Watching(Base):\n    def on_epoch_end(self, epoch, logs=None): pass",
    ],
)
def test_a_record_without_a_class_in_the_text_shows_nothing(source: str) -> None:
    assert unmet(defines_one, shown(behaved(), source=source)).found == "no such class"


def test_a_record_of_a_stop_that_no_text_sets_shows_nothing() -> None:
    run = shown(behaved(), source=BODY.replace("self.model.stop_training = True", "self.learned(logs)"))
    assert unmet(stops_the_model, run).found == "stop_training set nowhere"


def test_an_object_that_fit_was_given_counts_where_the_text_gives_fit_callbacks() -> None:
    given = behaved().model_copy(update={"fit": "fit-1", "cell": TRAINING})
    with_them = {"steps": BODY, "training": "history = model.fit(training_pictures, callbacks=[Watching(7)])"}
    compares_with(view(sources=with_them, exercise="steps", also=[given]), 0.999)
    without = with_them | {"training": "history = model.fit(training_pictures, epochs=15)"}
    assert unmet(compares_with, view(sources=without, exercise="steps", also=[given]), 0.999).found == "no comparison"


@pytest.mark.parametrize("failing", [{"failed": True}, {}])
def test_a_trial_that_came_to_nothing_leaves_the_question_to_the_text(failing: dict[str, bool]) -> None:
    nothing = CallbackTried(
        cell=STEPS, class_name="Watching", answers=[CallbackAnswer(moved="accuracy", **failing)] if failing else []
    )
    assert unmet(compares_with, shown(nothing), 0.999).found == "no comparison"


def test_a_name_of_keras_under_another_name_is_known_by_the_trial() -> None:
    source = RIGHT.replace("keras.callbacks.Callback", "Base")
    assert unmet(defines_one, shown(source=source)).found == "no such class"
    defines_one(shown(behaved().model_copy(update={"class_name": "StopWhenLearned"}), source=source))


def test_a_lambda_callback_stops_the_model_by_its_name() -> None:
    source = """
stop = keras.callbacks.LambdaCallback(
    on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", logs["accuracy"] >= 0.999)
)
"""
    did = behaved(elsewhere=True).model_copy(update={"class_name": "LambdaCallback", "fit": "fit-1", "cell": TRAINING})
    fits = {"steps": source, "training": "history = model.fit(training_pictures, callbacks=[stop])"}
    run = view(sources=fits, exercise="steps", also=[did], fit={"callbacks": ["LambdaCallback"]})
    defines_one(run)
    stops_the_model(run)
    reads(run, "accuracy", what="the training accuracy")
    compares_with(run, 0.999)
    is_given(run.training, run, name="StopWhenLearned")


def test_the_accuracy_is_read_under_the_name_that_compile_gave_it() -> None:
    own = Function(name="accuracy", module="keras", config={"name": "acc"})
    run = view(
        sources={"steps": RIGHT.replace('"accuracy"', '"acc"'), "compile": "model.compile(**settings)"},
        exercise="steps",
        compiled={"metrics": [own]},
    )
    reads(run, "accuracy", what="the training accuracy")
    other = view(
        sources={"steps": RIGHT, "compile": "model.compile(**settings)"}, compiled={"metrics": [own]}, exercise="steps"
    )
    assert unmet(reads, other, "accuracy", what="the training accuracy").found == "'accuracy'"


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
    with pytest.raises(NoEvidence):
        ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)


def test_a_rehearsal_shows_nothing() -> None:
    evidence = trained([1.0]).evidence
    rehearsed = evidence.model_copy(update={"run": evidence.run.model_copy(update={"rehearsed": True})})
    run = view(rehearsed)
    with pytest.raises(NoEvidence):
        ends_training_in_time(run, run.training, key="accuracy", threshold=0.999)


def test_the_steps_of_the_recorded_run_are_where_the_callback_stands() -> None:
    assert written(RIGHT).cells_of("steps") == {STEPS}
