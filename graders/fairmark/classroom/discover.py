"""Which files are submissions, and whose: the layouts that ``grade`` takes.

FOLDER/alice.ipynb                              one file a student
FOLDER/alice/horses_or_humans.ipynb             one folder a student, whatever folders there are in it
FOLDER/alice/horses_or_humans/anything.ipynb    nbgrader's "submitted" folder
FOLDER/alice.zip, FOLDER/alice/anything.zip     notebooks of one student, however deep
FOLDER.zip                                      any of these, zipped; also where it lies alone in a folder

Zips are read where they lie: of a notebook in one the path goes on inside, ``FOLDER.zip/alice.ipynb``. Whatever has no
row is left out with a reason; only names that are hidden (see :func:`fairmark.untrusted_zip.is_hidden`) are passed
over. Where some students handed in folders, a folder without a notebook is a student's too, and has its row.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fairmark.classroom.folders import Entry, entries_of, entry_of, is_folder, walk
from fairmark.course import HANDED_OUT
from fairmark.errors import ArchiveRefused, FairmarkError, MachineError, UnreadableNotebook, UsageError
from fairmark.frameworks import installed
from fairmark.notebook.kinds import EMPTY_FOLDER, HANDED_OUT_COPY, OTHER, SAVED_MODEL, Reason
from fairmark.notebook.members import Parts, is_notebook, is_zip, stem_of, without_copy_mark
from fairmark.notebook.zips import contents_of, zip_members

__all__ = ["Found", "HandedIn", "LeftOut", "look_through"]

_NAMED = 3
"""Files that are named where there is no notebook."""


@dataclass(frozen=True)
class Found:
    """One file handed in. ``assignment`` is the one its place names, None where the place says nothing; ``file`` is the
    path below what was handed in, as people are told it.

    ``path`` may be something that is no notebook, where that is all a student has handed in: ``problem`` then says what
    is wrong, or reading it does. Where a student handed in several files for one assignment, ``together`` names them
    all, and ``file_number`` counts them from 1.
    """

    path: Path
    student: str
    assignment: str | None = None
    file: str = ""
    problem: UnreadableNotebook | None = None
    file_number: int = 1
    together: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """Something handed in that has no row, and why. ``file`` is the path below what was handed in."""

    path: Path
    file: str
    reason: Reason


@dataclass
class HandedIn:
    """Everything that was handed in: what has a row, and what has none."""

    found: list[Found] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def look_through(places: list[Path], assignments: list[str]) -> HandedIn:
    """Everything at ``places`` (notebooks, folders, zips), rows of each place sorted by student; a file that is named
    twice counts once.

    ``assignments`` are the names the course knows. Raises :class:`UsageError` where there is no notebook in a place,
    :class:`ArchiveRefused` where one is a zip that cannot be read, :class:`MachineError` where this computer may not
    look into it. Inside a folder or zip all of these are one student's fault: they give a row, and reading it says
    what is wrong.
    """
    found: dict[str, Found] = {}
    left_out: dict[str, LeftOut] = {}
    for place in places:
        handed_in = _Look(place, assignments, f"{_decoded(place.name)}/" if len(places) > 1 else "").everything()
        for one in handed_in.found:
            found.setdefault(_absolute(one.path), one)
        for left in handed_in.left_out:
            left_out.setdefault(_absolute(left.path), left)
    return HandedIn([*found.values()], [*left_out.values()])


class _Look:
    """A look through one place. ``prefix`` stands before the names of its files."""

    def __init__(self, place: Path, assignments: list[str], prefix: str) -> None:
        self.place = place
        self.assignments = assignments
        self.prefix = prefix
        self.handed_in = HandedIn()

    def everything(self) -> HandedIn:
        place = self.place
        if not os.path.lexists(place):
            raise UsageError(f"{place}: there is no such file or folder")
        if os.path.isdir(place):  # noqa: PTH112 - unlike Path.is_dir it never raises
            self.folder()
        elif is_zip(place.name):
            self.class_zip(place)
        else:
            self.row(place, _student(place.name))
        if not self.handed_in.found:
            raise UsageError(
                f"{place}: no notebooks in it{_instead(self.handed_in.left_out)}",
                remedy="Put them there as STUDENT.ipynb, or as STUDENT/ASSIGNMENT.ipynb.",
            )
        self.handed_in.found.sort(key=_order)
        return self.handed_in

    # --- what is noted ---

    def row(
        self, path: Path, student: str, assignment: str | None = None, problem: UnreadableNotebook | None = None
    ) -> None:
        if path.parts[-3:-1] == HANDED_OUT:  # a student handed in the whole course
            self.leave_out(path, HANDED_OUT_COPY)
            return
        self.handed_in.found.append(Found(path, student, assignment, self.name(path), problem))

    def leave_out(self, path: Path, reason: Reason) -> None:
        self.handed_in.left_out.append(LeftOut(path, self.name(path), _of_framework(path, reason)))

    def name(self, path: Path) -> str:
        below = path.relative_to(self.place).as_posix() if path != self.place else path.name
        return f"{self.prefix if path != self.place else ''}{_decoded(below)}"

    # --- folders ---

    def folder(self) -> None:
        try:
            entries = entries_of(self.place)
        except OSError as error:
            raise MachineError(
                f"{self.place}: cannot be listed: {error.strerror}", remedy="Check its permissions."
            ) from error
        zips = [entry for entry in entries if is_zip(entry.name) and not is_folder(entry)]
        others = any(is_notebook(one.name) or os.path.isdir(one) for one in entries)  # noqa: PTH112
        if len(zips) == 1 and not others and self.is_class(zips[0]):
            self.class_zip(zips[0])
            entries.remove(zips[0])
        without: list[tuple[Path, list[Entry]]] = []
        hands_in_folders = False
        for entry in entries:
            if is_folder(entry):
                below = [*walk(entry)]
                if self.of_student(entry, below):
                    hands_in_folders = hands_in_folders or any(one.kind != "other" for one in below)
                else:
                    without.append((entry, below))
            elif is_notebook(entry.name) or os.path.isdir(entry):  # noqa: PTH112 - a link to a folder
                self.row(entry, _student(entry.name))  # links and pipes too
            elif is_zip(entry.name):
                self.students_zip(entry, _student(entry.name))
            else:
                self.entries([entry_of(entry)])
        for folder, below in without:
            self.without_notebook(folder, [(one.path, one.reason) for one in below], has_row=hands_in_folders)

    def of_student(self, folder: Path, below: list[Entry]) -> bool:
        """``folder`` is a student's: notebooks, zips, and folders that hold these. Whether there was one."""
        student = _student(folder.name)
        if not below and is_notebook(folder.name):
            self.row(folder, student)
            return True
        kinds = {one.kind for one in below}
        # A link may be all there is: it is not followed, but its row says so.
        asked = {"may_be_notebook", "zip"} if kinds & {"may_be_notebook", "zip"} else {"link"}
        chosen = [one for one in below if one.kind in asked]
        for one in chosen:
            above = one.path.relative_to(folder).parts
            if one.kind == "zip":
                self.students_zip(one.path, student, above[:-1])
            else:
                self.row(one.path, student, self.named(above))
        if chosen:
            self.entries(one for one in below if one.kind not in asked)
        return bool(chosen)

    def entries(self, entries: Iterable[Entry]) -> None:
        for one in entries:
            self.leave_out(one.path, one.reason)

    def without_notebook(self, folder: Path, below: list[tuple[Path, Reason]], *, has_row: bool) -> None:
        """A folder with no notebook in it: a student's row where others handed in folders, else left out."""
        if not has_row:
            for path, reason in below or [(folder, EMPTY_FOLDER)]:
                self.leave_out(path, reason)
            return
        named = [(path, self.named(path.relative_to(folder).parts)) for path, _ in below]
        path, assignment = next((one for one in named if one[1]), named[0] if named else (folder, None))
        held = [f"{_decoded(path.relative_to(folder).as_posix())} {reason.said}" for path, reason in below]
        said = f"holds no notebook: {_some(held, '; ')}" if below else EMPTY_FOLDER.said
        problem = UnreadableNotebook(folder, said, remedy="Hand in the notebook itself, the .ipynb file.")
        self.row(path, _student(folder.name), assignment, problem)
        for other, why in below:
            if other != path:
                self.leave_out(other, why)

    # --- zips ---

    def students_zip(self, archive: Path, student: str, above: Parts = ()) -> None:
        """All notebooks in it are ``student``'s, whatever they are called: nobody hands in for someone else. ``above``
        are the folders it lies in, the student's own aside."""
        try:
            inside = contents_of(archive)
        except FairmarkError:
            self.row(archive, student, self.named(above))
            return
        for parts in inside.found:
            self.row(archive.joinpath(*parts), student, self.named((*above, *parts)))
        for parts, reason in inside.left_out:
            self.leave_out(archive.joinpath(*parts), reason)

    def class_zip(self, archive: Path) -> None:
        """``archive`` is a zip of a class; but a single notebook that lies in no folder belongs to whom the zip is
        named after."""
        try:
            inside = zip_members(archive)
        except UnreadableNotebook as error:
            raise ArchiveRefused(error.message, remedy=error.remedy) from error
        members = inside.found
        left_out = [(archive.joinpath(*parts), reason) for parts, reason in inside.left_out]
        if not members:
            held = [LeftOut(path, self.name(path), _of_framework(path, reason)) for path, reason in left_out]
            raise ArchiveRefused(
                f"{archive}: no notebooks in it{_instead(held)}", remedy="Zip the notebooks themselves."
            )
        if len(members) == 1 and len(members[0]) == 1 and is_notebook(members[0][0]):
            self.row(archive.joinpath(*members[0]), _student(archive.name), self.named(members[0]))
            self.entries(Entry(path, "other", reason) for path, reason in left_out)
            return
        root = _common_folder(members, self.assignments)
        for parts in members:
            below = parts[root:]
            student, path = _student(below[0]), archive.joinpath(*parts)
            if is_zip(parts[-1]):
                self.students_zip(path, student, below[1:-1])
            else:
                self.row(path, student, self.named(below[1:]) if len(below) > 1 else None)
        hands_in_folders = any(len(parts) > root + 1 for parts in members)
        top = archive.joinpath(*members[0][:root])
        self.rest(top, {parts[root] for parts in members}, left_out, hands_in_folders=hands_in_folders)

    def rest(
        self, top: Path, students: set[str], left_out: list[tuple[Path, Reason]], *, hands_in_folders: bool
    ) -> None:
        """What in a class's zip is no notebook: beside one of a student's, in the folder of a student who handed in
        nothing else, or in none."""
        folders: dict[Path, list[tuple[Path, Reason]]] = {}
        for path, reason in left_out:
            parts = path.relative_to(top).parts if path.is_relative_to(top) else ()
            if parts and parts[0] not in students and (len(parts) > 1 or reason == EMPTY_FOLDER):
                folders.setdefault(top / parts[0], []).append((path, reason))
            else:
                self.leave_out(path, reason)
        for folder, held in folders.items():
            below = [one for one in held if one[0] != folder]
            self.without_notebook(folder, below, has_row=hands_in_folders)

    def is_class(self, archive: Path) -> bool:
        """Whether a zip that lies alone in its folder holds a class: several students, none of them named after an
        assignment. Where others have handed in beside it, a zip is one student's, and cannot take another's row."""
        look = _Look(archive, self.assignments, "")
        try:
            look.class_zip(archive)
        except FairmarkError:
            return False
        students = {one.student for one in look.handed_in.found}
        return len(students) > 1 and not students & set(self.assignments)

    # --- names ---

    def named(self, parts: Parts) -> str | None:
        """The assignment that a folder, or else the notebook in it, is named after."""
        return next((name for part in parts if (name := self.assignment(part)) is not None), None)

    def assignment(self, part: str) -> str | None:
        stem = stem_of(part)
        names = (stem, without_copy_mark(stem), without_copy_mark(stem.partition(".")[0]))
        return next((name for name in names if name in self.assignments), None)


