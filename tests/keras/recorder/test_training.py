"""Models: what they are, how they are compiled, how they train, and what they answer."""

from __future__ import annotations

import pytest
from shapes import Finished, position

from fairmark.evidence import (
    EpochEnded,
    FitFinished,
    FitStarted,
    ModelCompiled,
    ModelDescribed,
    ModelEvaluated,
    ModelPredicted,
    NamesBound,
    RunFinished,
)

# --- described --------------------------------------------------------------------------------------------------------


def test_a_model_is_described_when_it_gets_its_name(finished: Finished) -> None:
    model = finished.one(ModelDescribed, "model")
    assert (model.model, model.class_name) == ("model-1", "Sequential")
    assert (model.input_shape, model.output_shape) == ([None, 30, 30, 3], [None, 1])
    assert [(layer.class_name, layer.output_shape, layer.parameters) for layer in model.layers] == [
        ("Conv2D", [None, 28, 28, 4], 112),
        ("MaxPooling2D", [None, 14, 14, 4], 0),
        ("Flatten", [None, 784], 0),
        ("Dense", [None, 1], 785),
    ]
    assert model.parameters == 112 + 785


def test_a_layer_is_told_with_its_configuration_and_its_home(finished: Finished) -> None:
    convolution = finished.one(ModelDescribed, "model").layers[0]
    assert (convolution.config["filters"], convolution.config["kernel_size"]) == (4, [3, 3])
    assert convolution.config["activation"] == "relu"
    assert convolution.module.startswith("keras.")


def test_a_layer_of_the_students_own_can_be_told_from_keras(finished: Finished) -> None:
    described = finished.all(ModelDescribed, "configurations")
    own = [layer for model in described for layer in model.layers if layer.class_name == "Doubling"]
    assert {layer.module for layer in own} == {"__main__"}


def test_a_model_that_has_not_changed_is_not_described_again(finished: Finished) -> None:
    assert finished.all(ModelDescribed, "fit") == []


# --- compiled ---------------------------------------------------------------------------------------------------------


def test_settings_are_spelled_one_way_whether_text_function_or_object(finished: Finished) -> None:
    compiled = [event for event in finished.all(ModelCompiled, "compile") if event.model == "model-2"]
    assert len(compiled) == 3
    assert [event.loss and event.loss.name for event in compiled] == ["binary_crossentropy"] * 3
    assert [event.optimizer.name for event in compiled] == ["rmsprop"] * 3
    assert [event.learning_rate for event in compiled] == [pytest.approx(0.001)] * 3


def test_acc_is_accuracy(finished: Finished) -> None:
    by_text, by_long_text, by_object, _ = finished.all(ModelCompiled, "compile")
    assert [metric.name for metric in by_text.metrics] == ["accuracy"]
    assert [metric.name for metric in by_long_text.metrics] == ["accuracy"]
    assert [metric.name for metric in by_object.metrics] == ["binary_accuracy"]


def test_an_object_is_told_with_its_class_its_configuration_and_its_home(finished: Finished) -> None:
    loss = finished.all(ModelCompiled, "compile")[2].loss
    assert loss is not None
    assert (loss.class_name, loss.config["from_logits"]) == ("BinaryCrossentropy", False)
    assert loss.module.startswith("keras.")


def test_the_learning_rate_is_the_one_that_was_given(finished: Finished) -> None:
    assert finished.all(ModelCompiled, "compile")[-1].learning_rate == pytest.approx(0.01)


# --- trained ----------------------------------------------------------------------------------------------------------


def test_arguments_of_fit_are_bound_however_they_are_written(finished: Finished) -> None:
    cell = position("fit")
    assert finished.one(FitStarted, "fit") == FitStarted(
        fit="fit-1",
        model="model-1",
        cell=cell,
        pictures="pictures-1",
        validation_pictures="pictures-2",
        has_validation=True,
        epochs=2,
        steps_per_epoch=5,
        validation_steps=2,
        weights="initial",
    )
    assert finished.one(FitStarted, "fit again") == FitStarted(
        fit="fit-2",
        model="model-1",
        cell=cell + 1,
        pictures="pictures-1",
        validation_pictures=None,
        has_validation=False,
        epochs=1,
        steps_per_epoch=None,
        validation_steps=None,
        weights="trained",
    )


