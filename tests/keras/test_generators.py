"""Questions about where pictures come from and how they are prepared."""

from __future__ import annotations

import math

import pytest
from recorded import GENERATORS, keras_layer, layers, unmet, view

from fairmark.checks import NoEvidence
from fairmark.evidence import BatchSeen, PicturesOpened
from fairmark.keras import RunView
from fairmark.keras.generators import gives_labels, has_batches_of, has_size, reads_folder, scales_to_unit

TF_DATA = {
    "generators": """
training_pictures = keras.utils.image_dataset_from_directory(
    pictures_dir / "train", image_size=(300, 300), batch_size=128, label_mode="binary"
)
validation_pictures = keras.utils.image_dataset_from_directory(
    pictures_dir / "validation", image_size=(300, 300), batch_size=32, label_mode="binary"
)
"""
}
OPENED_BY_TF_DATA = {"made_by": "image_dataset_from_directory", "rescale": 1.0}


def says(text: str) -> dict[str, str]:
    """The generators' cell with ``text`` in the place of ``rescale=1 / 255``."""
    return {"generators": f"ImageDataGenerator({text}).flow_from_directory(pictures_dir / 'train', (300, 300))"}


def mapped(low: float, high: float) -> RunView:
    """Training pictures of ``tf.data``, put through a ``map`` after which pixels lie between ``low`` and ``high``."""
    opened = view(training=OPENED_BY_TF_DATA, sources=TF_DATA).evidence.run.events
    source = next(stamped.event for stamped in opened if isinstance(stamped.event, PicturesOpened))
    derived = source.model_copy(update={"pictures": "pictures-3", "parent": "pictures-1", "cell": 6})
    batch = BatchSeen(
        pictures="pictures-3", shape=[128, 300, 300, 3], dtype="float32", minimum=low, maximum=high, labels_shape=[128]
    )
    return view(without=["batch"], also=[derived, batch], training=OPENED_BY_TF_DATA, sources=TF_DATA)


# --- scaling ----------------------------------------------------------------------------------------------------------


def test_pixels_scaled_by_the_generator_are_scaled() -> None:
    scales_to_unit(view().training_pictures)
    scales_to_unit(view().validation_pictures)


def test_pixels_scaled_by_a_layer_are_scaled() -> None:
    model = {"layers": [keras_layer("Rescaling", (None, 300, 300, 3), scale=1 / 255, offset=0.0), *layers()]}
    scales_to_unit(view(training={"rescale": 1.0}, sources=says(""), model=model).training_pictures)


def test_a_scaling_layer_may_stand_behind_augmentation() -> None:
    flip = keras_layer("RandomFlip", (None, 300, 300, 3))
    model = {"layers": [flip, keras_layer("Rescaling", (None, 300, 300, 3), scale=1 / 255), *layers()]}
    scales_to_unit(view(training={"rescale": 1.0}, sources=says(""), model=model).training_pictures)


def test_pixels_scaled_by_map_are_scaled() -> None:
    scales_to_unit(mapped(0.0, 1.0).training_pictures)


def test_pixels_scaled_by_a_function_of_the_generator_are_scaled() -> None:
    edit = {"rescale": 1.0, "augmentation": {"preprocessing_function": "<function>"}}
    text = says("preprocessing_function=lambda pixels: pixels / 255")
    scales_to_unit(view(training=edit, sources=text).training_pictures)


def test_pixels_as_they_are_in_the_file_are_not_scaled() -> None:
    refused = unmet(scales_to_unit, view(training={"rescale": 1.0}, sources=says("")).training_pictures)
    assert refused.message == "The scaling of the training pictures: found 1, expected 1/255."
    assert (refused.found, refused.expected, refused.cell) == ("1", "1/255", GENERATORS)


def test_a_slip_in_the_factor_is_shown_as_it_was_written() -> None:
    refused = unmet(
        scales_to_unit, view(validation={"rescale": 1 / 225}, sources=says("rescale=1 / 225")).validation_pictures
    )
    assert refused.message == "The scaling of the validation pictures: found 1/225, expected 1/255."


