"""Archives of pictures, zip files or folders, read without trusting them.

Nothing is ever unpacked to a place that an archive names: members are read one by one, and the caller chooses where
their bytes go. The names are checked all the same, and an archive with one bad member is refused as a whole, because
whoever made it meant something else than pictures.
"""

from __future__ import annotations

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairmark.errors import ArchiveRefused, UsageError

__all__ = [
    "MAX_MEMBERS",
    "MAX_MEMBER_BYTES",
    "MAX_RATIO",
    "MAX_TOTAL_BYTES",
    "Archive",
    "Entry",
    "checked_name",
    "opened",
]

MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 50 * 2**20
MAX_TOTAL_BYTES = 20 * 2**30
"""Unpacked, all members together."""
MAX_RATIO = 200
"""Unpacked to packed size of members beyond 1 MiB: photographs reach 2, deflate's limit is 1032."""
MAX_DEPTH = 32
MAX_NAME = 1024

METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
"""What ``zipfile`` raises on files that are no zip archives, or broken ones."""
IGNORED = {
    *("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini"),
    *("@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "$recycle.bin", "lost+found"),
    "system volume information",
}
"""What file managers, and network storage by Synology and QNAP, leave in folders: thumbnails, bins, settings."""

AS_PICTURES_ONLY = "Pack the pictures anew, with nothing but the class folders in the archive."


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
    more than the limits above.
    """
    if path.is_dir():
        yield FolderArchive(path)
    elif path.is_file():
        try:
            archive = zipfile.ZipFile(path)
        except UNREADABLE as error:
            raise ArchiveRefused(
                f"{path}: is not a zip archive that can be read ({error})",
                remedy="Download it again, or unpack it and hand over the folder.",
            ) from error
        with archive:
            yield ZipArchive(path, archive)
    else:
        raise UsageError(f"{path}: there is no such file or folder", remedy="Check the path of the archive.")


class ZipArchive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._infos: dict[str, zipfile.ZipInfo] = {}
        folders: list[str] = []
        infos = archive.infolist()
        _check_count(path, len(infos))
        for info in infos:
            # ``filename`` ends at a NUL; the name that was packed may go on.
            packed = _packed_name(info)
            name = checked_name(path, packed)
            _check_info(path, info)
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
        try:
            with self._archive.open(self._infos[entry.name]) as member:
                content = member.read(entry.size_bytes + 1)
        except UNREADABLE as error:
            raise _refused(self.path, entry.name, f"is damaged ({error})", DOWNLOAD) from error
        if len(content) != entry.size_bytes:
            raise _refused(self.path, entry.name, f"has not the {entry.size_bytes} bytes it says", DOWNLOAD)
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


DOWNLOAD = "Download the archive again."
READABLE = "Make the folder readable, and leave it alone while it is read."


def checked_name(archive: Path, name: str) -> str:
    """The member's name without empty parts and single dots.

    Raises :class:`ArchiveRefused` where it is absolute, leads upwards, has a drive letter, backslashes or control
    characters, or is deeper or longer than any real one.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise _refused(archive, name, "has control characters in its name")
    if name.startswith("/"):
        raise _refused(archive, name, "has an absolute path")
    if "\\" in name:
        raise _refused(archive, name, "has a backslash in its name")
    if re.match("[A-Za-z]:", "/".join(parts)):
        raise _refused(archive, name, "has a drive letter in its name")
    if ".." in parts:
        raise _refused(archive, name, "leads out of the archive with '..'")
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


def _check_info(archive: Path, info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where it was packed by a system without them
    if stat.S_ISLNK(kind):
        raise _refused(archive, info.filename, "is a symbolic link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(archive, info.filename, "is a device, a pipe or a socket")
    if info.flag_bits & 0x41:  # bit 0: encrypted; bit 6: strongly so (APPNOTE.TXT, 4.4.4)
        raise _refused(archive, info.filename, "is encrypted", "Pack the pictures without a password.")
    if info.compress_type not in METHODS:
        said = f"is compressed by method {info.compress_type}, which Python cannot undo"
        raise _refused(archive, info.filename, said, "Pack the pictures as an ordinary (deflated) zip file.")
    _check_size(archive, info.filename, info.file_size)
    if info.file_size > 2**20 and info.file_size > MAX_RATIO * info.compress_size:
        raise _refused(archive, info.filename, f"unpacks to more than {MAX_RATIO} times its size")


def _check_size(archive: Path, name: str, size_bytes: int) -> None:
    if size_bytes > MAX_MEMBER_BYTES:
        raise _refused(archive, name, f"has {size_bytes / 2**20:.0f} MiB, more than {MAX_MEMBER_BYTES // 2**20} MiB")


def _check_count(archive: Path, count: int) -> None:
    if count > MAX_MEMBERS:
        raise ArchiveRefused(f"{archive}: has more than {MAX_MEMBERS} members", remedy=AS_PICTURES_ONLY)


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
    return tuple(
        entry
        for entry in entries
        if not any(part.startswith(".") or part.casefold() in IGNORED for part in entry.name.split("/"))
    )


def _refused(archive: Path, name: str, said: str, remedy: str = AS_PICTURES_ONLY) -> ArchiveRefused:
    # repr: a hostile name may hold line breaks, terminal commands or letters that turn the direction of writing.
    return ArchiveRefused(f"{archive}: member {name[:120]!r} {said}", remedy=remedy)
