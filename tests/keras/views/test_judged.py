"""What an exercise is judged on: its own cells, not experiments in cells of the student's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from recorded import (
    COMPILE,
    LAST,
    LAYERS,
    PREDICTION,
    STEPS,
    TRAINING,
    dense,
    events,
    keras_layer,
    layers,
    right_answer,
)

from fairmark.checks import load_grader
from fairmark.evidence import (
    Cell,
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    Function,
    ModelCompiled,
    ModelExported,
    NamesBound,
    PictureLoaded,
)
from fairmark.grading.judge import judge
from fairmark.keras import RunView

HORSES = load_grader(Path(__file__).resolve().parents[3] / "graders" / "horses_or_humans.py")

EXPERIMENT = LAST + 1
"""Position of a cell of the student's own behind all others."""
MSE = Function(name="mean_squared_error", module="keras")
TINY = [keras_layer("GlobalAveragePooling2D", (None, 3)), dense(1, "sigmoid")]


def again(word: str, cell: int = EXPERIMENT, **edits: object) -> Event:
    """The event of that word, once more in another cell."""
    return events()[word].model_copy(update={"cell": cell, **edits})


def own_cell(evidence: Evidence, position: int, source: str) -> Evidence:
    """With the cell at ``position`` one of the student's own."""
    cell = Cell(position=position, number=2 * position, role="added", source=source)
    kept = [one for one in evidence.submission.cells if one.position != position]
    cells = tuple(sorted([*kept, cell], key=lambda one: one.position))
    return evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})


def experiment(*happened: Event, source: str = "# an experiment") -> Evidence:
    return own_cell(right_answer(also=happened), EXPERIMENT, source)


TRIAL_MODEL = [
    again("model", model="model-2", layers=TINY),
    again("compiled", model="model-2", loss=MSE, metrics=[]),
    again("fit", fit="fit-2", model="model-2", epochs=1, steps_per_epoch=2, validation_pictures=None),
    EpochEnded(fit="fit-2", epoch=1, steps=2, validation_steps=0, seconds=1, logs={"loss": 0.3}),
    FitFinished(fit="fit-2", cell=EXPERIMENT, epochs=1, iterations=2),
    ModelExported(model="model-2", moment="fit", folder="model-2-1", digest="bb"),
]
MORE_TRAINING = [
    again("fit", fit="fit-2", epochs=99, steps_per_epoch=1, callbacks=["EarlyStopping"]),
    EpochEnded(fit="fit-2", epoch=1, steps=1, validation_steps=8, seconds=1, logs={"accuracy": 0.1}),
    FitFinished(fit="fit-2", cell=EXPERIMENT, epochs=1, iterations=121),
]
OTHER_PICTURES = [
    again("training", pictures="pictures-3", target_size=(28, 28), batch_size=7, rescale=1.0),
    again("validation", pictures="pictures-4", directory="train", target_size=(28, 28)),
    again("names", objects={"training_pictures": "pictures-3", "validation_pictures": "pictures-4"}),
]
EXPERIMENTS: dict[str, Sequence[Event]] = {
    "another model is made, compiled and trained": [*TRIAL_MODEL, again("model_name", objects={"model": "model-2"})],
    "the same model is trained on": MORE_TRAINING,
    "the same model is compiled anew": [again("compiled", loss=MSE, learning_rate=0.5, metrics=[])],
    "the same model is compiled anew and trained on": [again("compiled", loss=MSE, metrics=[]), *MORE_TRAINING],
    "layers are added to the same model": [again("model", layers=[*layers(), dense(7, "softmax")])],
    "a model is only made": [again("model", model="model-2", layers=TINY)],
    "variables are bound to other values": [
        again("steps", values={"steps_per_epoch": 1, "validation_steps": 99}),
        NamesBound(cell=EXPERIMENT, values={"predicted_class": "humans", "probability": 0.9}),
    ],
    "other pictures are opened under the same names": OTHER_PICTURES,
    "a pipeline is derived from the pictures": [
        again("training", pictures="pictures-5", parent="pictures-1", batch_size=None, target_size=None)
    ],
    "another picture is asked about": [
        PictureLoaded(cell=EXPERIMENT, path="own.png", made_by="load_img", target_size=(28, 28)),
        again("predicted", input_shape=[1, 28, 28, 3], maximum=255.0, outputs=[[0.97]]),
    ],
}