def test_pixels_scaled_twice_are_not_scaled_rightly() -> None:
    model = {"layers": [keras_layer("Rescaling", (None, 300, 300, 3), scale=1 / 255), *layers()]}
    refused = unmet(scales_to_unit, view(model=model).training_pictures)
    assert refused.found == "1.53787e-05"


@pytest.mark.parametrize(("low", "high", "found"), [(0.0, 255.0, "1"), (-1.0, 1.0, "0.00784314")])
def test_a_map_that_scales_otherwise_is_measured(low: float, high: float, found: str) -> None:
    assert unmet(scales_to_unit, mapped(low, high).training_pictures).found == found


@pytest.mark.parametrize("factor", [math.nan, math.inf, 0.0, -1 / 255])
def test_no_other_factor_will_do(factor: float) -> None:
    text = says("rescale=computed()")
    assert unmet(scales_to_unit, view(training={"rescale": factor}, sources=text).training_pictures).found is not None


# --- folders ----------------------------------------------------------------------------------------------------------


def test_the_folder_of_the_split_is_read() -> None:
    reads_folder(view().training_pictures, "train")
    reads_folder(view().validation_pictures, "validation")


@pytest.mark.parametrize(
    ("directory", "found"),
    [
        (".", "the data set's own folder, one level above: its folders are splits, not classes"),
        ("..", "the data set's own folder, one level above: its folders are splits, not classes"),
        ("train/horses", "train/horses/, a single class's folder, one level too deep"),
        ("validation", "validation/, the pictures of another split"),
        ("train/horses/0", "train/horses/0/"),
        ("/somewhere/else", "else/, which is not part of the data set"),
        ("../cassava_leaves/train", "cassava_leaves/train/, which is in another data set"),
        ("../cassava_leaves", "cassava_leaves/, which is in another data set"),
        (None, "pictures that do not come from a folder"),
    ],
)
def test_another_folder_is_named_with_what_it_is(directory: str | None, found: str) -> None:
    edits = {"training": {"directory": directory}}
    refused = unmet(reads_folder, view(**edits).training_pictures, "train")
    assert refused.found == found
    assert refused.expected == "train/, the folder that holds the class folders"
    assert refused.message == (
        f"The folder of the training pictures: found {found}, expected train/, the folder that holds the class folders."
    )
    assert refused.cell == GENERATORS


# --- size, batches, labels --------------------------------------------------------------------------------------------


def test_size_batches_and_labels_are_as_asked() -> None:
    run = view()
    has_size(run.training_pictures, 300, 300)
    has_batches_of(run.training_pictures, 128)
    gives_labels(run.training_pictures, "binary", "sparse")


def test_tf_data_is_as_good_as_a_generator() -> None:
    run = view(training=OPENED_BY_TF_DATA, validation=OPENED_BY_TF_DATA, sources=TF_DATA)
    reads_folder(run.training_pictures, "train")
    has_size(run.validation_pictures, 300, 300)
    has_batches_of(run.validation_pictures, 32)
    gives_labels(run.training_pictures, "binary", "sparse")


def test_a_generator_left_over_from_a_trial_casts_no_doubt_on_tf_data() -> None:
    trial = "ImageDataGenerator(rescale=1 / 255).flow_from_directory('a', (150, 150), class_mode='sparse')\n"
    run = view(
        training=OPENED_BY_TF_DATA,
        sources={"generators": trial + TF_DATA["generators"]},
        model={"layers": [keras_layer("Rescaling", (None, 300, 300, 3), scale=1 / 255), *layers()]},
    )
    scales_to_unit(run.training_pictures)
    has_size(run.training_pictures, 300, 300)
    gives_labels(run.training_pictures, "binary")


def test_another_size_is_told_as_height_x_width() -> None:
    text = {"generators": "a.flow_from_directory(b, target_size=(150, 200), class_mode='binary')"}
    refused = unmet(has_size, view(training={"target_size": (150, 200)}, sources=text).training_pictures, 300, 300)
    assert refused.message == "The size of the training pictures: found 150 x 200, expected 300 x 300."


