from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from fairmark.data.pictures import TooManyPixelsError, UnreadablePictureError, as_kept, examine, picture_suffixes

Encode = Callable[..., bytes]


@pytest.mark.parametrize(
    ("form", "mode", "name", "fate"),
    [
        ("PNG", "RGB", "a.png", "kept as .png"),
        ("PNG", "P", "a.PNG", "kept as .PNG"),
        ("JPEG", "RGB", "a.jpeg", "kept as .jpeg"),
        ("JPEG", "L", "a.JPG", "kept as .JPG"),
        ("JPEG", "RGB", "a.jfif", "kept as .jpg"),
        ("JPEG", "RGB", "a.png", "kept as .jpg"),
        ("MPO", "RGB", "a.jpg", "kept as .jpg"),
        ("BMP", "RGB", "a.bmp", "kept as .bmp"),
        ("BMP", "P", "a.bmp", "converted to .png"),
        ("JPEG", "CMYK", "a.jpg", "converted to .png"),
        ("GIF", "P", "a.gif", "converted to .png"),
        ("TIFF", "RGB", "a.tif", "converted to .png"),
        ("PPM", "RGB", "a.ppm", "converted to .png"),
        ("WEBP", "RGB", "a.webp", "converted to .png"),
    ],
)
def test_a_picture_is_kept_as_it_is_where_every_keras_loader_reads_it(
    picture: Encode, form: str, mode: str, name: str, fate: str
) -> None:
    content = picture(100, form, mode)
    seen = examine(content, name)
    assert f"{'converted to' if seen.convert else 'kept as'} {seen.suffix}" == fate
    assert seen.size == (12, 8)
    converted = examine(as_kept(content, ".png"), "a.png")
    assert (converted.format, converted.convert, converted.size) == ("PNG", False, (12, 8))


def test_a_picture_with_a_transparent_palette_keeps_its_transparency() -> None:
    source = Image.new("P", (4, 4))
    buffer = io.BytesIO()
    source.save(buffer, "GIF", transparency=0)
    with Image.open(io.BytesIO(as_kept(buffer.getvalue(), ".png"))) as converted:
        assert converted.mode == "RGBA"


def test_equal_pixels_have_equal_digests_in_whatever_file(picture: Encode) -> None:
    assert examine(picture(7), "a.png").pixels_sha256 == examine(picture(7, "BMP"), "a.bmp").pixels_sha256
    assert examine(picture(7), "a.png").pixels_sha256 != examine(picture(8), "a.png").pixels_sha256
    wide, high = (picture(7, size=size) for size in ((4, 2), (2, 4)))
    assert examine(wide, "a.png").pixels_sha256 != examine(high, "a.png").pixels_sha256


def test_a_picture_that_says_it_is_enormous_is_not_decoded() -> None:
    header = struct.pack(">IIBBBBB", 10_000, 5_001, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = b"IDAT"
    content += struct.pack(">I", 0) + end + struct.pack(">I", zlib.crc32(end))
    with pytest.raises(TooManyPixelsError, match="10000 x 5001 pixels, more than 50 million"):
        examine(content, "a.png")


def test_a_cut_picture_is_unreadable(picture: Encode) -> None:
    with pytest.raises(UnreadablePictureError, match="image file is truncated"):
        examine(picture(7, "JPEG", size=(300, 300))[:-500], "a.jpg")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture_are_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadablePictureError):
        examine(b"\xff\xd8\xff" + content, "a.jpg")


def test_formats_that_pillow_hands_to_other_programs_are_not_pictures() -> None:
    assert {".jpg", ".png", ".webp"} <= picture_suffixes()
    assert not {".eps", ".ps", ".wmf", ".h5"} & picture_suffixes()


# --- pictures that Keras would show wrongly ---------------------------------------------------------------------------


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def shown_by_keras(content: bytes, name: str) -> Image.Image:
    """What ``load_img`` makes of the picture as it is kept."""
    seen = examine(content, name)
    with Image.open(io.BytesIO(as_kept(content, seen.suffix) if seen.convert else content)) as picture:
        return picture.convert("RGB")


STEPS = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)
GREY = Image.fromarray(STEPS)


def wide(kind: str) -> Image.Image:
    """``GREY`` in a mode of more than eight bits."""
    values = {
        "I;16": STEPS.astype(np.uint16) * 257,
        "I": STEPS.astype(np.int32),
        "I of 16 bits": STEPS.astype(np.int32) * 257,
        "F of bytes": STEPS.astype(np.float32),
        "F of shares": STEPS.astype(np.float32) / 255,
    }[kind]
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("I;16", "PNG"),
        ("I;16", "TIFF"),
        ("I", "TIFF"),
        ("I of 16 bits", "TIFF"),
        ("F of bytes", "TIFF"),
        ("F of shares", "TIFF"),
    ],
)
def test_shades_of_more_than_eight_bits_are_scaled_to_eight(kind: str, form: str) -> None:
    content = saved(wide(kind), form)
    seen = examine(content, f"a.{form.lower()}")
    assert (seen.suffix, seen.convert, seen.changes) == (".png", True, ("scaled",))
    assert (np.asarray(shown_by_keras(content, "a.png"))[..., 0] == STEPS).all()
    assert seen.pixels_sha256 == examine(saved(GREY, "PNG"), "a.png").pixels_sha256


