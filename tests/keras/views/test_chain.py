"""The accuracy is credited only along one chain: network, untouched weights, a training that was seen, and its time."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import COMPILE, LAYERS, TRAINING, dense, events, hidden, layers, right_answer, view

from fairmark.checks.expectation import NeedsPerson
from fairmark.evidence import EpochEnded, Evidence, FitFinished, FitStarted, ModelCompiled, ModelDescribed, Stamped
from fairmark.keras.accuracy import measured_accuracy, reaches


def kind(evidence: Evidence) -> str | None:
    """That of the flag with which the accuracy waits for a person, None if it is credited."""
    run = view(evidence, "training")
    try:
        reaches(run, 0.8)
    except NeedsPerson as problem:
        with pytest.raises(type(problem)):
            measured_accuracy(run)
        return problem.kind
    return None


def test_a_training_from_untouched_weights_that_was_seen_is_credited() -> None:
    assert kind(right_answer()) is None


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"fit": {"weights": "other"}}, "weights_from_elsewhere"),
        ({"fit": {"weights": None}}, "weights_from_elsewhere"),
        ({"fitted": {"changed": True}}, "weights_from_elsewhere"),
        ({"fitted": {"changed": None}}, "weights_from_elsewhere"),
        ({"fit": {"pictures": None}}, "weights_from_elsewhere"),
        ({"training": {"overridden": ["next"]}}, "weights_from_elsewhere"),
        ({"model": {"overridden": ["loss"]}}, None),  # which Keras puts there
        ({"model": {"overridden": ["train_step"]}}, "weights_from_elsewhere"),
        ({"probe": hidden(fit="fit-9")}, "other_model"),
        ({"probe": hidden(fit=None)}, "other_model"),
        ({"probe": hidden(model="model-9")}, "other_model"),
        ({"probe": hidden(layers=(*layers()[:-2], dense(64, "relu"), dense(1, "sigmoid")))}, "other_model"),
        ({"probe": hidden(layers=(dense(1, "sigmoid"),))}, "other_model"),
        ({"probe": hidden(varies=True)}, "answers_vary"),
    ],
)
def test_what_does_not_fit_or_is_not_known_waits_for_a_person(edits: dict[str, Any], expected: str | None) -> None:
    assert kind(right_answer(**edits)) == expected


def test_a_failed_accuracy_is_failed_whatever_led_there() -> None:
    assert kind(right_answer()) is None
    with pytest.raises(Exception, match="expected at least 80%"):
        reaches(view(right_answer(fit={"weights": "other"}, probe=hidden(100)), "training"), 0.8)


def trained_before(epochs: int, steps: int = 0, **edits: Any) -> Evidence:  # noqa: ANN401 - fields of the event
    """``steps`` in each epoch, as many as the judged training has if nobody says."""
    first = events()["fit"].model_copy(update={"fit": "fit-0", "epochs": epochs, "cell": COMPILE, **edits})
    ended = FitFinished(fit="fit-0", cell=COMPILE, epochs=epochs, iterations=1, changed=False)
    epoch = events()["epoch_1"]
    epoch = epoch.model_copy(update={"fit": "fit-0", "steps": steps or epoch.steps})
    return right_answer(also=[first, *[epoch] * epochs, ended], fit={"weights": "trained"})


def test_a_trial_before_it_is_no_harm_and_a_longer_training_is() -> None:
    assert kind(trained_before(1)) is None
    assert kind(trained_before(15)) is None
    assert kind(trained_before(16)) == "weights_from_elsewhere"
    assert kind(trained_before(1, pictures=None)) == "weights_from_elsewhere"


def test_many_steps_in_few_epochs_are_a_longer_training_too() -> None:
    steps = events()["epoch_1"].steps
    assert kind(trained_before(1, 15 * steps)) is None
    assert kind(trained_before(1, 15 * steps + 1)) == "weights_from_elsewhere"


def went_on(*steps: int) -> Evidence:
    """Epochs of so many steps behind those that were recorded."""
    epoch = events()["epoch_1"]
    more = [epoch.model_copy(update={"epoch": number, "steps": of}) for number, of in enumerate(steps, 3)]
    return right_answer(also=more)


def test_more_epochs_or_steps_than_were_asked_for_wait_for_a_person() -> None:
    asked, steps = events()["fit"].epochs, events()["epoch_1"].steps
    recorded = sum(isinstance(one.event, EpochEnded) for one in right_answer().run.events)
    assert kind(went_on(*[steps] * (asked - recorded))) is None
    assert kind(went_on(*[steps] * (asked - recorded + 1))) == "weights_from_elsewhere"
    assert kind(went_on(1, steps + 1)) == "weights_from_elsewhere"


def shown_instead(**edits: Any) -> Evidence:  # noqa: ANN401 - fields of the description
    """An exercise has built and compiled another model, and the cell of the training made the one that it trained."""
    shown = ModelDescribed(model="model-0", cell=LAYERS, class_name="Sequential", layers=layers(), parameters=1)
    compiled = events()["compiled"]
    assert isinstance(compiled, ModelCompiled)
    return right_answer(
        also=[shown.model_copy(update=edits), compiled.model_copy(update={"model": "model-0"})],
        model={"cell": TRAINING},
        compiled={"cell": TRAINING},
    )


def test_another_network_than_the_exercises_show_waits_for_a_person() -> None:
    assert kind(shown_instead()) is None
    assert kind(shown_instead(layers=[dense(1, "sigmoid")])) == "other_model"


# --- time -------------------------------------------------------------------------------------------------------------


def timed(used: float, *, told: float = 20.0, cpu_seconds: float = 0.64) -> Evidence:
    """A training of 15 epochs of 8 steps of 128, in ``used`` seconds of processor time, each said to have taken
    ``told``; the probe took ``cpu_seconds`` for 64 pictures."""
    evidence = right_answer(probe=hidden(timed=64, cpu_seconds=cpu_seconds))
    began = next(one.at_seconds for one in evidence.run.events if isinstance(one.event, FitStarted))

    def stamped(one: Stamped) -> Stamped:
        if one.event.kind == "epoch_ended":
            one = one.model_copy(update={"event": one.event.model_copy(update={"seconds": told})})
        cpu = 1.0 + used * (one.at_seconds > began)
        return one.model_copy(update={"cpu_seconds": cpu})

    run = evidence.run.model_copy(update={"events": tuple(map(stamped, evidence.run.events))})
    return evidence.model_copy(update={"run": run})


def test_a_training_takes_at_least_a_share_of_what_predicting_as_many_images_takes() -> None:
    needed = 15 * 8 * 128 * 0.01
    assert kind(timed(needed * 2)) is None
    assert kind(timed(needed * 0.26)) is None
    assert kind(timed(needed * 0.24)) == "too_fast"
    assert kind(timed(0.0)) == "too_fast"


def test_too_short_a_measurement_says_nothing() -> None:
    assert kind(timed(0.0, cpu_seconds=0.05)) is None


def test_epochs_cannot_have_taken_longer_than_went_by() -> None:
    assert kind(timed(1000.0, told=30.0)) is None
    assert kind(timed(1000.0, told=60.0)) == "too_fast"
