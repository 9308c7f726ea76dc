"""Accuracy from epoch to epoch, out of the events of a run."""

from __future__ import annotations

import pytest

from fairmark.evidence import CellStarted, EpochEnded, Event, Run, Stamped
from fairmark.present.curve import Curve, curve_of


def run_of(*events: Event) -> Run:
    stamped = tuple(Stamped(at_seconds=float(at), event=event) for at, event in enumerate(events))
    return Run(outcome="completed", events=stamped)


def epoch(number: int, fit: str = "fit-1", steps: int = 8, **logs: float) -> EpochEnded:
    return EpochEnded(fit=fit, epoch=number, steps=steps, validation_steps=2, seconds=1.0, logs=logs)


@pytest.mark.parametrize("key", ["accuracy", "acc", "binary_accuracy", "sparse_categorical_accuracy"])
def test_the_curve_is_found_under_each_of_keras_names(key: str) -> None:
    run = run_of(epoch(1, **{key: 0.5, f"val_{key}": 0.4}), epoch(2, steps=1, **{key: 0.75, f"val_{key}": 0.6}))
    assert curve_of(run) == Curve(accuracy=(0.5, 0.75), validation_accuracy=(0.4, 0.6), steps=(8, 1))


def test_only_the_last_fit_counts() -> None:
    run = run_of(epoch(1, accuracy=0.1), epoch(1, fit="fit-2", accuracy=0.9), CellStarted(cell=3))
    assert curve_of(run) == Curve(accuracy=(0.9,), validation_accuracy=(None,), steps=(8,))


def test_epochs_are_put_in_order_and_a_repeated_one_counts_as_last_reported() -> None:
    run = run_of(epoch(2, accuracy=0.6), epoch(1, accuracy=0.5), epoch(2, accuracy=0.7))
    assert curve_of(run) == Curve(accuracy=(0.5, 0.7), validation_accuracy=(None, None), steps=(8, 8))


def test_what_is_no_number_between_zero_and_one_is_left_out() -> None:
    run = run_of(epoch(1, accuracy=float("nan"), val_accuracy=7.0), epoch(2, accuracy=float("inf"), val_accuracy=0.5))
    assert curve_of(run) == Curve(accuracy=(None, None), validation_accuracy=(None, 0.5), steps=(8, 8))


@pytest.mark.parametrize("events", [(), (epoch(1, loss=0.3),), (epoch(1, accuracy=float("nan")),)])
def test_without_any_accuracy_there_is_no_curve(events: tuple[EpochEnded, ...]) -> None:
    assert curve_of(run_of(*events)) is None


def test_steps_of_thousands_of_digits_are_many_and_no_more() -> None:
    curve = curve_of(run_of(epoch(1, steps=10**4000, accuracy=0.5), epoch(2, steps=-(10**4000), accuracy=0.5)))
    assert curve is not None
    assert curve.steps == (10**9, 0)
