"""Bytes in, an nbformat 4 notebook out: the one place where a file of unknown origin becomes a notebook.

Only what is marked survives: the cells' texts, the metadata that says which cell is which, pictures attached to
Markdown, and the kernel's name. Outputs, execution counts, widget state and all other metadata are left behind, so
that nothing downstream can be led astray by them, and a broken output never costs a student anything.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4.convert import upgrade_cell

from fairmark.errors import UnreadableNotebook
from fairmark.notebook.decode import DOWNLOAD_AGAIN, damaged, decode
from fairmark.notebook.files import read_bytes
from fairmark.notebook.opening import CLEAR_OUTPUTS, MAX_FILE_BYTES, MAX_KEPT_BYTES, too_large
from fairmark.notebook.outputs import without_outputs
from fairmark.notebook.sanitised import (
    as_dict,
    attachments,
    cell_metadata,
    encodable,
    give_ids,
    is_integer,
    joined,
    notebook_metadata,
)

__all__ = [
    "MAX_CELLS",
    "MAX_CODE_CELLS",
    "MAX_CODE_CHARACTERS",
    "MAX_DIGITS",
    "MAX_FILE_BYTES",
    "MAX_KEPT_BYTES",
    "MAX_PARTS",
    "parse_notebook",
    "read_bytes",
]

MAX_CELLS = 10_000
"""Cells of one notebook, Markdown included; more are `UnreadableNotebook`."""

MAX_CODE_CELLS = 2_000
"""Code cells of one notebook; more are `UnreadableNotebook`."""

MAX_CODE_CHARACTERS = 500_000
"""Characters of code in one notebook, all cells together; more are `UnreadableNotebook`. It bounds the time that
comparing cells and looking for calls can take: a few seconds each, for the worst text found."""

MAX_PARTS = 2_000_000
"""Opening brackets in one file, those in texts too; more are `UnreadableNotebook`. Each may become a dictionary of 200
bytes: 20 MiB of them would take 720 MB, and 2,000,000 of the worst take 500 MB."""

_MIB = 1024 * 1024

MAX_DIGITS = 4_300
"""Digits of an integer that is read; Python's own limit, for time grows with their square."""

DELETE_CELLS = "Delete the cells that are not part of the assignment, save, and hand it in again."
MAKE_SMALLER = "Take large pictures out of the text cells and data out of the code, save, and hand it in again."
OPEN_AND_SAVE = "Open it in Jupyter, save it there, and hand it in again."


def parse_notebook(data: bytes, *, path: Path | str) -> NotebookNode:
    """The notebook in ``data``, as a valid node of nbformat 4.5; formats 2 and 3 are converted.

    Sources are single strings with ``\\n`` as line end; missing, malformed and repeated cell ids are replaced by ids
    that depend only on the file. Time and memory are bounded by `MAX_FILE_BYTES`, `MAX_KEPT_BYTES` and `MAX_PARTS`.
    ``path`` is for messages only.

    Raises `UnreadableNotebook`, and nothing else, where ``data`` is too large, not UTF-8, not JSON, not a notebook,
    of a format that is too old or too new, for a language other than Python, or has too many cells.
    """
    if len(data) > MAX_FILE_BYTES:
        raise too_large(path, len(data))
    data = _kept_of(data, path)
    _require_few_parts(data, path)
    text = decode(data, path)
    try:
        return _notebook(_loaded(text), path)
    except json.JSONDecodeError as error:
        raise damaged(text, path, error) from error
    except RecursionError as error:
        raise UnreadableNotebook(path, "is nested too deeply for a notebook", remedy=DOWNLOAD_AGAIN) from error


def _kept_of(data: bytes, path: Path | str) -> bytes:
    """``data``, where it is large without its outputs, so that they neither count nor cost anything."""
    if len(data) <= MAX_KEPT_BYTES and _parts(data) <= MAX_PARTS:
        return data
    kept = without_outputs(data)
    if kept is None and len(data) > MAX_KEPT_BYTES:
        size, limit = len(data) / _MIB, MAX_KEPT_BYTES // _MIB
        reason = f"has {size:.1f} MiB, from which no outputs could be taken out, and {limit} MiB is the limit"
        raise UnreadableNotebook(path, reason, remedy=CLEAR_OUTPUTS)
    if kept is not None and len(kept) > MAX_KEPT_BYTES:
        reason = f"has {len(kept) / _MIB:.1f} MiB without its outputs, and {MAX_KEPT_BYTES // _MIB} MiB is the limit"
        raise UnreadableNotebook(path, reason, remedy=MAKE_SMALLER)
    return kept or data


def _parts(data: bytes) -> int:
    return data.count(b"{") + data.count(b"[")


def _require_few_parts(data: bytes, path: Path | str) -> None:
    parts = _parts(data)
    if parts > MAX_PARTS:
        reason = f"has {parts} opening brackets, and {MAX_PARTS} is the limit"
        raise UnreadableNotebook(path, reason, remedy=CLEAR_OUTPUTS)


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer of too many digits, which does no harm where it is not looked at
        return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


