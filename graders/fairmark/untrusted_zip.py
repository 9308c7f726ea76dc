"""Reads zips that anybody may have packed, members one by one: nothing is ever unpacked to a place that a zip names.

Both that read them, submissions and archives of pictures, have their limits and the words for what is refused here.
What a name in a zip may be differs: one takes it as it comes and looks at notebooks alone, the other refuses a zip that
holds anything odd.
"""

from __future__ import annotations

import errno
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal, TypeAlias

from fairmark.errors import ControlFlow

__all__ = [
    "DRIVE",
    "PICTURES",
    "SEPARATORS",
    "SUBMISSIONS",
    "Fault",
    "UntrustedZip",
    "ZipLimits",
    "ZipRefused",
    "is_hidden",
    "opened_zip",
    "points_outside",
    "shortened",
]

MIB = 2**20


@dataclass(frozen=True)
class ZipLimits:
    """What is read of a zip; whatever is beyond is refused.

    members
        Of one zip, folders and files that are not looked at included.
    directory_bytes
        Of the list at a zip's end, which is read whole, before the members can be counted: room for names of 150 bytes.
    ratio
        Unpacked to packed size of a member beyond 1 MiB. Deflate reaches 1032.
    methods
        Of compression, by their numbers in zips (APPNOTE.TXT, 4.4.5).
    """

    members: int
    directory_bytes: int
    ratio: int
    methods: frozenset[int]


SUBMISSIONS = ZipLimits(
    members=20_000,
    directory_bytes=4 * MIB,
    ratio=100,
    methods=frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}),
)
"""A class of a thousand with twenty files each. Zips in a zip hardly pack any further; notebooks may, and their size is
bounded otherwise. The two methods are those that every system's own zip program writes: LZMA may ask for 4 GiB of
memory to unpack a byte."""

PICTURES = ZipLimits(
    members=200_000,
    directory_bytes=64 * MIB,
    ratio=200,
    methods=frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}),
)
"""Photographs reach a ratio of 2. The methods are all that Python can undo: a teacher names the archive."""

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,  # also names that are not the UTF-8 they say
)
"""What `zipfile` raises on files that are no zips, or broken ones."""

DRIVE = re.compile(r"[A-Za-z]:")
SEPARATORS = re.compile(r"[/\\]")
"""Both: what was packed on Windows may have either."""

LEFT_BEHIND = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir", "#recycle", "@recycle", "@recently-snapshot"),
    *("#snapshot", "$recycle.bin", "lost+found", "system volume information"),
}
"""What Windows, macOS and network storage by Synology and QNAP lay beside files, in small letters: thumbnails, bins,
settings."""

Fault: TypeAlias = Literal[
    "not_a_zip", "too_many", "overlapping", "encrypted", "outside", "special", "method", "bomb", "damaged"
]


class ZipRefused(ControlFlow):
    """Why a zip or a member of it is not read: ``reason`` is the end of a sentence that begins with its name. Whoever
    asked knows whose it is, and what to do about it."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault: Fault = fault
        self.reason = reason


def is_hidden(name: str) -> bool:
    """Whether systems hide it, or leave it behind unasked: names that begin with a dot (``.ipynb_checkpoints``,
    ``.DS_Store``), ``__MACOSX``, ``Thumbs.db``, ``desktop.ini``, ``@eaDir`` of NAS boxes, Office's lock files (``~$``).
    """
    folded = name.casefold()
    return folded.startswith((".", "__macosx", "~$")) or folded in LEFT_BEHIND


def points_outside(name: str) -> bool:
    """Whether unpacking a member of this name would put it somewhere outside the folder that it is unpacked to."""
    return name.startswith(("/", "\\")) or DRIVE.match(name) is not None or ".." in SEPARATORS.split(name)


def shortened(text: str) -> str:
    """At most 80 characters of ``text``."""
    return text if len(text) <= 80 else f"{text[:79]}…"


class UntrustedZip:
    """An open zip within its limits. ``infos`` are its members, their names as they were packed."""

    def __init__(self, archive: zipfile.ZipFile, limits: ZipLimits) -> None:
        self._archive = archive
        self._limits = limits
        self.infos = archive.infolist()

    def require_plain(self, info: zipfile.ZipInfo, *, may_be_folder: bool = False, may_be_dense: bool = False) -> None:
        """Raises :class:`ZipRefused` if the member is encrypted, points outside, is a link or device (or a folder,
        unless it may be one), is packed by another method, or is a bomb (unless it may be dense)."""
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 if it was packed by a system without them
        if info.flag_bits & 0x41:  # bit 0: encrypted; bit 6: strongly so (APPNOTE.TXT, 4.4.4)
            raise ZipRefused("encrypted", "is encrypted")
        if points_outside(info.orig_filename):
            name = repr(shortened(info.orig_filename))
            raise ZipRefused("outside", f"is stored as {name}, which points outside the zip")
        if kind not in (0, stat.S_IFREG) and not (kind == stat.S_IFDIR and may_be_folder):
            raise ZipRefused("special", "is stored in the zip as a link, a folder, a pipe or a device")
        if info.compress_type not in self._limits.methods:
            raise ZipRefused("method", f"is packed by method {info.compress_type}, which is not read")
        ratio = self._limits.ratio
        if not may_be_dense and info.file_size > max(MIB, ratio * info.compress_size):
            raise ZipRefused("bomb", f"is a zip bomb: it unpacks to more than {ratio} times its size")

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """The member's bytes, at most as many as it declares. Raises :class:`ZipRefused` if they are damaged."""
        with _translated("damaged", "is damaged in the zip"), self._archive.open(info) as member:
            return member.read(info.file_size)


def opened_zip(file: BinaryIO, *, size_bytes: int, limits: ZipLimits) -> UntrustedZip:
    """The zip in ``file``, which has ``size_bytes`` and stays open while the zip is read.

    Raises :class:`ZipRefused` if it is no zip, has more members than the limit or a longer list of them, or is a bomb
    whose members lie over each other. Raises ``OSError`` if the disk fails.
    """
    with _translated("not_a_zip", "is not a readable zip"):
        bounded = _Bounded(file, limits.directory_bytes)
        archive = zipfile.ZipFile(bounded)
    bounded.most_bytes = None
    infos = archive.infolist()
    if len(infos) > limits.members:
        raise ZipRefused("too_many", f"is a zip with {len(infos)} members, and {limits.members} is the limit")
    if sum(info.compress_size for info in infos) > size_bytes:  # D. Fifield, "A better zip bomb", 2019
        reason = "is a zip bomb: its members take more room than the file has, so they lie over each other"
        raise ZipRefused("overlapping", reason)
    return UntrustedZip(archive, limits)


class _Bounded:
    """A file that `zipfile` reads from. While the zip is opened, refuses the one long read, that of the directory: one
    of 200 MB would take minutes and gigabytes before the members could be counted. Members are read without a bound of
    this kind (None): of a large one, all of its packed bytes are asked for at once."""

    def __init__(self, file: BinaryIO, most_bytes: int | None) -> None:
        self._file = file
        self.most_bytes = most_bytes
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if self.most_bytes is not None and size > self.most_bytes:
            said = f"is a zip with a list of members of {size} bytes, and {self.most_bytes} is the limit"
            raise ZipRefused("too_many", said)
        return self._file.read(size)


@contextmanager
def _translated(fault: Fault, reason: str) -> Iterator[None]:
    try:
        yield
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk's; EINVAL is a place before the file
            raise
        raise ZipRefused(fault, f"{reason} ({shortened(str(error))})") from error
