"""The bytes of a notebook handed in, from a file or from inside a zip."""

from __future__ import annotations

import os
from pathlib import Path

from fairmark.notebook.members import is_zip
from fairmark.notebook.opening import MAX_FILE_BYTES, opened_file, too_large
from fairmark.notebook.zips import leads_into_zip, read_zipped, refusal

__all__ = ["read_bytes"]


def read_bytes(path: Path) -> bytes:
    """The notebook's bytes, at most `MAX_FILE_BYTES`. ``path`` may lead into a zip: ``class.zip/alice/work.ipynb``.

    Raises `UnreadableNotebook` where there is no such file; where it is a link, folder, pipe, socket or device, a zip
    itself, or something in one that is not read (see `read_zipped`); or where it is too large. Raises `MachineError`
    where this computer cannot read it (permissions, a failing disk).
    """
    if leads_into_zip(path):
        return read_zipped(path)
    with opened_file(path) as file:
        if is_zip(path.name):
            raise refusal(path)
        size_bytes = os.fstat(file.fileno()).st_size
        data = file.read(MAX_FILE_BYTES + 1) if size_bytes <= MAX_FILE_BYTES else b""
    if size_bytes > MAX_FILE_BYTES or len(data) > MAX_FILE_BYTES:  # it grew meanwhile
        raise too_large(path, max(size_bytes, len(data)))
    return data
