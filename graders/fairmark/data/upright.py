"""Pictures that a framework would show wrongly, put right: more than eight bits a channel, and photographs lying on
their side."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
from PIL import ExifTags, Image, ImageOps

__all__ = ["Change", "corrected", "left_as_it_is"]

Change: TypeAlias = Literal["scaled", "turned", "first_of_several", "transparent"]
"""What an instructor should know of a picture: its values were ``scaled`` to eight bits; it was ``turned`` as its
camera noted; only the ``first_of_several`` frames or pages is kept; it is ``transparent`` in places, which a framework
leaves out of account."""

_WIDE: Final = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")
"""Pillow's modes of one channel with more than eight bits. Its own conversion to RGB, which ``load_img`` uses,
cuts what is above 255: a 16-bit picture becomes white."""

_WITH_FRAMES: Final = ("AVIF", "GIF", "PNG", "TIFF", "WEBP")
"""Formats that may hold several pictures of equal standing. (Those of MPO are one photograph and its depth.)"""


def corrected(picture: Image.Image) -> tuple[Image.Image, tuple[Change, ...]]:
    """``picture``, or what a framework should be shown in its place, and what was changed.

    16-bit values are divided by 257, so that 65,535 becomes 255; floats are taken for shares of one where none is
    beyond 1, else for values from 0 to 255. Raises :class:`ValueError` for values that are neither.
    """
    changes: list[Change] = []
    result = picture
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
        result = ImageOps.exif_transpose(picture)
        changes.append("turned")
    if result.mode in _WIDE:
        result = _eight_bits(result)
        changes.append("scaled")
    return result, tuple(changes)


def left_as_it_is(picture: Image.Image) -> tuple[Change, ...]:
    """What of ``picture`` nobody will see in training."""
    changes: list[Change] = []
    if picture.format in _WITH_FRAMES and getattr(picture, "n_frames", 1) > 1:
        changes.append("first_of_several")
        picture.seek(0)  # counting has gone through them
    if picture.has_transparency_data and picture.convert("RGBA").getchannel("A").getextrema() != (255, 255):
        changes.append("transparent")
    return tuple(changes)


def _eight_bits(picture: Image.Image) -> Image.Image:
    values = np.asarray(picture).astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0:
        raise ValueError(f"its values, from {low:g} to {high:g}, are no shades of grey")
    if picture.mode == "F":
        scale = 255.0 if high <= 1 else 1.0
    else:
        scale = 1.0 if picture.mode == "I" and high <= 255 else 1 / 257
    if high * scale > 255.5:
        raise ValueError(f"its values, from {low:g} to {high:g}, are no shades of grey")
    return Image.fromarray(np.rint(values * scale).astype(np.uint8))
