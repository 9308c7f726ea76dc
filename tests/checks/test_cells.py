"""The one question about a cell itself: whether it ran to its end."""

from __future__ import annotations

import pytest
from recorded import right_answer, unmet, view

from fairmark.checks import NoEvidence
from fairmark.checks.cells import run_to_their_end
from fairmark.evidence import CellError


def test_a_cell_that_ran_is_right() -> None:
    run_to_their_end(view(exercise="compile"))


def test_a_cell_that_raised_is_said_with_its_error() -> None:
    position = min(view(exercise="compile").cells_of("compile"))
    error = CellError(type="ValueError", message="no such loss", line=2)
    found = unmet(run_to_their_end, view(exercise="compile", errors={position: error}))
    assert found.message == "The cell: found ValueError: no such loss, expected no error."
    assert found.cell == position


def test_a_cell_that_was_never_run_shows_nothing() -> None:
    with pytest.raises(NoEvidence):
        run_to_their_end(view(right_answer(untouched=("compile",)), "compile"))
    with pytest.raises(NoEvidence):
        run_to_their_end(view(exercise="no_such_exercise"))
