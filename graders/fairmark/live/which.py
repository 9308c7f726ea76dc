"""Which assignment of the course a kernel's notebook is, and which of its exercises is meant."""

from __future__ import annotations

import contextlib
import difflib
import os
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

from fairmark.checks import Grader, load_grader
from fairmark.checks.grader import Exercise
from fairmark.course import Assignment, Course, find_course
from fairmark.errors import AssignmentNotFound, FairmarkError, UsageError
from fairmark.grading.assign import assignment_of
from fairmark.live.kernel import Kernel
from fairmark.notebook.master import Master, master_of, master_source
from fairmark.notebook.placeholders import is_mere_stub
from fairmark.notebook.statements import same_code
from fairmark.notebook.stub import is_stub_line
from fairmark.notebook.traits import is_scribble, traits_of, wanted_for

__all__ = ["Asked", "asked_for", "exercises_known"]


@dataclass(frozen=True)
class Asked:
    """One exercise of one assignment."""

    assignment: Assignment
    grader: Grader
    exercise: Exercise

    def order(self, exercise: str | None) -> int | None:
        """An exercise's place in the assignment, None where it is none of its."""
        ids = [one.id for one in self.grader.exercises]
        return ids.index(exercise) if exercise in ids else None

    def is_stub(self, exercise: str, source: str) -> bool:
        """Whether the cell holds no answer to ``exercise`` yet; where the course cannot tell, whether a line of a stub
        is left in it."""
        master = self._master
        stubs = () if master is None else (cell for cell in master.cells if cell.exercise == exercise)
        stub = next(iter(stubs), None)
        if stub is None:
            return any(is_stub_line(line, exercise) for line in source.split("\n"))
        return is_mere_stub(source, stub)

    def likeness(self, exercise: str, source: str) -> float:
        """How much a cell without a header is like the answer to ``exercise`` in what it binds and calls, from 0 to 1;
        0 if it is more like another one."""
        master = self._master
        if master is None or is_scribble(source):
            return 0.0
        found = traits_of(source)
        rated = [(wanted.likeness(found), name) for name, wanted in wanted_for(master).items()]
        likeness, best = max(rated, key=itemgetter(0))
        return likeness if best == exercise else 0.0

    def is_given(self, source: str) -> bool:
        """Whether the course's notebook has a given cell of this code; False where it is not at hand."""
        cells = () if self._master is None else self._master.code_cells
        return any(cell.exercise is None and same_code(cell.source, source) for cell in cells)

    @property
    def _master(self) -> Master | None:
        with contextlib.suppress(FairmarkError, OSError):
            return _master(self.assignment, master_source(self.assignment).stat().st_mtime_ns)
        return None


def asked_for(kernel: Kernel, exercise: str, assignment: str | None) -> Asked:
    """The exercise by this id, of ``assignment`` or, where that is None, of the assignment it most likely is of.

    Raises :class:`AssignmentNotFound` where the course has no such assignment or no grader of it such an exercise, with
    the nearest, and :class:`UsageError` where several have it and nothing tells which is meant.
    """
    course = find_course()
    if assignment is not None:
        return _in(course, assignment, exercise)
    graders = _graders(course)
    able = [name for name, grader in graders.items() if exercise in _ids(grader)]
    if not able:
        raise AssignmentNotFound(
            f"There is no exercise named “{exercise}”.", remedy=_nearest(exercise, exercises_known(kernel, None))
        )
    named = _named_by_notebook(kernel, course)
    if named in able or len(able) == 1:
        return _in(course, named if named in able else able[0], exercise)
    seen = {run.exercise for run in kernel.memory.runs} - {None}
    shared = {name: len(seen & set(_ids(graders[name]))) for name in able}
    best = [name for name in able if shared[name] == max(shared.values())]
    if len(best) > 1:
        raise UsageError(
            f"Several assignments have an exercise named “{exercise}”: {', '.join(best)}.",
            remedy=f'Say which this notebook is: check.assignment = "{best[0]}"',
        )
    return _in(course, best[0], exercise)


def exercises_known(kernel: Kernel | None, assignment: str | None) -> list[str]:
    """Ids of the assignment's exercises, in order; of all assignments where it cannot be told."""
    course = find_course()
    named = assignment or (None if kernel is None else _named_by_notebook(kernel, course))
    graders = _graders(course)
    if kernel is not None and named not in graders:
        seen = {run.exercise for run in kernel.memory.runs} - {None}
        shared = {name: len(seen & set(_ids(grader))) for name, grader in graders.items()}
        best = [name for name, count in shared.items() if count and count == max(shared.values())]
        named = best[0] if len(best) == 1 else None
    chosen = [graders[named]] if named in graders else list(graders.values())
    return list(dict.fromkeys(name for grader in chosen for name in _ids(grader)))


def _in(course: Course, assignment: str, exercise: str) -> Asked:
    found = course.assignment(assignment)
    grader = _loaded(found.grader, _modified_ns(found.grader))
    for one in grader.exercises:
        if one.id == exercise:
            return Asked(found, grader, one)
    raise AssignmentNotFound(
        f"“{grader.title}” has no exercise named “{exercise}”.", remedy=_nearest(exercise, _ids(grader))
    )


def _graders(course: Course) -> dict[str, Grader]:
    """All that can be loaded, by name: one that is broken concerns nobody but those who ask for it."""
    found: dict[str, Grader] = {}
    for name in course.assignments():
        path = course.assignment(name).grader
        with contextlib.suppress(FairmarkError, OSError):
            found[name] = _loaded(path, _modified_ns(path))
    return found


@cache
def _loaded(path: Path, modified_ns: tuple[int, ...]) -> Grader:
    """``modified_ns`` is there so that a script that is edited is read again."""
    return load_grader(path)


def _modified_ns(script: Path) -> tuple[int, ...]:
    """When the script was edited, and each file beside it that may be a helper of it."""
    return tuple(path.stat().st_mtime_ns for path in (script, *sorted(script.parent.glob("_*.py"))))


@cache
def _master(assignment: Assignment, modified_ns: int) -> Master:
    """As above."""
    return master_of(assignment)


def _ids(grader: Grader) -> list[str]:
    return [exercise.id for exercise in grader.exercises]


def _named_by_notebook(kernel: Kernel, course: Course) -> str | None:
    """By the notebook's file, where the editor says which that is: VS Code in a variable, Jupyter's server in the
    environment."""
    for said in (kernel.names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(said, str) and said.endswith(".ipynb"):
            if Path(said).stem in course.assignments():
                return Path(said).stem
            with contextlib.suppress(FairmarkError, OSError):
                return assignment_of(Path(said), course)
    return None


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    if near:
        return f"Did you mean “{near[0]}”?"
    return f"The exercises are: {', '.join(known) or 'none'}."
