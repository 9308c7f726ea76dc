"""Courses: folders with ``assignments/ solutions/ graders/ datasets/``, and what is found in them by name.

A course's grader scripts, and the ``render.py`` of its data sets, run with the rights of whoever runs a command. So a
course that nobody named is taken only if it is one's own: its scripts, and the folders they lie in, belong to the user
or to root and are not open to everybody; it lies in no other course, and in nothing that is to be graded. Who unpacks
what somebody handed in owns every file of it, and a script cannot tell that from a course one has been given: the
command says which course it takes, every time.
"""

from __future__ import annotations

import difflib
import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fairmark.errors import AssignmentNotFound, CourseNotFound, CourseOfOthers

__all__ = ["HANDED_OUT", "Assignment", "Course", "built_in_course", "course_around", "find_course"]

VARIABLE = "FAIRMARK_COURSE"
"""Names a course, as ``--course`` does, where no option can be given: in a notebook."""

HANDED_OUT = ("graders", "handed_out")
"""The folder, below a course, of the copies that `Assignment.handed_out` names."""


@dataclass(frozen=True)
class Assignment:
    """One notebook of a course, by the name that ties its three files together."""

    name: str
    notebook: Path
    """What students open, and may save their answers into."""
    solution: Path
    grader: Path

    @property
    def handed_out(self) -> Path:
        """The copy of the student notebook that a course without solutions keeps: nobody opens it, nobody saves it."""
        return self.grader.parent / HANDED_OUT[-1] / f"{self.name}.ipynb"


@dataclass(frozen=True)
class Course:
    """A course by its folder."""

    root: Path

    def assignments(self) -> list[str]:
        """Names of all assignments, sorted: those with a grader script. ``_helpers.py`` is none."""
        return sorted(path.stem for path in (self.root / "graders").glob("*.py") if not path.stem.startswith("_"))

    def assignment(self, name: str) -> Assignment:
        """Raises :class:`AssignmentNotFound`, with the nearest name, where the course has no such grader script."""
        known = self.assignments()
        if name not in known:
            raise AssignmentNotFound(
                f"{self.root}: this course has no assignment named {name!r}",
                remedy=_nearest(name, known, "assignments"),
            )
        return Assignment(
            name=name,
            notebook=self.root / "assignments" / f"{name}.ipynb",
            solution=self.root / "solutions" / f"{name}.ipynb",
            grader=self.root / "graders" / f"{name}.py",
        )

    def datasets(self) -> list[str]:
        """Names of all data sets, sorted: folders of ``datasets/`` that hold a ``dataset.toml``."""
        return sorted(path.parent.name for path in (self.root / "datasets").glob("*/dataset.toml"))

    def dataset_folder(self, name: str) -> Path:
        """The recipe's folder. Raises :class:`AssignmentNotFound` where the course has no such data set."""
        known = self.datasets()
        if name not in known:
            raise AssignmentNotFound(
                f"{self.root}: this course has no data set named {name!r}", remedy=_nearest(name, known, "data sets")
            )
        return self.root / "datasets" / name


def _nearest(name: str, known: list[str], what: str) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Its {what}: {', '.join(known) or 'none'}."


def find_course(start: Path | None = None, *, graded: Iterable[Path] = ()) -> Course:
    """The course at ``start``; where None is given, that of the variable ``FAIRMARK_COURSE``; else the one the current
    folder lies in, if it is one's own and not among what is to be ``graded``; else the built-in one.

    Raises :class:`CourseNotFound` where one is named that is not a course, and :class:`CourseOfOthers` where the
    current folder lies in one that must be named before its scripts are run.
    """
    named = os.environ.get(VARIABLE)
    if start is None and named:
        start = Path(named)
    if start is not None:
        if not _is_course(start):
            raise CourseNotFound(
                f"{start}: not a course",
                remedy="A course has assignments/, graders/ and datasets/ in it, and its author's solutions/, too.",
            )
        return Course(start.resolve())
    around = course_around(Path.cwd())
    if around is None or around.root == built_in_course().root:
        return built_in_course()
    _require_own(around, graded)
    return around


def _require_own(course: Course, graded: Iterable[Path]) -> None:
    root = course.root
    outer = next((place for place in root.parents if _is_course(place)), None)
    holding = next((place for place in graded if root.is_relative_to(place.resolve())), None)
    if outer is not None:
        why = f"it lies in another one, {outer}"
    elif holding is not None:
        why = f"it lies in {holding}, which is to be graded"
    else:
        why = next(filter(None, map(_whose, _scripts_of(root))), "")
    if why:
        raise CourseOfOthers(
            f"{root}: its grader scripts are not run unless you name the course: {why}",
            remedy=f"If you trust it, say --course {shlex.quote(str(root))}, or set {VARIABLE} to it.",
        )


def _scripts_of(root: Path) -> Iterator[Path]:
    """What runs with the user's rights, and the folders that decide which files those are."""
    yield from (root, root / "graders", root / "datasets")
    yield from sorted((root / "graders").glob("*.py"))
    yield from sorted(path for path in (root / "datasets").glob("*") if path.is_dir())
    yield from sorted((root / "datasets").glob("*/*.py"))


def _whose(path: Path) -> str:
    """Why ``path`` is not one's own; nothing where it is."""
    status = path.stat()
    mine = {0, os.geteuid()} | ({int(os.environ.get("SUDO_UID", "0"))} if os.geteuid() == 0 else set())
    if status.st_uid not in mine:
        return f"{path} belongs to another user"
    mode = stat.S_IMODE(status.st_mode)
    # A folder of Windows that is mounted here shows 0777 for every file in it.
    return f"{path} can be written by everybody (mode {mode:04o})" if mode & 0o002 and mode != 0o777 else ""


def course_around(folder: Path) -> Course | None:
    """The course that ``folder`` is or lies in, the innermost of several; None where there is none."""
    here = folder.resolve()
    return next((Course(place) for place in (here, *here.parents) if _is_course(place)), None)


def built_in_course() -> Course:
    """The course that comes with fairmark: inside the installed package, or around it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "builtin", package.parent.parent):
        if _is_course(folder):
            return Course(folder)
    raise CourseNotFound("the built-in course is missing from this installation", remedy="Install fairmark again.")


def _is_course(folder: Path) -> bool:
    return all((folder / part).is_dir() for part in ("assignments", "graders", "datasets"))
