"""Questions about how a model was trained."""

from __future__ import annotations

import math
from typing import Any

import pytest
from recorded import STEPS, TRAINING, events, unmet, view

from fairmark.checks import ConflictingEvidence, NoEvidence
from fairmark.evidence import EpochEnded, FitFinished, FitStarted, NamesBound
from fairmark.keras import RunView
from fairmark.keras.training import (
    learns_from,
    passes_steps,
    passes_validation_steps,
    prints_a_line_an_epoch,
    runs_steps,
    steps_follow,
    trains_at_most,
    trains_for,
    validates_on,
    validates_on_nothing,
)

FIT = "model.fit(training_pictures, epochs={epochs}, steps_per_epoch={steps}, validation_steps={validation_steps})"

BATCH_COMPUTED = {"generators": "a.flow_from_directory(b, batch_size=size())"}


def fit_says(epochs: object = 15, steps: object = 8, validation_steps: object = 8) -> dict[str, str]:
    return {"training": FIT.format(epochs=epochs, steps=steps, validation_steps=validation_steps)}


def follow(run: RunView) -> str | None:
    """Whether the training steps follow."""
    return steps_follow(run, run.training_pictures, name="steps_per_epoch", argument="steps_per_epoch", batch_size=128)


def answered(value: Any, **edits: Any) -> RunView:  # noqa: ANN401 - whatever a student binds
    return view(steps={"values": {"steps_per_epoch": value}}, **edits)


# --- steps worked out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [8, 8.0])
def test_pictures_by_batch_size_are_the_steps(steps: float) -> None:
    assert follow(answered(steps)) is None


@pytest.mark.parametrize(("found", "steps"), [(1027, 9), (1000, 8), (128, 1), (127, 1)])
def test_rounded_up_takes_all_pictures(found: int, steps: int) -> None:
    assert follow(answered(steps, training={"found": found})) is None


def test_rounded_down_is_right_too_with_a_remark() -> None:
    assert follow(answered(8, training={"found": 1100})) == (
        "8 steps of 128 do not cover the 1,100 pictures: 76 are left over in each round; 9 steps, rounded up, would "
        "take them all."
    )


def test_the_remark_tells_of_epochs_that_ran_one_single_step() -> None:
    short = {f"epoch_{number}": {"steps": 1} for number in range(2, 16, 2)}
    remark = follow(answered(8, training={"found": 1027}, **short))
    assert remark is not None
    assert remark.endswith(" Because of that, every second epoch ran one single step.")


def test_the_remark_counts_short_epochs_that_come_otherwise() -> None:
    short = {f"epoch_{number}": {"steps": 1} for number in range(3, 16)}
    remark = follow(answered(8, training={"found": 1027}, **short))
    assert remark is not None
    assert remark.endswith(" Because of that, 13 of 15 epochs ran one single step.")


def test_epochs_that_were_short_for_another_reason_are_not_explained() -> None:
    short = {f"epoch_{number}": {"steps": 5} for number in range(2, 16, 2)}
    remark = follow(answered(8, training={"found": 1027}, **short))
    assert remark is not None
    assert "Because of that" not in remark


def test_steps_for_the_batch_size_that_was_asked_for_are_right_where_another_was_given() -> None:
    edits: dict[str, Any] = {"training": {"batch_size": 64}, "sources": BATCH_COMPUTED}
    assert follow(answered(16, **edits)) is None
    assert follow(answered(8, **edits)) is not None


def test_without_pictures_no_steps_follow() -> None:
    assert follow(answered(0, training={"found": 0})) is None
    assert (
        unmet(follow, answered(8, training={"found": 0})).expected == "the steps that 0 pictures in batches of 128 make"
    )


def test_a_source_that_is_not_batched_is_counted_in_the_batches_asked_for() -> None:
    assert follow(answered(8, training={"batch_size": None}, sources=BATCH_COMPUTED)) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [(9, "9"), (9.0, "9"), (8.5, "8.5"), (1024, "1024"), (0, "0"), (-8, "-8"), (10**400, str(10**400))],
)
def test_other_steps_are_refused(value: float, found: str) -> None:
    refused = unmet(follow, answered(value))
    assert refused.message == (
        f"steps_per_epoch: found {found}, expected the steps that 1,024 pictures in batches of 128 make."
    )
    assert refused.cell == STEPS


