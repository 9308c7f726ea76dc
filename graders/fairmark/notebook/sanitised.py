"""What is kept of a notebook, each part made valid for nbformat 4.5 whatever it was: metadata, pictures, ids, texts."""

from __future__ import annotations

import itertools
import re
from typing import Any

__all__ = [
    "MAX_NAME_CHARACTERS",
    "as_dict",
    "attachments",
    "cell_metadata",
    "encodable",
    "give_ids",
    "is_integer",
    "joined",
    "notebook_metadata",
]

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""From the nbformat 4.5 schema."""

MAX_NAME_CHARACTERS = 200
"""A longer id of a cell or name of an assignment is cut. None is meant; a name of 20 MiB would take gigabytes to
compare with those a course has."""

OTHER_LINE_ENDS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
OTHER_LINE_ENDS_AT_FIRST = re.compile(f"^{OTHER_LINE_ENDS.pattern}+", re.MULTILINE)

NBGRADER_KEYS = ("schema_version", "solution", "grade", "locked", "task", "grade_id")
FAIRMARK_KEYS = ("assignment", "schema")


def notebook_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """The kernel's name and what fairmark wrote."""
    kept: dict[str, Any] = {}
    kernel = {
        key: encodable(value) for key, value in as_dict(metadata.get("kernelspec")).items() if isinstance(value, str)
    }
    if {"name", "display_name"} <= kernel.keys():
        kept["kernelspec"] = {key: kernel[key] for key in ("name", "display_name", "language") if key in kernel}
    fairmark = _scalars(metadata.get("fairmark"), FAIRMARK_KEYS)
    return kept | ({"fairmark": fairmark} if fairmark else {})


def cell_metadata(metadata: object) -> dict[str, Any]:
    """nbgrader's entries and the tags."""
    kept: dict[str, Any] = {}
    nbgrader = _scalars(as_dict(metadata).get("nbgrader"), NBGRADER_KEYS)
    if nbgrader:
        kept["nbgrader"] = nbgrader
    tags = as_dict(metadata).get("tags")
    if isinstance(tags, list):
        texts = [encodable(tag) for tag in tags if isinstance(tag, str) and tag and "," not in tag]
        kept["tags"] = list(dict.fromkeys(texts))
    return kept


def attachments(value: object) -> dict[str, dict[str, str]]:
    """Files inside a Markdown cell: contents by media type by file name."""
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in as_dict(value).items():
        contents = {encodable(mime): joined(content) for mime, content in as_dict(bundle).items()}
        kept[encodable(name)] = {mime: content for mime, content in contents.items() if content is not None}
    return kept


def give_ids(cells: list[dict[str, Any]]) -> None:
    """Replace ids that are missing, malformed or taken by the first unused of ``001``, ``002`` and so on."""
    seen: set[str] = set()
    without = []
    for cell in cells:
        given = cell["id"]
        if isinstance(given, str) and CELL_ID.fullmatch(given) and given not in seen:
            seen.add(given)
        else:
            without.append(cell)
    unused = (f"{count:03d}" for count in itertools.count(1) if f"{count:03d}" not in seen)
    for cell in without:
        cell["id"] = next(unused)


def _scalars(value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    found = {key: as_dict(value).get(key) for key in keys}
    texts = {key: _name(item) if isinstance(item, str) else item for key, item in found.items()}
    return {key: item for key, item in texts.items() if isinstance(item, (str, int))}


def _name(text: str) -> str:
    return encodable(text[:MAX_NAME_CHARACTERS])


def joined(source: object) -> str | None:
    """A cell's text, which files hold as a string or as a list of lines; None where it is neither.

    Lines end with ``\\n`` and nothing else. IPython, which runs the cell, ends lines where ``str.splitlines`` does, at
    form feeds and Unicode's separators too, and Python does not: what one takes for a comment the other would run.
    These characters become spaces, and nothing at the beginning of a line, where Python lets a form feed stand.
    """
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    lines = encodable(source).replace("\r\n", "\n").replace("\r", "\n")
    return OTHER_LINE_ENDS.sub(" ", OTHER_LINE_ENDS_AT_FIRST.sub("", lines))


def encodable(text: str) -> str:
    """Without lone surrogates, which JSON can spell but no file can be written with."""
    return text.encode("utf-8", "replace").decode("utf-8")


def as_dict(value: object) -> dict[str, Any]:
    """``value``, or an empty dictionary where it is none."""
    return value if isinstance(value, dict) else {}


def is_integer(value: object) -> bool:
    """Whether ``value`` is an integer and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool)
