"""Files that are handed in and are no notebooks: what each is, by its name, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "EMPTY_FOLDER",
    "HANDED_OUT_COPY",
    "LINK",
    "NOT_A_FILE",
    "NO_REASON",
    "OTHER",
    "SAVED_MODEL",
    "Reason",
    "why_left_out",
]


class Reason(NamedTuple):
    """Why something is not marked, as the end of a sentence that begins with its name; ``remedy`` is a sentence or
    empty."""

    said: str
    remedy: str = ""


_NOTEBOOK = "Hand in the notebook itself, the .ipynb file."
_PACK = "Pack it as .zip, or hand in the .ipynb file itself."

NO_REASON = Reason("")
LINK = Reason("is a link, which is never followed", "Hand in the file itself.")
NOT_A_FILE = Reason("is not a regular file but a pipe, a socket or a device", "Hand in the notebook file itself.")
EMPTY_FOLDER = Reason("is an empty folder")
HANDED_OUT_COPY = Reason("is the course's own copy of an assignment, which nobody solves")
_EMPTY = Reason("is an empty file", _NOTEBOOK)
OTHER = Reason("is not a notebook")
SAVED_MODEL = Reason("is a saved model, not a notebook")
"""Of files whose names end as a framework says; the others go by the table."""

_ARCHIVE = Reason("is an archive of a kind that is not read", _PACK)
_UNFINISHED = Reason("is a download that was broken off", "Download it again, to its end.")
_KINDS = {
    ("rar", "7z", "tar", "gz", "tgz", "bz2", "tbz2", "xz", "txz", "zst", "lz", "lzma", "cab", "iso", "zipx"): _ARCHIVE,
    ("crdownload", "part", "partial", "download", "opdownload"): _UNFINISHED,
    ("py", "pyw"): Reason("is a Python script, not a notebook", _NOTEBOOK),
    ("pdf",): Reason("is a PDF, not a notebook", _NOTEBOOK),
    ("html", "htm", "xhtml", "mht", "mhtml", "webarchive"): Reason("is a web page, not a notebook", _NOTEBOOK),
    ("doc", "docx", "odt", "rtf", "pages"): Reason("is a text document, not a notebook", _NOTEBOOK),
    ("md", "rst", "tex", "txt"): Reason("is a text, not a notebook"),
    ("url", "webloc", "lnk", "gdoc", "desktop"): Reason("is a shortcut to something that was not handed in", _NOTEBOOK),
    ("png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff", "heic", "svg"): Reason("is a picture, not a notebook"),
    ("csv", "tsv", "json", "npy", "npz", "xlsx", "xls", "log", "xml", "yaml", "yml", "toml"): Reason(
        "holds data, not a notebook"
    ),
}
_REASONS = {suffix: reason for suffixes, reason in _KINDS.items() for suffix in suffixes}


def why_left_out(name: str, *, size_bytes: int | None = None) -> Reason:
    """Why the file ``name`` is not marked; ``size_bytes`` is None where nobody has looked."""
    if size_bytes == 0:
        return _EMPTY
    return _REASONS.get(name.strip().lower().rpartition(".")[2], OTHER) if "." in name else OTHER
