"""Questions about more than two classes."""

from __future__ import annotations

import math
from typing import Any

import pytest
from built_in import helper
from recorded import GENERATORS, PREDICTION, block, dense, keras_layer, unmet, view

from fairmark.checks import NoEvidence
from fairmark.evidence import Function, ModelPredicted
from fairmark.keras import RunView
from fairmark.keras.compile import loss_fits_classes
from fairmark.keras.layers import ends_for_classes

_classes = helper("_classes")
agrees_with_predictions = _classes.agrees_with_predictions
common_labels = _classes.common_labels
counts_rightly = _classes.counts_rightly
has_rows_of = _classes.has_rows_of
keeps_order = _classes.keeps_order
labels_agree = _classes.labels_agree
misses_most = _classes.misses_most

CLASSES = ("blight", "healthy", "mosaic")
COUNTS = (4, 6, 10)
TABLE = [[1, 0, 3], [0, 5, 1], [0, 0, 10]]
SCALE = "matrix = counted()"


def answered(table: object = TABLE, least: object = "blight", **edits: Any) -> RunView:  # noqa: ANN401 - see recorded
    """A run whose validation pictures are of three classes, and which bound ``matrix`` and ``least``."""
    epochs = {f"epoch_{number}" for number in range(1, 15)}
    last = {"logs": {"val_accuracy": edits.get("measured", 0.8)}, "validation_steps": edits.get("validation_steps", 8)}
    predicted = ModelPredicted(
        model="model-1",
        cell=PREDICTION,
        pictures=edits.get("asked_about", "pictures-2"),
        input_shape=[],
        minimum=0.0,
        maximum=0.0,
        mean=0.0,
        outputs=edits.get("outputs", [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.2, 0.2, 0.6], [0.1, 0.4, 0.5]]),
    )
    return view(
        without=epochs,
        epoch_15=last,
        training={"class_mode": edits.get("labels", "binary")},
        validation={"classes": list(CLASSES), "shuffle": edits.get("shuffle", False)},
        named={"values": {"matrix": table, "least": least}},
        sources={"prediction": SCALE, "generators": "training_pictures = read(train)"},
        also=[predicted],
    )


def test_rows_that_add_up_to_the_pictures_of_each_class_are_right() -> None:
    has_rows_of(answered(), "matrix", COUNTS)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            [list(column) for column in zip(*TABLE, strict=True)],
            "matrix: found columns that add up to the pictures of each true class: rows and columns are swapped, "
            "expected rows that add up to 4, 6, 10, the pictures of each true class.",
        ),
        (
            [[1, 0, 0], [0, 5, 1], [0, 0, 10]],
            "matrix: found 17 pictures counted, of 20, expected rows that add up to 4, 6, 10, the pictures of each "
            "true class.",
        ),
        (
            [[2, 0, 4], [0, 3, 1], [0, 0, 10]],
            "matrix: found rows that add up to 6, 4, 10, expected rows that add up to 4, 6, 10, the pictures of each "
            "true class.",
        ),
        ([[1, 0], [0, 5]], "matrix: found 2 rows of 2, expected 3 rows of 3 counts."),
        ([[1], [0, 5], []], "matrix: found 3 rows of 0 and 1 and 2, expected 3 rows of 3 counts."),
        ([], "matrix: found 0 rows of 0, expected 3 rows of 3 counts."),
        ([1, 2, 3], "matrix: found 1, 2, 3, expected 3 rows of 3 counts."),
        (0.8, "matrix: found 0.8, expected 3 rows of 3 counts."),
        (
            [[0.25, 0, 0.75], [0, 0.8, 0.2], [0, 0, 1]],
            "matrix: found entries that are no whole numbers, expected pictures counted.",
        ),
        (
            [[math.nan, 0, 3], [0, math.inf, 1], [0, 0, -10]],
            "matrix: found entries that are no whole numbers, expected pictures counted.",
        ),
        (
            [["a", None, 3], [0, 5, 1], [0, 0, 10]],
            "matrix: found entries that are no whole numbers, expected pictures counted.",
        ),
    ],
)
def test_what_is_no_such_matrix_is_told(table: object, message: str) -> None:
    assert unmet(has_rows_of, answered(table), "matrix", COUNTS).message == message


def test_a_matrix_that_counts_what_was_predicted_agrees() -> None:
    run = answered()
    agrees_with_predictions(run, "matrix", run.validation_pictures, 4)


def test_a_matrix_that_counts_something_else_is_told() -> None:
    run = answered([[4, 0, 0], [0, 5, 1], [0, 0, 10]])
    assert unmet(agrees_with_predictions, run, "matrix", run.validation_pictures, 4).message == (
        "The first row of matrix: found 4, 0, 0, expected 1, 0, 3, which is what the network named for these pictures."
    )


def test_a_network_that_was_asked_about_other_pictures_is_told() -> None:
    run = answered(asked_about="pictures-1")
    assert unmet(agrees_with_predictions, run, "matrix", run.validation_pictures, 4).message == (
        "What the network was asked about: found the pictures of train/, expected the validation pictures."
    )


@pytest.mark.parametrize("outputs", [[], [[0.7, 0.2, 0.1]], [[math.nan] * 3] * 4])
def test_nothing_is_asked_where_predictions_are_not_known(outputs: list[list[float]]) -> None:
    run = answered([[4, 0, 0], [0, 5, 1], [0, 0, 10]], outputs=outputs)
    agrees_with_predictions(run, "matrix", run.validation_pictures, 4)


def test_a_diagonal_that_agrees_with_the_measured_accuracy_is_right() -> None:
    run = answered()
    said = counts_rightly(run, "matrix", run.training, run.validation_pictures)
    assert said == "The diagonal holds 80.0% of the pictures, as fit measured."


