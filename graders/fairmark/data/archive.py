"""Archives of pictures, zip files or folders, read without trusting them.

Nothing is ever unpacked to a place that an archive names: members are read one by one, and the caller chooses where
their bytes go. The names are checked all the same, and an archive with one bad member is refused as a whole, because
whoever made it meant something else than pictures.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from fairmark.errors import ArchiveRefused, UsageError
from fairmark.untrusted_zip import PICTURES, Fault, ZipRefused, is_hidden, opened_zip, points_outside

__all__ = [
    "MAX_MEMBER_BYTES",
    "MAX_TOTAL_BYTES",
    "Archive",
    "Entry",
    "checked_name",
    "opened",
]

MAX_MEMBER_BYTES = 50 * 2**20
MAX_TOTAL_BYTES = 20 * 2**30
"""Unpacked, all members together."""
MAX_DEPTH = 32
MAX_NAME = 1024

AS_PICTURES_ONLY = "Pack the pictures anew, with nothing but the class folders in the archive."
_REMEDIES: dict[Fault, str] = {
    "not_a_zip": "Download it again, or unpack it and hand over the folder.",
    "damaged": "Download the archive again.",
    "encrypted": "Pack the pictures without a password.",
    "method": "Pack the pictures as an ordinary (deflated) zip file.",
}
"""For other faults, `AS_PICTURES_ONLY`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file in an archive: its name, as a relative path with ``/`` between the parts, and its size."""

    name: str
    size_bytes: int


class Archive(Protocol):
    """An archive whose names and sizes have been checked. ``entries`` leaves out what systems litter (``__MACOSX``,
    hidden files, thumbnails of network storage)."""

    path: Path
    entries: tuple[Entry, ...]

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes. Raises :class:`ArchiveRefused` where they are damaged or more than it said."""


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a zip file or a folder.

    Raises :class:`UsageError` where there is neither, and :class:`ArchiveRefused`, naming the member, where it is
    damaged, holds links, devices, encrypted members, names that lead out of it or stand for two things, or unpacks to
    more than the limits above and those of :data:`fairmark.untrusted_zip.PICTURES`.
    """
    if path.is_dir():
        yield FolderArchive(path)
    elif path.is_file():
        with _file(path) as file:
            yield ZipArchive(path, file)
    else:
        raise UsageError(f"{path}: there is no such file or folder", remedy="Check the path of the archive.")


class ZipArchive:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        with _translated(path):
            self._archive = opened_zip(file, size_bytes=os.fstat(file.fileno()).st_size, limits=PICTURES)
        self._infos: dict[str, zipfile.ZipInfo] = {}
        folders: list[str] = []
        infos = self._archive.infos
        for info in infos:
            # ``filename`` ends at a NUL; the name that was packed may go on.
            packed = _packed_name(info)
            name = checked_name(path, packed)
            _check_size(path, info.filename, info.file_size)
            with _translated(path, info.filename):
                self._archive.require_plain(info, may_be_folder=True)
            if packed.endswith("/"):
                folders.append(name)
            elif name in self._infos:
                raise _refused(path, name, "is there twice")
            else:
                self._infos[name] = info
        _check_tree(path, self._infos, folders)
        _check_total(path, sum(info.file_size for info in infos))
        self.entries = _wanted(Entry(name, info.file_size) for name, info in self._infos.items())

    def read(self, entry: Entry) -> bytes:
        with _translated(self.path, entry.name):
            content = self._archive.read(self._infos[entry.name])
        if len(content) != entry.size_bytes:
            raise _refused(self.path, entry.name, f"has not the {entry.size_bytes} bytes it says", _REMEDIES["damaged"])
        return content


class FolderArchive:
    def __init__(self, path: Path) -> None:
        self.path = path
        entries = []
        for file in _walk(path, path):
            entries.append(file)
            _check_count(path, len(entries))
        _check_total(path, sum(entry.size_bytes for entry in entries))
        self.entries = _wanted(iter(entries))

    def read(self, entry: Entry) -> bytes:
        try:
            descriptor = os.open(self.path / entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                content = file.read(MAX_MEMBER_BYTES + 1)
        except OSError as error:
            raise _refused(self.path, entry.name, f"cannot be read ({error.strerror})", READABLE) from error
        if len(content) > MAX_MEMBER_BYTES:
            raise _refused(self.path, entry.name, "has grown since it was listed", READABLE)
        return content


READABLE = "Make the folder readable, and leave it alone while it is read."


def checked_name(archive: Path, name: str) -> str:
    """The member's name without empty parts and single dots.

    Raises :class:`ArchiveRefused` where it is absolute, leads upwards, has a drive letter, backslashes or control
    characters, or is deeper or longer than any real one.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise _refused(archive, name, "has control characters in its name")
    if points_outside(name) or points_outside("/".join(parts)):
        raise _refused(archive, name, "points outside the archive")
    if "\\" in name:
        raise _refused(archive, name, "has a backslash in its name")
    if len(parts) > MAX_DEPTH or len(name) > MAX_NAME:
        raise _refused(archive, name, f"is more than {MAX_DEPTH} folders deep or {MAX_NAME} characters long")
    return "/".join(parts)


