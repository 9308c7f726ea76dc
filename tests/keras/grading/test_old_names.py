"""One name of an older Keras in a function costs the one check that its call answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import COMPILE, GENERATORS, LAST, TRAINING, right_answer

from fairmark.checks import load_grader
from fairmark.evidence import CellError
from fairmark.grading.judge import judge
from fairmark.keras.grading.old_names import OldName, check_it_costs, old_name_in

HORSES = load_grader(Path(__file__).resolve().parents[3] / "graders" / "horses_or_humans.py")
BUILD = "def build():\n    model.compile(optimizer=RMSprop({}=0.001))\n"
LR = CellError(
    type="ValueError", message="not recognized: {'lr': 0.001}", line=1, through=(LAST, COMPILE), lines=(1, 2)
)


def test_the_name_is_found_where_it_stands_and_not_where_it_came_out() -> None:
    evidence = right_answer(errors={LAST: LR}, sources={"compile": BUILD.format("lr")})
    found = old_name_in(evidence, ["layers", "compile"])
    assert found == OldName("compile", COMPILE, BUILD.format("learning_rate"), "optimizer")
    assert old_name_in(evidence, ["layers"]) is None


def test_without_one_there_is_none() -> None:
    assert old_name_in(right_answer(), ["compile"]) is None
    plain = right_answer(errors={COMPILE: LR}, sources={"compile": "model.compile(optimizer=RMSprop(lr=0.001))"})
    assert old_name_in(plain, ["compile"]) is None
    nowhere = LR.model_copy(update={"line": None, "through": (), "lines": ()})
    assert old_name_in(right_answer(errors={COMPILE: nowhere}), ["compile"]) is None


def test_a_switch_before_the_error_is_found_whoever_threw_it() -> None:
    error = CellError(type="RuntimeError", message="only in eager mode", line=2, through=(TRAINING,), lines=(2,))
    switch = "tf.compat.v1.disable_eager_execution()\nscaled = 1"
    evidence = right_answer(errors={TRAINING: error}, sources={"generators": switch})
    found = old_name_in(evidence, ["generators", "training"])
    assert found == OldName("training", GENERATORS, "None\nscaled = 1", "everything")
    later = right_answer(errors={TRAINING: error}, sources={"prediction": switch})
    assert old_name_in(later, ["training"]) is None
    assert check_it_costs(judge(right_answer(until="fit"), HORSES), right_answer(), HORSES, found) == "training.learns"


def test_the_cells_are_the_notebooks_but_for_those_texts() -> None:
    submission = right_answer().submission
    cells = submission.with_sources({COMPILE: "pass"}).cells
    assert [cell.position for cell in cells if cell != submission.cells[cell.position - 1]] == [COMPILE]
    assert cells[COMPILE - 1].source == "pass"


@pytest.mark.parametrize(
    ("name", "without", "costs"),
    [
        (OldName("compile", COMPILE, "", "optimizer"), ["compiled"], "compile.optimizer"),
        (OldName("training", TRAINING, "", "fit"), ["fit"], "training.learns"),
        (OldName("prediction", 7, "", "predict"), ["predicted"], "prediction.prepared"),
    ],
)
def test_it_costs_the_first_check_that_its_call_answers(name: OldName, without: list[str], costs: str) -> None:
    first = judge(right_answer(without=without), HORSES)
    assert check_it_costs(first, right_answer(), HORSES, name) == costs


def test_if_nobody_asks_what_the_call_answers_it_costs_the_first_check_that_went_along() -> None:
    name = OldName("training", TRAINING, "", "evaluate")
    first = judge(right_answer(until="fit"), HORSES)
    assert check_it_costs(first, right_answer(), HORSES, name) == "training.learns"
    assert check_it_costs(judge(right_answer(), HORSES), right_answer(), HORSES, name) is None
