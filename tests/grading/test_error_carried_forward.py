"""Further runs: which exercises are put right in them, and the cells they run, under the student's names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recorded import COMPILE, GENERATORS, LAYERS, SOURCES, STEPS, TRAINING, hidden, layers, right_answer, untouched

from fairmark.checks import load_grader
from fairmark.evidence import Evidence, NamesBound
from fairmark.grading.error_carried_forward import left_open, next_exercises, put_right
from fairmark.grading.judge import judge
from fairmark.keras import RunView
from fairmark.notebook.master import Master, MasterCell

HORSES = load_grader(Path(__file__).resolve().parents[2] / "graders" / "horses_or_humans.py")
REFERENCE = RunView(right_answer())
ANSWERS = Master(
    "horses_or_humans",
    tuple(
        MasterCell("exercise", name, f"reference_{name}()", name, "code")
        for name in SOURCES
        if name not in ("imports", "last")
    ),
)


def sources(evidence: Evidence, *replaced: str) -> dict[int, str]:
    """The text of every cell that is not the student's own, by position."""
    cells = put_right(RunView(evidence), REFERENCE, ANSWERS, replaced)
    before = {cell.position: cell.source for cell in evidence.submission.cells}
    assert [cell.position for cell in cells] == list(before)
    return {cell.position: cell.source for cell in cells if cell.source != before[cell.position]}


def test_only_what_lost_marks_is_replaced() -> None:
    assert sources(right_answer(), "compile") == {COMPILE: "reference_compile()"}


def test_where_nothing_lost_marks_the_cells_are_the_students() -> None:
    assert put_right(RunView(right_answer()), REFERENCE, ANSWERS, ()) == right_answer().submission.cells


def test_an_exercise_the_reference_lacks_is_left_alone() -> None:
    assert sources(right_answer(), "zebras") == {}


def test_a_stub_that_is_replaced_runs() -> None:
    cells = put_right(RunView(untouched()), REFERENCE, ANSWERS, ("compile",))
    assert [cell.exercise for cell in cells if cell.exercise and cell.touched] == ["compile"]


def test_what_a_replaced_cell_had_named_is_given_that_name_again() -> None:
    names = {
        "names": {"objects": {"a": "pictures-1", "b": "pictures-2"}},
        "model_name": {"objects": {"net": "model-1"}},
    }
    assert sources(right_answer(**names), "generators", "layers") == {
        GENERATORS: "reference_generators()\na = training_pictures\nb = validation_pictures",
        LAYERS: "reference_layers()\nnet = model",
    }


def test_what_a_replaced_cell_takes_from_a_cell_before_it_is_given_the_references_name() -> None:
    names = {"names": {"objects": {"a": "pictures-1", "b": "pictures-2"}}}
    assert sources(right_answer(**names), "training") == {
        TRAINING: "training_pictures = a\nvalidation_pictures = b\nreference_training()"
    }


def test_numbers_of_steps_are_given_their_names_again() -> None:
    edits = {"steps": {"values": {"n": 10, "n_val": 8}}, "fit": {"steps_per_epoch": 10, "validation_steps": 8}}
    assert sources(right_answer(**edits), "steps") == {
        STEPS: "reference_steps()\nn = steps_per_epoch\nn_val = validation_steps"
    }


def test_two_numbers_that_are_the_same_are_told_apart_by_their_names() -> None:
    edits = {"steps": {"values": {"v": 8, "train_steps": 8, "val_steps": 8}}}
    (source,) = sources(right_answer(**edits), "steps").values()
    assert "val_steps = validation_steps" in source
    assert "train_steps = validation_steps" not in source


def test_names_bound_elsewhere_are_not_bound_again() -> None:
    later = NamesBound(cell=8, objects={"again": "model-1"})
    assert sources(right_answer(also=[later]), "layers") == {LAYERS: "reference_layers()"}


def test_values_that_stand_for_nothing_are_not_bound_again() -> None:
    edits = {"steps": {"values": {"flag": True, "text": "8", "many": [8], "nothing": None, "other": 7}}}
    assert sources(right_answer(**edits), "steps") == {STEPS: "reference_steps()"}


def test_a_notebook_that_showed_nothing_gets_the_references_cells_alone() -> None:
    evidence = right_answer(without=["training", "validation", "model", "fit"])
    assert sources(evidence, "generators", "steps") == {
        GENERATORS: "reference_generators()",
        STEPS: "reference_steps()",
    }


# --- which exercises are put right ------------------------------------------------------------------------------------


def following(replaced: tuple[str, ...] = (), **edits: Any) -> tuple[str, ...]:  # noqa: ANN401 - as right_answer takes them
    evidence = right_answer(**edits)
    return next_exercises(judge(evidence, HORSES), evidence.submission.cells, replaced)


NO_METRIC: dict[str, Any] = {"compiled": {"metrics": []}}
NO_OUTPUT: dict[str, Any] = {"model": {"layers": layers()[:-1]}}
MISSED: dict[str, Any] = {"probe": hidden(100)}


def test_where_all_is_right_nothing_is_put_right() -> None:
    assert following() == ()


def test_the_first_exercise_that_lost_marks_is_put_right_where_a_later_one_lost_some_too() -> None:
    assert following(**NO_METRIC, **MISSED) == ("compile",)


def test_where_nothing_after_it_lost_marks_nothing_is_gained() -> None:
    assert following(**NO_METRIC) == ()
    assert following(**MISSED) == ()


def test_what_was_put_right_already_stays_so() -> None:
    wrong: dict[str, Any] = {**NO_METRIC, **MISSED, **NO_OUTPUT}
    assert following(**wrong) == ("layers",)
    assert following(("layers",), **wrong) == ("layers", "compile")
    assert following(("layers", "compile"), **wrong) == ()


def test_untouched_exercises_are_put_right_with_the_first() -> None:
    wrong: dict[str, Any] = {**NO_OUTPUT, "untouched": ["compile"], **MISSED}
    assert following(**wrong) == ("layers", "compile")


def test_what_was_not_attempted_cannot_gain() -> None:
    evidence = untouched()
    assert next_exercises(judge(evidence, HORSES), evidence.submission.cells, ()) == ()


def test_open_is_what_lost_marks_behind_what_was_put_right() -> None:
    wrong: dict[str, Any] = {**NO_METRIC, **MISSED, **NO_OUTPUT}
    evidence = right_answer(**wrong)
    report = judge(evidence, HORSES)
    cells = evidence.submission.cells
    assert left_open(report, ("layers",), cells) == {"compile.metrics", "training.hidden_accuracy"}
    assert left_open(report, ("layers", "compile"), cells) == {"training.hidden_accuracy"}
    assert left_open(report, (), cells) == frozenset()