@pytest.mark.parametrize(
    ("table", "share"),
    [
        ([[0, 1, 3], [5, 0, 1], [10, 0, 0]], "0.0%"),
        ([[0] * 3] * 3, "0.0%"),
        ([[4, 0, 0], [0, 6, 0], [0, 0, 10]], "100.0%"),
    ],
)
def test_a_diagonal_that_does_not_agree_is_told(table: list[list[int]], share: str) -> None:
    run = answered(table)
    assert unmet(counts_rightly, run, "matrix", run.training, run.validation_pictures).message == (
        f"The diagonal of matrix: found {share} of the pictures, expected 80.0%, the accuracy fit measured."
    )


def test_an_accuracy_of_some_of_the_pictures_shows_nothing() -> None:
    run = answered(validation_steps=1)
    with pytest.raises(NoEvidence):
        counts_rightly(run, "matrix", run.training, run.validation_pictures)


@pytest.mark.parametrize("least", ["blight", " Blight", 0])
def test_the_class_with_the_smallest_share_is_right(least: object) -> None:
    assert misses_most(answered(least=least), "least", "matrix", CLASSES) == "25% of blight are found."


@pytest.mark.parametrize(
    ("table", "least", "message"),
    [
        (
            TABLE,
            "mosaic",
            "least: found mosaic, of which 100% are found, expected the one found least, with 25%.",
        ),
        (
            [[4, 0, 0], [0, 6, 0], [0, 5, 5]],
            "blight",
            "least: found blight, of which 100% are found: the smallest number, but not the smallest share, expected "
            "the one found least, with 50%.",
        ),
        (TABLE, "rust", "least: found rust, expected one of the classes."),
        (TABLE, 3, "least: found 3, expected one of the classes."),
        (TABLE, True, "least: found True, expected one of the classes."),
    ],
)
def test_another_class_is_told(table: object, least: object, message: str) -> None:
    assert unmet(misses_most, answered(table, least), "least", "matrix", CLASSES).message == message


def test_pictures_in_the_order_of_their_files_are_right() -> None:
    run = answered()
    keeps_order(run.validation_pictures)


def test_shuffled_pictures_are_told() -> None:
    run = answered(shuffle=True)
    raised = unmet(keeps_order, run.validation_pictures)
    assert raised.message == "Shuffle of the validation pictures: found True, expected False."
    assert raised.cell == GENERATORS


def test_labels_of_one_form_agree() -> None:
    labels_agree(answered())
    assert common_labels(answered()) == "binary"


def test_labels_of_two_forms_are_told() -> None:
    run = answered(labels="sparse")
    assert common_labels(run) is None
    assert unmet(labels_agree, run).message == (
        "The labels of the validation pictures: found binary, expected sparse, as for the training pictures."
    )


# --- the network ------------------------------------------------------------------------------------------------------


def network(units: int, activation: str) -> RunView:
    return view(model={"layers": [*block(16, 150), keras_layer("Flatten", (None, 1)), dense(units, activation)]})


def test_one_neuron_a_class_with_softmax_is_right() -> None:
    ends_for_classes(network(5, "softmax").model, 5)


@pytest.mark.parametrize(
    ("units", "activation", "found"),
    [
        (1, "sigmoid", "1 neuron with sigmoid, a single answer, which is enough for two classes"),
        (5, "sigmoid", "5 neurons with sigmoid, 5 answers that need not add up to 1"),
        (4, "softmax", "4 neurons with softmax"),
        (5, "linear", "5 neurons with linear"),
    ],
)
def test_another_last_layer_is_told(units: int, activation: str, found: str) -> None:
    said = unmet(ends_for_classes, network(units, activation).model, 5).message
    assert said == f"The output layer: found {found}, expected a probability for each of 5 classes that add up to 1."


def compiled(loss: Function | None) -> RunView:
    return view(sources={"compile": "model.compile(**settings)"}, compiled={"loss": loss})


@pytest.mark.parametrize(
    ("labels", "loss"),
    [
        ("categorical", "categorical_crossentropy"),
        ("sparse", "sparse_categorical_crossentropy"),
        ("binary", "categorical_crossentropy"),
        ("binary", "sparse_categorical_crossentropy"),
        (None, "categorical_crossentropy"),
    ],
)
def test_a_loss_that_fits_the_labels_is_right(labels: str | None, loss: str) -> None:
    loss_fits_classes(compiled(Function(name=loss, module="keras")).model, labels=labels)


@pytest.mark.parametrize(
    ("labels", "loss", "found", "form"),
    [
        ("categorical", "binary_crossentropy", "binary_crossentropy", " that are one row per picture"),
        (
            "categorical",
            "sparse_categorical_crossentropy",
            "sparse_categorical_crossentropy",
            " that are one row per picture",
        ),
        ("sparse", "categorical_crossentropy", "categorical_crossentropy", " that are one number per picture"),
        ("binary", "binary_crossentropy", "binary_crossentropy", ""),
        ("sparse", None, "none", " that are one number per picture"),
    ],
)
def test_a_loss_that_does_not_fit_is_told(labels: str, loss: str | None, found: str, form: str) -> None:
    given = None if loss is None else Function(name=loss, module="keras")
    said = unmet(loss_fits_classes, compiled(given).model, labels=labels).message
    assert said == f"The loss: found {found}, expected a loss for several classes and labels{form}."


def test_a_look_alike_of_the_notebooks_own_is_no_loss() -> None:
    run = compiled(Function(name="categorical_crossentropy", module="__main__"))
    assert unmet(loss_fits_classes, run.model, labels="categorical").found == "categorical_crossentropy"