def test_pictures_that_were_not_brought_to_a_size_have_none() -> None:
    text = {"generators": "scaled.flow(arrays, target_size=None)"}
    edit = {"target_size": None, "made_by": "flow"}
    assert unmet(has_size, view(training=edit, sources=text).training_pictures, 300, 300).found == "nothing"


def test_another_batch_size_is_told() -> None:
    text = {"generators": "a.flow_from_directory(b, batch_size=64)"}
    refused = unmet(has_batches_of, view(training={"batch_size": 64}, sources=text).training_pictures, 128)
    assert refused.message == "The batch size of the training pictures: found 64, expected 128."


def test_other_labels_are_told_with_the_first_that_would_do() -> None:
    text = {"generators": "a.flow_from_directory(b)"}
    refused = unmet(
        gives_labels, view(training={"class_mode": "categorical"}, sources=text).training_pictures, "binary", "sparse"
    )
    assert refused.message == "The labels of the training pictures: found categorical, expected binary."


def test_labels_may_be_missing_altogether() -> None:
    text = {"generators": "a.flow_from_directory(b, class_mode=None)"}
    refused = unmet(gives_labels, view(training={"class_mode": None}, sources=text).training_pictures, "binary")
    assert refused.found == "nothing"


def test_the_wrong_way_round_is_told_as_that() -> None:
    text = {"generators": "a.flow_from_directory(b, target_size=(200, 150))"}
    refused = unmet(has_size, view(training={"target_size": (200, 150)}, sources=text).training_pictures, 150, 200)
    assert refused.message == (
        "The size of the training pictures: found 200 x 150, which is 200 high and 150 wide, expected 150 high and 200 "
        "wide."
    )


# --- one mistake made in both sources ---------------------------------------------------------------------------------

ALIKE = {"rescale": 1 / 225, "target_size": (200, 150), "class_mode": "categorical"}
UNREADABLE = {"generators": "made_by(**settings)\nImageDataGenerator(**a).flow_from_directory(**b)"}


def test_what_is_wrong_in_an_example_is_taken_where_it_is_the_same() -> None:
    run = view(training=ALIKE, validation=ALIKE, sources=UNREADABLE)
    pictures, example = run.validation_pictures, run.training_pictures
    scales_to_unit(pictures, like=example)
    has_size(pictures, 150, 200, like=example)
    gives_labels(pictures, "binary", like=example)


def test_what_is_right_need_not_be_like_an_example() -> None:
    run = view(training=ALIKE, sources=UNREADABLE)
    pictures, example = run.validation_pictures, run.training_pictures
    scales_to_unit(pictures, like=example)
    has_size(pictures, 300, 300, like=example)
    gives_labels(pictures, "binary", like=example)


def test_what_is_neither_right_nor_like_the_example_is_refused() -> None:
    run = view(validation=ALIKE, sources=UNREADABLE)
    pictures, example = run.validation_pictures, run.training_pictures
    assert unmet(scales_to_unit, pictures, like=example).message == (
        "The scaling of the validation pictures: found 1/225, expected 1/255."
    )
    assert unmet(has_size, pictures, 300, 300, like=example).found == "200 x 150"
    assert unmet(gives_labels, pictures, "binary", like=example).found == "categorical"


@pytest.mark.parametrize("factor", [math.nan, 0.0])
def test_no_number_is_like_nan_and_nothing_but_zero_like_zero(factor: float) -> None:
    run = view(training={"rescale": 1.0}, validation={"rescale": factor}, sources=UNREADABLE)
    assert unmet(scales_to_unit, run.validation_pictures, like=run.training_pictures).expected == "1/255"


# --- nothing to ask about ---------------------------------------------------------------------------------------------


def test_pictures_that_were_never_opened_are_not_shown() -> None:
    with pytest.raises(NoEvidence) as caught:
        _ = view(without=["training", "validation"]).training_pictures
    assert caught.value.message == (
        "The training pictures: found none, expected a generator that labels pictures by their folder."
    )


def test_one_source_alone_leaves_the_other_open() -> None:
    run = view(without=["validation"])
    assert run.training_pictures.id == "pictures-1"
    with pytest.raises(NoEvidence, match="The validation pictures: found none"):
        _ = run.validation_pictures
