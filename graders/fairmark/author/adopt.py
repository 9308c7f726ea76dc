"""Adopt: somebody's notebook as the solution of an assignment.

A code cell becomes an exercise where it says so: by nbgrader's metadata (``"solution": true``), by the lines
``### BEGIN SOLUTION`` and ``### END SOLUTION``, or by the header ``# Exercise: <id>``. Where no cell of the notebook
says anything, every code cell that does more than import becomes one, for the author to trim. A cell without marked
answer is one answer as a whole. nbgrader's test cells are left out, for nothing is tested in a student's own process;
outputs and editors' metadata stay behind.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from fairmark.errors import ReleaseError
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.stub import exercise_metadata, header, header_of
from fairmark.notebook.student_notebook import BEGIN, END, GRADE_ID, NEARLY_A_MARKER

__all__ = ["Adopted", "adopt"]

DATASET = re.compile(r"""fairmark\.dataset\(\s*["']([a-z][a-z0-9_]*)["']""")
QUESTIONS = ("generators", "layers", "compile", "training", "accuracy", "prediction", "answers", "expect", "part")
"""What the author will want to import into a grader script: no exercise may take these names."""


@dataclass(frozen=True)
class Adopted:
    """Cells of a solution notebook, the ids of its exercises (True where one trains), and what its author should know,
    a sentence each."""

    name: str
    file: str
    cells: list[dict[str, Any]]
    exercises: dict[str, bool]
    remarks: tuple[str, ...]

    @property
    def datasets(self) -> list[str]:
        """The data sets that it asks for, in order."""
        return [name for cell in self.cells for name in DATASET.findall(cell["source"])]

    def grader(self, *, title: str, dataset: str) -> str:
        """A grader script with one exercise for each cell, and one check of each, to start from."""
        lines = [
            f'"""Marks {self.name}. Made from a notebook: so far it asks only whether each answer runs to its end."""',
            "",
            "from fairmark import Grader, RunView",
            "from fairmark.checks import cells",
            "",
            f'grader = Grader("{self.name}", title="{title}", dataset="{dataset}")',
            "",
            "# One exercise for each stub, by its id. Trim what should be given, in the notebook and here; give each",
            "# a title, and ask what matters. Questions ready to use are in fairmark.checks: generators, layers,",
            "# compile, training, accuracy, prediction, answers.",
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
                f"def {variable}_runs(run: RunView) -> None:",
                "    cells.run_to_their_end(run)",
                "",
                "",
            ]
        return "\n".join(lines).rstrip("\n") + "\n"


def adopt(path: Path, name: str) -> Adopted:
    """The notebook at ``path`` as the solution of the assignment ``name``.

    Raises :class:`fairmark.errors.UnreadableNotebook` where it is none, :class:`ReleaseError` where there is nothing in
    it that could be an exercise.
    """
    notebook = parse_notebook(read_bytes(path), path=path)
    is_exercise = _says_so if any(map(_says_so, notebook.cells)) else _does_something
    cells: list[dict[str, Any]] = []
    exercises: dict[str, bool] = {}
    remarks: list[str] = []
    for number, cell in enumerate(notebook.cells, start=1):
        if _is_test(cell):
            remarks.append(f"{path}: cell {number} holds tests and was left out: ask the same in the grader script.")
        elif is_exercise(cell):
            exercise = _new_id(cell, exercises)
            source = _marked(cell.source, exercise)
            if "NotImplementedError" in source:
                remarks.append(f"{path}: cell {number} ({exercise}) has a stub in place of an answer: write one.")
            exercises[exercise] = ".fit(" in source
            metadata = {"nbgrader": exercise_metadata(exercise)}
            cells.append({"cell_type": "code", "metadata": metadata, "source": source})
        else:
            given = {key: cell[key] for key in ("cell_type", "source", "attachments") if key in cell}
            tags = {"tags": cell.metadata.tags} if cell.metadata.get("tags") else {}
            cells.append({**given, "metadata": tags})
    if not exercises:
        remedy = f"Put an answer between the lines {BEGIN} and {END}."
        raise ReleaseError(f"{path}: has no code that could be an exercise", remedy=remedy)
    return Adopted(name, path.name, cells, exercises, tuple(remarks))


# --- which cells ------------------------------------------------------------------------------------------------------


def _says_so(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and (
        cell.metadata.get("nbgrader", {}).get("solution") is True
        or header_of(cell.source) is not None
        or any(NEARLY_A_MARKER.search(line) for line in cell.source.split("\n"))
    )


def _is_test(cell: NotebookNode) -> bool:
    nbgrader = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and nbgrader.get("grade") is True and nbgrader.get("solution") is not True


def _does_something(cell: NotebookNode) -> bool:
    """Whether there is a statement that is no import; magics are no statements, and what is not Python stays."""
    if cell.cell_type != "code":
        return False
    lines = [line for line in cell.source.split("\n") if not line.lstrip().startswith(("%", "!", "?"))]
    try:
        statements = ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError):
        return False
    return not cell.source.startswith("%%") and any(
        not isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements
    )


# --- what they become -------------------------------------------------------------------------------------------------


def _new_id(cell: NotebookNode, taken: dict[str, bool]) -> str:
    for given in (header_of(cell.source), cell.metadata.get("nbgrader", {}).get("grade_id")):
        if isinstance(given, str) and GRADE_ID.fullmatch(given) and given not in taken:
            return given
    number = len(taken) + 1
    while f"exercise_{number}" in taken:
        number += 1
    return f"exercise_{number}"


def _marked(source: str, exercise: str) -> str:
    """The cell under its header, its answer between markers."""
    lines = [line for line in source.split("\n") if header_of(line) is None]
    marked = []
    for line in lines:
        found = NEARLY_A_MARKER.search(line)
        indent = line[: len(line) - len(line.lstrip())]
        marked.append(line if found is None else indent + (BEGIN if found.group(1).upper() == "BEGIN" else END))
    if not any(line.strip() == BEGIN for line in marked):
        body = "\n".join(line for line in marked if line.strip() != END).strip("\n")
        marked = [BEGIN, body or "pass", END]
    return "\n".join([header(exercise), *marked])


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
