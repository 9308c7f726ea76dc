"""Cells for a second run: the reference's answers in place of those that lost marks, under the student's names."""

from __future__ import annotations

from recorded import COMPILE, GENERATORS, LAYERS, SOURCES, STEPS, right_answer, untouched

from fairmark.batch.carry import put_right
from fairmark.evidence import Evidence, NamesBound
from fairmark.notebook.master import Master, MasterCell

REFERENCE = right_answer()
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
    cells = put_right(evidence, REFERENCE, ANSWERS, replaced)
    before = {cell.position: cell.source for cell in evidence.submission.cells}
    assert [cell.position for cell in cells] == list(before)
    return {cell.position: cell.source for cell in cells if cell.source != before[cell.position]}


def test_only_what_lost_marks_is_replaced() -> None:
    assert sources(right_answer(), "compile") == {COMPILE: "reference_compile()"}


def test_where_nothing_lost_marks_the_cells_are_the_students() -> None:
    assert put_right(right_answer(), REFERENCE, ANSWERS, ()) == right_answer().submission.cells


def test_an_exercise_the_reference_lacks_is_left_alone() -> None:
    assert sources(right_answer(), "zebras") == {}


def test_a_stub_that_is_replaced_runs() -> None:
    cells = put_right(untouched(), REFERENCE, ANSWERS, ("compile",))
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
