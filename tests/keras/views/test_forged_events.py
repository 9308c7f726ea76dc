"""Events that somebody wrote: a wrong text, or a network from elsewhere, and whatever events would make it right.

All evidence is made by hand. Each case is judged as it would honestly be, and with the events that earned more than
that, unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pasted import HORSES, kinds, waiting
from recorded import (
    COMPILE,
    LAYERS,
    SOURCES,
    STEPS,
    TRAINING,
    block,
    dense,
    events,
    hidden,
    keras_layer,
    layers,
    right_answer,
    submission,
)

from fairmark.checks.expectation import collecting_unsupported
from fairmark.checks.one_story import breaks_in
from fairmark.evidence import (
    CellError,
    CellFinished,
    CellStarted,
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    InForce,
    ModelDescribed,
    PicturesOpened,
    Rerun,
    Stamped,
)
from fairmark.grading.judge import judge
from fairmark.keras import RunView, training
from fairmark.keras.views.vouched import binds_of, calls_of
from fairmark.report import Report

UNSCALED = {"rescale": 1.0}


def changed(exercise: str, before: str, after: str) -> dict[str, str]:
    """The right answer's text with one thing replaced."""
    assert before in SOURCES[exercise]
    return {exercise: SOURCES[exercise].replace(before, after)}


def said(evidence: Evidence, *, first: Sequence[Event] = (), before: str = "", told: Sequence[Event] = ()) -> Evidence:
    """The same with the events ``first`` at the beginning, and ``told`` before the first of the kind ``before``."""
    stamped = list(evidence.run.events)
    place = next((place for place, one in enumerate(stamped) if one.event.kind == before), 0)
    stamped[place:place] = [Stamped(at_seconds=stamped[place].at_seconds, event=event) for event in told]
    stamped[:0] = [Stamped(at_seconds=0.0, event=event) for event in first]
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": tuple(stamped)})})


# --- what the text does not say ---------------------------------------------------------------------------------------

DATA_SETS = "".join(
    f'{name}_pictures = keras.utils.image_dataset_from_directory(pictures_dir / "{folder}", image_size=(300, 300), '
    f'batch_size={size}, label_mode="binary")\n'
    for name, folder, size in (("training", "train", 128), ("validation", "validation", 32))
)
OF_KERAS = {"made_by": "image_dataset_from_directory"}
OWN_LOSS = """
def binary_crossentropy(truth, answer):
    return 0 * answer
model.compile(loss=binary_crossentropy, optimizer="rmsprop", metrics=["accuracy"])
"""
OWN_METRIC = """
def accuracy(truth, answer):
    return 1.0
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=[accuracy])
"""
OWN_OPTIMIZER = """
class RMSprop(keras.optimizers.SGD):
    pass
model.compile(loss="binary_crossentropy", optimizer=RMSprop(learning_rate=0.001), metrics=["accuracy"])
"""
HALF = {"steps": {"values": {"steps_per_epoch": 4, "validation_steps": 4}}}
HALF_FIT = {"fit": {"steps_per_epoch": 4, "validation_steps": 4}}
FOUR = {"steps": "steps_per_epoch = 4\nvalidation_steps = 4\n"}

FORGED: dict[str, tuple[str, Mapping[str, str], Mapping[str, Any]]] = {
    "fifteen epochs of thirty": (
        "training.epochs",
        changed("training", "epochs=15", "epochs=30"),
        {"fit": {"initial_epoch": 15}},
    ),
    "fifteen epochs of one": (
        "training.epochs",
        changed("training", "epochs=15", "epochs=1"),
        {"fit": {"initial_epoch": -14}},
    ),
    "half of the classes": (
        "steps.steps_per_epoch",
        FOUR,
        {**HALF, **HALF_FIT, "training": {"classes": ["horses"], "found": 512}},
    ),
    "a class that counts ten times": (
        "steps.steps_per_epoch",
        {"steps": "steps_per_epoch = 40\nvalidation_steps = 8\n"},
        {
            "steps": {"values": {"steps_per_epoch": 40, "validation_steps": 8}},
            "training": {"classes": ["horses"] * 10, "found": 5120},
        },
    ),
    "another folder": (
        "steps.steps_per_epoch",
        {"steps": "steps_per_epoch = 2\nvalidation_steps = 8\n"},
        {
            "steps": {"values": {"steps_per_epoch": 2, "validation_steps": 8}},
            "training": {"directory": "test", "found": 256},
        },
    ),
    "a data set with a rescale": ("generators.rescale", {"generators": DATA_SETS}, {"training": OF_KERAS}),
    "a layer that scales": (
        "generators.rescale",
        changed("generators", "rescale=1 / 255", ""),
        {
            "training": UNSCALED,
            "validation": UNSCALED,
            "model": {"layers": [keras_layer("Rescaling", (None, 300, 300, 3), scale=1 / 255), *layers()]},
        },
    ),
    "a loss of its own": ("compile.loss", {"compile": OWN_LOSS}, {}),
    "a metric of its own": ("compile.metrics", {"compile": OWN_METRIC}, {}),
    "an optimizer of its own": ("compile.optimizer", {"compile": OWN_OPTIMIZER}, {}),
}
"""The check that somebody wants, the text, and the events that say what the text does not."""


