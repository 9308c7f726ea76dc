"""A source of labelled pictures, as graders and the probe see it."""

from __future__ import annotations

import math

import pytest
from recorded import GENERATORS, pictures

from fairmark.checks.expectation import ConflictingEvidence, NotReadable
from fairmark.evidence import BatchSeen, PicturesOpened, Preparation
from fairmark.keras.views.corroboration import Corroboration
from fairmark.keras.views.pictures_view import PicturesView, Scaling, Source


def seen(
    source: PicturesOpened, low: float | None = None, high: float = 1.0, scaling_layer: float = 1.0
) -> PicturesView:
    batch = None
    if low is not None:
        batch = BatchSeen(
            pictures=source.pictures,
            shape=[32, 300, 300, 3],
            dtype="float32",
            minimum=low,
            maximum=high,
            labels_shape=[32],
        )
    seen = Source(source, source.cell, {})
    return PicturesView(seen, "training pictures", batch, Corroboration(()), Scaling(scaling_layer))


def source(**edits: object) -> PicturesOpened:
    return pictures("train", 1, 1024, 128).model_copy(update=edits)


def test_everything_observed_has_a_subject_and_a_cell() -> None:
    view = seen(source())
    found, classes = view.found, view.classes
    assert (found.value, found.subject, found.cell) == (1024, "the number of training pictures", GENERATORS)
    assert (classes.value, classes.subject) == (["horses", "humans"], "the classes of the training pictures")
    assert (view.id, view.what, view.cell) == ("pictures-1", "training pictures", GENERATORS)


def test_the_scale_is_what_generator_and_model_do_together() -> None:
    assert seen(source(rescale=1.0), scaling_layer=1 / 255).scale.value == 1 / 255
    assert seen(source(), scaling_layer=1 / 255).scale.value == 1 / 255 / 255


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [
        (0.0, 1.0, 1 / 255),
        (0.0, 1.00005, 1 / 255),
        (0.0, 0.9, 1 / 255),
        (-1.0, 1.0, 1 / 127.5),
        (0.0, 255.0, 1.0),
        (0.0, 1.2, 1.0),
    ],
)
def test_a_pipeline_is_measured_by_its_first_batch(low: float, high: float, scale: float) -> None:
    assert seen(source(parent="pictures-0", rescale=1.0), low, high).preparation_scale == scale


def test_a_pipeline_of_which_nothing_was_drawn_is_taken_as_its_source() -> None:
    assert seen(source(parent="pictures-0", rescale=1.0)).preparation_scale == 1.0


def test_a_generator_is_believed_what_it_declares_as_long_as_no_batch_says_otherwise() -> None:
    assert seen(source(), 0.0, 0.5).preparation_scale == 1 / 255
    assert seen(source(), 0.0, 255.0).preparation_scale == 1.0


@pytest.mark.parametrize(
    ("edits", "batch", "asked", "said"),
    [
        ({}, {"maximum": 255.0}, "scale", "rescale = 1/255, but the first batch has values from 0 to 255"),
        ({}, {"minimum": -0.5}, "scale", "rescale = 1/255, but the first batch has values from -0.5 to 1"),
        (
            {"target_size": (150, 150)},
            {},
            "size",
            "target_size = 150 x 150, but the first batch has pictures of 300 x 300",
        ),
        ({}, {"shape": [4, 300, 300, 3]}, "batch_size", "batch_size = 128, but the first batch has 4 pictures"),
        (
            {},
            {"labels_shape": [128, 2]},
            "labels",
            "class_mode = binary, but the first batch has labels of the shape [128, 2]",
        ),
    ],
)
def test_what_was_measured_overrules_what_was_declared(
    edits: dict[str, object], batch: dict[str, object], asked: str, said: str
) -> None:
    drawn = BatchSeen(
        pictures="pictures-1",
        shape=[128, 300, 300, 3],
        dtype="float32",
        minimum=0.0,
        maximum=1.0,
        labels_shape=[128],
        fit="fit-1",
    )
    seen = Source(source(**edits), GENERATORS, {})
    view = PicturesView(seen, "training pictures", drawn.model_copy(update=batch), Corroboration(()))
    with pytest.raises(ConflictingEvidence) as doubted:
        getattr(view, asked)
    assert doubted.value.message == f"the training pictures say {said}"


@pytest.mark.parametrize(
    "edits",
    [
        {"augmentation": {"brightness_range": [0.5, 2.0]}, "rescale": 1.0},
        {"augmentation": {"preprocessing_function": "<function>"}},
        {"augmentation": {"samplewise_center": True}},
        {"made_by": "image_dataset_from_directory"},
        {"parent": "pictures-0"},
    ],
)
def test_pixels_that_are_changed_on_the_way_need_not_lie_in_the_range(edits: dict[str, object]) -> None:
    view = seen(source(**edits), -3.0, 400.0)
    assert view.scale.value in (1.0, 1 / 255)


def test_a_last_batch_may_be_smaller_than_the_others() -> None:
    assert seen(source(), 0.0).batch_size.value == 128  # looked at by the notebook, not drawn by fit


def test_pictures_through_methods_of_the_notebooks_own_are_for_a_person() -> None:
    view = seen(source(overridden=["image_data_generator.standardize"]), 0.0)
    with pytest.raises(NotReadable, match="methods of the notebook's own"):
        _ = view.scale


def test_a_function_of_the_generator_is_measured_where_nothing_is_declared() -> None:
    by_function = {"augmentation": {"preprocessing_function": "<function>"}}
    assert seen(source(rescale=1.0, **by_function), 0.0, 1.0).preparation_scale == 1 / 255
    assert seen(source(rescale=1.0, **by_function), 0.0, 255.0).preparation_scale == 1.0
    assert seen(source(**by_function), 0.0, 1.02).preparation_scale == 1 / 255


def test_hidden_pictures_are_prepared_alike() -> None:
    assert seen(source(interpolation="bilinear", color_mode="grayscale")).preparation == Preparation(
        target_size=(300, 300), color_mode="grayscale", interpolation="bilinear", scale=1 / 255
    )


def test_pictures_from_minus_one_to_one_are_shifted_too() -> None:
    prepared = seen(source(parent="pictures-0"), -1.0).preparation
    assert prepared is not None
    assert (prepared.scale, prepared.offset) == (1 / 127.5, -1.0)
    declared = seen(source(rescale=1 / 127.5)).preparation
    assert declared is not None
    assert declared.offset == 0.0


def test_what_a_scaling_layer_does_is_left_to_the_model() -> None:
    prepared = seen(source(rescale=1.0), scaling_layer=1 / 255).preparation
    assert prepared is not None
    assert prepared.scale == 1.0


def test_pictures_without_a_size_cannot_be_prepared() -> None:
    assert seen(source(target_size=None)).preparation is None


def test_a_batch_that_is_no_number_is_no_proof_of_scaling() -> None:
    assert seen(source(parent="pictures-0", rescale=1.0), math.nan, math.nan).preparation_scale == 1.0
