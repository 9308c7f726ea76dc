"""Which error took an answer with it, and whose code raised it.

An error belongs to the exercise whose code its traceback passes through, functions included: that it came out when a
given cell called such a function is no fault of that cell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from fairmark.checks.view import EvidenceView
from fairmark.evidence import CellError, CellFinished
from fairmark.notebook.source import tree_of

__all__ = ["Cause", "cause_before", "cause_behind", "cause_in", "defines_functions"]


@dataclass(frozen=True)
class Cause:
    """An error that a cell raised. ``cell`` is the position of the cell whose code raised it, ``error`` the error with
    the line in that cell, ``raised_in`` the position of the cell that was running."""

    cell: int
    error: CellError
    raised_in: int


def cause_in(view: EvidenceView, exercise: str) -> Cause | None:
    """The first error that the code of ``exercise`` raised; None if it raised none."""
    return next((cause for cause in _causes(view) if _exercise_at(view, cause.cell) == exercise), None)


def cause_before(view: EvidenceView, exercise: str) -> Cause | None:
    """The first error before the cells of ``exercise``, or in them if code of another exercise raised it. One in a cell
    of the student's own is named only if there is no other: not every experiment is the cause of what follows."""
    positions = _touched(view, exercise)
    until = min(positions, default=0)
    causes = [
        cause
        for cause in _causes(view)
        if _exercise_at(view, cause.cell) != exercise and (cause.raised_in < until or cause.raised_in in positions)
    ]
    return next((cause for cause in causes if cause.cell in view.scope.shared), next(iter(causes), None))


def cause_behind(view: EvidenceView, exercise: str) -> Cause | None:
    """The first error in a cell that belongs to no exercise, between the cells of ``exercise`` and those of the next
    one: the second half of an answer, or a given cell that goes on with it."""
    cells = view.evidence.submission.cells
    after = max(_touched(view, exercise), default=len(cells) + 1)
    others = [cell.position for cell in cells if cell.exercise not in (None, exercise) and cell.position > after]
    until = min(others, default=len(cells) + 1)
    found = (
        cause for cause in _causes(view) if after < cause.raised_in < until and _exercise_at(view, cause.cell) is None
    )
    return next(found, None)


def defines_functions(view: EvidenceView, exercise: str) -> bool:
    """Whether cells of ``exercise`` define functions or classes, so that other cells may carry out its answer."""
    trees = [tree_of(cell.source) for cell in view.evidence.submission.cells if cell.exercise == exercise]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for tree in trees if tree is not None for node in tree.body)


def _touched(view: EvidenceView, exercise: str) -> list[int]:
    cells = view.evidence.submission.cells
    return [cell.position for cell in cells if cell.exercise == exercise and cell.touched]


def _causes(view: EvidenceView) -> Iterable[Cause]:
    """Every error, with the innermost cell of an exercise that it passed through, else the cell that was running."""
    for finished in view.all(CellFinished):
        if finished.error is None:
            continue
        yield _cause(view, finished, finished.error)


def _cause(view: EvidenceView, finished: CellFinished, error: CellError) -> Cause:
    passed = list(zip(error.through, error.lines, strict=False))
    for cell, line in reversed(passed):
        if _exercise_at(view, cell) is not None:
            # In the cell that was running, the error's own line is the better one: it reads magics, too.
            at = error.line if cell == finished.cell and error.line is not None else line
            return Cause(cell, error.model_copy(update={"line": at}), finished.cell)
    return Cause(finished.cell, error, finished.cell)


def _exercise_at(view: EvidenceView, position: int) -> str | None:
    cells = view.evidence.submission.cells
    return next((cell.exercise for cell in cells if cell.position == position), None)
