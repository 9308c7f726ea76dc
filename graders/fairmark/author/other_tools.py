"""Notebooks as other tools' authors mark them: which cell is an answer, which is given, which is for no student.

nbgrader says so in metadata, and by markers inside cells. Otter Assign puts raw cells around cells (``# BEGIN TESTS``;
its older format fences them inside Markdown, and begins test cells with ``# TEST``). The courses of DeepLearning.AI
write ``# GRADED FUNCTION: name``; notebooks made with jupytext and the exercise extensions of Jupyter go by tags
(``solution``, ``tests``) or by metadata of a cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from nbformat import NotebookNode

from fairmark.author.marked_cells import MarkedCell, marked_cell
from fairmark.errors import ReleaseError
from fairmark.notebook.magics import python_source
from fairmark.notebook.markers import Marker, boundary_of, marker_left_in
from fairmark.notebook.stub import header_of

__all__ = ["ReadCell", "Role", "read_cells"]

Role: TypeAlias = Literal["given", "exercise", "left out"]

_SOLUTION_TAGS = {"solution", "solutions", "answer", "model-answer", "exercise-solution"}
_TEST_TAGS = {"test", "tests", "hidden-test", "hidden-tests", "autograder-test"}
_TEACHER_TAGS = {"instructor", "instructor-only", "teacher", "teacher-only", "mark-scheme"}

_TEST_HEADING = re.compile(r"#+\s*(?:(?:HIDDEN\s+)?TEST|HIDDEN)\s*#*\s*$", re.IGNORECASE)
_GRADED = re.compile(r"#\s*GRADED\s+(?:FUNCTION|CLASS|CELL)\b:?[ \t]*(?P<name>\w*)", re.IGNORECASE)
_WORDED_SOLUTION = re.compile(
    r"\s*(?:(?:<strong>|\*\*)\s*solution:?\s*(?:</strong>|\*\*)|#{1,6}\s*(?:model\s+)?(?:solution|answer)\s*:?\s*$)",
    re.IGNORECASE,
)
_SHOWN_SOLUTION = re.compile(
    r"^\s*(?:`{3,}|:{3,})\s*\{solution[^}]*\}.*|<summary>[^<]*\b(?:solution|answer)s?\b[^<]*</summary>",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(r"^```(?:otter)?\s*\n\s*(#*\s*(?:BEGIN|END|ASSIGNMENT)\s.*?)^```\s*$\n?", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r"^\s*(name|points|manual)\s*:\s*(\S.*?)\s*$", re.MULTILINE)


@dataclass
class ReadCell:
    """One cell: its ``number`` in the notebook, from 1, its type, and what it is.

    ``name`` is what its author calls it; ``text`` what is left of it, without marks; ``marked`` a code cell's lines.
    ``says_so`` is True where its author marked it as an answer. ``taken`` are lines that no student may read.
    """

    number: int
    cell_type: str
    role: Role
    text: str
    name: str | None = None
    marked: MarkedCell = field(default_factory=MarkedCell)
    says_so: bool = False
    taken: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    node: NotebookNode = field(default_factory=NotebookNode)


@dataclass(frozen=True)
class _Question:
    """What Otter calls a question."""

    name: str | None = None
    points: str | None = None
    is_manual: bool = False


def read_cells(notebook: NotebookNode, metadata: Sequence[Mapping[str, Any]], path: object) -> list[ReadCell]:
    """The cells of ``notebook`` in order; ``metadata`` is each cell's as its file has it.

    Raises :class:`ReleaseError`, with the cell's number, where marks do not fit together or are not understood.
    """
    read = []
    blocks = _Blocks(path)
    for number, node in enumerate(notebook.cells, start=1):
        for cell_type, source in _unfenced(node):
            marker = boundary_of(source.lstrip().split("\n", 1)[0]) if cell_type == "raw" else None
            if marker is not None:
                blocks.turn(marker, source, number)
            if cell_type == "raw" and (marker is not None or marker_left_in("raw", source)):
                continue
            reader = _CellReader(f"{path}: cell {number}", blocks.part, blocks.question, dict(metadata[number - 1]))
            one = reader.read(number, cell_type, source)
            one.node = node
            read.append(one)
    blocks.require_closed()
    return read


def _unfenced(node: NotebookNode) -> Iterator[tuple[str, str]]:
    """A cell as it is; one of Markdown in which Otter's boundaries are fenced, as the cells it stands for."""
    if node.cell_type != "markdown" or not _FENCE.search(node.source):
        yield node.cell_type, node.source
        return
    for place, part in enumerate(_FENCE.split(node.source)):
        if part.strip():
            yield ("raw" if place % 2 else "markdown"), part.strip("\n")


@dataclass
class _Blocks:
    """Which of Otter's blocks are open: a question, and in it a solution, a prompt or tests."""

    path: object
    part: str | None = None
    question: _Question = field(default_factory=_Question)
    began: int = 0

    def turn(self, marker: Marker, source: str, number: int) -> None:
        if marker.part == "question":
            self.require_closed()
            found = dict(_SETTING.findall(source)) if marker.opens else {}
            self.question = _Question(found.get("name"), found.get("points"), found.get("manual", "").lower() == "true")
        elif marker.opens and self.part is None:
            self.part, self.began = marker.part, number
        elif not marker.opens and self.part == marker.part:
            self.part = None
        else:
            problem = f"{self.path}: cell {number}: {marker.words!r} has no partner"
            raise ReleaseError(problem, remedy="Pair Otter's raw cells.")

    def require_closed(self) -> None:
        if self.part is not None:
            problem = f"{self.path}: cell {self.began}: the {self.part} that begins here does not end"
            raise ReleaseError(problem, remedy="Pair Otter's raw cells.")


