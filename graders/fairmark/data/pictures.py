"""Pictures of unknown origin, decoded to see what they are."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from PIL import Image

from fairmark.data.drawing import pixels_digest, png_bytes

__all__ = [
    "MAX_PIXELS",
    "Seen",
    "TooManyPixelsError",
    "UnreadablePictureError",
    "as_png",
    "examine",
    "picture_suffixes",
]

MAX_PIXELS = 50_000_000
"""Width times height of one picture; decoded it takes 3 bytes for each."""

FORMATS = (
    *("PNG", "JPEG", "MPO", "BMP", "DIB", "GIF", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "TGA", "PCX", "SGI"),
    *("QOI", "ICO", "ICNS", "DDS", "PSD", "SUN", "MSP", "XBM", "XPM", "IM"),
)
"""Pillow's raster formats. Left out are those it hands to other programs (EPS to Ghostscript) or to plug-ins."""

KEPT = {
    ("JPEG", "RGB"): (".jpg", ".jpeg"),
    ("JPEG", "L"): (".jpg", ".jpeg"),
    ("MPO", "RGB"): (".jpg", ".jpeg"),
    ("BMP", "RGB"): (".bmp",),
}
"""By format and mode, the endings under which both ImageDataGenerator and image_dataset_from_directory read a picture.
(The one leaves out .gif, the other .ppm and .tif; TensorFlow decodes neither CMYK JPEGs nor BMPs with a palette.)"""


class UnreadablePictureError(Exception):
    """Pillow cannot decode it; the text says why."""


class TooManyPixelsError(Exception):
    """Decoding it would take more memory than a photograph does; the text gives its size."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture is: Pillow's format, size (width, height), the ending to keep it under, whether it has to be
    converted to PNG for that, and the digest of its pixels."""

    format: str
    size: tuple[int, int]
    suffix: str
    convert: bool
    pixels_sha256: str


@cache
def _formats() -> tuple[str, ...]:
    """Those of the formats that this build of Pillow opens (MPO comes through JPEG)."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@cache
def picture_suffixes() -> frozenset[str]:
    """The endings, in lower case with the dot, of the formats that are read."""
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in _formats())


def examine(content: bytes, name: str) -> Seen:
    """Decode a picture; ``name`` is only looked at for its ending.

    Raises :class:`UnreadablePictureError` and :class:`TooManyPixelsError`.
    """
    with _decoded(content) as picture:
        form = picture.format or ""
        endings = (".png",) if form == "PNG" else KEPT.get((form, picture.mode), ())
        ending = PurePosixPath(name).suffix.lower()
        return Seen(
            format=form,
            size=picture.size,
            suffix=PurePosixPath(name).suffix if ending in endings else endings[0] if endings else ".png",
            convert=not endings,
            pixels_sha256=pixels_digest(picture),
        )


def as_png(content: bytes) -> bytes:
    """The (first) picture as PNG, its pixels as they are where PNG can hold them, else as RGB or RGBA."""
    with _decoded(content) as decoded:
        picture: Image.Image = decoded
        if picture.mode not in ("L", "LA", "RGB", "RGBA"):
            picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        return png_bytes(picture)


@contextmanager
def _decoded(content: bytes) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Pillow warns of what it forgives (a wrong tag, a truncated comment); of too many pixels below.
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(io.BytesIO(content), formats=_formats())
            if picture.width * picture.height > MAX_PIXELS:
                raise TooManyPixelsError(
                    f"{picture.width} x {picture.height} pixels, more than {MAX_PIXELS // 10**6} million"
                )
            picture.load()
        except TooManyPixelsError:
            raise
        except Image.DecompressionBombError as error:
            raise TooManyPixelsError(str(error)) from error
        except Exception as error:  # its decoders raise all kinds of errors on damaged files
            raise UnreadablePictureError(f"{type(error).__name__}: {error}"[:200]) from error
    with picture:
        yield picture
