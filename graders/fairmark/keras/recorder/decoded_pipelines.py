"""Pictures that were decoded before, for ``image_dataset_from_directory``: TensorFlow still resizes them itself, in its
own way, so only decoding is spared; and only where all that decode the files agree on their values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from fairmark.keras.recorder.decoded import Decoded, Pixels
from fairmark.keras.recorder.private import image_dataset_utils as keras_pipelines

__all__ = ["install"]


class _Put:
    """``original``, some of its attributes put in the place of its own."""

    def __init__(self, original: Any, **attributes: Any) -> None:  # noqa: ANN401 - a module
        self._original = original
        vars(self).update(attributes)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        return getattr(self._original, name)


def install(decoded: Decoded) -> None:
    """Has pipelines take pictures from ``decoded`` where all of theirs are there when they are made."""
    original = keras_pipelines._paths_and_labels_to_dataset_tf

    def make(image_paths: Sequence[object], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - Keras's own
        form = decoded.own_form()
        paths = [os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else "" for path in image_paths]
        channels = arguments[1] if len(arguments) > 1 else options.get("num_channels")
        if channels != 3 or form is None or any(decoded.find(path, form) is None for path in paths):
            return original(image_paths, *arguments, **options)
        own = keras_pipelines.tf
        # The functions are traced before the call returns; later calls are Keras's own again.
        keras_pipelines.tf = _taking_from(decoded, form, own)
        try:
            return original(paths, *arguments, **options)
        finally:
            keras_pipelines.tf = own

    keras_pipelines._paths_and_labels_to_dataset_tf = make


def _taking_from(decoded: Decoded, form: tuple[object, ...], own: Any) -> _Put:  # noqa: ANN401 - TensorFlow
    """TensorFlow, as Keras's module sees it while a pipeline is made: what it reads and decodes comes from there."""

    def values(path: bytes) -> Pixels:
        found = decoded.find(os.fsdecode(path), form)
        if found is None:
            raise FileNotFoundError(path)
        return found

    def read_file(path: Any) -> Any:  # noqa: ANN401 - a tensor of a graph
        return path

    def decode_image(path: Any, **options: Any) -> Any:  # noqa: ANN401 - a tensor of a graph
        picture = tf.numpy_function(values, [path], tf.uint8, stateful=False)
        # As little is known of it as of a decoded file, so that the same operations follow.
        picture.set_shape((None, None, 3))
        return picture

    return _Put(own, io=_Put(own.io, read_file=read_file), image=_Put(own.image, decode_image=decode_image))