def epochs(finished: Finished, fit: str) -> list[EpochEnded]:
    return [event for event in finished.all(EpochEnded) if event.fit == fit]


def test_steps_are_those_that_ran_and_not_those_asked_for(finished: Finished) -> None:
    assert finished.one(FitStarted, "fit").steps_per_epoch == 5
    assert [epoch.steps for epoch in epochs(finished, "fit-1")] == [3, 3]  # 24 pictures in batches of 8


def test_validation_steps_are_counted_in_each_epoch(finished: Finished) -> None:
    assert [epoch.validation_steps for epoch in epochs(finished, "fit-1")] == [2, 2]
    assert [epoch.validation_steps for epoch in epochs(finished, "fit-2")] == [0]


def test_each_epoch_is_told_with_its_logs(finished: Finished) -> None:
    first, second = epochs(finished, "fit-1")
    assert (first.epoch, second.epoch) == (1, 2)
    assert set(first.logs) == {"acc", "loss", "val_acc", "val_loss"}
    assert 0 <= first.logs["val_acc"] <= 1
    assert first.seconds > 0


def test_a_history_that_the_notebook_edits_changes_nothing(finished: Finished) -> None:
    [epoch] = epochs(finished, "fit-2")
    assert epoch.logs["loss"] > 0  # the cell wrote 0 into its history


def test_the_optimizer_counts_over_the_life_of_the_model(finished: Finished) -> None:
    first, again = (finished.one(FitFinished, name) for name in ("fit", "fit again"))
    assert (first.epochs, first.iterations) == (2, 6)
    assert (again.epochs, again.iterations) == (1, 9)


def test_training_on_arrays_has_no_pictures(finished: Finished) -> None:
    assert finished.one(FitStarted, "changes").pictures is None


# --- asked ------------------------------------------------------------------------------------------------------------


def test_evaluating_a_pipeline_names_it(finished: Finished) -> None:
    evaluated = finished.one(ModelEvaluated, "pipeline")
    assert (evaluated.model, evaluated.pictures) == ("model-1", "pictures-5")
    assert evaluated.results == finished.one(NamesBound, "pipeline").values["results"]


def test_what_fit_and_evaluate_do_inside_is_not_told(finished: Finished) -> None:
    assert finished.all(ModelEvaluated, "fit") == []
    assert {event.cell for event in finished.all(ModelPredicted)} == {position("pictures")}


def test_a_model_called_directly_is_told_like_predict(finished: Finished) -> None:
    predicted, called = finished.all(ModelPredicted, "pictures")
    assert called == predicted.model_copy(update={"outputs": called.outputs})
    values = finished.one(NamesBound, "pictures").values
    assert [event.outputs for event in (predicted, called)] == [[[values["predicted"]]], [[values["called"]]]]


def test_the_input_of_a_prediction_is_measured(finished: Finished) -> None:
    predicted = finished.all(ModelPredicted, "pictures")[0]
    assert (predicted.pictures, predicted.input_shape) == (None, [1, 30, 30, 3])
    assert predicted.minimum == 0.0 < predicted.mean < predicted.maximum == 1.0


# --- without training -------------------------------------------------------------------------------------------------


def test_a_quick_run_ends_in_good_order_at_the_first_fit(finished: Finished) -> None:
    last, end = (stamped.event for stamped in finished.quick.events[-2:])
    assert isinstance(last, FitStarted)
    assert isinstance(end, RunFinished)
    assert (finished.quick.outcome, finished.quick.training_skipped) == ("completed", True)


def test_a_quick_run_knows_the_arguments_of_fit(finished: Finished) -> None:
    [quick] = finished.all(FitStarted, run=finished.quick)
    assert quick == finished.one(FitStarted, "fit").model_copy(update={"trained": False, "weights": None})


def test_a_quick_run_says_of_everything_before_what_a_full_one_does(finished: Finished) -> None:
    full, quick = (finished.all(ModelCompiled, run=run) for run in (finished.run, finished.quick))
    assert full == quick
