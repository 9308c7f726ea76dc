"""One cell of somebody's notebook, line by line: what of it is the answer, what is given, and what is for nobody.

What a mark scheme, a hidden test or a test says is taken out and kept apart, so that it can be looked for in what
students get. :func:`solution_source` writes the rest in fairmark's own marks.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from fairmark.errors import ReleaseError
from fairmark.notebook.magics import RUNS_ITS_BODY, python_source
from fairmark.notebook.markers import LINE_MARKER, Marker, Part, marker_in
from fairmark.notebook.student_notebook import BEGIN, END, NEARLY_A_MARKER

__all__ = ["MarkedCell", "marked_cell", "solution_source"]

_CELL_MAGIC = re.compile(r"%%(\w+)")
_HEADING = re.compile(r"#\s*@(?:title|markdown)\b|#\s*GRADED\b|#\s*UNQ_C\d|%(?!time\b|prun\b)\w|!", re.IGNORECASE)
"""Lines above an answer that stay: headings of Colab's forms and of DeepLearning.AI's cells, magics, shell commands."""

_SOLUTION_HEADING = re.compile(r"#+\s*(?:@title\b.*\b)?(?:sample\s+|possible\s+)?solution\s*:?\s*#*\s*$", re.IGNORECASE)
"""The first line of a cell that is a solution as a whole, in Otter's older format and in forms of Colab's."""


@dataclass
class MarkedCell:
    """The lines of a cell that are left, and for each the number, from 1, of the answer that it is part of; 0 for what
    is given. ``depths`` is how far an answer's marker was indented, ``taken`` what was taken out, and ``magic`` a cell
    magic that only measures (``%%time``), left out too."""

    lines: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    depths: dict[int, str] = field(default_factory=dict)
    taken: dict[Part, list[str]] = field(default_factory=dict)
    magic: str | None = None

    @property
    def has_answer(self) -> bool:
        return any(self.answers)

    @property
    def source(self) -> str:
        """What is left, without marks."""
        return "\n".join(self.lines).strip("\n")

    @property
    def given(self) -> str:
        """What is left of it beside answers."""
        lines = (line for line, answer in zip(self.lines, self.answers, strict=True) if not answer)
        return "\n".join(lines).strip("\n")

    def add(self, line: str, answer: int = 0) -> None:
        self.lines.append(line)
        self.answers.append(answer)


def marked_cell(source: str, place: str, *, is_code: bool = True) -> MarkedCell:
    """The cell read by its own markers; errors begin with ``place``.

    Raises :class:`ReleaseError` where a marker has no partner, or shares its line with other text.
    """
    reader = _Reader(place, is_code)
    for number, line in enumerate(source.split("\n"), start=1):
        marker = marker_in(line)
        if marker is None:
            reader.read(line, number)
        elif marker.part == "question" and not is_code:
            continue  # Otter's exporter prints what stands between these; it is for students
        else:
            reader.turn(marker, line, number)
    if reader.opened:
        raise reader.error(f"{reader.opened[0].words!r} has no partner")
    return reader.cell


@dataclass
class _Reader:
    """Reads a cell from its first line to its last. ``opened`` are the markers without partner so far: there may be a
    mark scheme inside an answer, and an answer that two tools have marked is one."""

    place: str
    is_code: bool = True
    cell: MarkedCell = field(default_factory=MarkedCell)
    opened: list[Marker] = field(default_factory=list)
    answer: int = 0
    rest: Part | None = None
    """What all the lines that follow belong to, by a mark alone on its line."""

    def error(self, problem: str, number: int | None = None) -> ReleaseError:
        line = "" if number is None else f", line {number}"
        return ReleaseError(f"{self.place}{line}: {problem}", remedy="Pair the markers, each alone on its line.")

    def turn(self, marker: Marker, line: str, number: int) -> None:
        """At a marker something opens or closes."""
        parts = [one.part for one in self.opened]
        nests = marker.part == "solution" or marker.part not in parts
        if marker.opens and nests and len(parts) < 3:
            self.opened.append(marker)
            if marker.part == "solution" and "solution" not in parts:
                self.answer += 1
                self.cell.depths[self.answer] = _indent_of(line)
        elif not marker.opens and parts[-1:] == [marker.part]:
            self.opened.pop()
            if marker.part == "solution" and self.answer not in self.cell.answers and not self.opened:
                self.cell.add(f"{_indent_of(line)}pass", self.answer)
        else:
            raise self.error(f"{marker.words!r} has no partner", number)

    def read(self, line: str, number: int) -> None:
        """Any other line belongs to what is open."""
        part = self.opened[-1].part if self.opened else self.rest
        if part == "solution":
            self.cell.add(LINE_MARKER.sub("", line), self.answer)
        elif part == "prompt":  # for students it is code; beside the answer it may not run
            is_silent = not line.strip() or line.lstrip().startswith("#")
            self.cell.add(line if is_silent else f"{_indent_of(line)}# {line.strip()}")
        elif part is not None:
            self.cell.taken.setdefault(part, []).append(line)
        elif NEARLY_A_MARKER.search(line):
            raise self.error(f"{line.strip()!r} is not quite a solution marker", number)
        elif self.is_code:
            self.read_alone(line)
        else:
            self.cell.add(line)

    def read_alone(self, line: str) -> None:
        """A line that nothing encloses may say what it is itself. A mark alone on a line is about all that follows."""
        ending, magic = LINE_MARKER.search(line), _CELL_MAGIC.match(line)
        is_alone = ending is not None and not line[: ending.start()].strip()
        is_first = _are_comments(self.cell.lines)
        if (is_first and _SOLUTION_HEADING.match(line)) or (
            is_alone and ending and ending["what"].startswith("SOLUTION")
        ):
            self.answer, self.rest = self.answer + 1, "solution"
        elif is_alone and ending is not None and ending["what"] != "SEED":
            self.rest = _part_of(ending["what"])
        elif ending is not None and ending["what"].startswith("SOLUTION"):
            self.cell.add(line[: ending.start()], self._answer_going_on(line))
        elif ending is not None:
            self.cell.taken.setdefault(_part_of(ending["what"]), []).append(line)
        elif magic is not None and magic[1] in RUNS_ITS_BODY and is_first:
            self.cell.magic = line.strip()
        else:
            self.cell.add(line)

    def _answer_going_on(self, line: str) -> int:
        """The number of the answer: that of the line above where it is one at the same depth."""
        if not (self.cell.answers and self.cell.answers[-1] and _indent_of(self.cell.lines[-1]) == _indent_of(line)):
            self.answer += 1
        return self.answer


def _part_of(mark: str) -> Part:
    """What a line that ends so belongs to."""
    return "hidden tests" if mark == "HIDDEN" else "ignore"


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _are_comments(lines: list[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in lines)


# --- in fairmark's marks ----------------------------------------------------------------------------------------------


def solution_source(cell: MarkedCell, header: str) -> str:
    """The cell under its header with its answers between markers: the lines that are marked, grown to whole statements,
    or all but the headings where none is."""
    lines, answers = cell.lines, cell.answers
    if not any(answers):
        first = next((at for at, line in enumerate(lines) if line.strip() and not _HEADING.match(line)), len(lines))
        last = max((at for at, line in enumerate(lines) if line.strip()), default=-1)
        answers = [int(first <= at <= last) for at in range(len(lines))]
    answers = _whole_statements(lines, answers)
    marked = [header]
    for at, (line, answer) in enumerate(zip(lines, answers, strict=True)):
        if answer and answers[at - 1 : at] != [answer]:
            indent = _indent_of_answer(cell, answers, at)
            marked.append(indent + BEGIN)
        marked.append(line)
        if answer and answers[at + 1 : at + 2] != [answer]:
            marked.append(indent + END)
    if not any(answers):
        marked += [BEGIN, "pass", END]
    return "\n".join(marked).strip("\n")


def _indent_of_answer(cell: MarkedCell, answers: list[int], at: int) -> str:
    """How far the code of the answer from index ``at`` on is indented, or its marker where there is no code."""
    region = [line for line, answer in zip(cell.lines[at:], answers[at:], strict=True) if answer == answers[at]]
    code = (_indent_of(line) for line in region if not _are_comments([line]))
    return next(code, cell.depths.get(answers[at], ""))


def _whole_statements(lines: list[str], answers: list[int]) -> list[int]:
    """The same, where a statement that is part of an answer in one of its lines is in all. Of a statement with a body
    (``def``, ``if``) only what stands above the body counts so."""
    try:
        tree = ast.parse(python_source("\n".join(lines)))
    except (SyntaxError, ValueError):
        return answers
    grown = list(answers)
    for statement in [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]:
        first, last = _extent(statement)
        own = [at for at in range(first, _last_of_its_own(statement, last) + 1) if not _are_comments([lines[at]])]
        marks = [grown[at] for at in own if grown[at]]
        if marks and not all(grown[at] == marks[0] for at in range(first, last + 1)):
            grown[first : last + 1] = [marks[0]] * (last + 1 - first)
    return grown


def _extent(statement: ast.stmt) -> tuple[int, int]:
    """Indices of its first and its last line, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    return first - 1, (statement.end_lineno or statement.lineno) - 1


def _last_of_its_own(statement: ast.stmt, last: int) -> int:
    """The last line above its body; ``last`` where it has none."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    return max(statement.lineno - 1, _extent(body[0])[0] - 1) if body else last
