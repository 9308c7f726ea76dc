"""Notebooks in zips, read where they lie: nothing is ever unpacked to disk, whatever the members are called.

A path may lead into a zip, and through it into a zip inside: ``class.zip/alice/work.ipynb``,
``class.zip/bob.zip/work.ipynb``. Only members whose names end as notebooks or zips do are ever looked at.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fairmark.errors import UnreadableNotebook
from fairmark.notebook.kinds import EMPTY_FOLDER, Reason, why_left_out
from fairmark.notebook.members import Parts, is_notebook, is_zip, listed, points_outside
from fairmark.notebook.opening import MAX_FILE_BYTES, no_such_file, opened_file, too_large

__all__ = [
    "MAX_DIRECTORY_BYTES",
    "MAX_INNER_RATIO",
    "MAX_INNER_ZIP_BYTES",
    "MAX_LEVELS",
    "MAX_MEMBERS",
    "MAX_NOTEBOOKS",
    "Contents",
    "contents_of",
    "leads_into_zip",
    "notebooks_in",
    "read_zipped",
    "refusal",
    "zip_members",
]

MAX_MEMBERS = 20_000
"""Members of one zip, folders and other files included: a class of a thousand with twenty files each."""

MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
"""The list at a zip's end, which is read whole: room for `MAX_MEMBERS` names of 150 bytes. Without a bound, one of
200 MB would take minutes and gigabytes before the members could be counted."""

MAX_INNER_ZIP_BYTES = 64 * 1024 * 1024
"""A zip inside a zip, which is held in memory while something in it is read."""

MAX_INNER_RATIO = 100
"""Unpacked to packed size of a zip inside a zip, beyond 1 MiB. Zips hardly pack any further; bombs reach 1032."""

MAX_LEVELS = 3
"""Zips inside each other: a class's, a student's, and the one that was made of a folder with a zip in it."""

MAX_NOTEBOOKS = 20
"""Notebooks in one student's zip. Each gets a row and a report; more would bury those of the others."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two that every system's own zip program writes. LZMA may ask for 4 GiB of memory to unpack a byte."""

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,  # also names that are not the UTF-8 they say
)
"""What `zipfile` raises on files that are no zips, or broken ones."""

_NAMED = 3
"""Other files that are named where a zip holds no notebook."""

_ZIP_THEM_ALONE = "Zip only the notebooks of your assignments."
HAND_IN_THE_NOTEBOOK = "Hand in the notebook file itself, without a zip around it."
ZIP_AGAIN = "Zip it again with what comes with the system, or hand in the notebook file itself."


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
    hidden (see :func:`fairmark.notebook.members.is_hidden`) are nowhere."""

    found: list[Parts]
    left_out: list[tuple[Parts, Reason]]


def zip_members(path: Path) -> Contents:
    """The notebooks and zips in the zip at ``path``, those in zips inside it aside.

    Raises `UnreadableNotebook` where it cannot be read as a zip, has more than `MAX_MEMBERS` members or is a bomb;
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
    archive: zipfile.ZipFile
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
        _require_readable(path, info)
        limit = MAX_INNER_ZIP_BYTES if is_zip(parts[-1]) else MAX_FILE_BYTES
        with _translated(path, "is damaged in the zip"), self.archive.open(info) as member:
            return member.read(limit)  # it stops at the size that was declared, which is no larger

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
        held = ", ".join(_short("/".join(parts)) for parts, _ in left_out[:_NAMED])
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        reason = f"is a zip with no notebook in it{f', but {held}{more}' if held else ''}"
        raise UnreadableNotebook(self.path, reason, remedy=HAND_IN_THE_NOTEBOOK)


def _zip(path: Path, file: BinaryIO, *, size_bytes: int, level: int) -> _Zip:
    if level > MAX_LEVELS:
        reason = f"is a zip inside {level - 1} others, and {MAX_LEVELS} inside each other is the limit"
        raise UnreadableNotebook(path, reason, remedy=HAND_IN_THE_NOTEBOOK)
    with _translated(path, "is not a readable zip"):
        archive = zipfile.ZipFile(_Bounded(file, path))
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise _too_many(path, f"{len(infos)} members, and {MAX_MEMBERS} is the limit")
    if sum(info.compress_size for info in infos) > size_bytes:  # D. Fifield, "A better zip bomb", 2019
        reason = "is a zip bomb: its members take more room than the file has, so they lie over each other"
        raise UnreadableNotebook(path, reason, remedy=ZIP_AGAIN)
    listing = listed(infos)
    return _Zip(path, archive, listing.members, listing.others, level)


class _Bounded:
    """A file that `zipfile` reads from; refuses the one long read, that of the directory."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise _too_many(self._path, f"a list of members of {size} bytes, and {MAX_DIRECTORY_BYTES} is the limit")
        return self._file.read(size)


def _too_many(path: Path, what: str) -> UnreadableNotebook:
    return UnreadableNotebook(path, f"is a zip with {what}", remedy="Zip the notebooks alone.")


def _require_readable(path: Path, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x41:  # bit 0: encrypted; bit 6: strongly so (APPNOTE.TXT, 4.4.4)
        raise UnreadableNotebook(path, "is encrypted", remedy="Zip it again without a password.")
    if not is_zip(path.name) and info.file_size > MAX_FILE_BYTES:
        raise too_large(path, info.file_size)
    reason = _never_read(info, is_inner_zip=is_zip(path.name))
    if reason is not None:
        raise UnreadableNotebook(path, reason, remedy=ZIP_AGAIN)


def _never_read(info: zipfile.ZipInfo, *, is_inner_zip: bool) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where it was packed by a system without them
    if points_outside(info.orig_filename):
        return f"is stored as {_quoted(info.orig_filename)}, which points outside the zip"
    if kind not in (0, stat.S_IFREG):
        return "is stored in the zip as a link, a folder, a pipe or a device"
    if info.compress_type not in METHODS:
        return f"is packed by method {info.compress_type}, which is not read"
    if is_inner_zip and info.file_size > max(2**20, MAX_INNER_RATIO * info.compress_size):
        return f"is a zip bomb: it unpacks to more than {MAX_INNER_RATIO} times its size"
    if is_inner_zip and info.file_size > MAX_INNER_ZIP_BYTES:
        limit = MAX_INNER_ZIP_BYTES // 2**20
        return f"has {info.file_size / 2**20:.1f} MiB, and {limit} MiB is the limit for a zip in a zip"
    return None


@contextmanager
def _translated(path: Path, reason: str) -> Iterator[None]:
    try:
        yield
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk's; EINVAL is a place before the file
            raise
        raise UnreadableNotebook(path, f"{reason} ({_short(str(error))})", remedy=ZIP_AGAIN) from error


def _quoted(name: str) -> str:
    return repr(_short(name))


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
