"""One call of fit, as graders see it."""

from __future__ import annotations

from recorded import TRAINING, events, view


def test_what_was_asked_of_fit_is_observed_in_its_cell() -> None:
    training = view().training
    for observed, value, subject in (
        (training.pictures, "pictures-1", "what fit learns from"),
        (training.validation_pictures, "pictures-2", "what fit validates on"),
        (training.epochs, 15, "the number of epochs"),
        (training.steps_per_epoch, 8, "steps_per_epoch"),
        (training.validation_steps, 8, "validation_steps"),
    ):
        assert (observed.value, observed.subject, observed.cell) == (value, subject, TRAINING)
    assert training.has_validation


def test_what_ran_is_counted_by_epoch() -> None:
    training = view(epoch_2={"steps": 1}).training
    assert training.steps_run == [8, 1] + [8] * 13
    assert (training.epochs_run, training.finished) == (15, True)


def test_a_fit_that_was_cut_short_did_not_finish() -> None:
    training = view(until="epoch_3", outcome="timeout").training
    assert (training.epochs_run, training.finished) == (3, False)


def test_a_structure_only_run_has_a_fit_that_never_ran() -> None:
    training = view(until="fit", fit={"trained": False}).training
    assert (training.epochs_run, training.finished, training.asked_steps_per_epoch) == (0, False, 8)


def test_epochs_of_another_fit_are_not_counted() -> None:
    other = events()["epoch_1"].model_copy(update={"fit": "fit-0"})
    assert view(also=[other]).training.epochs_run == 15


def test_what_fit_was_given_is_known_without_asking_the_text() -> None:
    training = view(fit={"steps_per_epoch": 5, "validation_steps": 4}, sources={"training": "model.fit(x)"}).training
    assert (training.asked_steps_per_epoch, training.asked_validation_steps) == (5, 4)
