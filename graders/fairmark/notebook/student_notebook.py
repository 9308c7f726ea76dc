"""The student notebook of an assignment, generated from its solution.

Every answer, which stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, becomes a stub; everything else
stays, locked. The bytes depend on the solution and its name only, so that a check can say whether the student notebook
is up to date. Nothing is released in which a line of an answer can still be read.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat import v4 as format_4

from fairmark.errors import ReleaseError, UnreadableNotebook
from fairmark.notebook.markers import marker_in, marker_left_in
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.source import parses
from fairmark.notebook.stub import (
    derived_grade_id,
    exercise_metadata,
    header,
    is_stub_line,
    locked_metadata,
    stub_lines,
)

__all__ = [
    "BEGIN",
    "END",
    "GRADE_ID",
    "KERNEL",
    "NEARLY_A_MARKER",
    "Answers",
    "answers_in",
    "handed_out_notebook",
    "is_telling",
    "read_solution",
    "release_notebook",
    "squeezed",
]

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"

NEARLY_A_MARKER = re.compile(r"#\s*(BEGIN|END)\s*SOLUTION", re.IGNORECASE)
GRADE_ID = re.compile(r"[A-Za-z0-9_-]+")
"""What nbgrader accepts as a ``grade_id``."""

MIN_SECRET_CHARACTERS = 12
"""A line of an answer shorter than this is too common to give anything away (``epochs=15,``)."""

MERELY_A_NAME = re.compile(r"""["']?[\w./]+["']?[(\[]*""")
"""A name alone, quoted or not, may stand in the prose: ``train_generator``; so may one that is called,
``model.compile(``, where the answer goes on in the lines below."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def read_solution(path: Path) -> bytes:
    """The file's bytes. Raises `ReleaseError` where it is missing or too large, `MachineError` where it cannot be
    read."""
    try:
        return read_bytes(path)
    except UnreadableNotebook as error:
        remedy = error.remedy if path.exists() else "Write the solved notebook there, or take the grader script away."
        raise ReleaseError(error.message, remedy=remedy) from error


# --- the notebook -----------------------------------------------------------------------------------------------------


@dataclass
class _Draft:
    """The student notebook while it is made. ``secrets`` holds the telling lines of the answers, by what `squeezed`
    makes of them, as (exercise, line); ``tests`` the numbers of cells that nbgrader runs as tests; ``grade_ids`` the
    numbers of the cells that have them."""

    path: Path | str
    assignment: str
    cells: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    tests: list[int] = field(default_factory=list)
    grade_ids: dict[str, int] = field(default_factory=dict)

    def error(self, problem: str, number: int, remedy: str) -> ReleaseError:
        return ReleaseError(f"{self.path}: cell {number}: {problem}", remedy=remedy)


def release_notebook(solution: bytes, *, path: Path | str) -> bytes:
    """The student notebook of the solution notebook in ``solution``, the same bytes for the same ones.

    ``path`` is the solution's file: messages name it, and its stem is the assignment's name.

    Raises `ReleaseError`, naming file and cell, where the solution is not a notebook or names another assignment; where
    it has no exercise; where an exercise's id is missing, malformed or repeated; where an exercise cell is not code,
    does not begin with its header or has no answer in it; where markers do not pair up, share a line with other text or
    stand outside an exercise; where another tool's marks (a mark scheme's, a test's) stand in what students would
    read; where a stub is not Python; where an attachment is no picture; and where a line of an answer can be read
    elsewhere in the student notebook.
    """
    draft = _drafted(solution, path)
    _require_no_marks(draft)
    _require_no_leak(draft)
    return _written(draft)


def handed_out_notebook(solution: bytes, *, path: Path | str) -> bytes:
    """The same, whatever can be read in it: what submissions are held against, and nobody is given.

    Raises `ReleaseError` as `release_notebook` does, but for leaks."""
    return _written(_drafted(solution, path))


def _written(draft: _Draft) -> bytes:
    metadata = {"fairmark": {"assignment": draft.assignment, "schema": 1}, "kernelspec": KERNEL}
    released = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": draft.cells}
    text: str = format_4.writes(from_dict(released))
    return f"{text}\n".encode()


@dataclass(frozen=True)
class Answers:
    """What a solution answers: ``cells``, the number of the cell of each exercise, by its id; and ``telling``, the
    lines that would give an answer away, as `squeezed` makes them, with the exercise and the line as written."""

    cells: dict[str, int]
    telling: dict[str, tuple[str, str]]

    def line_told_by(self, text: str, *, apart_from: str | None = None) -> tuple[str, str] | None:
        """The exercise and the line of its answer that can be read in ``text``; None where there is none.

        Lines of the exercise ``apart_from`` do not count."""
        readable = squeezed(text)
        found = (told for line, told in self.telling.items() if line in readable and told[0] != apart_from)
        return next(found, None)


def answers_in(solution: bytes, *, path: Path | str) -> Answers:
    """What the solution notebook answers. Raises `ReleaseError` as `release_notebook` does, but for leaks."""
    draft = _drafted(solution, path)
    nbgrader = [cell["metadata"]["nbgrader"] for cell in draft.cells]
    cells = {one["grade_id"]: number for number, one in enumerate(nbgrader, start=1) if one["solution"]}
    return Answers(cells, draft.secrets)


def _drafted(solution: bytes, path: Path | str) -> _Draft:
    try:
        notebook = parse_notebook(solution, path=path)
    except UnreadableNotebook as error:
        raise ReleaseError(error.message, remedy=error.remedy) from error
    draft = _Draft(path, _assignment(notebook, path))
    for number, cell in enumerate(notebook.cells, start=1):
        _add_cell(draft, number, cell)
    if not any(cell["metadata"]["nbgrader"]["solution"] for cell in draft.cells):
        raise ReleaseError(f"{path}: has no exercise", remedy='Give a cell nbgrader metadata with "solution": true.')
    return draft


def _assignment(notebook: NotebookNode, path: Path | str) -> str:
    name = Path(path).stem
    named = notebook.metadata.get("fairmark", {}).get("assignment", name)
    if named != name:
        problem = f"{path}: calls its assignment {named!r}, but the file is called {name!r}"
        raise ReleaseError(problem, remedy="Let the two agree: metadata.fairmark.assignment is the file's name.")
    return name


def _add_cell(draft: _Draft, number: int, cell: NotebookNode) -> None:
    nbgrader = cell.metadata.get("nbgrader", {})
    kept = {key: cell[key] for key in ("id", "cell_type", "attachments") if key in cell}
    tags = {"tags": cell.metadata.tags} if cell.metadata.get("tags") else {}
    if nbgrader.get("solution") is True:
        exercise = _unique_id(draft, number, nbgrader.get("grade_id"))
        source = _stub(draft, number, cell, exercise)
        metadata = {"nbgrader": exercise_metadata(exercise), "deletable": False}
    else:
        if any(NEARLY_A_MARKER.search(line) for line in cell.source.split("\n")):
            remedy = 'Give the cell nbgrader metadata with "solution": true and a grade_id, or remove the marker.'
            raise draft.error("a solution marker stands outside an exercise cell", number, remedy)
        if cell.cell_type == "code" and nbgrader.get("grade") is True:
            draft.tests.append(number)
        grade_id = _unique_id(draft, number, nbgrader.get("grade_id") or derived_grade_id(cell.id))
        source = cell.source
        metadata = {"nbgrader": locked_metadata(grade_id), "deletable": False, "editable": False}
    _require_pictures(draft, number, kept.get("attachments", {}))
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell.cell_type == "code" else {}
    draft.cells.append({**kept, **code, "metadata": {**metadata, **tags}, "source": source})


def _unique_id(draft: _Draft, number: int, grade_id: object) -> str:
    if not isinstance(grade_id, str) or not grade_id:
        raise draft.error("the exercise has no grade_id", number, "Write its id into metadata.nbgrader.grade_id.")
    if not GRADE_ID.fullmatch(grade_id):
        remedy = "Use letters, digits, _ and - only."
        raise draft.error(f"the grade_id {grade_id!r} has characters nbgrader does not accept", number, remedy)
    if grade_id in draft.grade_ids:
        problem = f"the grade_id {grade_id!r} is that of cell {draft.grade_ids[grade_id]}, too"
        raise draft.error(problem, number, "Give every cell an id of its own.")
    draft.grade_ids[grade_id] = number
    return grade_id


# --- answers and stubs ------------------------------------------------------------------------------------------------


def _stub(draft: _Draft, number: int, cell: NotebookNode, exercise: str) -> str:
    """The exercise cell with a stub for every answer; the answers' telling lines are added to the draft's secrets."""
    if cell.cell_type != "code":
        raise draft.error("an exercise must be a code cell", number, "Change the cell's type to Code.")
    lines = cell.source.split("\n")
    if lines[0].rstrip() != header(exercise):
        remedy = f"Let the cell's first line be: {header(exercise)}"
        raise draft.error(f"the exercise {exercise!r} does not begin with its header", number, remedy)
    kept: list[str] = []
    opened: int | None = None
    regions = 0
    for line_number, line in enumerate(lines, start=1):
        marker = _marker(draft, number, line_number, line)
        if marker == BEGIN and opened is None:
            opened, regions = line_number, regions + 1
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + stub_line for stub_line in stub_lines(exercise)]
        elif marker == END and opened is not None:
            opened = None
        elif marker is not None:
            before = BEGIN if marker == END else END
            raise draft.error(f"line {line_number}: {marker} without {before} before it", number, "Pair the markers.")
        elif opened is None:
            kept.append(line)
        elif is_telling(line):
            draft.secrets.setdefault(squeezed(line), (exercise, line.strip()))
    if opened is not None:
        raise draft.error(f"line {opened}: {BEGIN} without {END} after it", number, "Pair the markers.")
    if not regions:
        remedy = f"Put the answer between the lines {BEGIN} and {END}."
        raise draft.error(f"the exercise {exercise!r} has no answer between markers", number, remedy)
    stub = "\n".join(kept)
    if parses(cell.source) and not parses(stub):
        remedy = "Let the markers enclose whole statements."
        raise draft.error(f"the stub of the exercise {exercise!r} is not valid Python", number, remedy)
    return stub


def _marker(draft: _Draft, number: int, line_number: int, line: str) -> str | None:
    if line.strip() in (BEGIN, END):
        return line.strip()
    if NEARLY_A_MARKER.search(line):
        remedy = f"Write {BEGIN} or {END}, alone on its line."
        raise draft.error(f"line {line_number}: {line.strip()!r} is not quite a solution marker", number, remedy)
    return None


# --- leaks ------------------------------------------------------------------------------------------------------------


def is_telling(line: str) -> bool:
    """Whether a line would give something away if it stood elsewhere: it is long enough, and more than a name."""
    line = line.strip().rstrip(",")
    return len(line) >= MIN_SECRET_CHARACTERS and not MERELY_A_NAME.fullmatch(line)


def squeezed(text: str) -> str:
    """``text`` without whitespace and closing commas: what is compared, however it is laid out."""
    return re.sub(r"\s+", "", text).rstrip(",")


def _require_no_marks(draft: _Draft) -> None:
    """Nothing that students would read says that it is not for them."""
    for number in draft.tests:
        remedy = "Ask the same in the grader script, and delete the cell."
        raise draft.error("it holds tests, which students would read", number, remedy)
    for number, cell in enumerate(draft.cells, start=1):
        exercise = cell["metadata"]["nbgrader"]["grade_id"]
        line = marker_left_in(cell["cell_type"], _without_empty_frames(cell["source"], exercise))
        if line is not None:
            remedy = (
                "Delete what it marks. `fairmark new assignment NAME --from NOTEBOOK` does so with a whole notebook."
            )
            raise draft.error(f"{line!r} marks what is not for students, and they would read it", number, remedy)


def _without_empty_frames(source: str, exercise: str) -> str:
    """``source`` without another tool's marks of an answer (``### START CODE HERE``) that enclose nothing but stubs."""
    kept: list[str] = []
    began: int | None = None
    for line in source.split("\n"):
        marker = marker_in(line)
        kept.append(line)
        if marker is not None and marker.part == "solution" and marker.opens:
            began = len(kept) - 1
        elif marker is not None and marker.part == "solution" and began is not None:
            inside = kept[began + 1 : -1]
            if (
                any(is_stub_line(one, exercise) for one in inside)
                and not "".join(one for one in inside if not is_stub_line(one, exercise)).strip()
            ):
                kept[began:] = inside
            began = None
    return "\n".join(kept)


def _require_no_leak(draft: _Draft) -> None:
    for number, cell in enumerate(draft.cells, start=1):
        for place, text in _readable(cell):
            readable = squeezed(text)
            leak = next((secret for secret in draft.secrets if secret in readable), None)
            if leak is not None:
                exercise, line = draft.secrets[leak]
                problem = f"its {place} shows a line of the answer to {exercise!r}: {line}"
                raise draft.error(problem, number, "Take the line out of there, or out of the answer.")


def _readable(cell: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "text", cell["source"]
    for text in (cell["id"], cell["metadata"]["nbgrader"]["grade_id"], *cell["metadata"].get("tags", ())):
        yield "metadata", text
    for name, bundle in cell.get("attachments", {}).items():
        yield "attachment", name
        for content in bundle.values():
            yield "attachment", content
            yield "attachment", _decoded(content).decode("utf-8", "ignore")


def _require_pictures(draft: _Draft, number: int, attachments: dict[str, dict[str, str]]) -> None:
    for name, bundle in attachments.items():
        if not bundle or not _are_pictures(bundle.items()):
            raise draft.error(f"the attachment {name!r} is not a picture", number, "Attach pictures only.")


def _are_pictures(bundle: Iterable[tuple[str, str]]) -> bool:
    return all(mime.startswith("image/") and (_decoded(content) or mime == "image/svg+xml") for mime, content in bundle)


def _decoded(content: str) -> bytes:
    """The bytes of an attachment; none where it is not base64 (SVG may be plain text)."""
    try:
        return base64.b64decode(re.sub(r"\s+", "", content), validate=True)
    except (binascii.Error, ValueError):
        return b""
