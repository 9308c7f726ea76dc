"""Pictures of unknown origin, decoded to see what they are."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final

from PIL import Image, UnidentifiedImageError

from fairmark.data.drawing import pixels_digest, png_bytes
from fairmark.data.upright import Change, corrected, left_as_it_is
from fairmark.errors import UsageError

__all__ = [
    "CHECK_ARCHIVE",
    "MAX_PIXELS",
    "UNREAD_SUFFIXES",
    "Seen",
    "TooManyPixelsError",
    "UnreadablePictureError",
    "as_kept",
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
(The one leaves out .gif, the other .ppm and .tif; its own functions decode neither CMYK JPEGs nor BMPs with a
palette.)"""


_HEIC: Final = "is a HEIC photograph, as iPhones take them, which frameworks cannot read"
_RAW: Final = "is a camera's raw photograph, which frameworks cannot read"
_EXPORT_HEIC: Final = (
    "Export the photographs as JPEG; an iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible."
)
_EXPORT: Final = "Export the photographs as JPEG."
UNREAD_SUFFIXES: Final = {
    **dict.fromkeys((".heic", ".heif", ".hif"), (_HEIC, _EXPORT_HEIC)),
    **dict.fromkeys((".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"), (_RAW, _EXPORT)),
    ".jxl": ("is a JPEG XL picture, which frameworks cannot read", _EXPORT),
}
"""Endings of photographs that are never decoded, each with why and what to do about it. (Pillow would take the small
preview inside some raw files for the photograph.)"""

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""ISO/IEC 23008-12, annex B."""

CHECK_ARCHIVE: Final = "Check that the archive is whole."


class UnreadablePictureError(UsageError):
    """It cannot be decoded; the text says why, ``remedy`` what to do."""

    remedy: str

    def __init__(self, reason: str, remedy: str = CHECK_ARCHIVE) -> None:
        super().__init__(reason, remedy=remedy)


class TooManyPixelsError(UsageError):
    """Decoding it would take more memory than a photograph does; the text gives its size."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture is: Pillow's format, size (width, height), the ending to keep it under, whether it has to be
    written anew for that (see :func:`as_kept`), the digest of its pixels as they are kept, and what should be known."""

    format: str
    size: tuple[int, int]
    suffix: str
    convert: bool
    pixels_sha256: str
    changes: tuple[Change, ...] = ()

    @property
    def is_made_png(self) -> bool:
        """Whether it is written anew as PNG."""
        return self.convert and self.suffix.lower() == ".png"


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
    suffix = PurePosixPath(name).suffix
    if suffix.lower() in UNREAD_SUFFIXES:
        raise UnreadablePictureError(*UNREAD_SUFFIXES[suffix.lower()])
    with _decoded(content) as picture, _translated(content):
        form = picture.format or ""
        shown, changes = corrected(picture)
        endings = (".png",) if form == "PNG" else KEPT.get((form, picture.mode), ())
        convert = bool(changes) or not endings
        if "scaled" in changes or not endings:
            endings = (".png",)
        return Seen(
            format=form,
            size=shown.size,
            suffix=suffix if suffix.lower() in endings else endings[0],
            convert=convert,
            pixels_sha256=_digest(shown, endings[0]) if convert else pixels_digest(picture),
            changes=changes + left_as_it_is(picture),
        )


def as_kept(content: bytes, suffix: str) -> bytes:
    """The (first) picture, put right, as a file of the ending ``suffix``: as PNG, its pixels as they are where PNG can
    hold them, else as RGB or RGBA; a photograph that was turned stays a JPEG, of quality 95.

    Raises what :func:`examine` does.
    """
    with _decoded(content) as picture, _translated(content):
        return _encoded(corrected(picture)[0], suffix)


def _encoded(picture: Image.Image, suffix: str) -> bytes:
    if suffix.lower() == ".png":
        return png_bytes(_for_png(picture))
    buffer = io.BytesIO()
    # A copy without what stands in ``info``: there the camera's note to turn it is.
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    plain.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def _for_png(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "LA", "RGB", "RGBA"):
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _digest(picture: Image.Image, suffix: str) -> str:
    """Of the pixels that ``picture`` has when it is kept under ``suffix``."""
    if suffix == ".png":
        return pixels_digest(_for_png(picture))
    with _decoded(_encoded(picture, suffix)) as kept:
        return pixels_digest(kept)


@contextmanager
def _translated(content: bytes) -> Iterator[None]:
    try:
        yield
    except (TooManyPixelsError, UnreadablePictureError):
        raise
    except Exception as error:  # Pillow's decoders raise all kinds of errors on damaged files
        raise UnreadablePictureError(*_why_unreadable(content, error)) from error


def _why_unreadable(content: bytes, error: Exception) -> tuple[str, str]:
    """Why it cannot be decoded, and what to do; Pillow's own text would give an address in memory."""
    if not content:
        return "is empty", CHECK_ARCHIVE
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _HEIC, _EXPORT_HEIC
    if isinstance(error, UnidentifiedImageError):
        return "is no picture, whatever its name says", CHECK_ARCHIVE
    return f"cannot be decoded: {str(error) or type(error).__name__}"[:200], CHECK_ARCHIVE


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
            raise UnreadablePictureError(*_why_unreadable(content, error)) from error
    with picture:
        yield picture
