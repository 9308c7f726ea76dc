"""Which files are submissions, and whose: the layouts that ``grade`` takes.

FOLDER/alice.ipynb                              one file a student
FOLDER/alice/horses_or_humans.ipynb             one folder a student
FOLDER/alice/horses_or_humans/anything.ipynb    nbgrader's "submitted" folder
FOLDER/alice.zip, FOLDER/alice/anything.zip     notebooks of one student, however deep
FOLDER.zip                                      any of these, zipped; also where it lies alone in a folder

Zips are read where they lie: of a notebook in one the path goes on inside, ``FOLDER.zip/alice.ipynb``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairmark.errors import ArchiveRefused, FairmarkError, MachineError, UnreadableNotebook, UsageError
from fairmark.notebook.members import Parts, is_hidden, is_notebook, is_zip
from fairmark.notebook.zips import notebooks_in, zip_members

__all__ = ["Found", "find_submissions"]


@dataclass(frozen=True)
class Found:
    """One file handed in. ``assignment`` is the one its place names, None where the place says nothing.

    ``path`` may be something that is no notebook, where that is all a student has handed in: reading it says why.
    """

    path: Path
    student: str
    assignment: str | None = None


def find_submissions(place: Path, assignments: list[str]) -> list[Found]:
    """Every notebook below ``place`` (a notebook, a folder or a zip), sorted by student.

    ``assignments`` are the names the course knows. Raises :class:`UsageError` where there is no notebook,
    :class:`ArchiveRefused` where ``place`` is a zip that cannot be read, :class:`MachineError` where this computer may
    not look into it. Inside a folder or zip all of these are one student's fault: they give a row, and reading it says
    what is wrong.
    """
    if not os.path.lexists(place):
        raise UsageError(f"{place}: there is no such file or folder")
    if os.path.isdir(place):  # noqa: PTH112 - unlike Path.is_dir it never raises
        found = list(_in_folder(place, assignments))
    elif is_zip(place.name):
        found = list(_in_zip(place, assignments))
    else:
        found = [Found(place, _student(place.name))]
    if not found:
        raise UsageError(
            f"{place}: no notebooks in it",
            remedy="Put them there as STUDENT.ipynb, or as STUDENT/ASSIGNMENT.ipynb.",
        )
    return sorted(found, key=lambda one: (one.student, one.assignment or "", str(one.path)))


# --- folders ----------------------------------------------------------------------------------------------------------


def _in_folder(folder: Path, assignments: list[str]) -> Iterator[Found]:
    try:
        entries = _entries(folder)
    except OSError as error:
        raise MachineError(f"{folder}: cannot be listed: {error.strerror}", remedy="Check its permissions.") from error
    if len(entries) == 1 and (zipped := _class_in(entries[0], assignments)):
        yield from zipped
        return
    for entry in entries:
        student = _student(entry.name)
        if is_notebook(entry.name):
            yield Found(entry, student)  # links, folders and pipes too
        elif is_zip(entry.name) and not _is_folder(entry):
            yield from _in_students_zip(entry, student, assignments)
        elif os.path.isdir(entry):  # noqa: PTH112 - unlike Path.is_dir it never raises
            yield from _of_student(entry, student, assignments)


def _of_student(folder: Path, student: str, assignments: list[str]) -> Iterator[Found]:
    """``folder`` is a student's: notebooks, zips, and folders that hold these."""
    for path in _files(folder, levels=2):
        above = path.relative_to(folder).parts
        if is_zip(path.name) and not _is_folder(path):
            yield from _in_students_zip(path, student, assignments, above[:-1])
        else:
            yield Found(path, student, _named(above, assignments))