@pytest.mark.parametrize(
    "values", [np.full((2, 2), -1.0), np.full((2, 2), np.nan), np.full((2, 2), 1e9), np.full((2, 2), np.inf)]
)
def test_values_that_are_no_shades_are_named(values: npt.NDArray[np.float64]) -> None:
    with pytest.raises(UnreadablePictureError, match="are no shades of grey"):
        examine(saved(Image.fromarray(values.astype(np.float32)), "TIFF"), "a.tif")


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_photograph_lying_on_its_side_is_turned_and_stays_a_jpeg(orientation: int) -> None:
    upright = Image.new("RGB", (64, 32), "red")
    upright.paste("blue", (0, 0, 16, 32))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]
    note = Image.Exif()
    note[ExifTags.Base.Orientation] = back
    upright.getexif().update(note)
    lying = ImageOps.exif_transpose(Image.open(io.BytesIO(saved(upright, "PNG", exif=note))))
    content = saved(lying, "JPEG", exif=exif, quality=95)
    seen = examine(content, "a.jpg")
    assert (seen.suffix, seen.convert, seen.changes, seen.size) == (".jpg", True, ("turned",), (64, 32))
    assert not seen.is_made_png
    red, _, blue = shown_by_keras(content, "a.jpg").getpixel((4, 16))  # type: ignore[misc]
    assert (red < 60, blue > 190) == (True, True)
    assert examine(as_kept(content, ".jpg"), "a.jpg").changes == ()
    assert examine(as_kept(content, ".jpg"), "a.jpg").pixels_sha256 == seen.pixels_sha256


def test_a_photograph_that_stands_upright_is_left_as_it_is() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 1
    assert not examine(saved(Image.new("RGB", (6, 4)), "JPEG", exif=exif), "a.jpg").convert


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_kept_and_that_is_said(form: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = saved(frames[0], form, save_all=True, append_images=frames[1:])
    assert examine(content, f"a.{form.lower()}").changes == ("first_of_several",)
    red, _, blue = shown_by_keras(content, f"a.{form.lower()}").getpixel((4, 4))  # type: ignore[misc]
    assert (red > 190, blue < 60) == (True, True)


@pytest.mark.parametrize(
    ("mode", "form", "alpha", "changes"),
    [
        ("RGBA", "PNG", 0, ("transparent",)),
        ("RGBA", "PNG", 255, ()),
        ("LA", "PNG", 128, ("transparent",)),
        ("RGBA", "WEBP", 0, ("transparent",)),
    ],
)
def test_transparency_is_said_where_there_is_any(mode: str, form: str, alpha: int, changes: tuple[str, ...]) -> None:
    picture = Image.new("RGBA", (4, 4), (9, 8, 7, alpha)).convert(mode)
    assert examine(saved(picture, form, **({"lossless": True} if form == "WEBP" else {})), "a").changes == changes


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_other_modes_are_shown_in_their_own_shades(mode: str) -> None:
    content = saved(Image.new("L", (8, 8), 255).convert("RGB").convert(mode), "TIFF")
    assert shown_by_keras(content, "a.tif").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.png", "is empty"),
        (
            b"\0\0\0\x18ftypheic" + b"\0" * 64,
            "a.jpg",
            "is a HEIC photograph, as iPhones take them, which frameworks cannot read",
        ),
        (b"x", "a.HEIC", "is a HEIC photograph, as iPhones take them, which frameworks cannot read"),
        (b"x", "a.heif", "is a HEIC photograph, as iPhones take them, which frameworks cannot read"),
        (b"II*\0", "a.DNG", "is a camera's raw photograph, which frameworks cannot read"),
        (b"x", "a.nef", "is a camera's raw photograph, which frameworks cannot read"),
        (b"Not found", "a.jpg", "is no picture, whatever its name says"),
    ],
)
def test_what_cannot_be_read_says_why_without_an_address_in_memory(content: bytes, name: str, reason: str) -> None:
    with pytest.raises(UnreadablePictureError) as caught:
        examine(content, name)
    assert str(caught.value) == reason


def test_colours_that_pillow_cannot_convert_are_unreadable_and_no_crash(
    picture: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("conversion from LAB to RGB not supported")

    content = picture(7, "TIFF", "CMYK")
    monkeypatch.setattr(Image.Image, "convert", refuse)
    with pytest.raises(UnreadablePictureError, match="cannot be decoded: conversion from LAB to RGB not supported"):
        examine(content, "a.tif")
