"""When a second training is owed: only for something wrong that the first one went by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded import block, dense, hidden, keras_layer, layers, right_answer

from fairmark.checks import load_grader
from fairmark.evidence import Evidence, Function
from fairmark.keras.grading.second_training import training_went_by

HORSES = load_grader(Path(__file__).resolve().parents[3] / "graders" / "horses_or_humans.py")
EXERCISES = ("generators", "layers", "compile", "steps", "prediction")


def owed_for(evidence: Evidence) -> set[str]:
    """The exercises for which another training is owed, each alone."""
    return {name for name in EXERCISES if training_went_by(evidence, right_answer(), HORSES, [name])}


def wrong(**edits: Any) -> Evidence:  # noqa: ANN401 - as recorded.right_answer takes them
    return right_answer(probe=hidden(100), **edits)


@pytest.mark.parametrize(
    ("exercise", "edits"),
    [
        ("compile", {"compiled": {"learning_rate": 1.0}}),
        ("compile", {"compiled": {"loss": Function(name="mean_squared_error", module="keras")}}),
        ("compile", {"compiled": {"learning_rate": 1.0, "metrics": []}}),
        ("generators", {"training": {"rescale": 1.0}}),
        ("generators", {"training": {"directory": "train/horses"}}),
        ("generators", {"training": {"batch_size": 1}}),
        ("layers", {"model": {"layers": [*layers()[:-1], dense(3, "sigmoid")]}}),
        ("layers", {"model": {"layers": [*block(16, 300), keras_layer("Flatten", (None, 9)), dense(1, "sigmoid")]}}),
        ("steps", {"steps": {"values": {"steps_per_epoch": 1, "validation_steps": 8}}, "fit": {"steps_per_epoch": 1}}),
    ],
)
def test_another_training_is_owed_for_what_the_first_went_by(exercise: str, edits: dict[str, Any]) -> None:
    if "compiled" in edits and "learning_rate" in edits["compiled"]:
        source = "model.compile('bce', optimizer=keras.optimizers.RMSprop(1.0), metrics=['accuracy'])"
        edits = {**edits, "sources": {"compile": source}}
    assert owed_for(wrong(**edits)) == {exercise}


@pytest.mark.parametrize(
    "edits",
    [
        {"compiled": {"metrics": []}},
        {"validation": {"rescale": 1.0}},
        {"validation": {"batch_size": 16}},
        {"steps": {"values": {"steps_per_epoch": 8, "validation_steps": 3}}},
        {"named": {"values": {"probability": 0.1, "predicted_class": "humans"}}},
        {"without": ["named"]},
        {},
    ],
)
def test_none_is_owed_for_what_taught_the_model_nothing(edits: dict[str, Any]) -> None:
    assert owed_for(wrong(**edits)) == set()


def test_another_right_answer_beside_a_wrong_metric_owes_none() -> None:
    loss = Function(name="sparse_categorical_crossentropy", module="keras")
    two = {"layers": [*layers()[:-1], dense(2, "softmax")], "output_shape": [None, 2]}
    assert owed_for(wrong(model=two, compiled={"loss": loss, "metrics": []})) == set()


def test_a_training_that_got_through_no_epoch_has_tried_nothing() -> None:
    epochs = [f"epoch_{number}" for number in range(1, 16)]
    assert owed_for(wrong(without=[*epochs, "fitted", "exported"], compiled={"metrics": []})) == set(EXERCISES)


def test_an_error_raised_in_the_last_epoch_gives_back_no_try() -> None:
    assert owed_for(wrong(without=["epoch_15", "fitted", "exported"], compiled={"metrics": []})) == set()