def _common_folder(members: list[Parts], assignments: list[str]) -> int:
    """1 where all lie in one folder that is no student's, else 0. It is one student's where all that it holds is named
    after assignments."""
    if len({parts[0] for parts in members}) > 1 or any(len(parts) == 1 for parts in members):
        return 0
    return 0 if all(stem_of(parts[1]) in assignments for parts in members) else 1


def _order(one: Found) -> tuple[str, str, list[str]]:
    """A file before its copies: ``work.ipynb``, ``work (1).ipynb``, ``work-Copy1.ipynb``."""
    return (one.student, one.assignment or "", [stem_of(part) for part in one.path.parts])


def _student(name: str) -> str:
    """The student that a file or folder is named after; bytes that are not UTF-8 are spelled in hexadecimal."""
    return _decoded(stem_of(name))


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow links


def _decoded(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _of_framework(path: Path, reason: Reason) -> Reason:
    """``reason``, or a better one for a file of a framework's own."""
    if reason != OTHER:
        return reason
    ends = {f".{end}" for framework in installed() for end in framework.model_files}
    return SAVED_MODEL if any(path.name.strip().lower().endswith(end) for end in ends) else reason


def _instead(left_out: list[LeftOut]) -> str:
    return f", but {_some([left.file for left in left_out], ', ')}" if left_out else ""


def _some(texts: list[str], between: str) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return f"{between.join(texts[:_NAMED])}{more}"
