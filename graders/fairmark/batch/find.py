"""Which files are submissions, and whose: the layouts that ``grade`` takes.

FOLDER/alice.ipynb                              one file a student
FOLDER/alice/horses_or_humans.ipynb             one folder a student
FOLDER/alice/horses_or_humans/anything.ipynb    nbgrader's "submitted" folder
FOLDER/alice.zip                                one notebook of one student, however deep
FOLDER.zip                                      any of these, zipped
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fairmark.errors import ArchiveRefused, UsageError

__all__ = ["Found", "find_submissions"]

_DRIVE = re.compile(r"[A-Za-z]:")
_MOST_MEMBERS = 20_000
_MEMBER_BYTES = 64 * 1024 * 1024
_TOTAL_BYTES = 4 * 1024 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """One file handed in. ``assignment`` is the one its place names, None where the place says nothing."""

    path: Path
    student: str
    assignment: str | None = None


def find_submissions(place: Path, assignments: list[str], unpacked: Path) -> list[Found]:
    """Every notebook below ``place`` (a notebook, a folder or a zip), sorted by student.

    ``assignments`` are the names the course knows; ``unpacked`` is an empty folder for what zips hold. Raises
    :class:`UsageError` where there is none, :class:`ArchiveRefused` where ``place`` is a zip that is not one or holds
    something that is never unpacked; such a zip inside a folder is a submission that cannot be read.
    """
    if not place.exists() and not place.is_symlink():
        raise UsageError(f"{place}: there is no such file or folder")
    if place.is_dir():
        found = list(_in_folder(place, assignments, unpacked))
    elif place.suffix.lower() == ".zip":
        found = list(_in_zip(place, assignments, unpacked))
    else:
        found = [Found(place, _name(place.stem))]
    if not found:
        raise UsageError(
            f"{place}: no notebooks in it",
            remedy="Put them there as STUDENT.ipynb, or as STUDENT/ASSIGNMENT.ipynb.",
        )
    return sorted(found, key=lambda one: (one.student, one.assignment or "", str(one.path)))


def _in_folder(folder: Path, assignments: list[str], unpacked: Path) -> Iterator[Found]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.suffix == ".ipynb":
            yield Found(entry, _name(entry.stem))  # links, folders and pipes too: each gets its row; reading says why
        elif entry.suffix.lower() == ".zip" and entry.is_file() and not entry.is_symlink():
            try:
                inside = list(_in_zip(entry, assignments, unpacked))
                yield from inside if len(inside) > 1 else [replace(inside[0], student=_name(entry.stem))]
            except ArchiveRefused:  # one student's; the others are marked, and reading it says that it is no notebook
                yield Found(entry, _name(entry.stem))
        elif entry.is_dir() and not entry.is_symlink():
            yield from _of_student(entry, assignments)


def _of_student(folder: Path, assignments: list[str]) -> Iterator[Found]:
    """``folder`` is named after a student and holds notebooks, or folders named after assignments."""
    student = _name(folder.name)
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".ipynb":
            yield Found(entry, student, entry.stem if entry.stem in assignments else None)
        elif entry.is_dir() and not entry.is_symlink():
            named = entry.name if entry.name in assignments else None
            for inner in sorted(entry.glob("[!.]*.ipynb")):
                yield Found(inner, student, named or (inner.stem if inner.stem in assignments else None))


def _in_zip(archive: Path, assignments: list[str], unpacked: Path) -> Iterator[Found]:
    target = unpacked / f"{archive.stem}-{len(list(unpacked.iterdir()))}"
    target.mkdir()
    _unpack(archive, target)
    inner = _visible(target)
    root = inner[0] if len(inner) == 1 and inner[0].is_dir() else target
    one_students = root is not target and all(
        entry.name.removesuffix(".ipynb") in assignments for entry in _visible(root)
    )
    found = list(_of_student(root, assignments) if one_students else _in_folder(root, assignments, unpacked))
    if not found:
        raise ArchiveRefused(f"{archive}: no notebooks in it", remedy="Zip the notebooks themselves.")
    # A student's own zip of one notebook is that student's, whatever the notebook is called.
    if len(found) == 1 and found[0].path.parent == target:
        stem = found[0].path.stem
        found = [Found(found[0].path, _name(archive.stem), stem if stem in assignments else None)]
    yield from found


def _visible(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX"))]


def _name(stem: str) -> str:
    """A student's name as text: bytes of a file name that are not UTF-8 are spelled in hexadecimal."""
    return os.fsencode(stem).decode("utf-8", "backslashreplace")


def _unpack(archive: Path, target: Path) -> None:
    """Only notebooks are taken out, each after its size is known; names never leave ``target``."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            if len(members) > _MOST_MEMBERS:
                raise ArchiveRefused(f"{archive}: {len(members):,} members, more than {_MOST_MEMBERS:,}")
            total = 0
            for member in members:
                total += _take(opened, member, archive, target)
                if total > _TOTAL_BYTES:
                    raise ArchiveRefused(f"{archive}: unpacks to more than {_TOTAL_BYTES // 2**30} GiB")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as problem:
        raise ArchiveRefused(f"{archive}: not a readable zip ({problem})", remedy="Zip the folder again.") from problem


def _take(opened: zipfile.ZipFile, member: zipfile.ZipInfo, archive: Path, target: Path) -> int:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if member.is_dir() or name.suffix != ".ipynb":
        return 0
    if name.is_absolute() or ".." in name.parts or _DRIVE.match(member.filename) or "\x00" in member.filename:
        raise ArchiveRefused(f"{archive}: member {member.filename!r} points outside the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ArchiveRefused(f"{archive}: member {member.filename!r} is a link")
    if member.file_size > _MEMBER_BYTES:
        raise ArchiveRefused(f"{archive}: member {member.filename!r} unpacks to {member.file_size:,} bytes")
    path = target.joinpath(*name.parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, path.open("xb") as destination:
        shutil.copyfileobj(source, destination, 1 << 20)  # zipfile stops at the size that was declared
    return member.file_size