@pytest.mark.parametrize(
    ("value", "found"), [("all", "all"), (None, "nothing"), (True, "True"), ([8, 8], "8 x 8"), (math.nan, "NaN")]
)
def test_steps_are_a_number(value: object, found: str) -> None:
    assert unmet(follow, answered(value)).message == f"steps_per_epoch: found {found}, expected a whole number."


def test_steps_typed_straight_into_fit_are_an_answer() -> None:
    run = view(without=["steps"])
    assert follow(run) is None
    refused = unmet(follow, view(without=["steps"], fit={"steps_per_epoch": 5}))
    assert (refused.found, refused.cell) == ("5", TRAINING)


def test_validation_steps_are_found_in_fit_as_well() -> None:
    run = view(without=["steps"], sources=fit_says(validation_steps=8))
    assert (
        steps_follow(run, run.validation_pictures, name="validation_steps", argument="validation_steps", batch_size=32)
        is None
    )


def test_steps_that_are_nowhere_are_not_shown() -> None:
    edits: dict[str, Any] = {"fit": {"steps_per_epoch": None}, "sources": fit_says(steps=None)}
    with pytest.raises(NoEvidence, match=r"^steps_per_epoch: found no number, expected a number of steps\.$"):
        follow(view(without=["steps"], **edits))
    with pytest.raises(NoEvidence, match="The training: found no call of fit"):
        follow(view(without=["steps", "fit"]))


# --- what fit was given -----------------------------------------------------------------------------------------------


def test_fit_learns_from_the_training_pictures_and_validates_on_the_others() -> None:
    run = view()
    learns_from(run.training, run.training_pictures)
    validates_on(run.training, run.validation_pictures)


@pytest.mark.parametrize(
    ("source", "found"), [("pictures-2", "another source of pictures"), (None, "arrays, not a generator")]
)
def test_learning_from_something_else_is_refused(source: str | None, found: str) -> None:
    run = view(fit={"pictures": source})
    refused = unmet(learns_from, run.training, run.training_pictures)
    assert refused.message == f"What fit learns from: found {found}, expected the training pictures."
    assert refused.cell == TRAINING


@pytest.mark.parametrize(
    ("source", "has_validation", "found"),
    [
        ("pictures-1", True, "another source of pictures"),
        (None, True, "arrays"),
        (None, False, "no validation data"),
    ],
)
def test_validating_on_something_else_is_refused(source: str | None, has_validation: bool, found: str) -> None:
    run = view(fit={"validation_pictures": source, "has_validation": has_validation})
    refused = unmet(validates_on, run.training, run.validation_pictures)
    assert refused.message.startswith(f"What fit validates on: found {found}, expected the validation pictures.")


def test_validating_on_what_is_learned_from_is_told_what_is_wrong_with_it() -> None:
    run = view(fit={"validation_pictures": "pictures-1"})
    assert unmet(validates_on, run.training, run.validation_pictures).message.endswith(
        "These are what it learns from: they cannot say how it does on pictures it has not met."
    )


@pytest.mark.parametrize("steps", [8, None])
def test_fit_takes_the_steps_that_were_worked_out_or_all_there_are(steps: int | None) -> None:
    run = view(fit={"steps_per_epoch": steps}, sources=fit_says(steps=steps))
    passes_steps(run, run.training, run.training_pictures, name="steps_per_epoch")


def test_steps_worked_out_wrongly_are_passed_on_rightly() -> None:
    run = view(fit={"steps_per_epoch": 5}, sources=fit_says(steps="steps"), steps={"values": {"steps_per_epoch": 5}})
    passes_steps(run, run.training, run.training_pictures, name="steps_per_epoch")


def test_where_no_steps_were_worked_out_none_are_asked_for() -> None:
    run = view(without=["steps"], fit={"steps_per_epoch": 3}, sources=fit_says(steps=3))
    passes_steps(run, run.training, run.training_pictures, name="steps_per_epoch")


def test_other_steps_than_were_worked_out_are_refused() -> None:
    run = view(fit={"steps_per_epoch": 3}, sources=fit_says(steps=3))
    refused = unmet(passes_steps, run, run.training, run.training_pictures, name="steps_per_epoch")
    assert refused.message == "steps_per_epoch: found 3, expected 8, as worked out before."
    run = view(fit={"steps_per_epoch": None}, sources=fit_says(steps=None), steps={"values": {"steps_per_epoch": 5}})
    refused = unmet(passes_steps, run, run.training, run.training_pictures, name="steps_per_epoch")
    assert refused.message == "steps_per_epoch: found nothing, expected 5, as worked out before."


