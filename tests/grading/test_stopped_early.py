"""Which errors were raised because a training had been ended early, and which would have been raised anyway."""

from __future__ import annotations

import pytest
from recorded import LAST, PREDICTION, TRAINING, right_answer

from fairmark.evidence import Cell, CellError, Decided, Run
from fairmark.grading.stopped_early import errors_after_ending, errors_in, is_new, may_be_new

DECIDED = Decided(fit="fit-1", epoch=3, asked=15, reason="reached")


def run(errors: dict[int, CellError], decided: Decided | None = DECIDED) -> Run:
    return right_answer(errors=errors).run.model_copy(update={"decided": decided})


def error(kind: str, line: int | None = 2, message: str = "no") -> CellError:
    return CellError(type=kind, message=message, line=line)


def cell(source: str) -> list[Cell]:
    return [Cell(position=LAST, number=16, role="added", source=source)]


def test_what_was_raised_before_the_training_was_not_raised_by_its_end() -> None:
    raised = {TRAINING - 1: error("KeyError"), TRAINING: error("ValueError"), LAST: error("TypeError")}
    assert errors_in(run(raised)) == raised
    assert set(errors_after_ending(run(raised))) == {TRAINING, LAST}
    assert errors_after_ending(run(raised, decided=None)) == {}


@pytest.mark.parametrize("kind", ["SyntaxError", "IndentationError", "ModuleNotFoundError", "ImportError"])
def test_some_kinds_have_nothing_to_do_with_epochs(kind: str) -> None:
    assert not may_be_new(error(kind))
    assert not is_new(LAST, error(kind), {}, cell("import nothing"))


@pytest.mark.parametrize("kind", ["NameError", "ValueError", "AttributeError", "FileNotFoundError", "TypeError"])
def test_what_a_rehearsal_shows_too_is_not_new(kind: str) -> None:
    known = {LAST: error(kind, message="another text")}
    assert not is_new(LAST, error(kind), known, cell("first = 1\nthird(2)"))


@pytest.mark.parametrize(
    "known",
    [{}, {PREDICTION: error("ValueError")}, {LAST: error("TypeError")}, {LAST: error("ValueError", line=1)}],
    ids=["nothing", "another cell", "another kind", "another line"],
)
def test_what_a_rehearsal_does_not_show_is_new(known: dict[int, CellError]) -> None:
    assert is_new(LAST, error("ValueError"), known, cell("first = 1\nthird(2)"))


@pytest.mark.parametrize("kind", ["AssertionError", "IndexError", "StopIteration", "ZeroDivisionError"])
def test_what_may_be_raised_by_a_number_that_was_learned_is_new_whatever_a_rehearsal_shows(kind: str) -> None:
    assert is_new(LAST, error(kind), {LAST: error(kind)}, cell("first = 1\nthird(2)"))


@pytest.mark.parametrize(
    "source",
    [
        "first = 1\nraise ValueError('too low')",
        "if True:\n    raise ValueError('too low')",
        "first = 1\nassert right, ValueError",
    ],
)
def test_what_a_cell_raises_itself_may_depend_on_what_was_learned(source: str) -> None:
    assert is_new(LAST, error("ValueError"), {LAST: error("ValueError")}, cell(source))


def test_a_text_that_is_no_python_says_nothing_about_it() -> None:
    assert not is_new(LAST, error("UsageError"), {LAST: error("UsageError")}, cell("first = 1\n%no_such_magic"))
    assert not is_new(LAST, error("UsageError", line=None), {LAST: error("UsageError", line=None)}, cell("raise no"))
