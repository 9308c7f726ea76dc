"""Questions about several trainings that are to differ in their learning rate only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from built_in import helper
from recorded import GENERATORS, LAST, TRAINING, layers, pictures, unmet

from fairmark.checks import NoEvidence
from fairmark.checks.expectation import collecting_unsupported
from fairmark.evidence import (
    Cell,
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    Function,
    ModelCompiled,
    ModelDescribed,
    NamesBound,
    PicturesOpened,
    Submission,
)
from fairmark.keras import RunView
from fairmark.sandbox.fake import fake_run

_rates = helper("_rates")
chooses_by_several_epochs = _rates.chooses_by_several_epochs
differ_only_in_rate = _rates.differ_only_in_rate
learn_and_validate = _rates.learn_and_validate
start_afresh = _rates.start_afresh
take_epochs = _rates.take_epochs
take_rates = _rates.take_rates

RATES = (0.03, 0.001, 0.00001)
CURVES = {0.03: [0.5, 0.4, 0.5, 0.95], 0.001: [0.8, 0.88, 0.9, 0.92], 0.00001: [0.5, 0.5, 0.5, 0.6]}
KINDS = (PicturesOpened, ModelDescribed, ModelCompiled, FitStarted, EpochEnded, FitFinished)
LOOP = "for rate in rates:\n    network.fit(pictures, **settings)"


def trial(number: int, rate: float | None, curve: Sequence[float], **edits: Any) -> list[Event]:  # noqa: ANN401
    """One training: a network, compiled, fitted. ``edits`` change one thing of it."""
    model, fit = edits.get("model", f"model-{number}"), f"fit-{number}"
    described = ModelDescribed(
        model=model, cell=TRAINING, class_name="Sequential", layers=layers()[edits.get("without_layers", 0) :]
    )
    compiled = ModelCompiled(
        model=model,
        cell=TRAINING,
        loss=Function(name=edits.get("loss", "binary_crossentropy"), module="keras"),
        optimizer=Function(name="rmsprop", class_name=edits.get("optimizer", "RMSprop"), module="keras"),
        learning_rate=rate,
        metrics=[],
    )
    started = FitStarted(
        fit=fit,
        model=model,
        cell=TRAINING,
        pictures=edits.get("pictures", "pictures-1"),
        validation_pictures="pictures-2",
        has_validation=True,
        epochs=edits.get("epochs", 4),
        steps_per_epoch=edits.get("steps"),
        validation_steps=None,
    )
    ended = [
        EpochEnded(
            fit=fit,
            epoch=epoch,
            steps=1,
            validation_steps=1,
            seconds=1.0,
            logs={edits.get("key", "val_accuracy"): value},
        )
        for epoch, value in enumerate(curve, start=1)
    ]
    return [described, compiled, started, *ended, FitFinished(fit=fit, cell=TRAINING, epochs=4, iterations=4)]


def three(**edits: Any) -> RunView:  # noqa: ANN401 - see trial
    """Three trainings as asked for; ``edits`` change the last of them."""
    trials = [trial(number, rate, CURVES[rate]) for number, rate in enumerate(RATES[:2], start=1)]
    return run(*trials, trial(3, edits.pop("rate", RATES[2]), CURVES[RATES[2]], **edits))


def run(*trials: list[Event], chosen: object = 0.001, source: str = LOOP) -> RunView:
    sources = [pictures("train", 1, 1024, 64), pictures("validation", 2, 256, 64), pictures("train", 3, 1024, 32)]
    bound = NamesBound(cell=TRAINING, values={"chosen_rate": chosen})  # type: ignore[dict-item] # any value
    cells = tuple(
        Cell(position=place, number=place, role="exercise", exercise=name, source=source)
        for place, name, source in ((GENERATORS, "given", "x = 1"), (TRAINING, "trainings", source))
    )
    events = [*sources, *(event for one in trials for event in one), bound]
    handed_in = Submission(student="ada", assignment="learning_rate", notebook_sha256="0", cells=cells)
    return RunView(Evidence(submission=handed_in, run=fake_run(*events, cells={GENERATORS, TRAINING})), "trainings")


def test_three_trainings_that_differ_in_their_rate_only_are_right() -> None:
    take_rates(three(), RATES)
    start_afresh(three())
    differ_only_in_rate(three())
    take_epochs(three(), 4)
    learn_and_validate(three(), learn="train", validate="validation")


@pytest.mark.parametrize(
    ("source", "is_shown"),
    [
        ("network = keras.Sequential(layers)\n" + LOOP, False),
        (LOOP, False),
        ("for rate in rates:\n    network = keras.Sequential(layers)\n    network.fit(pictures)", True),
        ("".join(f"n{one} = keras.Model(x, y)\nn{one}.fit(pictures)\n" for one in range(3)), True),
        ("".join(f"n{one} = keras.Model(x, y)\nn{one}.fit(pictures)\n" for one in range(2)), False),
        ("class Net(keras.Model):\n    pass\nfor rate in rates:\n    Net().fit(pictures)", True),
        ("first = keras.Sequential(layers)\nfor rate in rates:\n    keras.models.clone_model(first).fit(x)", True),
    ],
)
def test_there_are_as_many_networks_as_the_text_can_make(source: str, is_shown: bool) -> None:
    trials = [trial(number, rate, CURVES[rate]) for number, rate in enumerate(RATES, start=1)]
    with collecting_unsupported() as missing:
        start_afresh(run(*trials, source=source))
    assert any("3 networks" in one.message for one in missing) is not is_shown


def test_other_rates_are_told() -> None:
    assert unmet(take_rates, three(rate=0.0001), RATES).message == (
        "The learning rates: found 0.03, 0.001, 0.0001, expected 0.03, 0.001, 0.00001."
    )
    assert unmet(take_rates, three(rate=None), RATES).found == "0.03, 0.001, one that follows a schedule"


def test_a_rate_tried_twice_counts_once_and_the_last_time() -> None:
    tried = trial(1, 0.03, [0.1], epochs=1)
    again = [trial(number, rate, CURVES[rate]) for number, rate in enumerate(RATES, start=2)]
    take_rates(run(tried, *again), RATES)
    differ_only_in_rate(run(tried, *again))


def test_one_network_for_all_is_told() -> None:
    trials = [trial(number, rate, CURVES[rate], model="model-1") for number, rate in enumerate(RATES, start=1)]
    assert unmet(start_afresh, run(*trials)).message == (
        "The trainings: found 3 on 1 network, each going on from what the one before had learned, expected a new "
        "network for each."
    )
    take_rates(run(*trials), RATES)  # each was compiled with its own


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        ({"pictures": "pictures-3"}, "batch sizes of 64, 64, 32"),
        ({"epochs": 8}, "epochs: 4, 4, 8"),
        ({"steps": 8}, "steps per epoch: nothing, nothing, 8"),
        ({"optimizer": "Adam"}, "the optimizers RMSprop, RMSprop, Adam"),
        ({"loss": "hinge"}, "the losses binary_crossentropy, binary_crossentropy, hinge"),
        ({"without_layers": 2}, "networks that are not built alike"),
        ({"epochs": 8, "pictures": "pictures-3"}, "batch sizes of 64, 64, 32; epochs: 4, 4, 8"),
    ],
)
def test_a_second_thing_that_was_changed_is_told(edits: dict[str, Any], found: str) -> None:
    said = unmet(differ_only_in_rate, three(**edits)).message
    assert said == f"What differs beside the learning rate: found {found}, expected nothing."


def test_a_single_training_is_nothing_to_compare() -> None:
    raised = unmet(differ_only_in_rate, run(trial(1, 0.001, [0.5])))
    assert raised.message == "The trainings: found a single one, expected several to compare."


def test_trainings_with_one_and_the_same_rate_are_compared_all_the_same() -> None:
    trials = [trial(number, 0.001, [0.5]) for number in (1, 2, 3)]
    differ_only_in_rate(run(*trials))


@pytest.mark.parametrize("key", ["val_acc", "val_binary_accuracy", "val_sparse_categorical_accuracy"])
def test_the_curves_are_found_under_any_name_of_accuracy(key: str) -> None:
    trials = [trial(number, rate, CURVES[rate], key=key) for number, rate in enumerate(RATES, start=1)]
    assert "Mean" in chooses_by_several_epochs(run(*trials, chosen=RATES[1]), "chosen_rate", epochs=1, near=1.0)


def test_a_training_that_goes_on_is_one_of_them() -> None:
    first = trial(1, RATES[0], CURVES[RATES[0]][:1], epochs=1)
    goes_on = FitStarted(**{**first[2].model_dump(), "fit": "fit-1b", "initial_epoch": 1, "epochs": 3})
    take_epochs(run([*first, goes_on], trial(2, RATES[1], CURVES[RATES[1]])), 4)
    take_rates(run([*first, goes_on]), RATES[:1])


def test_other_epochs_are_told() -> None:
    assert unmet(take_epochs, three(), 8).message == "The number of epochs: found 4, expected 8."


def test_other_epochs_in_one_of_them_are_not_charged_again() -> None:
    take_epochs(three(epochs=8), 4)


def test_other_pictures_are_told() -> None:
    raised = unmet(learn_and_validate, three(pictures="pictures-2"), learn="train", validate="validation")
    assert raised.message == "What fit learns from: found validation/, expected train/."
    raised = unmet(learn_and_validate, three(pictures=None), learn="train", validate="validation")
    assert raised.found == "nothing from a folder"


@pytest.mark.parametrize("question", [start_afresh, differ_only_in_rate])
def test_no_training_shows_nothing(question: Any) -> None:  # noqa: ANN401 - a question
    with pytest.raises(NoEvidence):
        question(run())


# --- choosing ---------------------------------------------------------------------------------------------------------


def chosen(rate: object, curves: dict[float, list[float]] = CURVES) -> RunView:
    return run(*(trial(number, one, curve) for number, (one, curve) in enumerate(curves.items(), start=1)), chosen=rate)


@pytest.mark.parametrize("rate", [0.001, "0.001", "1e-3"])
def test_the_rate_with_the_best_mean_is_right(rate: object) -> None:
    said = chooses_by_several_epochs(chosen(rate), "chosen_rate", epochs=3, near=0.02)
    assert said == "Mean over the last 3 epochs: 0.90."


def test_a_rate_nearly_as_good_is_right_too() -> None:
    curves = {**CURVES, 0.03: [0.5, 0.87, 0.89, 0.91]}
    chooses_by_several_epochs(chosen(0.03, curves), "chosen_rate", epochs=3, near=0.02)


@pytest.mark.parametrize(
    ("rate", "found"),
    [
        (0.03, "0.03, ahead in the last epoch alone (0.95); its mean over 3 is 0.62"),
        (0.00001, "0.00001, with a mean of 0.53 over the last 3 epochs"),
    ],
)
def test_another_rate_is_told_why(rate: float, found: str) -> None:
    said = unmet(chooses_by_several_epochs, chosen(rate), "chosen_rate", epochs=3, near=0.02).message
    assert said == f"chosen_rate: found {found}, expected the rate with the best mean, 0.90."


def test_a_training_beside_the_choice_is_no_choice_by_itself() -> None:
    asked, beside = chosen(0.03), trial(4, 0.5, [0.6, 0.6, 0.6, 0.6])
    cells = asked.evidence.submission.cells
    own = Cell(position=LAST, number=LAST, role="exercise", exercise="choice", source=f"{LOOP}\nchosen_rate = 0.5")
    moved = [event.model_copy(update={"cell": LAST}) if hasattr(event, "cell") else event for event in beside]
    events = [stamped.event for stamped in asked.evidence.run.events if not isinstance(stamped.event, NamesBound)]
    picked = NamesBound(cell=LAST, values={"chosen_rate": 0.5})
    handed_in = asked.evidence.submission.model_copy(update={"cells": (*cells, own)})
    kept = [event for event in events if isinstance(event, KINDS)]
    ran = fake_run(*kept, *moved, picked, cells={GENERATORS, TRAINING, LAST})
    said = unmet(
        chooses_by_several_epochs,
        RunView(Evidence(submission=handed_in, run=ran), "choice"),
        "chosen_rate",
        epochs=3,
        near=0.02,
    ).message
    assert said == (
        "chosen_rate: found 0.5, with a mean of 0.60 over the last 3 epochs, "
        "expected the rate with the best mean, 0.90."
    )


@pytest.mark.parametrize(("rate", "found"), [(0.5, "0.5"), ("fast", "fast"), ([0.001], "0.001"), (None, "nothing")])
def test_what_is_none_of_the_rates_is_told(rate: object, found: str) -> None:
    said = unmet(chooses_by_several_epochs, chosen(rate), "chosen_rate", epochs=3, near=0.02).message
    assert said == f"chosen_rate: found {found}, expected one of 0.03, 0.001, 0.00001."


@pytest.mark.parametrize("curve", [[], [0.5], [0.5, float("nan"), 0.5, 0.5]])
def test_too_few_epochs_show_nothing(curve: list[float]) -> None:
    with pytest.raises(NoEvidence):
        chooses_by_several_epochs(chosen(0.001, {**CURVES, 0.03: curve}), "chosen_rate", epochs=3, near=0.02)