def with_own_steps(steps: int) -> RunView:
    """The training's own cell gives the names of both steps another number, and ``fit`` that."""
    again = NamesBound(cell=TRAINING, values={"steps_per_epoch": steps, "validation_steps": steps})
    text = f"steps_per_epoch = validation_steps = {steps}"
    run = view(
        fit={"steps_per_epoch": steps, "validation_steps": steps},
        sources={"training": f"{text}\n{fit_says(steps=steps, validation_steps=steps)['training']}"},
        also=[again],
    )
    return RunView(run.evidence, "training")


def test_steps_are_not_worked_out_by_giving_their_name_to_another_number() -> None:
    run = with_own_steps(2)
    refused = unmet(passes_steps, run, run.training, run.training_pictures, name="steps_per_epoch")
    assert refused.message == "steps_per_epoch: found 2, expected 8, as worked out before."
    refused = unmet(passes_validation_steps, run, run.training, run.validation_pictures, name="validation_steps")
    assert refused.message == "validation_steps: found 2, expected 8, as worked out before."


def test_steps_may_be_put_right_where_they_are_used() -> None:
    run = with_own_steps(8)
    wrong = [
        stamped.model_copy(update={"event": stamped.event.model_copy(update={"values": {"steps_per_epoch": 5}})})
        if isinstance(stamped.event, NamesBound) and stamped.event.cell == STEPS
        else stamped
        for stamped in run.evidence.run.events
    ]
    edited = run.evidence.run.model_copy(update={"events": tuple(wrong)})
    again = RunView(run.evidence.model_copy(update={"run": edited}), "training")
    passes_steps(again, again.training, again.training_pictures, name="steps_per_epoch")


# --- what ran ---------------------------------------------------------------------------------------------------------


def test_the_steps_that_ran_are_those_asked_for() -> None:
    run = view()
    runs_steps(run.training, run.training_pictures)


@pytest.mark.parametrize(("asked", "ran"), [(None, 8), (5, 5), (20, 8)])
def test_no_more_steps_run_than_there_are_batches(asked: int | None, ran: int) -> None:
    run = view(fit={"steps_per_epoch": asked}, sources=fit_says(steps=asked), epoch_1={"steps": ran})
    runs_steps(run.training, run.training_pictures)


def test_only_the_first_epoch_is_held_against_fit() -> None:
    run = view(epoch_2={"steps": 1})
    runs_steps(run.training, run.training_pictures)


def test_steps_that_did_not_run_are_missed() -> None:
    run = view(epoch_1={"steps": 0})
    refused = unmet(runs_steps, run.training, run.training_pictures)
    assert refused.message == "The steps of an epoch: found 0, expected 8."
    assert refused.cell == TRAINING


def test_a_fit_without_epochs_ran_no_steps() -> None:
    run = view(without=[word for word in events() if word.startswith("epoch_")])
    with pytest.raises(NoEvidence, match=r"^The training: found no epoch that ended, expected a finished training\.$"):
        runs_steps(run.training, run.training_pictures)


def test_epochs_may_be_fewer_than_allowed_and_no_more() -> None:
    trains_at_most(view().training, 15)
    refused = unmet(trains_at_most, view(fit={"epochs": 16}, sources=fit_says(epochs=16)).training, 15)
    assert refused.message == "The number of epochs: found 16, expected at most 15."
    assert refused.cell == TRAINING


def test_a_fit_that_did_not_end_is_no_training() -> None:
    with pytest.raises(
        NoEvidence, match=r"^The training: found a fit that did not end, expected a finished training\.$"
    ):
        trains_at_most(view(without=["fitted"]).training, 15)


def test_there_may_be_no_fit() -> None:
    with pytest.raises(NoEvidence, match=r"^The training: found no call of fit, expected model\.fit\(\.\.\.\)\.$"):
        _ = view(without=["fit"]).training


# --- several fits -----------------------------------------------------------------------------------------------------


def again(cell: int) -> list[Any]:
    """A second fit of three epochs, in ``cell``."""
    fit = events()["fit"].model_copy(update={"fit": "fit-2", "epochs": 3, "cell": cell})
    epoch = EpochEnded(fit="fit-2", epoch=1, steps=4, validation_steps=8, seconds=1.0, logs={})
    return [fit, epoch]


