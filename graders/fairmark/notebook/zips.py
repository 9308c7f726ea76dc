"""Notebooks in zips, read where they lie: nothing is ever unpacked to disk, whatever the members are called.

A path may lead into a zip, and through it into a zip inside: ``class.zip/alice/work.ipynb``,
``class.zip/bob.zip/work.ipynb``. Only members whose names end as notebooks or zips do are ever looked at.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fairmark.errors import UnreadableNotebook
from fairmark.notebook.kinds import EMPTY_FOLDER, Reason, why_left_out
from fairmark.notebook.members import Parts, is_notebook, is_zip, listed
from fairmark.notebook.opening import MAX_FILE_BYTES, no_such_file, opened_file, too_large
from fairmark.untrusted_zip import SUBMISSIONS, Fault, UntrustedZip, ZipRefused, opened_zip, shortened

__all__ = [
    "MAX_INNER_ZIP_BYTES",
    "MAX_LEVELS",
    "MAX_NOTEBOOKS",
    "Contents",
    "contents_of",
    "leads_into_zip",
    "notebooks_in",
    "read_zipped",
    "refusal",
    "zip_members",
]

MAX_INNER_ZIP_BYTES = 64 * 1024 * 1024
"""A zip inside a zip, which is held in memory while something in it is read."""

MAX_LEVELS = 3
"""Zips inside each other: a class's, a student's, and the one that was made of a folder with a zip in it."""

MAX_NOTEBOOKS = 20
"""Notebooks in one student's zip. Each gets a row and a report; more would bury those of the others."""

_NAMED = 3
"""Other files that are named where a zip holds no notebook."""

_ZIP_THEM_ALONE = "Zip only the notebooks of your assignments."
HAND_IN_THE_NOTEBOOK = "Hand in the notebook file itself, without a zip around it."
ZIP_AGAIN = "Zip it again with what comes with the system, or hand in the notebook file itself."
_REMEDIES: dict[Fault, str] = {
    "encrypted": "Zip it again without a password.",
    "too_many": "Zip the notebooks alone.",
}
"""For other faults, `ZIP_AGAIN`."""


def leads_into_zip(path: Path) -> bool:
    """Whether ``path`` lies in a zip on this computer's disk, rather than being a file of its own."""
    return _on_disk(path) not in (None, path)


def read_zipped(path: Path) -> bytes:
    """The bytes of the notebook at ``path``, which leads into a zip; at most `MAX_FILE_BYTES`.

    Raises `UnreadableNotebook` where it is not there, too large, encrypted, damaged, packed in a way no zip program
    does by itself, a link or a device, or named so that it points outside the zip; or where one of the zips it lies in
    cannot be read. Raises `MachineError` where this computer cannot read the outermost.
    """
    with _reached(path) as (zipped, parts):
        if not parts or is_zip(parts[-1]):
            raise refusal(path)
        return zipped.read(parts)


@dataclass(frozen=True)
class Contents:
    """What lies in a zip, by the parts of paths below it. ``left_out`` is what is no notebook, and why; names that are
    hidden (see :func:`fairmark.untrusted_zip.is_hidden`) are nowhere."""

    found: list[Parts]
    left_out: list[tuple[Parts, Reason]]


def zip_members(path: Path) -> Contents:
    """The notebooks and zips in the zip at ``path``, those in zips inside it aside.

    Raises `UnreadableNotebook` where it cannot be read as a zip, is beyond the limits for `SUBMISSIONS` or is a bomb;
    `MachineError` where this computer cannot read it.
    """
    with _reached(path) as (zipped, parts):
        inner = zipped.inside(parts) if parts else zipped
        return Contents(list(inner.members), inner.others())


def notebooks_in(path: Path) -> list[Parts]:
    """The names of all notebooks in one student's zip, as `contents_of` gives them."""
    return contents_of(path).found


def contents_of(path: Path) -> Contents:
    """All notebooks in one student's zip, those in zips inside it too; at least one.

    Raises as `zip_members` does, and where it holds no notebook or more than `MAX_NOTEBOOKS`. Of zips inside it that
    cannot be read the first is named, where there is no notebook beside them; else each is left out.
    """
    with _reached(path) as (zipped, parts):
        contents = (zipped.inside(parts) if parts else zipped).contents()
    if len(contents.found) > MAX_NOTEBOOKS:
        reason = f"holds {len(contents.found)} notebooks, and {MAX_NOTEBOOKS} is the limit"
        raise UnreadableNotebook(path, reason, remedy=_ZIP_THEM_ALONE)
    return contents


def refusal(path: Path) -> UnreadableNotebook:
    """Why the zip at ``path`` is not marked. Raises `MachineError` where this computer cannot read it."""
    try:
        notebooks_in(path)
    except UnreadableNotebook as error:
        return error
    return UnreadableNotebook(path, "is a zip archive, not a notebook", remedy=HAND_IN_THE_NOTEBOOK)


