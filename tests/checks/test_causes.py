"""An error belongs to the exercise whose code its traceback passes through."""

from __future__ import annotations

from recorded import COMPILE, GENERATORS, LAST, LAYERS, STEPS, TRAINING, right_answer

from fairmark.checks.causes import Cause, cause_before, cause_behind, cause_in, defines_functions
from fairmark.evidence import Cell, CellError, Evidence
from fairmark.keras import RunView

TYPO = CellError(type="NameError", message="name 'kears' is not defined", line=3)


def seen(exercise: str, errors: dict[int, CellError], **sources: str) -> RunView:
    return RunView(right_answer(errors=errors, sources=sources), exercise)


def through(*positions: int) -> CellError:
    """An error that passed through these cells, in line 10 times the position."""
    return TYPO.model_copy(update={"through": positions, "lines": tuple(10 * position for position in positions)})


def test_an_error_of_a_cell_is_its_exercises() -> None:
    view = seen("layers", {LAYERS: TYPO})
    assert cause_in(view, "layers") == Cause(LAYERS, TYPO, LAYERS)
    assert cause_in(view, "compile") is None


def test_an_error_that_came_out_in_a_given_cell_is_that_of_the_exercise_whose_function_raised_it() -> None:
    view = seen("layers", {LAST: through(LAST, LAYERS)})
    cause = cause_in(view, "layers")
    assert cause is not None
    assert (cause.cell, cause.error.line, cause.raised_in) == (LAYERS, 10 * LAYERS, LAST)


def test_of_several_exercises_it_passed_through_the_innermost_is_meant() -> None:
    view = seen("layers", {TRAINING: through(TRAINING, COMPILE, LAYERS)})
    assert cause_in(view, "layers") is not None
    assert cause_in(view, "compile") is None
    assert cause_in(view, "training") is None


def test_a_given_function_that_an_exercise_calls_with_something_wrong_is_not_to_blame() -> None:
    view = seen("layers", {LAYERS: through(LAYERS, 1)})
    cause = cause_in(view, "layers")
    assert cause is not None
    assert (cause.cell, cause.error.line) == (LAYERS, 3)  # the error's own line


def test_an_exercise_that_called_code_of_another_was_kept_from_its_answer_by_it() -> None:
    view = seen("training", {TRAINING: through(TRAINING, LAYERS)})
    assert cause_in(view, "training") is None
    before = cause_before(view, "training")
    assert before is not None
    assert before.cell == LAYERS


def test_what_an_exercise_or_a_given_cell_raised_before_is_named_rather_than_an_experiment() -> None:
    evidence = own_cell(right_answer(errors={GENERATORS: TYPO, LAYERS: through(LAYERS)}), GENERATORS)
    view = RunView(evidence, "compile")
    before = cause_before(view, "compile")
    assert before is not None
    assert before.cell == LAYERS
    alone = RunView(own_cell(right_answer(errors={GENERATORS: TYPO}), GENERATORS), "compile")
    assert cause_before(alone, "compile") == Cause(GENERATORS, TYPO, GENERATORS)


def test_without_an_error_before_there_is_no_cause_before() -> None:
    assert cause_before(seen("compile", {COMPILE: TYPO, TRAINING: TYPO}), "compile") is None
    assert cause_before(seen("zebras", {COMPILE: TYPO}), "zebras") is None


def own_cell(evidence: Evidence, position: int) -> Evidence:
    cell = Cell(position=position, number=2 * position, role="added", source="2 + kears")
    cells = tuple(cell if one.position == position else one for one in evidence.submission.cells)
    return evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})


def test_the_cells_up_to_the_next_exercise_may_be_its_second_half() -> None:
    evidence = own_cell(right_answer(errors={STEPS: TYPO}), STEPS)
    assert cause_behind(RunView(evidence, "compile"), "compile") == Cause(STEPS, TYPO, STEPS)
    assert cause_behind(RunView(evidence, "layers"), "layers") is None  # compile lies between


def test_an_error_of_the_next_exercise_is_not_behind_this_one() -> None:
    view = seen("compile", {STEPS: TYPO, LAST: through(LAST, TRAINING)})
    assert cause_behind(view, "compile") is None
    assert cause_behind(view, "prediction") is None  # a function of training raised it


def test_functions_and_classes_may_be_carried_out_elsewhere() -> None:
    assert defines_functions(seen("layers", {}, layers="def build():\n    return 1"), "layers")
    assert defines_functions(seen("layers", {}, layers="class Net:\n    size = 1"), "layers")
    assert not defines_functions(seen("layers", {}, layers="model = [build for build in ()]"), "layers")
    assert not defines_functions(seen("layers", {}, layers="def build(:"), "layers")