def test_of_several_fits_in_the_exercise_the_last_counts() -> None:
    training = view(exercise="training", also=again(TRAINING)).training
    assert (training.epochs_run, training.steps_run, training.finished) == (1, [4], False)


LOOPS = [
    "for epoch in range(3):\n    model.fit(training_pictures, initial_epoch=epoch, epochs=epoch + 1)",
    "for _ in range(3):\n    model.fit(training_pictures, steps_per_epoch=steps_per_epoch, epochs=1)",
    "def train():\n    return model.fit(training_pictures)\nparts = [train() for _ in range(3)]",
    "model.fit(pictures, epochs=1)\nmodel.fit(pictures, initial_epoch=1, epochs=2)\n"
    "model.fit(pictures, initial_epoch=2, epochs=3)",
]


def parts(*started: FitStarted, source: str) -> RunView:
    """A run in which these calls of ``fit`` took the place of the recorded one, each of an epoch that ended."""
    also: list[Any] = []
    for number, fit in enumerate(started, start=1):
        logs = {"accuracy": number / 10}
        ended = EpochEnded(fit=fit.fit, epoch=number, steps=number, validation_steps=8, seconds=1.0, logs=logs)
        also += [fit, ended, FitFinished(fit=fit.fit, cell=fit.cell, epochs=1, iterations=8)]
    without = {"fit", "fitted", *(word for word in events() if word.startswith("epoch_"))}
    return view(without=without, also=also, sources={"training": source}, exercise="training")


def part(number: int, *, initial: bool = True, **edits: Any) -> FitStarted:  # noqa: ANN401 - fields of FitStarted
    fit = events()["fit"]
    assert isinstance(fit, FitStarted)
    weights = "initial" if number == 1 else "trained"
    own = {"fit": f"fit-{number}", "epochs": 1, "initial_epoch": number - 1 if initial else 0, "weights": weights}
    return fit.model_copy(update={**own, **edits})


@pytest.mark.parametrize("source", LOOPS)
def test_a_training_in_several_calls_is_one(source: str) -> None:
    said = "initial" in source
    run = parts(*(part(number, initial=said) for number in (1, 2, 3)), source=source)
    training = run.training
    assert (training.epochs.value, training.epochs_run, training.finished) == (3, 3, True)
    assert (training.steps_run, training.history["accuracy"]) == ([1, 2, 3], [0.1, 0.2, 0.3])
    assert len(run.trainings) == (1 if said else 3)
    trains_for(run, training, 3)
    assert unmet(trains_at_most, training, 2).found == "3"


def test_two_calls_below_each_other_are_two_trainings() -> None:
    source = "model.fit(training_pictures)\nhistory = model.fit(training_pictures)"
    assert parts(part(1, initial=False), part(2, initial=False), source=source).training.epochs.value == 1


@pytest.mark.parametrize(
    "other",
    [
        {"model": "model-9"},
        {"pictures": "pictures-2"},
        {"steps_per_epoch": 1},
        {"cell": 8},
        {"has_validation": False, "validation_pictures": None},
    ],
)
def test_calls_that_train_otherwise_are_not_counted_together(other: dict[str, Any]) -> None:
    run = parts(part(1, **other), part(2), source=LOOPS[0])
    assert run.training.epochs.value == 1


def test_a_gap_between_the_epochs_is_no_going_on() -> None:
    source = "model.fit(pictures)\nmodel.fit(pictures, initial_epoch=5, epochs=6)"
    assert parts(part(1), part(2, initial_epoch=5), source=source).training.epochs.value == 1


def test_a_model_that_was_compiled_again_begins_again() -> None:
    again = events()["compiled"].model_copy(update={"cell": TRAINING})
    fits = [part(1), again, part(2)]
    run = view(without=["fit", "fitted"], also=fits, sources={"training": LOOPS[0]}, exercise="training")
    assert run.training.epochs.value == 1


def test_epochs_are_held_against_the_text_from_the_first_on() -> None:
    source = "model.fit(pictures, initial_epoch=5, epochs=15)"
    assert parts(part(1, initial_epoch=5, epochs=10), source=source).training.epochs.value == 10
    with pytest.raises(ConflictingEvidence):
        _ = parts(part(1, initial_epoch=0, epochs=10), source=source).training.epochs


