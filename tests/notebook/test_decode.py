"""What is no notebook at all is told by what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.errors import UnreadableNotebook
from fairmark.notebook.decode import decode


def refused(data: bytes) -> UnreadableNotebook:
    with pytest.raises(UnreadableNotebook) as caught:
        decode(data, "anna.ipynb")
    return caught.value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b" " * 2_000, "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff", "is not a notebook: byte 1 is not UTF-8 text"),
        (b'{"\xe9', "is not a notebook: byte 3 is not UTF-8 text"),
        (b'{\n"a": "\x00"}', "is not a notebook: line 2 holds a zero byte"),
        (bytes(10), "is not a notebook: line 1 holds a zero byte"),
        (b" <!DOCTYPE html>", "is a web page, not a notebook"),
        (b"PK\x03\x04....", "is a zip archive, not a notebook"),
        (b"\x1f\x8b\x08", "is a compressed file, not a notebook"),
        (b"%PDF-1.7", "is a PDF document, not a notebook"),
        (b"\x89PNG\r\n", "is a picture, not a notebook"),
        (b"\x89HDF\r\n", "is a saved model, not a notebook"),
        *[
            ("{}".encode(name), "is UTF-16 text, and a notebook is UTF-8")
            for name in ("utf-16", "utf-16-le", "utf-16-be")
        ],
        *[
            ("{}".encode(name), "is UTF-32 text, and a notebook is UTF-8")
            for name in ("utf-32", "utf-32-le", "utf-32-be")
        ],
    ],
)
def test_what_is_no_text_of_a_notebook_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    error = refused(data)
    assert error.message == f"anna.ipynb: {reason}"
    assert error.remedy is not None


def test_a_byte_order_mark_is_taken_off() -> None:
    assert decode(b'\xef\xbb\xbf{"a": 1}', "n") == '{"a": 1}'


@given(st.binary() | st.text().map(str.encode))
def test_bytes_are_their_text_or_refused(data: bytes) -> None:
    try:
        text = decode(data, "n")
    except UnreadableNotebook:
        return
    assert text == data.decode("utf-8-sig")
