"""The master: the student notebook as the author released it, against which submissions are read.

It is never read from a file that students save into where there is another way to know it, or every answer saved there
would be taken for what was handed out: it is made from the solution; a course without solutions keeps a copy beside its
grader scripts; only where that is missing, too, the notebook in ``assignments/`` is believed.

A solution can be loaded the same way: its exercises then hold the reference's cells in place of the stubs, and what
release would fill in (the assignment's name, ids of locked cells) is filled in alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nbformat import NotebookNode

from fairmark.atomic_write import write_file
from fairmark.course import Assignment
from fairmark.errors import AssignmentNotFound, ReleaseError, UnreadableNotebook
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.stub import derived_grade_id, header, is_stub_line, stub_lines
from fairmark.notebook.student_notebook import handed_out_notebook, read_solution

__all__ = [
    "Master",
    "MasterCell",
    "hand_out",
    "handed_out_bytes",
    "load_master",
    "master_from_bytes",
    "master_of",
    "master_source",
]

RELEASE_AGAIN = "Masters are generated: correct the solution notebook and run `fairmark release`."


@dataclass(frozen=True)
class MasterCell:
    """One cell of the master. ``grade_id`` is unique in the notebook; ``exercise`` is the exercise's id for a cell that
    students answer in, None for a locked one; ``source`` is the author's text (for an exercise, the stub), ``answer``
    the reference's text for an exercise, where the solution is at hand."""

    kind: Literal["locked", "exercise"]
    grade_id: str
    source: str
    exercise: str | None
    cell_type: Literal["code", "markdown", "raw"]
    answer: str | None = None


@dataclass(frozen=True)
class Master:
    """All cells of a released notebook, in order, Markdown included."""

    assignment: str
    cells: tuple[MasterCell, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises' ids in the order of their cells."""
        return tuple(cell.exercise for cell in self.cells if cell.exercise is not None)

    @property
    def code_cells(self) -> tuple[MasterCell, ...]:
        """The cells that run, in order."""
        return tuple(cell for cell in self.cells if cell.cell_type == "code")


def master_source(assignment: Assignment) -> Path:
    """The file that `master_of` reads: the solution, else the copy beside the grader scripts, else what students open.

    There need not be any."""
    kept = (assignment.solution, assignment.handed_out)
    return next((path for path in kept if path.is_file()), assignment.notebook)


def master_of(assignment: Assignment) -> Master:
    """What was handed out, whatever a student has saved since; see `master_source` for where it is read.

    Of the notebook in ``assignments/``, a last resort, an exercise in which no line of a stub is left may have been
    answered by whoever saved it: its stub is taken to be the plain one, so that the cell does not count as untouched.

    Raises as `load_master` does, and `ReleaseError` where a solution cannot be made a student notebook.
    """
    source = master_source(assignment)
    if source != assignment.solution:
        master = load_master(source)
        if source == assignment.handed_out:
            return master
        return replace(master, cells=tuple(_with_a_stub(cell) for cell in master.cells))
    data = read_solution(source)
    answers = {cell.grade_id: cell.source for cell in master_from_bytes(data, path=source).cells}
    released = master_from_bytes(handed_out_notebook(data, path=source), path=source)
    cells = (replace(cell, answer=answers.get(cell.grade_id)) if cell.exercise else cell for cell in released.cells)
    return replace(released, cells=tuple(cells))


def handed_out_bytes(assignment: Assignment) -> bytes:
    """The student notebook as it was handed out. Raises as `master_of` does."""
    source = master_source(assignment)
    if source == assignment.solution:
        return handed_out_notebook(read_solution(source), path=source)
    load_master(source)
    return read_bytes(source)


def hand_out(assignment: Assignment, released: bytes) -> None:
    """Writes the student notebook into a course without solutions: where students open it, and the copy that tells what
    was handed out. Raises `MachineError` where a file cannot be written."""
    write_file(assignment.notebook, released)
    write_file(assignment.handed_out, released)


def _with_a_stub(cell: MasterCell) -> MasterCell:
    if cell.exercise is None or any(is_stub_line(line, cell.exercise) for line in cell.source.split("\n")):
        return cell
    return replace(cell, source="\n".join([header(cell.exercise), *stub_lines(cell.exercise)]))


def load_master(path: Path) -> Master:
    """The master in the file ``path``.

    Raises `AssignmentNotFound` where there is no such file; `ReleaseError` where it is not a notebook, has no exercise,
    or has an exercise without an id, one that is no code cell, or two cells with one id; `MachineError` where this
    computer cannot read it.
    """
    try:
        data = read_bytes(path)
    except UnreadableNotebook as error:
        if path.exists():
            raise ReleaseError(error.message, remedy=RELEASE_AGAIN) from error
        raise AssignmentNotFound(error.message, remedy="Run `fairmark release` to generate it.") from error
    return master_from_bytes(data, path=path)


def master_from_bytes(data: bytes, *, path: Path | str) -> Master:
    """The master in ``data``; messages name ``path``. Raises `ReleaseError` as `load_master` does."""
    try:
        notebook = parse_notebook(data, path=path)
    except UnreadableNotebook as error:
        raise ReleaseError(error.message, remedy=RELEASE_AGAIN) from error
    assignment = str(notebook.metadata.get("fairmark", {}).get("assignment") or Path(path).stem)
    cells = tuple(_master_cell(cell, number, path) for number, cell in enumerate(notebook.cells, start=1))
    repeated = [grade_id for grade_id, count in Counter(cell.grade_id for cell in cells).items() if count > 1]
    if repeated:
        raise ReleaseError(f"{path}: several cells have the grade_id {repeated[0]!r}", remedy=RELEASE_AGAIN)
    master = Master(assignment, cells)
    if not master.exercises:
        raise ReleaseError(f"{path}: has no exercise cell", remedy=RELEASE_AGAIN)
    return master


def _master_cell(cell: NotebookNode, number: int, path: Path | str) -> MasterCell:
    nbgrader = cell.metadata.get("nbgrader", {})
    grade_id = nbgrader.get("grade_id")
    if nbgrader.get("solution") is not True:
        return MasterCell("locked", str(grade_id or derived_grade_id(cell.id)), cell.source, None, cell.cell_type)
    if not isinstance(grade_id, str) or not grade_id:
        raise ReleaseError(f"{path}: the exercise in cell {number} has no grade_id", remedy=RELEASE_AGAIN)
    if cell.cell_type != "code":
        raise ReleaseError(f"{path}: cell {number} is an exercise but not a code cell", remedy=RELEASE_AGAIN)
    return MasterCell("exercise", grade_id, cell.source, grade_id, "code")