def test_a_fit_elsewhere_does_not_count_where_the_exercise_has_its_own() -> None:
    training = view(exercise="training", also=again(8)).training
    assert (training.epochs_run, training.finished) == (15, True)


def test_where_the_exercise_has_none_the_last_fit_counts() -> None:
    assert view(exercise="steps", also=again(8)).training.steps_run == [4]


def test_the_last_value_of_a_name_is_the_answer() -> None:
    later = NamesBound(cell=8, values={"steps_per_epoch": 9, "probability": 0.9})
    assert view(also=[later]).answer("probability").value == 0.9
    assert view(also=[later]).answer("steps_per_epoch").value == 8  # what fit was given
    with pytest.raises(NoEvidence, match=r"^steps: found no value\.$"):
        view().answer("steps")


# --- what wrong steps do ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (9, "That is one step too many: for the last one no picture is left. Keras warns and ends the epoch early."),
        (7, "That is one step too few: 128 pictures are left out of the epoch."),
        (32, "Batches of 32 would make so many; these are batches of 128."),
        (50, "They would need 6,400 pictures: Keras warns and ends the epoch early."),
        (5, "They show 640 pictures; the other 384 are left out of the epoch."),
        (0, "Steps are counted: a whole number of at least 1."),
        (8.5, "Steps are counted: a whole number of at least 1."),
    ],
)
def test_wrong_steps_are_told_what_they_would_do(steps: float, said: str) -> None:
    run = answered(steps)
    refused = unmet(
        steps_follow,
        run,
        run.training_pictures,
        name="steps_per_epoch",
        argument="steps_per_epoch",
        batch_size=128,
        explain=True,
    )
    assert refused.message.endswith(f", expected the steps that 1,024 pictures in batches of 128 make. {said}")


# --- epochs, validation and what is printed ---------------------------------------------------------------------------


def test_a_training_may_be_asked_for_so_many_epochs() -> None:
    run = view()
    trains_for(run, run.training, 15)
    assert unmet(trains_for, run, run.training, 3).message == "The number of epochs: found 15, expected 3."


def test_a_fit_that_did_not_end_has_no_epochs_to_count() -> None:
    run = view(without=["fitted"])
    with pytest.raises(NoEvidence, match=r"^The training: found a fit that did not end"):
        trains_for(run, run.training, 15)


def test_a_run_that_trains_nothing_is_asked_for_its_epochs_all_the_same() -> None:
    run = view(until="fit", training_skipped=True)
    trains_for(run, run.training, 15)


def test_nothing_to_validate_on_can_be_asked_for() -> None:
    validates_on_nothing(view(fit={"validation_pictures": None, "has_validation": False}).training)
    assert unmet(validates_on_nothing, view().training).message == (
        "What fit validates on: found validation data, expected none in this exercise."
    )


@pytest.mark.parametrize("steps", [8, None])
def test_validation_takes_the_steps_worked_out_or_all_there_are(steps: int | None) -> None:
    run = view(fit={"validation_steps": steps}, sources=fit_says(validation_steps=steps))
    passes_validation_steps(run, run.training, run.validation_pictures, name="validation_steps")


def test_other_validation_steps_than_were_worked_out_are_refused() -> None:
    run = view(fit={"validation_steps": 3}, sources=fit_says(validation_steps=3))
    refused = unmet(passes_validation_steps, run, run.training, run.validation_pictures, name="validation_steps")
    assert refused.message == "validation_steps: found 3, expected 8, as worked out before."


@pytest.mark.parametrize("given", ["verbose=2", "None, None, 15, 2", "verbose=how_much()", "**settings", "*settings"])
def test_one_line_an_epoch_is_read_off_the_text(given: str) -> None:
    run = view(sources={"training": f"history = model.fit(training_pictures, {given})"})
    prints_a_line_an_epoch(run, run.training)


@pytest.mark.parametrize(("given", "found"), [("verbose=1", "1"), ("verbose=0", "0"), ("epochs=15", "auto")])
def test_another_way_of_printing_is_refused(given: str, found: str) -> None:
    run = view(sources={"training": f"history = model.fit(training_pictures, {given})"})
    assert unmet(prints_a_line_an_epoch, run, run.training).message == (
        f"verbose: found {found}, expected 2, one line an epoch."
    )