def _packed_name(info: zipfile.ZipInfo) -> str:
    """The member's name as it was meant: Windows PowerShell 5 packs ``\\`` between folders, and some programs UTF-8
    without saying so (APPNOTE.TXT, 4.4.17.1 and appendix D)."""
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def _check_size(archive: Path, name: str, size_bytes: int) -> None:
    if size_bytes > MAX_MEMBER_BYTES:
        raise _refused(archive, name, f"has {size_bytes / 2**20:.0f} MiB, more than {MAX_MEMBER_BYTES // 2**20} MiB")


def _check_count(archive: Path, count: int) -> None:
    if count > PICTURES.members:
        raise ArchiveRefused(f"{archive}: has more than {PICTURES.members} files", remedy=AS_PICTURES_ONLY)


def _check_total(archive: Path, total_bytes: int) -> None:
    if total_bytes > MAX_TOTAL_BYTES:
        raise ArchiveRefused(
            f"{archive}: unpacks to {total_bytes / 2**30:.0f} GiB, more than {MAX_TOTAL_BYTES // 2**30} GiB",
            remedy=AS_PICTURES_ONLY,
        )


def _check_tree(archive: Path, files: dict[str, zipfile.ZipInfo], folders: list[str]) -> None:
    """Refuse names that are a file and a folder at once."""
    for folder in {*folders, *(name.rpartition("/")[0] for name in files)}:
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            if "/".join(parts[:depth]) in files:
                raise _refused(archive, "/".join(parts[:depth]), "is a file and a folder at once")


def _walk(archive: Path, folder: Path) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise _refused(archive, str(folder), f"cannot be read ({error.strerror})", READABLE) from error
    for entry in entries:
        path = folder / entry.name
        name = checked_name(archive, path.relative_to(archive).as_posix())
        if entry.is_symlink():
            raise _refused(archive, name, "is a symbolic link", "Put the files themselves in the folder.")
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(archive, path)
        elif entry.is_file(follow_symlinks=False):
            size_bytes = entry.stat(follow_symlinks=False).st_size
            _check_size(archive, name, size_bytes)
            yield Entry(name, size_bytes)
        else:
            raise _refused(archive, name, "is a device, a pipe or a socket")


def _wanted(entries: Iterator[Entry]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if not any(is_hidden(part) for part in entry.name.split("/")))


def _file(path: Path) -> BinaryIO:
    with _translated(path):
        return path.open("rb")


@contextmanager
def _translated(archive: Path, name: str | None = None) -> Iterator[None]:
    """``name`` is the member's; None for the archive itself."""
    try:
        yield
    except ZipRefused as refused:
        remedy = _REMEDIES.get(refused.fault, AS_PICTURES_ONLY)
        raise _refused(archive, name, refused.reason, remedy) from refused
    except OSError as error:
        raise _refused(archive, name, f"cannot be read ({error.strerror})", _REMEDIES["not_a_zip"]) from error


def _refused(archive: Path, name: str | None, said: str, remedy: str = AS_PICTURES_ONLY) -> ArchiveRefused:
    if name is None:
        return ArchiveRefused(f"{archive}: {said}", remedy=remedy)
    # repr: a hostile name may hold line breaks, terminal commands or letters that turn the direction of writing.
    return ArchiveRefused(f"{archive}: member {name[:120]!r} {said}", remedy=remedy)
