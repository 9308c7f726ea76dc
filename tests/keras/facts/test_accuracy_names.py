"""The names of accuracy: one table for every question."""

from __future__ import annotations

from typing import Any

import pytest
from built_in import helper
from recorded import dense, layers, view

from fairmark.checks import NoEvidence
from fairmark.evidence import Function
from fairmark.keras import RunView, history
from fairmark.keras.facts.accuracy_names import (
    ACCURACY_KEYS,
    accuracy_curve,
    accuracy_keys,
    is_accuracy_key,
    measures_accuracy_of,
)

counts_rightly = helper("_classes").counts_rightly
lists_as_many_as_measured = helper("_misnamed").lists_as_many_as_measured

LOSSES = {
    "binary": "binary_crossentropy",
    "sparse": "sparse_categorical_crossentropy",
    "rows": "categorical_crossentropy",
}


def metric(name: str, class_name: str | None = None, /, **config: Any) -> Function:  # noqa: ANN401 - any JSON
    return Function(name=name, class_name=class_name, module="keras", config=config)


def compiled(last: tuple[int, str], loss: str, *metrics: Function) -> RunView:
    """A run whose model ends with ``last`` and was compiled with these."""
    return view(
        sources={"compile": "model.compile(**settings)"},
        model={"layers": [*layers()[:-1], dense(*last)]},
        compiled={"loss": Function(name=LOSSES.get(loss, loss), module="keras"), "metrics": list(metrics)},
    )


def measures(last: tuple[int, str], loss: str, one: Function) -> bool:
    return measures_accuracy_of(one, compiled(last, loss, one).model)


@pytest.mark.parametrize("last", [(1, "sigmoid"), (1, "linear"), (2, "softmax"), (5, "softmax")])
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_what_keras_resolves_by_the_shapes_is_accuracy_for_every_output(last: tuple[int, str], name: str) -> None:
    assert measures(last, "binary" if last[0] == 1 else "sparse", metric(name))


@pytest.mark.parametrize(
    ("last", "loss", "name"),
    [
        ((1, "sigmoid"), "binary", "binary_accuracy"),
        ((1, "sigmoid"), "binary", "BinaryAccuracy"),
        ((2, "softmax"), "sparse", "sparse_categorical_accuracy"),
        ((2, "softmax"), "rows", "categorical_accuracy"),
        ((2, "softmax"), "rows", "binary_accuracy"),
        ((5, "softmax"), "rows", "categorical_accuracy"),
        ((5, "linear"), "categorical_focal_crossentropy", "categorical_accuracy"),
        ((5, "softmax"), "sparse", "sparse_categorical_accuracy"),
        ((5, "softmax"), "mean_squared_error", "sparse_categorical_accuracy"),
        ((1, "sigmoid"), "sparse", "sparse_categorical_accuracy"),
    ],
)
def test_each_kind_fits_the_output_and_the_loss_it_is_made_for(last: tuple[int, str], loss: str, name: str) -> None:
    assert measures(last, loss, metric(name))


@pytest.mark.parametrize(
    ("last", "loss", "name"),
    [
        ((1, "sigmoid"), "binary", "categorical_accuracy"),
        ((1, "sigmoid"), "binary", "sparse_categorical_accuracy"),
        ((2, "softmax"), "sparse", "categorical_accuracy"),
        ((2, "softmax"), "sparse", "binary_accuracy"),
        ((5, "softmax"), "rows", "sparse_categorical_accuracy"),
        ((5, "softmax"), "rows", "binary_accuracy"),
        ((1, "sigmoid"), "binary", "top_k_categorical_accuracy"),
    ],
)
def test_a_kind_that_compares_something_else_is_no_accuracy(last: tuple[int, str], loss: str, name: str) -> None:
    assert not measures(last, loss, metric(name))


def test_an_accuracy_object_counts_equal_numbers_and_is_no_accuracy() -> None:
    assert not measures((1, "sigmoid"), "binary", metric("accuracy", "Accuracy", name="accuracy"))


@pytest.mark.parametrize(
    ("activation", "threshold", "right"),
    [
        ("sigmoid", 0.5, True),
        ("sigmoid", 0.6, True),
        ("sigmoid", 0, False),
        ("sigmoid", 1.0, False),
        ("sigmoid", 50, False),
        ("linear", 0, True),
        ("sigmoid", "0.5", False),
        ("sigmoid", True, False),
    ],
)
def test_a_threshold_lies_among_what_the_output_can_give(activation: str, threshold: object, right: bool) -> None:
    one = metric("binary_accuracy", "BinaryAccuracy", name="mine", threshold=threshold)
    assert measures((1, activation), "binary", one) is right


def test_a_name_of_ones_own_is_known_from_compile() -> None:
    run = compiled((1, "sigmoid"), "binary", metric("binary_accuracy", "BinaryAccuracy", name="treffer"))
    assert accuracy_keys(run)[0] == "treffer"
    assert accuracy_keys(run, run.model.id) == ("treffer",)
    assert accuracy_curve({"val_treffer": [0.5]}, validation=True, keys=accuracy_keys(run)) == [0.5]


def test_a_metric_written_as_text_is_logged_under_that_text() -> None:
    run = compiled((1, "sigmoid"), "binary", metric("accuracy", name="acc"))
    assert accuracy_keys(run, run.model.id) == ("acc",)


def test_no_accuracy_goes_by_the_name_of_a_loss() -> None:
    run = compiled((1, "sigmoid"), "binary", metric("binary_accuracy", "BinaryAccuracy", name="val_loss"))
    assert "val_loss" not in accuracy_keys(run)


@pytest.mark.parametrize("key", ["accuracy", "val_acc", "val_sparse_categorical_accuracy", "val_mine"])
def test_a_key_of_training_or_validation_is_known(key: str) -> None:
    assert is_accuracy_key(key, ("mine",))
    assert not is_accuracy_key("loss", ("mine",))


# --- every question that speaks of accuracy ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*ACCURACY_KEYS, "treffer"])
def test_every_question_finds_accuracy_under_each_of_its_names(key: str) -> None:
    own = metric("binary_accuracy", "BinaryAccuracy", name="treffer")
    files = [f"horses/{number}.png" for number in range(38)]
    run = view(
        sources={"compile": "model.compile(**settings)"},
        without={f"epoch_{number}" for number in range(1, 15)},
        epoch_15={"logs": {key: 0.9, f"val_{key}": 0.85, "val_other": 0.1}, "validation_steps": 8},
        compiled={"metrics": [own]},
        named={"values": {"last": 0.85, "epoch": 1, "misnamed": files, "matrix": [[100, 28], [10, 118]]}},
    )
    history.reads(run, run.training.history, "last", "val_accuracy")
    history.is_best_epoch(run, run.training.history, "epoch", "accuracy")
    lists_as_many_as_measured(run, run.training, run.validation_pictures, "misnamed")
    assert "85.2%" in counts_rightly(run, "matrix", run.training, run.validation_pictures)


def test_another_metric_is_no_accuracy_though_its_name_sounds_like_one() -> None:
    run = view(
        without={f"epoch_{number}" for number in range(1, 15)},
        epoch_15={"logs": {"val_vacc": 0.85}},
        named={"values": {"misnamed": []}},
    )
    with pytest.raises(NoEvidence):
        lists_as_many_as_measured(run, run.training, run.validation_pictures, "misnamed")