def _notebook(document: object, path: Path | str) -> NotebookNode:
    if not isinstance(document, dict) or not is_integer(document.get("nbformat")):
        raise UnreadableNotebook(path, "is JSON, but not a notebook", remedy=DOWNLOAD_AGAIN)
    metadata = as_dict(document.get("metadata"))
    _require_python(metadata, path)
    cells = [_cell(raw, number, path) for number, raw in enumerate(_raw_cells(document, path), start=1)]
    _require_bounds(cells, path)
    give_ids(cells)
    kept = {"nbformat": 4, "nbformat_minor": 5, "metadata": notebook_metadata(metadata), "cells": cells}
    return from_dict(kept)


def _raw_cells(document: dict[str, Any], path: Path | str) -> list[Any]:
    """The cells as nbformat 4 spells them, whatever version the file has."""
    version = document["nbformat"]
    if version == 4:
        cells = document.get("cells")
    elif version in {2, 3}:
        cells = _cells_of_worksheets(document.get("worksheets"))
    elif version > 4:
        reason = f"is written in notebook format {_short(version)}, which is newer than 4, the newest that can be read"
        raise UnreadableNotebook(path, reason, remedy=OPEN_AND_SAVE)
    else:
        reason = f"is written in notebook format {_short(version)}, which is too old to be read"
        raise UnreadableNotebook(path, reason, remedy=OPEN_AND_SAVE)
    if not isinstance(cells, list):
        raise UnreadableNotebook(path, "is not a notebook: it has no list of cells", remedy=DOWNLOAD_AGAIN)
    if len(cells) > MAX_CELLS:
        raise UnreadableNotebook(path, f"has {len(cells)} cells, and {MAX_CELLS} is the limit", remedy=DELETE_CELLS)
    return cells


def _cells_of_worksheets(worksheets: object) -> list[Any] | None:
    """Formats 2 and 3 keep their cells in worksheets; Jupyter shows these one after the other."""
    if not isinstance(worksheets, list) or not all(
        isinstance(as_dict(sheet).get("cells"), list) for sheet in worksheets
    ):
        return None
    cells = itertools.chain.from_iterable(sheet["cells"] for sheet in worksheets)
    return [_upgraded(cell) for cell in itertools.islice(cells, MAX_CELLS + 1)]


def _upgraded(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    source = cell.get("input" if cell.get("cell_type") == "code" else "source", "")
    text = joined(source)
    if text is None:
        return {**cell, "source": source}
    level = cell.get("level")
    plain: dict[str, Any] = {
        "cell_type": cell.get("cell_type"),
        "metadata": {},
        "input": text,
        "source": text,
        "outputs": [],
        "level": level if is_integer(level) and level in range(1, 7) else 1,
    }
    return {**upgrade_cell(from_dict(plain)), "metadata": cell.get("metadata")}


def _cell(raw: object, number: int, path: Path | str) -> dict[str, Any]:
    cell = as_dict(raw)
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):  # a tuple: the value may be unhashable
        raise UnreadableNotebook(path, f"cell {number} is not a notebook cell", remedy=DOWNLOAD_AGAIN)
    source = joined(cell.get("source"))
    if source is None:
        raise UnreadableNotebook(path, f"the content of cell {number} is not text", remedy=DOWNLOAD_AGAIN)
    kept = {"id": cell.get("id"), "cell_type": kind, "metadata": cell_metadata(cell.get("metadata")), "source": source}
    if kind == "code":
        return kept | {"execution_count": None, "outputs": []}
    pictures = attachments(cell.get("attachments"))
    return kept | {"attachments": pictures} if pictures else kept


def _require_bounds(cells: list[dict[str, Any]], path: Path | str) -> None:
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    if len(code) > MAX_CODE_CELLS:
        reason = f"has {len(code)} code cells, and {MAX_CODE_CELLS} is the limit"
        raise UnreadableNotebook(path, reason, remedy=DELETE_CELLS)
    characters = sum(map(len, code))
    if characters > MAX_CODE_CHARACTERS:
        reason = f"holds {characters} characters of code, and {MAX_CODE_CHARACTERS} is the limit"
        raise UnreadableNotebook(path, reason, remedy="Read data from files instead of pasting it into code cells.")


def _require_python(metadata: dict[str, Any], path: Path | str) -> None:
    """The kernel's language decides; ``language_info`` is what the last kernel that ran left there."""
    kernel, information = as_dict(metadata.get("kernelspec")), as_dict(metadata.get("language_info"))
    kernel_name = kernel.get("name")
    named = kernel_name.split("-")[0].lower() if isinstance(kernel_name, str) else ""
    for language in (kernel.get("language"), {"ir": "R", "julia": "Julia"}.get(named), information.get("name")):
        if isinstance(language, str) and language:
            if "python" in language.lower():
                return
            reason = f"is a notebook for {_short(language)}, not for Python"
            remedy = "Hand in the assignment's notebook, run with a Python 3 kernel (Kernel > Change Kernel)."
            raise UnreadableNotebook(path, reason, remedy=remedy)


def _short(value: object) -> str:
    text = encodable(str(value))
    return text if len(text) <= 40 else text[:39] + "…"