def _files(folder: Path, *, levels: int) -> Iterator[Path]:
    """The notebooks and zips in ``folder`` and in so many ``levels`` of folders. A folder that is a link or cannot be
    listed stands for itself; where it can be listed but not entered, all that is in it may be a notebook."""
    try:
        entries = [folder] if folder.is_symlink() else _entries(folder)
    except OSError:
        entries = [folder]
    if entries == [folder]:
        yield folder
        return
    may_enter = os.access(folder, os.X_OK)
    for entry in entries:
        if not may_enter or is_notebook(entry.name) or (is_zip(entry.name) and not _is_folder(entry)):
            yield entry
        elif levels > 1 and os.path.isdir(entry):  # noqa: PTH112 - unlike Path.is_dir it never raises
            yield from _files(entry, levels=levels - 1)


def _entries(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not is_hidden(entry.name))


def _is_folder(entry: Path) -> bool:
    return os.path.isdir(entry) and not entry.is_symlink()  # noqa: PTH112 - unlike Path.is_dir it never raises


# --- zips -------------------------------------------------------------------------------------------------------------


def _in_students_zip(archive: Path, student: str, assignments: list[str], above: Parts = ()) -> Iterator[Found]:
    """All notebooks in it are ``student``'s, whatever they are called: nobody hands in for someone else. ``above`` are
    the folders it lies in, the student's own aside."""
    try:
        inside = notebooks_in(archive)
    except FairmarkError:
        yield Found(archive, student, _named(above, assignments))
        return
    for parts in inside:
        yield Found(archive.joinpath(*parts), student, _named((*above, *parts), assignments))


def _in_zip(place: Path, assignments: list[str]) -> Iterator[Found]:
    """``place`` is a zip of a class; but a single notebook that lies in no folder belongs to whom the zip is named
    after."""
    try:
        members = zip_members(place)
    except UnreadableNotebook as error:
        raise ArchiveRefused(error.message, remedy=error.remedy) from error
    if not members:
        raise ArchiveRefused(f"{place}: no notebooks in it", remedy="Zip the notebooks themselves.")
    if len(members) == 1 and len(members[0]) == 1 and is_notebook(members[0][0]):
        yield Found(place.joinpath(*members[0]), _student(place.name), _named(members[0], assignments))
        return
    root = _common_folder(members, assignments)
    for parts in members:
        below = parts[root:]
        student, path = _student(below[0]), place.joinpath(*parts)
        if is_zip(parts[-1]):
            yield from _in_students_zip(path, student, assignments, below[1:-1])
        else:
            yield Found(path, student, _named(below[1:], assignments) if len(below) > 1 else None)


def _class_in(entry: Path, assignments: list[str]) -> list[Found]:
    """What a zip that lies alone in its folder holds, where that is a class: several students, none of them named after
    an assignment. Where others have handed in beside it, a zip is one student's, and cannot take the row of another."""
    if not is_zip(entry.name) or _is_folder(entry):
        return []
    try:
        found = list(_in_zip(entry, assignments))
    except FairmarkError:
        return []
    students = {one.student for one in found}
    return found if len(students) > 1 and not students & set(assignments) else []


def _common_folder(members: list[Parts], assignments: list[str]) -> int:
    """1 where all lie in one folder that is no student's, else 0. It is one student's where all that it holds is named
    after assignments."""
    if len({parts[0] for parts in members}) > 1 or any(len(parts) == 1 for parts in members):
        return 0
    return 0 if all(_stem(parts[1]) in assignments for parts in members) else 1


# --- names ------------------------------------------------------------------------------------------------------------


def _named(parts: Parts, assignments: list[str]) -> str | None:
    """The assignment that a folder, or else the notebook in it, is named after."""
    return next((name for part in parts if (name := _stem(part)) in assignments), None)


def _stem(name: str) -> str:
    """``name`` without the suffix of a notebook or zip."""
    return name.rstrip().rpartition(".")[0] if is_notebook(name) or is_zip(name) else name


def _student(name: str) -> str:
    """The student that a file or folder is named after; bytes that are not UTF-8 are spelled in hexadecimal."""
    return os.fsencode(_stem(name)).decode("utf-8", "backslashreplace")
