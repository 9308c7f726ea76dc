"""Mutants: right answers with one thing changed, each of which the grader must notice.

What can be changed, the framework says (``mistakes`` of :class:`fairmark.frameworks.Framework`); here every change is
made, each once.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fairmark.errors import AuthorError, UnreadableNotebook
from fairmark.frameworks import Family
from fairmark.notebook.answer import Answer, Change
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.student_notebook import BEGIN, END

__all__ = ["Mutant", "answers_in", "mutants_of"]


@dataclass(frozen=True)
class Mutant:
    """A solution with one thing changed in one exercise.

    ``id`` is ``exercise/kind@line``, the line counted from 1 in the cell; of several alike on one line the second ends
    in ``.2``. ``cell`` is the number of the cell in the solution; ``before`` and ``after`` are the changed lines;
    ``source`` is the whole cell.
    """

    id: str
    exercise: str
    says: str
    cell: int
    line: int
    before: str
    after: str
    source: str


def answers_in(solution: Path, classes: tuple[str, ...] = ()) -> list[Answer]:
    """The answers of a solution notebook, in order; ``classes`` are those of its data set.

    Raises :class:`AuthorError`, naming file and cell, where the notebook cannot be read or an answer is not Python.
    """
    try:
        notebook = parse_notebook(read_bytes(solution), path=solution)
    except UnreadableNotebook as problem:
        raise AuthorError(problem.message, remedy=problem.remedy) from problem
    numbered = [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]
    names = frozenset(name for _, cell in numbered for name in _names_bound(cell.source))
    found = []
    for number, cell in numbered:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("solution") is not True:
            continue
        try:
            ast.parse(cell.source)
        except SyntaxError as problem:
            said = f"{solution}: cell {number}, line {problem.lineno}: the answer is not Python: {problem.msg}"
            raise AuthorError(said, remedy="Correct the solution.") from problem
        exercise = str(nbgrader.get("grade_id", ""))
        found.append(Answer(exercise, number, cell.source, _answer_lines(cell.source), names, classes))
    return found


def _names_bound(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic: said where it matters
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _answer_lines(source: str) -> frozenset[int]:
    """Lines, from 1, between the markers."""
    inside, found = False, set()
    for number, line in enumerate(source.split("\n"), start=1):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            found.add(number)
    return frozenset(found)


def mutants_of(answer: Answer, mistakes: Iterable[Family]) -> list[Mutant]:
    """All mutants of one answer by ``mistakes``, in the order of its lines. Those that read alike are one, and none
    reads as the answer itself does."""
    seen = {ast.dump(answer.tree)}
    made: list[Mutant] = []
    counted: Counter[str] = Counter()
    changes = (change for family in mistakes for change in family(answer))
    for change in sorted(changes, key=lambda change: change.at):
        source = (answer.data[: change.start] + change.text.encode() + answer.data[change.end :]).decode()
        try:
            tree = ast.dump(ast.parse(source))
        except SyntaxError:
            continue  # an unusual way of writing that the change does not know
        if tree in seen:
            continue
        seen.add(tree)
        mutant = _mutant(answer, change, source)
        counted[mutant.id] += 1
        if counted[mutant.id] > 1:
            mutant = Mutant(**{**vars(mutant), "id": f"{mutant.id}.{counted[mutant.id]}"})
        made.append(mutant)
    return made


def _mutant(answer: Answer, change: Change, source: str) -> Mutant:
    line = answer.line_of(change.at)
    before, after = _changed_lines(answer.source, source)
    return Mutant(
        id=f"{answer.exercise}/{change.kind}@{line}",
        exercise=answer.exercise,
        says=change.says,
        cell=answer.number,
        line=line,
        before=before,
        after=after,
        source=source,
    )


def _changed_lines(old: str, new: str) -> tuple[str, str]:
    """The lines that differ, without those that the two have in common at either end."""
    before, after = old.split("\n"), new.split("\n")
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return "\n".join(line.strip() for line in before), "\n".join(line.strip() for line in after)