@pytest.mark.parametrize("happened", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_an_experiment_after_the_answers_changes_nothing(happened: Sequence[Event]) -> None:
    report = judge(experiment(*happened), HORSES)
    lost = [check.message for one in report.exercises for check in one.checks if check.outcome != "passed"]
    assert (report.score, lost) == (20, [])
    assert report.flags == ()


def test_all_experiments_at_once_change_nothing() -> None:
    happened = [event for events_of_one in EXPERIMENTS.values() for event in events_of_one]
    assert judge(experiment(*happened), HORSES).score == 20


def test_an_answer_given_anew_where_it_does_not_count_is_told_of() -> None:
    evidence = own_cell(
        right_answer(
            steps={"values": {"steps_per_epoch": 5, "validation_steps": 8}},
            also=[again("steps", values={"steps_per_epoch": 8, "validation_steps": 99})],
        ),
        EXPERIMENT,
        "# an experiment",
    )
    checks = {check.id: check for one in judge(evidence, HORSES).exercises for check in one.checks}
    assert checks["steps_per_epoch"].message.endswith(
        " A cell below that belongs to no exercise gives steps_per_epoch another value, which does not count: write it "
        "into the exercise's own cell."
    )
    assert checks["validation_steps"].message == ""


# --- what other cells did counts if an exercise goes on with it -------------------------------------------------------


def test_a_model_made_in_a_cell_of_ones_own_is_judged_once_an_exercise_trains_it() -> None:
    evidence = own_cell(right_answer(), LAYERS, "model = keras.Sequential(layers)")
    assert RunView(evidence, "compile").model.id == "model-1"
    assert RunView(evidence, "layers").model.cell == LAYERS
    assert RunView(evidence, "training").training.model == "model-1"


def test_a_model_that_is_made_anew_behind_its_exercise_is_judged_once_an_exercise_trains_it() -> None:
    mended = again("model", cell=COMPILE, model="model-2", layers=TINY)
    evidence = own_cell(right_answer(also=[mended], fit={"model": "model-2"}), COMPILE, "model = mended()")
    assert RunView(evidence, "layers").model.id == "model-2"


def test_a_model_that_another_exercise_makes_anew_is_its_own_affair() -> None:
    anew = again("model", cell=TRAINING, model="model-2", layers=TINY)
    evidence = right_answer(also=[anew], fit={"model": "model-2"})
    assert RunView(evidence, "layers").model.id == "model-1"
    assert RunView(evidence, "training").model.id == "model-2"
    assert RunView(evidence).model.id == "model-2"


def test_a_model_made_beside_the_trained_one_does_not_stand_for_it() -> None:
    wrapped = again("model", cell=PREDICTION, model="model-2", layers=TINY)
    assert RunView(right_answer(also=[wrapped]), "prediction").model.id == "model-1"


def test_a_trial_in_the_cell_of_an_answer_does_not_stand_for_the_model_that_is_trained_in_the_end() -> None:
    trial = [again("model", cell=COMPILE, model="model-2", layers=TINY), again("fit", cell=COMPILE, model="model-2")]
    view = RunView(right_answer(also=trial), "compile")
    assert (view.model.id, view.model.compiled.learning_rate) == ("model-1", pytest.approx(0.001))


def test_settings_that_training_went_by_count_though_they_are_made_in_a_cell_of_ones_own() -> None:
    mended = again("compiled", cell=STEPS, learning_rate=0.5)
    evidence = own_cell(right_answer(also=[mended]), STEPS, "model.compile(...)")
    assert RunView(evidence, "compile").model.compiled.learning_rate == 0.5


def test_settings_that_another_exercise_changes_are_its_own_affair() -> None:
    changed = again("compiled", cell=STEPS, learning_rate=0.5)
    evidence = right_answer(also=[changed], sources={"steps": "model.compile(optimizer=slow)"})
    assert RunView(evidence, "compile").model.compiled.learning_rate == pytest.approx(0.001)
    assert RunView(evidence, "training").model.compiled.learning_rate == 0.5


def test_settings_after_the_training_do_not_count_in_its_own_cell_either() -> None:
    changed = ModelCompiled.model_validate({**events()["compiled"].model_dump(), "cell": TRAINING, "learning_rate": 9})
    evidence = right_answer(also=[changed])
    assert RunView(evidence, "training").model.compiled.learning_rate == pytest.approx(0.001)


def test_a_value_bound_in_a_cell_of_ones_own_counts_if_an_exercise_reads_it() -> None:
    changed = NamesBound(cell=LAYERS, values={"steps_per_epoch": 2})
    plain = right_answer(also=[changed], steps={"cell": 2})
    early = own_cell(plain, LAYERS, "steps_per_epoch = 2")
    assert RunView(early, "generators").answer("steps_per_epoch").value == 2  # the cell of training reads it
    assert RunView(plain, "generators").answer("steps_per_epoch").value == 8


def test_training_in_a_cell_of_ones_own_counts_if_there_is_no_other() -> None:
    evidence = own_cell(right_answer(), TRAINING, "model.fit(...)")
    assert RunView(evidence, "training").training.cell == TRAINING


def test_of_several_trainings_in_one_cell_the_last_is_judged() -> None:
    view = RunView(right_answer(also=[again("fit", cell=TRAINING, fit="fit-2", epochs=3)]), "training")
    assert view.judged_fit is not None
    assert (view.judged_fit.fit, view.training.fit) == ("fit-2", "fit-2")


def test_a_trial_before_the_answers_is_not_the_training_that_is_judged() -> None:
    trial = again("fit", cell=1, fit="fit-0", model="model-0")
    evidence = own_cell(right_answer(also=[trial]), 1, "trial.fit(...)")
    fit = RunView(evidence).judged_fit
    assert fit is not None
    assert fit.fit == "fit-1"


def test_without_a_training_none_is_judged() -> None:
    assert RunView(right_answer(without=["fit"])).judged_fit is None