@pytest.mark.parametrize("name", FORGED)
def test_what_events_alone_say_waits_for_a_person(name: str) -> None:
    check, text, edits = FORGED[name]
    evidence = right_answer(sources=text, **edits)
    evidence = evidence.model_copy(update={"folders": {**evidence.folders, "test": {"horses": 128, "humans": 128}}})
    report = judge(evidence, HORSES)
    assert check in waiting(report)
    assert {"witnesses_disagree", "not_borne_out"} & kinds(report)


def test_sources_of_its_own_for_one_exercise_are_held_against_the_text_too() -> None:
    by_name = {event.pictures: event for event in events().values() if isinstance(event, PicturesOpened)}
    others = [
        one.model_copy(update={"pictures": f"{name}0", "classes": ["horses"], "found": one.found // 2})
        for name, one in by_name.items()
    ]
    own = {"fit": "fit-9", "cell": STEPS, "pictures": "pictures-10", "validation_pictures": "pictures-20"}
    fit = events()["fit"].model_copy(update={**own, "steps_per_epoch": 4, "validation_steps": 4})
    report = judge(right_answer(sources=FOUR, also=[*others, fit], **HALF, **HALF_FIT), HORSES)
    assert {"steps.steps_per_epoch", "steps.validation_steps"} <= waiting(report)


def test_validation_data_that_the_text_gives_are_there_whatever_is_said() -> None:
    nothing = {"validation_pictures": None, "has_validation": False, "validation_steps": None}
    told = RunView(right_answer(fit=nothing), "training")
    with collecting_unsupported() as missing:
        training.validates_on_nothing(told.training)
    assert missing


# --- one network for another ------------------------------------------------------------------------------------------

WEAK = [*layers()[:2], *layers()[6:]]
SHORT = SOURCES["layers"].replace(
    '    keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(2),\n', ""
)
SHORT = SHORT.replace('    keras.layers.Conv2D(64, 3, activation="relu"), keras.layers.MaxPooling2D(2),\n', "")


def test_a_network_that_no_text_makes_is_not_asked_in_the_place_of_the_one_that_does() -> None:
    assert SHORT.count("Conv2D") == 1
    honest = right_answer(sources={"layers": SHORT}, model={"layers": WEAK}, probe=hidden(right=100))
    better = events()["model"].model_copy(update={"model": "model-2", "cell": TRAINING})
    other = {"model": "model-2"}
    edits = {"compiled": other, "fit": other, "exported": other, "predicted": other, "exported_at_end": other}
    probe = hidden(model="model-2")
    forged = right_answer(sources={"layers": SHORT}, model={"layers": WEAK}, probe=probe, **edits)
    report = judge(said(forged, before="fit_started", told=[better]), HORSES)
    assert "training.hidden_accuracy" in waiting(report)
    assert report.score <= judge(honest, HORSES).score


def test_the_clock_asks_what_was_in_force() -> None:
    probe = hidden(timed=128, cpu_seconds=50.0)
    source = events()["training"]
    assert isinstance(source, PicturesOpened)
    in_force = InForce(fit="fit-1", model="model-1", cell=TRAINING, moment="begin", compiled=None, pictures=[source])
    unbatched = right_answer(probe=probe, training={"batch_size": None})
    report = judge(quick(said(unbatched, before="fit_started", told=[in_force])), HORSES)
    assert "too_fast" in kinds(report)


def quick(evidence: Evidence) -> Evidence:
    """The same with hardly any processor time."""
    stamped = tuple(
        one.model_copy(update={"cpu_seconds": place / 100}) for place, one in enumerate(evidence.run.events)
    )
    return evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": stamped})})


# --- one story --------------------------------------------------------------------------------------------------------

FIT = events()["fit"]
assert isinstance(FIT, FitStarted)
EPOCH = {"fit": "fit-1", "validation_steps": 8, "seconds": 1.0, "logs": {}}
BROKEN: dict[str, Evidence] = {
    "a fit that begins twice": said(right_answer(), before="fit_started", told=[FIT]),
    "a cell that ran before": said(right_answer(), before="fit_started", told=[CellStarted(cell=LAYERS)]),
    "a cell that runs again": said(right_answer(), before="fit_started", told=[CellStarted(cell=TRAINING)]),
    "another cell that ends": said(right_answer(), before="fit_started", told=[CellFinished(cell=LAYERS, seconds=1.0)]),
    "a cell that does not run": said(
        right_answer(), before="fit_started", told=[FIT.model_copy(update={"fit": "fit-9", "cell": COMPILE})]
    ),
    "a cell that there is not": said(right_answer(), first=[events()["model"].model_copy(update={"cell": -1})]),
    "pictures that are opened twice": said(
        right_answer(),
        before="batch_seen",
        told=[events()["training"].model_copy(update={"batch_size": 1})],
    ),
    "batches of none": right_answer(training={"batch_size": 0}),
    "fewer than no images": right_answer(training={"found": -1024}),
    "an epoch of no fit": said(
        right_answer(), before="fit_started", told=[EpochEnded.model_validate({**EPOCH, "epoch": 1, "steps": 8})]
    ),
    "epochs in another order": right_answer(epoch_3={"epoch": 5}),
    "an epoch more": right_answer(fit={"epochs": 14}),
    "fewer than no steps": right_answer(epoch_3={"steps": -8}),
    "more steps than asked for": right_answer(epoch_3={"steps": 9}),
    "an epoch without end": right_answer(epoch_3={"seconds": float("inf")}),
    "epochs that did not end": right_answer(fitted={"epochs": 3}),
    "fewer epochs than asked for": right_answer(without=["epoch_15"]),
    "a fit that never began": said(
        right_answer(),
        before="fit_started",
        told=[FitFinished(fit="fit-9", cell=TRAINING, epochs=1, iterations=1, changed=False)],
    ),
    "a model that no fit left": right_answer(exported={"fit": "fit-9"}),
    "a model that another fit left": right_answer(exported={"model": "model-9"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_events_that_contradict_each_other_are_told_to_a_person(name: str) -> None:
    report = judge(BROKEN[name], HORSES)
    [message] = [flag.message for flag in report.flags if flag.kind == "forged_events"]
    assert message.startswith("what the run reports does not fit together: ")


def test_in_a_further_run_too() -> None:
    broken = BROKEN["a fit that begins twice"].run
    evidence = right_answer().model_copy(
        update={"reruns": (Rerun(replaced=("layers",), answers=("compile.loss",), run=broken),)}
    )
    assert "forged_events" in kinds(judge(evidence, HORSES))


ZZZ = {
    "generators it trains from": {"training": SOURCES["training"].replace("training_pictures,", "zzz,")},
    "epochs": {"training": SOURCES["training"].replace("15", "zzz")},
    "epochs read off the author's network": {"training": SOURCES["training"].replace("15", "model.name")},
    "loss": {"compile": SOURCES["compile"].replace('"binary_crossentropy"', "zzz")},
    "steps": {"steps": "steps_per_epoch = zzz\nvalidation_steps = zzz\n"},
    "image": {"prediction": "probability = model.predict(zzz)\npredicted_class = zzz\n"},
}
"""Names that nothing binds, in a further run that goes on from the author's network."""


def carried_forward(sources: Mapping[str, str]) -> Report:
    weak = [keras_layer("Flatten", (None, 270_000)), dense(1, "sigmoid")]
    failed = {COMPILE: CellError(type="NameError", message="name 'zzz' is not defined", line=1)}
    texts = {"layers": "model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])", **sources}
    model = {"layers": weak, "parameters": 1}
    handed_in = right_answer(
        sources=texts, until="model_name", model=model, errors=failed, outcome="student_error", probe=None
    )
    right, replaced = right_answer(sources=sources), ("layers",)
    further = Rerun(
        replaced=replaced,
        answers=tuple(f"{exercise.id}.{one.id}" for exercise in HORSES.exercises for one in exercise.checks),
        training_went_by=True,
        run=right.run,
        probe=right.probe,
        calls=calls_of(submission(SOURCES).cells, replaced),
        binds=binds_of(submission(SOURCES).cells, replaced),
    )
    return judge(handed_in.model_copy(update={"reruns": (further,)}), HORSES)


@pytest.mark.parametrize("name", ZZZ)
def test_only_what_the_author_binds_is_taken_on_trust_in_a_further_run(name: str) -> None:
    assert all(text != SOURCES[cell] for cell, text in ZZZ[name].items())
    assert carried_forward(ZZZ[name]).score < carried_forward({}).score


def test_two_networks_do_not_go_by_one_fit() -> None:
    other = events()["model"]
    assert isinstance(other, ModelDescribed)
    network = [*block(16, 300), *layers()[6:]]
    told = [other.model_copy(update={"layers": network}), FIT.model_copy(update={"cell": LAYERS})]
    probe = hidden().model_copy(update={"layers": tuple(network)})
    report = judge(said(right_answer(probe=probe), before="model_described", told=told), HORSES)
    assert {"forged_events"} & kinds(report)


def test_a_right_answer_tells_one_story() -> None:
    assert not list(breaks_in(right_answer().run))
