"""Questions about an exercise's cells themselves: a beginning, for a grader script that does not ask more yet."""

from __future__ import annotations

from fairmark.checks.expectation import CheckFailed, NoEvidence
from fairmark.checks.view import EvidenceView
from fairmark.evidence import CellFinished

__all__ = ["run_to_their_end"]


def run_to_their_end(run: EvidenceView) -> None:
    """Every cell that answers the exercise ran, and none raised. Says nothing about whether the answer is right."""
    positions = run.cells_of(run.exercise)
    error = run.error_in(positions)
    if error is not None and error.error is not None:
        found = f"{error.error.type}: {error.error.message}"
        raise CheckFailed("the cell", found=found, expected="no error", cell=error.cell)
    if not positions or not positions <= {finished.cell for finished in run.all(CellFinished)}:
        raise NoEvidence("the cell", found="a run that did not get through it", expected="a cell that runs to its end")
