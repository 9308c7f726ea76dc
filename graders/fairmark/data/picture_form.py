"""The form that pictures are opened in, and their values in it: what a framework's ``load_img`` does, without the
framework."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fairmark.errors import ControlFlow

__all__ = ["NotKept", "PictureForm"]

_INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
"""Pillow's name for each colour mode of ``load_img``."""
_LEFT_AS_THEY_ARE = {"grayscale": ("I;16", "I")}
"""Modes that ``load_img`` does not convert to that colour mode, though they are others."""
_LONGEST_SIDE = 2048


class NotKept(ControlFlow):
    """Decoded pictures of this form are not kept; the text says why."""


@dataclass(frozen=True)
class PictureForm:
    """How pictures are opened, in the words of ``flow_from_directory``; sides in pixels. Raises
    :class:`NotKept` where it has no such form, or nobody needs it."""

    height: int
    width: int
    interpolation: str = "nearest"
    color_mode: str = "rgb"

    def __post_init__(self) -> None:
        if self.interpolation not in _INTERPOLATIONS or self.color_mode not in _MODES:
            raise NotKept(f"there is no interpolation {self.interpolation!r} or colour mode {self.color_mode!r}")
        if not (0 < self.height <= _LONGEST_SIDE and 0 < self.width <= _LONGEST_SIDE):
            raise NotKept(f"nobody trains on pictures of {self.height} x {self.width}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, len(_MODES[self.color_mode])

    def pixels(self, path: Path) -> bytes:
        """The values of the picture at ``path``: row by row, a byte a channel.

        Raises :class:`NotKept` where they are no bytes, as those of 16-bit greys, and whatever Pillow raises on files
        that it cannot decode.
        """
        mode = _MODES[self.color_mode]
        with Image.open(io.BytesIO(path.read_bytes())) as opened:
            picture: Image.Image = opened
            if picture.mode in _LEFT_AS_THEY_ARE.get(self.color_mode, ()):
                raise NotKept(f"{path.name}: its values are no bytes")
            if picture.mode != mode:
                picture = picture.convert(mode)
            if picture.size != (self.width, self.height):
                picture = picture.resize((self.width, self.height), _INTERPOLATIONS[self.interpolation])
            return picture.tobytes()
