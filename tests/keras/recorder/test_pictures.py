"""Pictures: where they come from, how they are prepared, and what the model is really given."""

from __future__ import annotations

from shapes import Finished

from fairmark.evidence import BatchSeen, PictureLoaded, PicturesOpened


def opened(finished: Finished, name: str) -> PicturesOpened:
    return next(event for event in finished.all(PicturesOpened) if event.pictures == name)


def batch(finished: Finished, name: str) -> BatchSeen:
    [seen] = [event for event in finished.all(BatchSeen) if event.pictures == name and event.fit is None]
    return seen


def test_a_generator_is_told_with_all_that_was_asked_of_it(finished: Finished) -> None:
    assert opened(finished, "pictures-1") == PicturesOpened(
        pictures="pictures-1",
        cell=2,
        made_by="flow_from_directory",
        directory="train",
        found=24,
        classes=["circles", "squares"],
        target_size=(30, 30),
        batch_size=8,
        class_mode="binary",
        color_mode="rgb",
        interpolation="nearest",
        shuffle=True,
        rescale=1 / 255,
        augmentation={"horizontal_flip": True},
    )


def test_arguments_by_place_are_told_like_those_by_name(finished: Finished) -> None:
    validation = opened(finished, "pictures-2")
    assert (validation.directory, validation.found, validation.batch_size) == ("validation", 12, 4)
    assert (validation.class_mode, validation.rescale, validation.augmentation) == ("binary", 1 / 255, {})


def test_what_was_not_asked_is_told_as_keras_does_it(finished: Finished) -> None:
    whole = opened(finished, "pictures-3")
    assert (whole.target_size, whole.class_mode, whole.rescale) == ((256, 256), "categorical", 1.0)


def test_a_folder_of_the_wrong_level_shows_as_such(finished: Finished) -> None:
    whole = opened(finished, "pictures-3")
    assert (whole.directory, whole.classes) == (".", ["train", "validation"])


def test_the_first_batch_is_measured_once(finished: Finished) -> None:
    first = batch(finished, "pictures-1")
    assert (first.shape, first.dtype, first.labels_shape) == ([8, 30, 30, 3], "float32", [8])
    assert (first.minimum, first.maximum) == (0.0, 1.0)


def test_a_batch_that_only_fit_draws_is_measured_too(finished: Finished) -> None:
    assert batch(finished, "pictures-2").shape == [4, 30, 30, 3]


def test_pictures_nobody_drew_have_no_batch(finished: Finished) -> None:
    first = [event for event in finished.all(BatchSeen) if event.fit is None]
    assert [event.pictures for event in first] == ["pictures-1", "pictures-2", "pictures-5"]


def test_what_fit_draws_first_is_measured_for_that_call(finished: Finished) -> None:
    seen = [event for event in finished.all(BatchSeen) if event.fit is not None]
    drawn = [("pictures-1", "fit-1"), ("pictures-1", "fit-2"), ("pictures-2", "fit-1")]
    assert sorted((event.pictures, event.fit) for event in seen) == drawn
    assert {event.maximum for event in seen} == {1.0}


def test_a_tf_data_pipeline_is_told_in_the_words_of_generators(finished: Finished) -> None:
    source = opened(finished, "pictures-4")
    assert (source.made_by, source.directory, source.found) == ("image_dataset_from_directory", "train", 24)
    assert (source.target_size, source.batch_size, source.class_mode) == ((30, 30), 8, "sparse")
    assert (source.classes, source.interpolation, source.parent) == (["circles", "squares"], "bilinear", None)


def test_what_map_and_prefetch_made_of_a_pipeline_is_measured_after_them(finished: Finished) -> None:
    derived = opened(finished, "pictures-5")
    assert (derived.parent, derived.directory, derived.found) == ("pictures-4", "train", 24)
    assert batch(finished, "pictures-5").maximum == 1.0


def test_a_picture_file_is_told_by_its_place_in_the_data_set(finished: Finished) -> None:
    path = "validation/circles/circles-00.png"
    cell = opened(finished, "pictures-5").cell + 1
    assert finished.all(PictureLoaded) == [
        PictureLoaded(cell=cell, path=path, made_by="load_img", target_size=(30, 30)),
        PictureLoaded(cell=cell, path=path, made_by="Image.open"),
    ]
