"""Adopt: somebody's notebook as the solution of an assignment.

A code cell becomes an exercise where it says so, in the words of nbgrader, Otter Assign, DeepLearning.AI or fairmark
(see :mod:`fairmark.author.other_tools` and :mod:`fairmark.notebook.markers`). Where no cell of the notebook says
anything, every code cell that does more than import becomes one, for the author to trim. A cell without marked answer
is one answer as a whole. What is not for students, and what nobody would mark, is left out and remarked on: tests, mark
schemes, answers in words. Outputs and editors' metadata stay behind. What is not understood is refused.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from fairmark.author.check_import import with_check_import
from fairmark.author.marked_cells import solution_source
from fairmark.author.other_tools import ReadCell, read_cells
from fairmark.errors import ReleaseError
from fairmark.frameworks import framework_named
from fairmark.notebook.magics import python_source
from fairmark.notebook.markers import marker_left_in
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.stub import exercise_metadata, header, header_of
from fairmark.notebook.student_notebook import BEGIN, END, GRADE_ID, is_telling, squeezed

__all__ = ["Adopted", "adopt"]

DATASET = re.compile(r"""fairmark\.dataset\(\s*["']([a-z][a-z0-9_]*)["']""")
QUESTIONS = ("generators", "layers", "compile", "training", "accuracy", "prediction", "answers", "expect", "part")
"""What the author will want to import into a grader script: no exercise may take these names."""


@dataclass(frozen=True)
class Adopted:
    """Cells of a solution notebook, the ids of its exercises (True where one trains), and what its author should know,
    a sentence each."""

    name: str
    path: Path
    cells: list[dict[str, Any]]
    exercises: dict[str, bool]
    remarks: tuple[str, ...]

    @property
    def datasets(self) -> list[str]:
        """The data sets that it asks for, in order."""
        return [name for cell in self.cells for name in DATASET.findall(cell["source"])]

    def grader(self, *, title: str, dataset: str) -> str:
        """A grader script with one exercise for each cell, and one check of each, to start from."""
        home, _, view = framework_named("").view_name.rpartition(".")
        lines = [
            f'"""Marks {self.name}. Made from a notebook: so far it asks only whether each answer runs to its end."""',
            "",
            "from fairmark import Grader",
            "from fairmark.checks import cells",
            f"from {home} import {view}",
            "",
            f'grader = Grader("{self.name}", title="{title}", dataset="{dataset}")',
            "",
            "# One exercise for each stub, by its id. Trim what should be given, in the notebook and here; give each",
            f"# a title, and ask what matters. Questions ready to use are in fairmark.checks and {home}: the author's",
            "# handbook lists them.",
        ]
        taken = {"grader", "cells", *QUESTIONS}
        for exercise, needs_training in self.exercises.items():
            variable = _variable(exercise, taken)
            needs = ", needs_training=True" if needs_training else ""
            lines += [
                f'{variable} = grader.exercise("{exercise}", title="{_words(exercise)}"{needs})',
                "",
                "",
                f'@{variable}.check("The answer runs to its end", points=1)',
                f"def {variable}_runs(run: {view}) -> None:",
                "    cells.run_to_their_end(run)",
                "",
                "",
            ]
        return "\n".join(lines).rstrip("\n") + "\n"


def adopt(path: Path, name: str) -> Adopted:
    """The notebook at ``path`` as the solution of the assignment ``name``.

    Raises :class:`fairmark.errors.UnreadableNotebook` where it is none, :class:`ReleaseError` where there is nothing in
    it that could be an exercise, where marks are not understood, and where what is not for students stands elsewhere.
    """
    data = read_bytes(path)
    notebook = parse_notebook(data, path=path)
    read = read_cells(notebook, _metadata_of(data, notebook), path)
    if not any(one.says_so for one in read):
        for one in read:
            one.role = "exercise" if one.role == "given" and _does_something(one) else one.role
    cells: list[dict[str, Any]] = []
    exercises: dict[str, bool] = {}
    remarks: list[str] = []
    for one in read:
        place = f"{path}: cell {one.number}"
        if one.role == "exercise":
            exercise = _new_id(one.name, exercises)
            cells.append(_exercise(one, exercise, place))
            exercises[exercise] = ".fit(" in one.text
        elif one.role == "given":
            cells.append(_given(one, place))
        remarks += [*one.remarks, *_remarks_on(one, cells, place)]
    if not exercises:
        remedy = f"Put an answer between the lines {BEGIN} and {END}."
        raise ReleaseError(f"{path}: has no code that could be an exercise", remedy=remedy)
    _require_gone(read, path)
    return Adopted(name, path, with_check_import(cells), exercises, tuple(remarks))


def _metadata_of(data: bytes, notebook: NotebookNode) -> list[dict[str, Any]]:
    """Each cell's metadata as the file has it; older formats have none that says anything."""
    raw = json.loads(data.decode("utf-8-sig", "replace")).get("cells")
    found = [cell.get("metadata") if isinstance(cell, dict) else None for cell in raw or ()]
    known = [one if isinstance(one, dict) else {} for one in found]
    return known if len(known) == len(notebook.cells) else [{} for _ in notebook.cells]


# --- which cells ------------------------------------------------------------------------------------------------------


def _does_something(one: ReadCell) -> bool:
    """Whether there is a statement that is no import; magics are no statements, and what is not Python stays."""
    if one.cell_type != "code" or one.text.lstrip().startswith("%%"):
        return False
    try:
        statements = ast.parse(python_source(one.text)).body
    except (SyntaxError, ValueError):
        return False
    return not all(isinstance(one, ast.Import | ast.ImportFrom | ast.Pass) for one in statements)


# --- what they become -------------------------------------------------------------------------------------------------


def _exercise(one: ReadCell, exercise: str, place: str) -> dict[str, Any]:
    if one.text.lstrip().startswith("%%"):
        magic = one.text.lstrip().split(maxsplit=1)[0]
        remedy = "Write it as Python, or take its marks away: nothing was written."
        raise ReleaseError(f"{place}: an answer cannot begin with {magic}", remedy=remedy)
    cell = one.marked
    shown = [at for at, line in enumerate(cell.lines) if header_of(line) is not None]
    for at in reversed(shown):
        del cell.lines[at], cell.answers[at]
    _require_understood(cell.given if cell.has_answer else "", "code", place)
    source = solution_source(cell, header(exercise))
    metadata = {"nbgrader": exercise_metadata(exercise)}
    return {"cell_type": "code", "metadata": metadata, "source": source}


def _given(one: ReadCell, place: str) -> dict[str, Any]:
    text = one.text if one.marked.magic is None else f"{one.marked.magic}\n{one.text}"
    _require_understood(text, one.cell_type, place)
    shown = {name: file for name, file in one.node.get("attachments", {}).items() if f"attachment:{name}" in text}
    attachments = {"attachments": shown} if shown else {}
    tags = {"tags": one.node.metadata.tags} if one.node.metadata.get("tags") else {}
    return {"cell_type": one.cell_type, "source": text, **attachments, "metadata": tags}


def _require_understood(text: str, cell_type: str, place: str) -> None:
    line = marker_left_in(cell_type, text)
    if line is not None:
        remedy = "Write the marks as their tool asks, or take them out: nothing was written."
        raise ReleaseError(f"{place}: the mark {line!r} is not understood", remedy=remedy)


def _remarks_on(one: ReadCell, cells: list[dict[str, Any]], place: str) -> Iterator[str]:
    """What an author should know of a cell, beside what its marks say."""
    if one.role == "exercise" and one.marked.magic is not None:
        yield f"{place}: {one.marked.magic} was left out: the first line of an exercise is its header."
    if one.role == "exercise" and "NotImplementedError" in one.text:
        exercise = header_of(cells[-1]["source"])
        yield f"{place} ({exercise}) has a stub in place of an answer: write one."
    if one.role == "given" and one.cell_type == "code":
        if one.text.startswith("%%writefile"):
            yield f"{place}: stays given with the file that it writes: students read it."
        elif one.text.strip() and not one.text.startswith("%%") and not _is_python(one.text):
            yield f"{place}: is not Python 3 and stays given: students read it."


def _is_python(source: str) -> bool:
    try:
        ast.parse(python_source(source))
    except (SyntaxError, ValueError):
        return False
    return True


def _require_gone(read: list[ReadCell], path: Path) -> None:
    """Raises where a line that was taken out as a mark scheme, a hidden test or an answer in words stands elsewhere."""
    given = {one.number: squeezed(_shown(one)) for one in read if one.role != "left out"}
    for one in read:
        for line in filter(_is_secret, (line.strip().lstrip("#=*-_ ") for line in one.taken)):
            where = next((number for number, text in given.items() if squeezed(line) in text), None)
            if where is not None:
                problem = f"{path}: cell {where} shows what cell {one.number} keeps from students: {line}"
                raise ReleaseError(problem, remedy="Take it out of either cell. Nothing was written.")


def _shown(one: ReadCell) -> str:
    return one.text if one.role == "given" else one.marked.given if one.marked.has_answer else ""


def _is_secret(line: str) -> bool:
    """Not what is common to many cells: imports, and the words that hold an answer's place."""
    words = line.strip().strip("_*`")
    placeholder = re.fullmatch(r"your (?:answer|code) here\.?|type your answer here.*", words, re.IGNORECASE)
    return is_telling(line) and placeholder is None and not words.startswith(("import ", "from "))


def _new_id(name: str | None, taken: dict[str, bool]) -> str:
    if name is not None and GRADE_ID.fullmatch(name) and name not in taken:
        return name
    number = len(taken) + 1
    while f"exercise_{number}" in taken:
        number += 1
    return f"exercise_{number}"


def _variable(exercise: str, taken: set[str]) -> str:
    """A name for the exercise in the grader script, of its own."""
    name = re.sub(r"\W", "_", exercise, flags=re.ASCII).lower()
    if not name.isidentifier() or keyword.iskeyword(name):
        name = f"exercise_{name}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _words(exercise: str) -> str:
    return re.sub(r"[_-]+", " ", exercise).strip().capitalize() or exercise
