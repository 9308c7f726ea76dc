"""Courses: folders with ``assignments/ solutions/ graders/ datasets/``, and what is found in them by name."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from fairmark.errors import AssignmentNotFound, CourseNotFound

__all__ = ["HANDED_OUT", "Assignment", "Course", "built_in_course", "course_around", "find_course"]

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


def find_course(start: Path | None = None) -> Course:
    """The course at ``start``, or, where None is given, the one the current folder lies in, else the built-in one.

    Raises :class:`CourseNotFound` where ``start`` is given and is not a course.
    """
    if start is not None:
        if not _is_course(start):
            raise CourseNotFound(
                f"{start}: not a course",
                remedy="A course has assignments/, graders/ and datasets/ in it, and its author's solutions/, too.",
            )
        return Course(start.resolve())
    return course_around(Path.cwd()) or built_in_course()


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
