"""The forms that Keras opens images in, as the text says or a run has shown, so that they can be decoded ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairmark.data.decoded import own_form
from fairmark.data.picture_form import PictureForm
from fairmark.evidence import Cell, PicturesOpened
from fairmark.notebook.fold import Folded
from fairmark.notebook.source import calls_in

__all__ = ["form_opened", "forms_written"]

_DEFAULTS = {
    "target_size": Folded(True, (256, 256)),
    "interpolation": Folded(True, "nearest"),
    "color_mode": Folded(True, "rgb"),
}
"""Keras 3.15's, of ``flow_from_directory``, where a call leaves an argument out."""


def form_opened(name: str, opened: PicturesOpened) -> Iterator[PictureForm]:
    """The form in which a run has opened a source of images of data set ``name``; none if they were not of it."""
    if opened.made_by == "image_dataset_from_directory":
        if opened.color_mode == "rgb":
            yield from _as_they_are(name)
    elif opened.target_size is not None:
        yield PictureForm(*opened.target_size, opened.interpolation, opened.color_mode)


def forms_written(name: str, cells: Iterable[Cell]) -> Iterator[PictureForm]:
    """The forms in which the text of ``cells`` opens the images of data set ``name``, as far as can be read off."""
    for call in calls_in(cells):
        if "image_dataset_from_directory" in call.names:
            yield from _as_they_are(name)
        elif "flow_from_directory" in call.names:
            match [call.arguments.get(argument, default).value for argument, default in _DEFAULTS.items()]:
                case [(int(height), int(width)), str(interpolation), str(color_mode)]:
                    yield PictureForm(height, width, interpolation, color_mode)


def _as_they_are(name: str) -> Iterator[PictureForm]:
    """TensorFlow resizes in its own way, so only decoding can be spared."""
    form = own_form(name)
    if form is not None:
        yield form
