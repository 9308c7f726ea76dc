"""A source of labelled pictures, as graders see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fairmark.checks.expectation import ConflictingEvidence, NotReadable, Observed, spell
from fairmark.evidence import BatchSeen, PicturesOpened, Preparation
from fairmark.keras.facts.calls import DIRECT, OPENERS
from fairmark.keras.views import measured
from fairmark.keras.views.corroboration import Corroboration

__all__ = ["NO_SCALING", "PicturesView", "Scaling", "Source"]

_SCALED_TO_ONE = 1.0001
"""Bright pixels times 1/255 may exceed 1 by float32's rounding."""


@dataclass(frozen=True)
class Source:
    """What was ``opened``, where the pictures come from. ``opened_in`` is the cell that opened them first, where a
    pipeline was derived from others; ``folders`` are the pictures by class that each folder of the data set holds,
    counted outside."""

    opened: PicturesOpened
    opened_in: int
    folders: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Scaling:
    """The ``factor`` of a model's ``Rescaling`` layers; ``confirm`` says so where no text makes them."""

    factor: float = 1.0
    confirm: Callable[[], None] = lambda: None


NO_SCALING = Scaling()
"""Of a model without such layers."""


class PicturesView:
    """``what`` names the source in sentences ("training pictures"); ``batch`` is the first that was drawn, if any;
    ``scaling`` is what the model's ``Rescaling`` layers do."""

    def __init__(
        self,
        source: Source,
        what: str,
        batch: BatchSeen | None,
        corroboration: Corroboration,
        scaling: Scaling = NO_SCALING,
    ) -> None:
        opened = source.opened
        self.id = opened.pictures
        self.what = what
        self._opened = opened
        self._batch = batch
        self._corroboration = corroboration
        self._scaling_layer = scaling.factor
        self._confirm_scaling_layer = scaling.confirm
        self._opened_in = source.opened_in
        self._folders = source.folders
        self._makers = (opened.made_by, *DIRECT) if opened.made_by in OPENERS else OPENERS

    @property
    def cell(self) -> int:
        return self._opened.cell

    @property
    def is_flow(self) -> bool:
        """Whether it is a generator's; else it is a pipeline of ``tf.data``."""
        return self._opened.made_by != "image_dataset_from_directory" and self._opened.parent is None

    @property
    def scale(self) -> Observed[float]:
        """The factor between a pixel of the file, 0 to 255, and what the network computes with, wherever it is
        applied: in the generator, by ``map``, or by a ``Rescaling`` layer in the model."""
        if self._opened.made_by != "image_dataset_from_directory":
            factor = _factor(self._opened.rescale)
            alike = (0, 1) if factor is None else ()  # Keras takes none of these for a factor
            self._corroboration.confirm_generator(self._opened_in, "rescale", factor, alike=alike)
        elif self._opened.rescale != 1.0:
            self._corroboration.not_shown("rescale of a data set, which has none", self.cell)
        if self._scaling_layer != 1.0:
            self._confirm_scaling_layer()
        if self._is_computed and self.preparation_scale != 1.0:
            self._corroboration.confirm_scaled(self.cell)
        self._require_drawn("rescale", self._opened.rescale, measured.scale_disagrees(self._opened, self._batch))
        factor = self.preparation_scale * self._scaling_layer
        return Observed(factor, f"the scaling of the {self.what}", self.cell)

    def _confirm(self, argument: str, value: object) -> None:
        """The text can have opened this folder with this value."""
        self._corroboration.confirm(self._opened_in, self._makers, argument, value, directory=self._opened.directory)

    def _require_drawn(self, field: str, value: object, drawn: str | None) -> None:
        """Raises :class:`NotReadable` for a flow with methods of the notebook's own, :class:`ConflictingEvidence` where
        the batch that was ``drawn`` is not what the flow says of itself."""
        if self._opened.overridden:
            said = f"the {self.what} come through methods of the notebook's own ({', '.join(self._opened.overridden)})"
            raise NotReadable(f"{said[:1].upper()}{said[1:]}; a person should look.", cell=self.cell)
        if drawn is not None:
            said = f"the {self.what} say {field} = {spell(value)}, but the first batch has {drawn}"
            raise ConflictingEvidence(said, cell=self.cell)

    @property
    def preparation_scale(self) -> float:
        """The factor applied before the model: declared by the generator, or measured where a function of the
        notebook's own has a hand in it (``map``, ``preprocessing_function``)."""
        is_other = measured.scale_disagrees(self._opened, self._batch) is not None
        if not (self._is_computed or is_other) or self._batch is None:
            return self._opened.rescale
        if not self._batch.maximum <= _SCALED_TO_ONE:  # NaN is no proof of scaling
            return 1.0
        return 1 / 127.5 if self._batch.minimum < 0 else 1 / 255

    @property
    def _is_computed(self) -> bool:
        by_function = self._opened.rescale == 1.0 and "preprocessing_function" in self._opened.augmentation
        return self._opened.parent is not None or by_function

    @property
    def directory(self) -> Observed[str | None]:
        """The folder, relative to the data set's."""
        self._confirm_directory()
        return Observed(self._opened.directory, f"the folder of the {self.what}", self.cell)

    def _confirm_directory(self) -> None:
        if self._opened.directory is not None:
            self._corroboration.confirm_directory(self._opened_in, self._makers, self._opened.directory)

    @property
    def size(self) -> Observed[tuple[int, int] | None]:
        """Height and width in pixels after resizing."""
        size = self._opened.target_size
        argument = "image_size" if self._opened.made_by == "image_dataset_from_directory" else "target_size"
        self._confirm(argument, size)
        self._require_drawn(argument, size, measured.size_disagrees(self._opened, self._batch))
        return Observed(size, f"the size of the {self.what}", self.cell)

    @property
    def batch_size(self) -> Observed[int | None]:
        self._confirm("batch_size", self._opened.batch_size)
        drawn = measured.batch_size_disagrees(self._opened, self._batch)
        self._require_drawn("batch_size", self._opened.batch_size, drawn)
        return Observed(self._opened.batch_size, f"the batch size of the {self.what}", self.cell)

    @property
    def labels(self) -> Observed[str | None]:
        """``binary``, ``sparse`` (whole numbers), ``categorical`` (one-hot) ...; tf.data's ``int`` is ``sparse``."""
        mode = self._opened.class_mode
        if self._opened.made_by == "image_dataset_from_directory":
            written = "int" if mode == "sparse" else mode
            self._confirm("label_mode", written)
        else:
            self._confirm("class_mode", mode)
        drawn = measured.labels_disagree(self._opened, self._batch)
        self._require_drawn("class_mode", self._opened.class_mode, drawn)
        return Observed(self._opened.class_mode, f"the labels of the {self.what}", self.cell)

    @property
    def shuffled(self) -> Observed[bool]:
        """Whether pictures come in another order than that of their files."""
        self._confirm("shuffle", self._opened.shuffle)
        return Observed(self._opened.shuffle, f"the order of the {self.what}", self.cell)

    @property
    def classes(self) -> Observed[list[str]]:
        """Names in the order of their labels: by name, unless the text gives another order."""
        self._confirm_classes()
        return Observed(self._opened.classes, f"the classes of the {self.what}", self.cell)

    def _confirm_classes(self) -> None:
        known, told = self._folder, self._opened.classes
        if known is None or told != sorted(known):
            argument = "class_names" if self._opened.made_by == "image_dataset_from_directory" else "classes"
            self._confirm(argument, told)

    @property
    def found(self) -> Observed[int]:
        """How many pictures of its classes the folder held, as they were counted outside the run, too."""
        self._confirm_directory()
        self._confirm_classes()
        known, found = self._folder, self._opened.found
        expected = None if known is None else sum(known.get(name, 0) for name in self._opened.classes)
        is_part = expected is not None and found < expected
        if found != expected and not (is_part and self._is_subset):
            self._corroboration.not_shown(f"{found} pictures", self.cell)
        return Observed(self._opened.found, f"the number of {self.what}", self.cell)

    @property
    def _is_subset(self) -> bool:
        return self._corroboration.may_be(self._opened_in, self._makers, "subset", "training", "validation")

    @property
    def _folder(self) -> Mapping[str, int] | None:
        """The pictures of each class in the folder that was read, None where nobody counted them."""
        return None if self._opened.directory is None else self._folders.get(self._opened.directory)

    @property
    def preparation(self) -> Preparation | None:
        """How the probe must prepare hidden pictures to give the model what this source gives it; None where the size
        is unknown."""
        size = self._opened.target_size
        if size is None:
            return None
        scale = self.preparation_scale
        return Preparation(
            target_size=size,
            color_mode=self._opened.color_mode,
            interpolation=self._opened.interpolation,
            scale=scale,
            offset=-1.0 if self._is_computed and scale == 1 / 127.5 else 0.0,
        )


def _factor(rescale: float) -> float | None:
    """As written: no ``rescale`` is a factor of one."""
    return None if rescale == 1.0 else rescale
