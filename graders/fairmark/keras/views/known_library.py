"""What Keras's and TensorFlow's own calls give, as far as it is known outside a run: sources of images and their
numbers, optimizers, and functions that are numpy's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fairmark.keras.facts.calls import DEFAULT_RATES
from fairmark.notebook.worked_out.known_things import UNKNOWN, Folder, Folders, Method, Source, Thing, argument
from fairmark.notebook.worked_out.plain_values import NotPlain

__all__ = ["PictureSource", "library"]

_MOST = 2_000
_RATES = dict(DEFAULT_RATES)


@dataclass(frozen=True)
class Flows(Thing):
    """An ``ImageDataGenerator``; ``split`` is the fraction that it keeps for validation, None if the text does not say
    it."""

    held: Folders
    split: float | None

    def member(self, name: str) -> object:
        if name != "flow_from_directory":
            raise NotPlain
        return Method(self._opened)

    def _opened(self, given: Sequence[Any], named: dict[str, Any]) -> object:
        counts = _counts_in(self.held, argument(given, named, "directory", 0), named.get("classes"))
        subset = argument((), named, "subset", 0, None)
        if subset is not None:
            if self.split is None:
                raise NotPlain
            cuts = {name: int(self.split * count) for name, count in counts.items()}
            counts = cuts if subset == "validation" else {name: counts[name] - cut for name, cut in cuts.items()}
        size = given[1] if len(given) > 1 else named.get("target_size", (256, 256))
        batch = given[5] if len(given) > 5 else named.get("batch_size", 32)
        return PictureSource(sum(counts.values()), tuple(counts), _whole(batch), _sides(size), is_flow=True)


def dataset_opened(held: Folders, given: Sequence[Any], named: dict[str, Any]) -> PictureSource:
    """What ``image_dataset_from_directory`` gives."""
    counts = _counts_in(held, argument(given, named, "directory", 0), named.get("class_names"))
    subset, total = argument((), named, "subset", 0, None), sum(counts.values())
    if subset is not None:
        cut = int(float(argument((), named, "validation_split", 0)) * total)
        total = cut if subset == "validation" else total - cut
    size = given[6] if len(given) > 6 else named.get("image_size", (256, 256))
    batch = given[5] if len(given) > 5 else named.get("batch_size", 32)
    return PictureSource(total, tuple(counts), _whole(batch), _sides(size), is_flow=False)


def _counts_in(held: Folders, directory: object, classes: object) -> dict[str, int]:
    counts = Folder.at(held, directory).classes
    if classes is None:
        return dict(sorted(counts.items()))
    if not isinstance(classes, list | tuple) or not all(isinstance(name, str) for name in classes):
        raise NotPlain
    return {name: counts.get(name, 0) for name in classes}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _sides(value: object) -> tuple[int, ...] | None:
    is_plain = isinstance(value, list | tuple) and all(isinstance(side, int) for side in value)
    return tuple(value) if is_plain else None  # type: ignore[arg-type]


@dataclass(frozen=True)
class PictureSource(Source):
    """A source of ``total`` pictures of ``classes``, in the order of their labels, in batches of ``batch``; None for
    what is not known. ``is_flow``: a generator's, else a pipeline of ``tf.data``."""

    total: int | None
    classes: tuple[str, ...] | None
    batch: int | None
    size: tuple[int, ...] | None
    is_flow: bool

    def completed(self, other: object) -> PictureSource:
        """It, with what is known of ``other``, which goes by the same name, where it is not known itself."""
        if not isinstance(other, PictureSource) or self.total not in (None, other.total):
            return self
        batch = other.batch if self.batch is None else self.batch
        return replace(self, batch=batch, total=other.total, classes=self.classes or other.classes)

    def __len__(self) -> int:
        if self.total is None or self.batch is None:
            raise NotPlain
        return math.ceil(self.total / self.batch)

    def member(self, name: str) -> object:
        found = self._of_flow(name) if self.is_flow else self._of_pipeline(name)
        if found is None:
            raise NotPlain
        return found

    def _of_flow(self, name: str) -> object:
        if name in ("samples", "n"):
            return self.total
        if name in ("filenames", "filepaths", "labels", "classes") and self.total is not None and self.total <= _MOST:
            return [UNKNOWN] * self.total
        if name == "class_indices" and self.classes is not None:
            return {each: place for place, each in enumerate(self.classes)}
        if name == "num_classes" and self.classes is not None:
            return len(self.classes)
        if name == "image_shape" and self.size is not None:
            return (*self.size, 3)
        if name == "__len__":
            return Method(lambda given, named: len(self))
        return {"batch_size": self.batch, "target_size": self.size}.get(name)

    def _of_pipeline(self, name: str) -> object:
        if name in ("map", "prefetch", "cache", "shuffle", "with_options"):
            return Method(lambda given, named: self)
        if name in ("cardinality", "__len__"):
            return Method(lambda given, named: len(self))
        if name == "file_paths" and self.total is not None and self.total <= _MOST:
            return [UNKNOWN] * self.total
        return list(self.classes) if name == "class_names" and self.classes is not None else None


@dataclass(frozen=True)
class Optimizer(Thing):
    """One of Keras's optimizers."""

    learning_rate: object

    def member(self, name: str) -> object:
        if name not in ("learning_rate", "lr"):
            raise NotPlain
        return self.learning_rate


_NUMBERS: dict[str, Callable[..., object]] = {
    "argmax": np.argmax,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": np.round,
    "squeeze": np.squeeze,
}
"""Functions of TensorFlow's and Keras's that are numpy's."""


def library(path: str, held: Folders, given: Sequence[Any], named: dict[str, Any]) -> object:
    """What a call of ``path`` gives, by its dotted name, if that is Keras's or TensorFlow's; ``held`` are the folders
    of the data set. Raises :class:`NotPlain` for what is not known."""
    name = path.rpartition(".")[2]
    if path.partition(".")[0] not in ("tensorflow", "keras", "tf_keras"):
        raise NotPlain
    if name in _RATES:
        return Optimizer(argument(given, named, "learning_rate", 0, _RATES[name]))
    if name == "ImageDataGenerator":
        split = named.get("validation_split", 0.0)
        return Flows(held, split if isinstance(split, float) else None)
    if name == "image_dataset_from_directory":
        return dataset_opened(held, given, named)
    if name == "cardinality" and given and isinstance(given[0], PictureSource) and not given[0].is_flow:
        return len(given[0])
    if name in _NUMBERS and len(given) == 1 and not named and isinstance(given[0], int | float | np.ndarray):
        made = _NUMBERS[name](given[0])
        return made.item() if isinstance(made, np.generic) and math.isfinite(made) else made
    raise NotPlain
