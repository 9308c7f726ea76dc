from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairmark.data.pictures import TooManyPixelsError, UnreadablePictureError, as_png, examine, picture_suffixes

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
    converted = examine(as_png(content), "a.png")
    assert (converted.format, converted.convert, converted.size) == ("PNG", False, (12, 8))


def test_a_picture_with_a_transparent_palette_keeps_its_transparency() -> None:
    source = Image.new("P", (4, 4))
    buffer = io.BytesIO()
    source.save(buffer, "GIF", transparency=0)
    with Image.open(io.BytesIO(as_png(buffer.getvalue()))) as converted:
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
