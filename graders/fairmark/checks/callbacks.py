"""Questions about a callback that ends training: what its class says, and what came of it.

What a class does cannot be seen before it is called, so it is asked of the notebook's text, parsed and never run. What
the text leaves open is settled by the training: in which epoch it ended, and with which accuracy.
"""

from __future__ import annotations

import math

from fairmark.checks.callback_text import CallbackText, callback_text
from fairmark.checks.expectation import NotShown, Unmet, spell
from fairmark.checks.training_view import TrainingView
from fairmark.checks.view import RunView

__all__ = ["compares_with", "defines_one", "ends_training_in_time", "is_given", "reads", "stops_the_model"]

_ENDING = "on_epoch_end"


def defines_one(run: RunView) -> None:
    """The exercise defines a class made from ``keras.callbacks.Callback``, with a method that ``fit`` calls after each
    epoch."""
    text = _written(run)
    if text.method is None:
        methods = ", ".join(text.methods) or "no method"
        raise Unmet(
            "the callback", found=methods, expected="a method that fit calls when an epoch ends", cell=text.cell
        )
    if len(text.parameters) != 3:
        found = f"{_ENDING} with {len(text.parameters)} parameter{'s' * (len(text.parameters) != 1)}"
        raise Unmet("the callback", found=found, expected="three: self, the epoch and its logs", cell=text.cell)


def stops_the_model(run: RunView) -> None:
    """The method sets ``stop_training`` on the model that is being trained, which the callback has as ``self.model``:
    not on itself, and not on whatever the notebook calls ``model``."""
    text = _method(run)
    expected = "stop_training set on the model that is being trained"
    if "self.model" in text.stops:
        return
    if "self" in text.stops:
        found = "stop_training set on self, the callback, where fit does not look"
    elif text.stops:
        found = f"stop_training set on {text.stops[0]}, a name of the notebook's that may stand for another model"
    elif text.stops_in_vain:
        found = f"{text.stops_in_vain}, which stops nothing"
    else:
        found = "stop_training set nowhere"
    raise Unmet("the callback", found=found, expected=expected, cell=text.cell)


def reads(run: RunView, key: str, *, what: str) -> None:
    """The method takes the entry ``key`` out of the epoch's logs. ``what`` says in words what that entry is."""
    text = _method(run)
    if key in text.keys:
        return
    found = " and ".join(repr(one) for one in text.keys) or "no entry of the logs"
    if f"val_{key}" in text.keys:
        found = f"{found}, measured on the validation pictures"
    raise Unmet(
        "what the callback reads", found=found, expected=f"{what}, under the name fit logs it by", cell=text.cell
    )


def compares_with(run: RunView, threshold: float) -> None:
    """Training is stopped where what was read is at least, or more than, ``threshold`` (a share, 0 to 1). A number that
    cannot be read off the text is left to the training to show."""
    text = _method(run)
    expected = f"a stop at {threshold:.1%}"
    if not text.compares:
        raise Unmet("the threshold", found="no comparison", expected=expected, cell=text.cell)
    if text.turned_round:
        raise Unmet("the threshold", found="a stop while the accuracy is below it", expected=expected, cell=text.cell)
    known = [number for number in text.thresholds if number is not None]
    if known and not any(math.isclose(number, threshold, rel_tol=1e-9) for number in known):
        raise Unmet("the threshold", found=" and ".join(map(spell, known)), expected=expected, cell=text.cell)


def is_given(training: TrainingView, run: RunView, *, name: str) -> None:
    """``fit`` was given the callback: an object of the class ``name``, or of one the notebook defines in its place."""
    given = training.callbacks
    own = {name, *(text.name for text in callback_text(run.evidence.submission.cells))}
    if not own & set(given.value):
        found = ", ".join(given.value) or "none"
        raise Unmet(given.subject, found=found, expected=f"a {name}", cell=given.cell)


def ends_training_in_time(run: RunView, training: TrainingView, *, key: str, threshold: float) -> str:
    """Training ended after the first epoch whose ``key`` is at least ``threshold``, and not before."""
    if run.evidence.run.rehearsed:
        raise NotShown("the training", found="a rehearsal of one step", expected="a whole training")
    curve = training.history.get(key) or []
    if not curve or not training.finished or training.epochs_run != len(curve):
        raise NotShown("the training", found="no accuracy of each epoch", expected="a finished training")
    reached = next((number for number, value in enumerate(curve, start=1) if value >= threshold), None)
    ran, asked = len(curve), training.epochs.value
    subject = "the end of the training"
    if reached is None and ran < asked:
        found = f"a stop after epoch {ran}, at an accuracy of {curve[-1]:.4f}"
        raise Unmet(subject, found=found, expected=f"to go on until {threshold:.1%}", cell=training.cell)
    if reached is None:
        said = f"{ran} epochs, the best with {max(curve):.4f}"
        raise NotShown(subject, found=said, expected=f"an epoch with {threshold:.1%}", cell=training.cell)
    if ran > reached:
        found = f"{threshold:.1%} reached in epoch {reached}, but {ran} epochs run"
        raise Unmet(subject, found=found, expected="a stop after that epoch", cell=training.cell)
    return f"Training ended after epoch {ran} of {asked}."


def _written(run: RunView) -> CallbackText:
    """The last callback class that the exercise's cells define."""
    cells = [cell for cell in run.evidence.submission.cells if cell.exercise == run.exercise]
    found = callback_text(cells)
    if not found:
        expected = "a class made from keras.callbacks.Callback"
        raise Unmet(
            "the callback", found="no such class", expected=expected, cell=cells[-1].position if cells else None
        )
    return found[-1]


def _method(run: RunView) -> CallbackText:
    text = _written(run)
    if text.method is None:
        raise NotShown("the callback", found=f"no {_ENDING}", expected="a method called at the end", cell=text.cell)
    return text
