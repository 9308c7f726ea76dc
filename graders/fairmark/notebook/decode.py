"""Bytes become text: what is no notebook at all is told here, by what it is."""

from __future__ import annotations

import json
from pathlib import Path

from fairmark.errors import UnreadableNotebook

__all__ = ["DOWNLOAD_AGAIN", "damaged", "decode"]

DOWNLOAD_AGAIN = "Download it again from Jupyter: File > Download."
HAND_IN_THE_NOTEBOOK = "Hand in the notebook itself, the file that Jupyter saves with the suffix .ipynb."

SIGNATURES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!", "an archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x89HDF", "a saved model"),
)
"""How files begin that were handed in under a notebook's name (the formats' own specifications)."""


def decode(data: bytes, path: Path | str) -> str:
    """The text of a file that may be JSON, without a byte order mark.

    Raises `UnreadableNotebook` where ``data`` is something else: empty, another kind of file, not UTF-8.
    """
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            raise UnreadableNotebook(path, f"is {kind}, not a notebook", remedy=HAND_IN_THE_NOTEBOOK)
    _require_utf_8(data, path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not a notebook: byte {error.start + 1} is not UTF-8 text"
        raise UnreadableNotebook(path, reason, remedy=DOWNLOAD_AGAIN) from error
    _require_text(text, path)
    return text


def _require_utf_8(data: bytes, path: Path | str) -> None:
    encoding = json.detect_encoding(data[:4])  # RFC 4627, section 3: by where the zero bytes are
    begins = data[:8].decode(encoding, "replace").lstrip("\ufeff")
    if not encoding.startswith("utf-8") and begins.startswith(("{", "[", "<")):
        reason = f"is {encoding[:6].upper()} text, and a notebook is UTF-8"
        raise UnreadableNotebook(path, reason, remedy=DOWNLOAD_AGAIN)


def _require_text(text: str, path: Path | str) -> None:
    start = text[:1000].lstrip()[:1]
    if not start and not text.strip():
        raise UnreadableNotebook(path, "is empty", remedy=DOWNLOAD_AGAIN)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnreadableNotebook(path, f"is not a notebook: line {line} holds a zero byte", remedy=DOWNLOAD_AGAIN)
    if start == "<":
        raise UnreadableNotebook(path, "is a web page, not a notebook", remedy=DOWNLOAD_AGAIN)


def damaged(text: str, path: Path | str, error: json.JSONDecodeError) -> UnreadableNotebook:
    """The error for text that is not JSON: a notebook that was damaged, or something else from the start."""
    if not text.lstrip().startswith("{"):
        return UnreadableNotebook(path, "is text, but not a notebook", remedy=HAND_IN_THE_NOTEBOOK)
    reason = f"breaks off or is damaged at line {error.lineno}, column {error.colno}: {error.msg}"
    return UnreadableNotebook(path, reason, remedy=DOWNLOAD_AGAIN)
