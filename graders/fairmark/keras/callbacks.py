"""Questions about a callback that ends training: what its class says, and what came of it.

What a class does cannot be seen before it is called, so it is asked of the notebook's text, parsed and never run here.
Where the text is plain (an entry of the logs, as it stands, is compared with a number), it alone decides. Where it is
not (a percentage, a method of its own, a loop), the callback has been tried on made-up logs in the sandbox
(:mod:`fairmark.keras.recorder.callback_trial`), and what it did there decides, together with the text: the trial runs
among the student's code and can be forged, so the text must show the class, and a call of ``fit`` that is given
callbacks where it is the object given to it that was tried. What both leave open is settled by the training: in which
epoch it ended, and with which accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fairmark.checks.expectation import CheckFailed, NoEvidence, spell
from fairmark.evidence import CallbackTried, Cell
from fairmark.keras.callback_text import CallbackText, callback_text, sets_stop_training
from fairmark.keras.callback_tried import Tried, tried
from fairmark.keras.facts.accuracy_names import accuracy_curve, accuracy_keys, is_accuracy_key
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView

__all__ = ["compares_with", "defines_one", "ends_training_in_time", "is_given", "reads", "stops_the_model"]

_ENDING = "on_epoch_end"
_NEAR = 1e-9


def defines_one(run: RunView) -> None:
    """The exercise defines a class made from ``keras.callbacks.Callback``, with a method that ``fit`` calls after each
    epoch."""
    text = _written(run)
    shown = _tried(run, text)
    if shown is not None and shown.stops:
        return
    if text.method is None:
        methods = ", ".join(text.methods) or "no method"
        raise CheckFailed(
            "the callback", found=methods, expected="a method that fit calls when an epoch ends", cell=text.cell
        )
    if len(text.parameters) != 3:
        found = f"{_ENDING} with {len(text.parameters)} parameter{'s' * (len(text.parameters) != 1)}"
        raise CheckFailed("the callback", found=found, expected="three: self, the epoch and its logs", cell=text.cell)


def stops_the_model(run: RunView) -> None:
    """The method sets ``stop_training`` on the model that is being trained, which the callback has as ``self.model``:
    not on itself, and not on whatever the notebook calls ``model``."""
    text = _method(run)
    expected = "stop_training set on the model that is being trained"
    if "self.model" in text.stops:
        return
    shown = _tried(run, text) if sets_stop_training(run.evidence.submission.cells) else None
    if shown is not None and (shown.stops_its_model or (text.made_from is not None and shown.stops)):
        return  # by a function of the notebook's; one made of functions has no other name for the model
    if "self" in text.stops:
        found = "stop_training set on self, the callback, where fit does not look"
    elif text.stops:
        found = f"stop_training set on {text.stops[0]}, a name of the notebook's that may stand for another model"
    elif text.stops_in_vain:
        found = f"{text.stops_in_vain}, which stops nothing"
    else:
        found = "stop_training set nowhere"
    raise CheckFailed("the callback", found=found, expected=expected, cell=text.cell)


def reads(run: RunView, key: str, *, what: str) -> None:
    """The method takes the entry ``key`` out of the epoch's logs, an accuracy under the name that ``compile`` gave it.
    ``what`` says in words what that entry is."""
    text = _method(run)
    if set(_keys(run, key)) & set(text.keys):
        return
    shown = _tried(run, text, key)
    if not text.is_plain and shown is not None and shown.reads_accuracy_alone():
        return
    read = shown.moved_by if shown is not None and not text.is_plain and shown.moved_by else text.keys
    found = " and ".join(repr(one) for one in read) or "no entry of the logs"
    if f"val_{key}" in read:
        found = f"{found}, measured on the validation pictures"
    raise CheckFailed(
        "what the callback reads", found=found, expected=f"{what}, under the name fit logs it by", cell=text.cell
    )


def compares_with(run: RunView, threshold: float) -> None:
    """Training is stopped where what was read is at least, or more than, ``threshold`` (a share, 0 to 1). A number that
    cannot be read off the text, of a callback that was not tried, is left to the training to show."""
    text = _method(run)
    expected = f"a stop at {threshold:.1%}"
    asks_for_more = all(number is not None and number > threshold for number in text.thresholds)
    shown = _tried(run, text) if asks_for_more or not text.is_plain else None
    if shown is not None and shown.moved_by:
        reachable = _least_reachable(run, threshold)
        wrong = shown.wrong_with(threshold, reachable)
        if wrong is not None:
            raise CheckFailed("the threshold", found=wrong, expected=expected, cell=text.cell)
        said = [number for number in text.thresholds if number is not None]
        if text.is_plain and said and min(said) > reachable + _NEAR:
            run.corroboration.not_shown(f"a stop at {threshold:.1%}", text.cell)
        return
    if not text.compares:
        raise CheckFailed("the threshold", found="no comparison", expected=expected, cell=text.cell)
    if text.turned_round:
        raise CheckFailed(
            "the threshold", found="a stop while the accuracy is below it", expected=expected, cell=text.cell
        )
    known = [number for number in text.thresholds if number is not None]
    if known and not any(math.isclose(number, threshold, rel_tol=1e-9) for number in known):
        raise CheckFailed("the threshold", found=" and ".join(map(spell, known)), expected=expected, cell=text.cell)


def is_given(training: TrainingView, run: RunView, *, name: str) -> None:
    """``fit`` was given the callback: an object of the class ``name``, or of one the notebook defines in its place."""
    given = training.callbacks
    own = {name, *(text.name for text in _callbacks_in(run, run.evidence.submission.cells))}
    if not own & set(given.value):
        found = ", ".join(given.value) or "none"
        raise CheckFailed(given.subject, found=found, expected=f"a {name}", cell=given.cell)
    run.corroboration.confirm_callback(training.cell, own)


def ends_training_in_time(run: RunView, training: TrainingView, *, key: str, threshold: float) -> str:
    """Training ended after the first epoch whose ``key`` is at least ``threshold``, and not before."""
    if run.evidence.run.rehearsed:
        raise NoEvidence("the training", found="a rehearsal of one step", expected="a whole training")
    curve = accuracy_curve(training.history, keys=_keys(run, key)) or training.history.get(key) or []
    if not curve or not training.finished or training.epochs_run != len(curve):
        raise NoEvidence("the training", found="no accuracy of each epoch", expected="a finished training")
    reached = next((number for number, value in enumerate(curve, start=1) if value >= threshold), None)
    ran, asked = len(curve), training.epochs.value
    subject = "the end of the training"
    if reached is None and ran < asked:
        found = f"a stop after epoch {ran}, at an accuracy of {curve[-1]:.4f}"
        raise CheckFailed(subject, found=found, expected=f"to go on until {threshold:.1%}", cell=training.cell)
    if reached is None:
        said = f"{ran} epochs, the best with {max(curve):.4f}"
        raise NoEvidence(subject, found=said, expected=f"an epoch with {threshold:.1%}", cell=training.cell)
    if ran > reached:
        found = f"{threshold:.1%} reached in epoch {reached}, but {ran} epochs run"
        raise CheckFailed(subject, found=found, expected="a stop after that epoch", cell=training.cell)
    return f"Training ended after epoch {ran} of {asked}."


def _written(run: RunView) -> CallbackText:
    """The last callback class that the exercise's cells define."""
    cells = [cell for cell in run.evidence.submission.cells if cell.exercise == run.exercise]
    found = _callbacks_in(run, cells)
    if not found:
        expected = "a class made from keras.callbacks.Callback"
        raise CheckFailed(
            "the callback", found="no such class", expected=expected, cell=cells[-1].position if cells else None
        )
    return found[-1]


