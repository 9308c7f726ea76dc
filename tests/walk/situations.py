"""Where a student's notebook can lie: in a clone, in what a teacher handed out, in a course of one's own, or alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from fairmark.course import Course, built_in_course

__all__ = ["ALONE", "CLONE", "HANDED_OUT", "OWN_COURSE", "Situation", "answers_of", "fairmark"]

_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


@dataclass(frozen=True)
class Situation:
    """``notebook`` is the file that the student opens and saves; ``course`` is the author's, solutions included."""

    notebook: Path
    course: Course
    options: tuple[str, ...] = ()
    """What the teacher, who is elsewhere, adds to ``fairmark grade``."""

    @property
    def answers(self) -> dict[str, str]:
        return answers_of(self.course.assignment(self.notebook.stem).solution)


def answers_of(solution: Path) -> dict[str, str]:
    """The text of each exercise's cell with its answer, by the exercise's id, as a student would have it."""
    notebook = nbformat.read(solution, 4)
    cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return {
        cell.metadata.nbgrader.grade_id: "\n".join(
            line for line in cell.source.split("\n") if line.strip() not in _MARKERS
        )
        for cell in cells
    }


def fairmark(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """``fairmark WORDS`` as it is typed in a terminal in ``folder``."""
    return subprocess.run(
        [sys.executable, "-c", "from fairmark.cli import main; main()", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )


def _draw_fewer(recipe: Path) -> None:
    """An eighth of the pictures that are shown, so that a walk does not wait for them."""
    shown, mark, hidden = recipe.read_text(encoding="utf-8").partition("[hidden]")
    fewer = re.sub(r"(?m)^(\w+) = (\d{3,})$", lambda count: f"{count[1]} = {int(count[2]) // 8}", shown)
    recipe.write_text(fewer + mark + hidden, encoding="utf-8")


def _clone(home: Path, assignment: str) -> Situation:
    """The course as it is cloned: solutions lie beside the assignments."""
    for part in ("assignments", "solutions", "graders", "datasets"):
        ignored = shutil.ignore_patterns("fairmark", "__pycache__", "*.png")
        shutil.copytree(built_in_course().root / part, home / "clone" / part, ignore=ignored)
    course = Course(home / "clone")
    for name in course.datasets():
        _draw_fewer(course.dataset_folder(name) / "dataset.toml")
    return Situation(course.assignment(assignment).notebook, course)


def _handed_out(home: Path, assignment: str) -> Situation:
    """What ``fairmark release --students`` gives: no solutions."""
    author = _clone(home, assignment)
    released = fairmark("release", "--students", str(home / "handed_out"), folder=author.course.root)
    assert released.returncode == 0, released.stderr
    return Situation(Course(home / "handed_out").assignment(assignment).notebook, author.course)


def _alone(home: Path, assignment: str) -> Situation:
    """The notebook by itself, for the built-in course."""
    folder = home / "downloads"
    folder.mkdir()
    course = built_in_course()
    shutil.copy(course.assignment(assignment).notebook, folder)
    return Situation(folder / f"{assignment}.ipynb", course)


def _own_course(home: Path, assignment: str) -> Situation:
    """A course that ``fairmark new course`` made, with its one assignment, whatever it is called."""
    made = fairmark("new", "course", "my_course", folder=home)
    assert made.returncode == 0, made.stderr
    released = fairmark("release", folder=home / "my_course")
    assert released.returncode == 0, released.stderr
    course = Course(home / "my_course")
    (only,) = course.assignments()
    return Situation(course.assignment(only).notebook, course, ("--course", str(course.root)))


CLONE: Callable[[Path, str], Situation] = _clone
HANDED_OUT: Callable[[Path, str], Situation] = _handed_out
ALONE: Callable[[Path, str], Situation] = _alone
OWN_COURSE: Callable[[Path, str], Situation] = _own_course
