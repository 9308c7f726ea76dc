"""Questions about where pictures come from and how they are prepared."""

from __future__ import annotations

import math
from pathlib import PurePosixPath

from fairmark.checks.expectation import CheckFailed, expect, spell
from fairmark.keras.views.pictures_view import PicturesView

__all__ = ["gives_labels", "has_batches_of", "has_size", "reads_folder", "scales_to_unit"]


def scales_to_unit(pictures: PicturesView, *, like: PicturesView | None = None) -> None:
    """Pixels reach the network as 0 to 1: multiplied by 1/255 in the generator, by ``map``, or by a ``Rescaling``
    layer, once.

    Here as in the other questions, ``like`` is a source that has been asked the same before: what is wrong there has
    cost its marks, and is taken here where it is the same.
    """
    scale = pictures.scale
    if like is None or not math.isclose(scale.value, like.scale.value, rel_tol=1e-6):
        expect(scale).to_be(1 / 255)


def reads_folder(pictures: PicturesView, split: str) -> None:
    """The source reads the folder ``split`` of the data set, which holds one folder per class."""
    directory = pictures.directory
    if directory.value == split:
        return
    raise CheckFailed(
        directory.subject, found=_where(directory.value, split), expected=_holder(split), cell=directory.cell
    )


def _holder(split: str) -> str:
    return f"{split}/, the folder that holds the class folders"


def _where(directory: str | None, split: str) -> str:
    """The folder that was read, and what it is."""
    if directory is None:
        return "pictures that do not come from a folder"
    place = PurePosixPath(directory)
    if directory in (".", ".."):
        return "the data set's own folder, one level above: its folders are splits, not classes"
    if place.parts[:1] == ("..",):
        return f"{PurePosixPath(*place.parts[1:])}/, which is in another data set"
    if len(place.parts) == 2 and not place.is_absolute():
        return f"{directory}/, a single class's folder, one level too deep"
    if len(place.parts) == 1 and directory != split:
        return f"{directory}/, the pictures of another split"
    return f"{place.name}/, which is not part of the data set" if place.is_absolute() else f"{directory}/"


def has_size(pictures: PicturesView, height: int, width: int, *, like: PicturesView | None = None) -> None:
    """Pictures are brought to ``height`` x ``width`` pixels, or to the size of ``like``.

    Height and width the wrong way round are told as that, since the numbers alone look right.
    """
    size = pictures.size
    if like is not None and size.value == like.size.value:
        return
    if height != width and size.value == (width, height):
        found = f"{spell(size.value)}, which is {width} high and {height} wide"
        raise CheckFailed(size.subject, found=found, expected=f"{height} high and {width} wide", cell=size.cell)
    expect(size).to_be((height, width))


def has_batches_of(pictures: PicturesView, size: int) -> None:
    """``size`` pictures a step."""
    expect(pictures.batch_size).to_be(size)


def gives_labels(pictures: PicturesView, *modes: str, like: PicturesView | None = None) -> None:
    """Labels come in one of ``modes``, or as those of ``like``: ``binary`` and ``sparse`` are one number a picture,
    ``categorical`` one-hot."""
    labels = pictures.labels
    if like is None or labels.value != like.labels.value:
        expect(labels).to_be_one_of(*modes, expected=modes[0])