@dataclass(frozen=True)
class _CellReader:
    """Reads one cell: ``part`` is the block of Otter's it stands in, ``metadata`` its own."""

    place: str
    part: str | None
    question: _Question
    metadata: dict[str, Any]

    def read(self, number: int, cell_type: str, source: str) -> ReadCell:
        marked = marked_cell(source, self.place, is_code=cell_type == "code")
        taken = [line for lines in marked.taken.values() for line in lines]
        one = ReadCell(number, cell_type, "given", marked.source, self.name(source), marked, taken=taken)
        if self.is_test(cell_type, source):
            return self.left_out(one, "holds tests and was left out: ask the same in the grader script")
        if self.part == "prompt" or self.tags & _TEACHER_TAGS:
            return self.left_out(one)
        if cell_type == "code":
            self.read_code(one, source)
        else:
            self.read_words(one, source)
        return one

    @property
    def nbgrader(self) -> dict[str, Any]:
        found = self.metadata.get("nbgrader")
        return found if isinstance(found, dict) else {}

    @property
    def tags(self) -> set[str]:
        tags = self.metadata.get("tags")
        return {str(tag).lower().replace("_", "-") for tag in tags} if isinstance(tags, list) else set()

    @property
    def is_solution(self) -> bool:
        """Whether the cell as a whole is said to be an answer."""
        by_extension = any(
            self.metadata.get(key) in ("hidden", "shown") and not self.metadata.get(f"{key}_first")
            for key in ("solution", "solution2")
        )
        by_metadata = self.nbgrader.get("solution") is True or bool(self.tags & _SOLUTION_TAGS)
        return self.part == "solution" or by_metadata or by_extension

    def is_test(self, cell_type: str, source: str) -> bool:
        nbgrader = self.nbgrader
        if self.part == "tests" or self.tags & _TEST_TAGS:
            return True
        if cell_type != "code" or self.is_solution:
            return False
        first = next((line for line in source.split("\n") if line.strip()), "")
        by_nbgrader = nbgrader.get("grade") is True and nbgrader.get("task") is not True
        return by_nbgrader or _TEST_HEADING.match(first) is not None or _only_asserts(source)

    def name(self, source: str) -> str | None:
        """The id that the author gave the answer; None where there is none."""
        graded = _GRADED.search(source)
        names = (header_of(source), self.nbgrader.get("grade_id"), self.question.name, graded and graded["name"])
        return next((str(name) for name in names if name), None)

    def called(self, name: str | None) -> str:
        """``('essay', 2 points)``, as far as it is known."""
        points = self.nbgrader.get("points", self.question.points)
        known = [repr(name)] if name else []
        known += [f"{points} point{'' if str(points) == '1' else 's'}"] if points is not None else []
        return f" ({', '.join(known)})" if known else ""

    def left_out(self, one: ReadCell, remark: str | None = None) -> ReadCell:
        one.role = "left out"
        one.remarks += [f"{self.place} {remark}."] if remark else []
        return one

    def read_code(self, one: ReadCell, source: str) -> None:
        says = self.is_solution or one.marked.has_answer or header_of(source) or _GRADED.match(source.lstrip())
        if says:
            one.role, one.says_so = "exercise", True
            if self.nbgrader.get("grade") is True or self.question.is_manual:
                said = "was marked by a person: the grader script asks so far only whether it runs to its end"
                one.remarks.append(f"{self.place}{self.called(one.name)} {said}.")
        hidden = "hidden tests" in one.marked.taken or "tests" in one.marked.taken
        if hidden:
            one.remarks.append(f"{self.place}: its tests were left out: ask the same in the grader script.")

    def read_words(self, one: ReadCell, source: str) -> None:
        """An answer in words, or a task, is marked by nobody here."""
        shown = _SHOWN_SOLUTION.search(source)
        if shown is not None:
            problem = f"{self.place}: seems to show a model answer: {shown[0].strip()}"
            raise ReleaseError(problem, remedy="Take it out of the notebook. Nothing was written.")
        called = self.called(one.name)
        lines = one.text.split("\n")
        worded = next((at for at, line in enumerate(lines) if _WORDED_SOLUTION.match(line)), None)
        if self.is_solution or (worded is not None and not "".join(lines[:worded]).strip()):
            one.taken += lines
            self.left_out(
                one, f"holds the answer in words to a question{called} and was left out: nobody marks it here"
            )
        elif one.marked.has_answer or worded is not None:
            given = one.marked.given if worded is None else "\n".join(lines[:worded]).strip("\n")
            one.taken += [line for line in lines if line not in given.split("\n")]
            one.text = given
            one.remarks.append(f"{self.place}: the answer in words{called} was taken out: nobody marks it here.")
        elif self.nbgrader.get("task") is True or self.nbgrader.get("grade") is True:
            one.remarks.append(f"{self.place} sets a task{called} that nobody marks here.")
        if one.role == "given" and source.strip() and not one.text.strip():
            one.role = "left out"


def _only_asserts(source: str) -> bool:
    """Whether there is nothing in a cell but ``assert`` and imports for it."""
    try:
        statements = ast.parse(python_source(source)).body
    except (SyntaxError, ValueError):
        return False
    kinds = {type(statement) for statement in statements}
    return ast.Assert in kinds and kinds <= {ast.Assert, ast.Import, ast.ImportFrom}