def _on_disk(path: Path) -> Path | None:
    """The zip that ``path`` leads to or into: the first part named like one that is no folder."""
    steps = (*reversed(path.parents), path)
    return next((step for step in steps if is_zip(step.name) and not os.path.isdir(step)), None)  # noqa: PTH112


@contextmanager
def _reached(path: Path) -> Iterator[tuple[_Zip, Parts]]:
    """The innermost zip that ``path`` leads into, and the name of what it leads to in there; no parts where that is
    the zip on disk itself."""
    archive = _on_disk(path)
    if archive is None:
        raise no_such_file(path)
    with opened_file(archive) as file:
        zipped = _zip(archive, file, size_bytes=os.fstat(file.fileno()).st_size, level=1)
        parts = path.relative_to(archive).parts
        while parts and parts not in zipped.members:
            through = next((parts[:end] for end in range(1, len(parts)) if zipped.holds_zip(parts[:end])), None)
            if through is None:
                raise no_such_file(path)
            zipped, parts = zipped.inside(through), parts[len(through) :]
        yield zipped, parts


@dataclass(frozen=True)
class _Zip:
    """An open zip; ``level`` counts the zips it lies in, itself included. ``members`` are notebooks and zips, ``left``
    is what else there is, with its size in bytes."""

    path: Path
    archive: UntrustedZip
    members: dict[Parts, zipfile.ZipInfo]
    left: list[tuple[Parts, int | None]]
    level: int

    def holds_zip(self, parts: Parts) -> bool:
        return is_zip(parts[-1]) and parts in self.members

    def inside(self, parts: Parts) -> _Zip:
        data = self.read(parts)
        return _zip(self.path.joinpath(*parts), io.BytesIO(data), size_bytes=len(data), level=self.level + 1)

    def read(self, parts: Parts) -> bytes:
        path, info = self.path.joinpath(*parts), self.members[parts]
        with _translated(path):
            self.archive.require_plain(info, may_be_dense=not is_zip(path.name))
        _require_size(path, info.file_size)
        with _translated(path):
            return self.archive.read(info)

    def others(self) -> list[tuple[Parts, Reason]]:
        return [
            (parts, EMPTY_FOLDER if size_bytes is None else why_left_out(parts[-1], size_bytes=size_bytes))
            for parts, size_bytes in self.left
        ]

    def contents(self) -> Contents:
        found = [parts for parts in self.members if is_notebook(parts[-1])]
        left_out = self.others()
        problems: list[UnreadableNotebook] = []
        for number, parts in enumerate(parts for parts in self.members if is_zip(parts[-1])):
            if number >= MAX_NOTEBOOKS:
                left_out.append((parts, Reason(f"is one zip of more than {MAX_NOTEBOOKS} in a zip", _ZIP_THEM_ALONE)))
                continue
            try:
                inner = self.inside(parts).contents()
            except UnreadableNotebook as error:
                problems.append(error)
                left_out.append((parts, Reason(error.reason, error.remedy or "")))
                continue
            found += [(*parts, *below) for below in inner.found]
            left_out += [((*parts, *below), reason) for below, reason in inner.left_out]
        if found:
            return Contents(found, left_out)
        if problems:
            raise problems[0]
        held = ", ".join(shortened("/".join(parts)) for parts, _ in left_out[:_NAMED])
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        reason = f"is a zip with no notebook in it{f', but {held}{more}' if held else ''}"
        raise UnreadableNotebook(self.path, reason, remedy=HAND_IN_THE_NOTEBOOK)


def _zip(path: Path, file: BinaryIO, *, size_bytes: int, level: int) -> _Zip:
    if level > MAX_LEVELS:
        reason = f"is a zip inside {level - 1} others, and {MAX_LEVELS} inside each other is the limit"
        raise UnreadableNotebook(path, reason, remedy=HAND_IN_THE_NOTEBOOK)
    with _translated(path):
        archive = opened_zip(file, size_bytes=size_bytes, limits=SUBMISSIONS)
    listing = listed(archive.infos)
    return _Zip(path, archive, listing.members, listing.others, level)


def _require_size(path: Path, size_bytes: int) -> None:
    if not is_zip(path.name):
        if size_bytes > MAX_FILE_BYTES:
            raise too_large(path, size_bytes)
    elif size_bytes > MAX_INNER_ZIP_BYTES:
        limit = MAX_INNER_ZIP_BYTES // 2**20
        reason = f"has {size_bytes / 2**20:.1f} MiB, and {limit} MiB is the limit for a zip in a zip"
        raise UnreadableNotebook(path, reason, remedy=ZIP_AGAIN)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except ZipRefused as refused:
        remedy = _REMEDIES.get(refused.fault, ZIP_AGAIN)
        raise UnreadableNotebook(path, refused.reason, remedy=remedy) from refused