def _callbacks_in(run: RunView, cells: Sequence[Cell]) -> list[CallbackText]:
    made = {event.class_name for event in run.all(CallbackTried)}
    return callback_text(cells, run.evidence.submission.cells, tried=made)


def _tried(run: RunView, text: CallbackText, key: str = "accuracy") -> Tried | None:
    return tried(run, text.name, _keys(run, key))


def _keys(run: RunView, key: str) -> tuple[str, ...]:
    """The names under which the model that is trained logs ``key``."""
    if not is_accuracy_key(key):
        return (key,)
    try:
        compiled = accuracy_keys(run, run.model.id)
    except NoEvidence:
        return (key,)
    return compiled or (key,)


def _least_reachable(run: RunView, threshold: float) -> float:
    """The least accuracy of at least ``threshold`` that the training pictures, so many as there are, can give."""
    try:
        count = run.training_pictures.found.value
    except NoEvidence:
        return threshold
    return math.ceil(threshold * count - 1e-9) / count if count else threshold


def _method(run: RunView) -> CallbackText:
    text = _written(run)
    shown = _tried(run, text)
    if text.method is None and (shown is None or not shown.stops):
        raise NoEvidence("the callback", found=f"no {_ENDING}", expected="a method called at the end", cell=text.cell)
    return text
