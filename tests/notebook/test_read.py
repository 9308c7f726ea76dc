"""A file handed in becomes a submission, whatever was done to it: in its own order, and restored to the master's."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmark.errors import UnreadableNotebook
from fairmark.evidence import Cell, Submission
from fairmark.notebook.master import Master
from fairmark.notebook.read import Forms, forms_from_bytes, read_submission, submission_from_bytes
from fairmark.notebook.statements import holds

Notebook: TypeAlias = dict[str, Any]

IMPORTS, LABELS, COMPILE, TRAINING, PREDICT = 1, 2, 4, 5, 6
"""Where the code cells of the master stand in its file, from 0."""

ANSWERS = {
    LABELS: "# Exercise: labels\naugmented = ImageDataGenerator(horizontal_flip=True)\n"
    "plain_pictures = ImageDataGenerator()\ntrain_pictures = augmented.flow_from_directory(PICTURES)",
    COMPILE: "# Exercise: compile\nmodel.compile(loss='mse')",
    PREDICT: "# Exercise: predict\ndef predict(path):\n    return 0.5\npredict('horse.png')",
}


@pytest.fixture(scope="session")
def answered(released: bytes) -> Notebook:
    """The student notebook with an answer in every exercise."""
    notebook: Notebook = json.loads(released)
    for index, source in ANSWERS.items():
        notebook["cells"][index]["source"] = source
    return notebook


@pytest.fixture(scope="session")
def hand_in(answered: Notebook, master: Master) -> Callable[..., Submission]:
    """Reads the answered notebook after ``change`` was made to its cells."""

    def handed_in(change: Callable[[list[Any]], object] = lambda cells: None) -> Submission:
        notebook = copy.deepcopy(answered)
        change(notebook["cells"])
        return submission_from_bytes(json.dumps(notebook).encode(), path="anna.ipynb", student="anna", master=master)

    return handed_in


HandIn: TypeAlias = Callable[..., Submission]


@pytest.fixture(scope="session")
def both(answered: Notebook, master: Master) -> Callable[..., Forms]:
    """The same in both forms."""

    def read(change: Callable[[list[Any]], object] = lambda cells: None) -> Forms:
        notebook = copy.deepcopy(answered)
        change(notebook["cells"])
        return forms_from_bytes(json.dumps(notebook).encode(), path="anna.ipynb", student="anna", master=master)

    return read


@pytest.fixture(scope="session")
def restore(both: Callable[..., Forms]) -> HandIn:
    """The restored form, which must be there."""

    def read(change: Callable[[list[Any]], object]) -> Submission:
        found = both(change).restored
        assert found is not None
        return found

    return read


def own(source: str, grade_id: str | None = None) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "execution_count": None, "outputs": []}


def clear_metadata(cells: list[Any]) -> None:
    for cell in cells:
        cell["metadata"] = {}


def kinds(submission: Submission) -> list[str]:
    return [flag.kind for flag in submission.flags]


def exercise(submission: Submission, name: str) -> Cell:
    (cell,) = [cell for cell in submission.cells if cell.exercise == name]
    return cell


def order(submission: Submission) -> list[int | None]:
    return [cell.number for cell in submission.cells]


# --- as it was meant --------------------------------------------------------------------------------------------------


def test_an_answered_notebook_is_read_without_flags(hand_in: HandIn) -> None:
    submission = hand_in()
    assert submission.flags == ()
    assert [cell.role for cell in submission.cells] == ["locked", "exercise", "exercise", "locked", "exercise"]
    assert [cell.exercise for cell in submission.cells] == [None, "labels", "compile", None, "predict"]
    assert all(cell.touched for cell in submission.cells)


def test_positions_count_code_cells_and_numbers_count_all_cells(hand_in: HandIn) -> None:
    submission = hand_in()
    assert [cell.position for cell in submission.cells] == [1, 2, 3, 4, 5]
    assert order(submission) == [2, 3, 5, 6, 7]


def test_the_notebook_as_given_out_has_all_exercises_untouched(released: bytes, master: Master) -> None:
    submission = submission_from_bytes(released, path="n.ipynb", student="anna", master=master)
    assert [cell.touched for cell in submission.cells] == [True, False, False, True, False]
    assert submission.flags == ()


def test_the_digest_is_that_of_the_bytes(tmp_path: Path, released: bytes, master: Master) -> None:
    (tmp_path / "anna.ipynb").write_bytes(released)
    submission = read_submission(tmp_path / "anna.ipynb", student="anna", master=master)
    assert submission.notebook_sha256 == hashlib.sha256(released).hexdigest()
    assert (submission.student, submission.assignment) == ("anna", "horses")


def test_the_solution_itself_reads_as_a_submission(solution: bytes, master: Master) -> None:
    submission = submission_from_bytes(solution, path="horses.ipynb", student="reference", master=master)
    assert kinds(submission) == ["assignment_name_missing"]
    assert all(cell.touched for cell in submission.cells)


# --- locked cells -----------------------------------------------------------------------------------------------------


CHANGED = "history = load('history')"


def test_a_changed_locked_cell_runs_as_it_was_handed_in_and_is_flagged(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells[TRAINING].update(source=CHANGED))
    cell = submission.cells[3]
    assert (cell.role, cell.own_text, cell.source) == ("locked", True, CHANGED)
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("locked_cell_changed", 6)
    assert flag.message == "Cell 6 differs from the assignment, and ran as handed in."


def test_restored_it_has_the_masters_text_and_the_flag_says_so(restore: HandIn) -> None:
    submission = restore(lambda cells: cells[TRAINING].update(source=CHANGED))
    assert "steps_per_epoch=math.ceil(1027 / BATCH)" in submission.cells[3].source
    assert not submission.cells[3].own_text
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("locked_cell_changed", 6)
    assert flag.message == "Cell 6 differs from the assignment, and ran with the assignment's text."


def test_several_changed_cells_are_one_flag(hand_in: HandIn) -> None:
    def change(cells: list[Any]) -> None:
        cells[TRAINING]["source"] = CHANGED
        cells[IMPORTS]["source"] = "import math"

    (flag,) = hand_in(change).flags
    assert flag.message == "Cells 2 and 6 differ from the assignment, and ran as handed in."


@pytest.mark.parametrize(
    "source",
    [
        "\nimport math \nimport tensorflow  as tf\n\n\nPICTURES='pictures/train'\nBATCH=128\n",
        'import math; import tensorflow as tf\nPICTURES = "pictures/train"  # here\nBATCH = 128;',
        "import math\r\nimport tensorflow as tf\r\nPICTURES = 'pictures/train'\r\nBATCH = (128)",
    ],
)
def test_what_python_does_not_see_is_no_difference(both: Callable[..., Forms], source: str) -> None:
    forms = both(lambda cells: cells[IMPORTS].update(source=source))
    assert (forms.as_handed_in.flags, forms.restored) == ((), None)
    assert not forms.as_handed_in.cells[0].own_text


@pytest.mark.parametrize(
    "added", ["from tensorflow.keras.layers import Dense", "BATCH = 64", "%matplotlib inline", "print(tf.__version__)"]
)
def test_lines_added_to_a_locked_cell_are_kept_and_not_flagged(both: Callable[..., Forms], added: str) -> None:
    forms = both(lambda cells: cells[IMPORTS].update(source="".join([*cells[IMPORTS]["source"], "\n", added])))
    assert (forms.as_handed_in.flags, forms.restored) == ((), None)
    assert forms.as_handed_in.cells[0].source.endswith(added)
    assert forms.as_handed_in.cells[0].own_text


def test_imports_added_to_a_locked_cell_outlast_its_restoring(restore: HandIn) -> None:
    source = "import math\nimport tensorflow as tf\nfrom keras.layers import Dense\nPICTURES = 'here'\nBATCH = 128"
    first = restore(lambda cells: cells[IMPORTS].update(source=source)).cells[0]
    assert "PICTURES = 'pictures/train'" in first.source
    assert first.source.endswith("\nfrom keras.layers import Dense")


def test_a_deleted_locked_cell_is_not_there_as_handed_in_which_needs_no_flag(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells.pop(TRAINING))
    assert order(submission) == [2, 3, 5, 6]
    assert submission.flags == ()


def test_a_deleted_locked_cell_is_restored_and_flagged(restore: HandIn) -> None:
    submission = restore(lambda cells: cells.pop(TRAINING))
    assert order(submission) == [2, 3, 5, None, 6]
    (flag,) = submission.flags
    assert (
        flag.message == "The file has no code cell for the given cell cell-006, which ran with the assignment's text."
    )


def test_a_locked_cell_that_stands_within_another_cell_is_not_restored(both: Callable[..., Forms]) -> None:
    def move_into_the_answer(cells: list[Any]) -> None:
        cells[COMPILE]["source"] += "\n" + "".join(cells.pop(TRAINING)["source"])

    forms = both(move_into_the_answer)
    assert forms.restored is None
    assert forms.as_handed_in.flags == ()


def test_a_cell_with_much_text_of_its_own_is_not_taken_for_a_short_locked_one(both: Callable[..., Forms]) -> None:
    given = "history = model.fit(train_pictures, epochs=2, steps_per_epoch=math.ceil(1027 / BATCH))"
    long = f"steps = 9\nfor step in range(steps):\n    rate = 1 / (step + 1)\n    print(rate)\n{given}"
    forms = both(lambda cells: cells.__setitem__(TRAINING, own(long)))
    assert long in [cell.source for cell in forms.as_handed_in.cells]
    assert forms.restored is None


def test_a_copy_of_a_locked_cell_runs_as_added(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells.append({**cells[TRAINING], "source": "model.fit(train_pictures)"}))
    assert [(cell.role, cell.number) for cell in submission.cells][-2:] == [("exercise", 7), ("added", 8)]
    assert kinds(submission) == []


# --- exercises --------------------------------------------------------------------------------------------------------


def test_an_emptied_exercise_is_untouched(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells[COMPILE].update(source="# Exercise: compile\n"))
    assert not exercise(submission, "compile").touched
    assert exercise(submission, "compile").number == 5
    assert submission.flags == ()


def test_a_deleted_exercise_is_untouched_has_no_number_and_is_flagged(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells.pop(COMPILE))
    assert exercise(submission, "compile").number is None
    assert not exercise(submission, "compile").touched
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("cell_missing", None)
    assert flag.message == "The file has no code cell for exercise compile, which counts as not attempted."


@pytest.mark.parametrize(("cell_type", "role"), [("markdown", "markdown"), ("raw", "raw")])
def test_an_answer_in_a_text_cell_is_kept_as_such_and_flagged(hand_in: HandIn, cell_type: str, role: str) -> None:
    submission = hand_in(lambda cells: cells[COMPILE].update(cell_type=cell_type))
    (kept,) = submission.uncounted
    assert (kept.number, kept.role, kept.exercise, kept.source) == (5, role, "compile", ANSWERS[COMPILE])
    assert not exercise(submission, "compile").touched
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("answer_in_text_cell", 5)
    assert flag.message == "An answer stands in a text cell and was not run: cell 5 (exercise compile)."


def test_an_answer_in_a_text_cell_is_known_without_metadata(hand_in: HandIn) -> None:
    def retype(cells: list[Any]) -> None:
        cells[PREDICT].update(cell_type="raw", metadata={}, source="def predict(path):\n    return 0.5")

    assert [cell.exercise for cell in hand_in(retype).uncounted] == ["predict"]


def test_a_stub_in_a_text_cell_is_no_answer(hand_in: HandIn, master: Master) -> None:
    stub = master.cells[COMPILE].source
    submission = hand_in(lambda cells: cells[COMPILE].update(cell_type="markdown", source=stub))
    assert submission.uncounted == ()
    assert kinds(submission) == ["cell_missing"]


def test_text_is_no_answer_where_a_code_cell_answers(hand_in: HandIn) -> None:
    notes = {"cell_type": "markdown", "metadata": {}, "source": ANSWERS[COMPILE]}
    submission = hand_in(lambda cells: cells.append(notes))
    assert (submission.uncounted, submission.flags) == ((), ())


def test_exercises_are_found_by_their_header_when_all_metadata_was_cleared(hand_in: HandIn) -> None:
    submission = hand_in(clear_metadata)
    assert order(submission) == [2, 3, 5, 6, 7]
    assert all(cell.touched for cell in submission.cells)
    assert submission.flags == ()


def test_an_exercise_without_metadata_and_header_is_found_by_its_likeness(hand_in: HandIn) -> None:
    def change(cells: list[Any]) -> None:
        clear_metadata(cells)
        cells[LABELS]["source"] = cells[LABELS]["source"].replace("# Exercise: labels\n", "import os\n")

    submission = hand_in(change)
    assert exercise(submission, "labels").number == 3
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("cell_found_again", 3)
    assert flag.message == ("Answers recognised by content and place, for want of a header: labels in cell 3.")


def test_an_untouched_stub_without_metadata_and_header_is_known_by_its_raise_line(hand_in: HandIn) -> None:
    source = 'raise NotImplementedError("compile: replace this line with your answer")'
    submission = hand_in(lambda cells: cells[COMPILE].update(source=source, metadata={}))
    assert exercise(submission, "compile").number == 5
    assert not exercise(submission, "compile").touched


def test_of_two_copies_of_an_exercise_the_untouched_one_does_not_run(hand_in: HandIn, master: Master) -> None:
    stub = master.cells[COMPILE].source
    submission = hand_in(lambda cells: cells.insert(COMPILE, own(stub, "compile")))
    copies = [(cell.number, cell.touched) for cell in submission.cells if cell.exercise == "compile"]
    assert copies == [(5, False), (6, True)]
    assert submission.flags == ()


def test_all_cells_with_one_exercises_id_answer_it(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells.insert(COMPILE, own("rate = 0.01", "compile")))
    assert [cell.number for cell in submission.cells if cell.exercise == "compile"] == [5, 6]
    assert submission.flags == ()


def test_two_different_answers_under_one_header_are_flagged(hand_in: HandIn) -> None:
    again = "# Exercise: compile\nmodel.compile(loss='mae')"
    submission = hand_in(lambda cells: cells.insert(COMPILE + 1, own(again, "compile")))
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("cell_duplicated", 6)
    assert flag.message == "The file holds exercise compile more than once: cells 5 and 6; all of them ran."


def test_a_copy_with_the_header_alone_counts_where_the_original_was_left_untouched(
    hand_in: HandIn, master: Master
) -> None:
    def change(cells: list[Any]) -> None:
        cells.append(own(ANSWERS[COMPILE]))
        cells[COMPILE]["source"] = master.cells[COMPILE].source

    copies = [(cell.number, cell.touched) for cell in hand_in(change).cells if cell.exercise == "compile"]
    assert copies == [(5, False), (8, True)]


def test_two_exercises_merged_into_one_cell_are_one_after_the_other(hand_in: HandIn) -> None:
    def merge(cells: list[Any]) -> None:
        cells[LABELS]["source"] += "\n\n" + cells.pop(COMPILE)["source"]

    submission = hand_in(merge)
    labels, compiled = exercise(submission, "labels"), exercise(submission, "compile")
    assert (labels.number, compiled.number) == (3, 3)
    assert (labels.touched, compiled.touched) == (True, True)
    assert compiled.source.splitlines()[len(labels.source.splitlines()) + 1 :] == ANSWERS[COMPILE].splitlines()
    assert submission.flags == ()


def test_a_merged_cell_that_is_not_python_stays_whole(hand_in: HandIn) -> None:
    def merge(cells: list[Any]) -> None:
        cells[LABELS]["source"] += "\n(\n" + cells.pop(COMPILE)["source"]

    assert "model.compile" in exercise(hand_in(merge), "labels").source


def test_merged_exercises_that_were_split_again_are_both_found(hand_in: HandIn) -> None:
    submission = hand_in(lambda cells: cells[COMPILE].update(metadata=cells[LABELS]["metadata"]))
    assert exercise(submission, "labels").number == 3
    assert exercise(submission, "compile").number == 5
    assert submission.flags == ()


def test_an_answer_merged_into_a_locked_cell_is_not_lost(hand_in: HandIn) -> None:
    def merge(cells: list[Any]) -> None:
        cells[TRAINING]["source"] += "\n" + cells.pop(PREDICT)["source"]

    submission = hand_in(merge)
    assert exercise(submission, "predict").touched
    assert exercise(submission, "predict").number == 6
    assert [(cell.role, cell.number) for cell in submission.cells][3:] == [("locked", 6), ("exercise", 6)]
    assert submission.flags == ()


# --- cells of the student's own, and order ----------------------------------------------------------------------------


def test_added_cells_run_after_the_cell_they_follow(hand_in: HandIn) -> None:
    def add(cells: list[Any]) -> None:
        cells.insert(COMPILE + 1, own("second()"))
        cells.insert(COMPILE + 1, own("first()"))
        cells.insert(0, own("before()"))

    submission = hand_in(add)
    assert [cell.source for cell in submission.cells if cell.role == "added"] == ["before()", "first()", "second()"]
    assert order(submission) == [1, 3, 4, 6, 7, 8, 9, 10]


def test_blank_cells_are_left_out(hand_in: HandIn) -> None:
    assert len(hand_in(lambda cells: cells.append(own(" \n"))).cells) == 5


def move(cells: list[Any]) -> None:
    cells.insert(0, cells.pop(PREDICT))
    cells.insert(1, own("print(1)"))


def test_cells_in_another_order_stay_in_it_as_handed_in(hand_in: HandIn) -> None:
    submission = hand_in(move)
    assert order(submission) == [1, 2, 4, 5, 7, 8]
    assert submission.flags == ()


def test_restored_they_are_put_back_with_those_that_follow_them(restore: HandIn) -> None:
    submission = restore(move)
    assert order(submission) == [4, 5, 7, 8, 1, 2]
    (flag,) = submission.flags
    assert (flag.kind, flag.cell) == ("cells_reordered", 4)


def test_all_that_was_undone_is_one_flag(restore: HandIn) -> None:
    def change(cells: list[Any]) -> None:
        cells[IMPORTS]["source"] = "import math"
        cells.pop(TRAINING)
        cells.insert(0, cells.pop())

    (flag,) = restore(change).flags
    assert (flag.kind, flag.cell) == ("locked_cell_changed", 3)
    assert flag.message == (
        "Cell 3 differs from the assignment, and ran with the assignment's text. "
        "The file has no code cell for the given cell cell-006, which ran with the assignment's text. "
        "From cell 3 on the cells are not in the assignment's order, which was restored."
    )


def test_outputs_are_not_looked_at(hand_in: HandIn) -> None:
    assert hand_in(lambda cells: cells[COMPILE].update(outputs={"not": "a list"})).flags == ()


# --- the assignment's name --------------------------------------------------------------------------------------------


def test_a_notebook_of_another_assignment_is_refused_and_both_names_are_said(
    answered: Notebook, master: Master
) -> None:
    other = answered | {"metadata": {"fairmark": {"assignment": "cats"}}}
    with pytest.raises(UnreadableNotebook) as caught:
        submission_from_bytes(json.dumps(other).encode(), path="anna.ipynb", student="anna", master=master)
    assert caught.value.message == "anna.ipynb: is a notebook of the assignment 'cats', not of 'horses'"
    assert caught.value.remedy is not None
    assert "Hand in the notebook of 'horses'" in caught.value.remedy


@pytest.mark.parametrize("metadata", [{}, {"fairmark": 3}, {"fairmark": {"assignment": 3}}])
def test_a_notebook_without_a_name_is_accepted_by_its_exercises(
    answered: Notebook, master: Master, metadata: dict[str, Any]
) -> None:
    data = json.dumps(answered | {"metadata": metadata}).encode()
    submission = submission_from_bytes(data, path="anna.ipynb", student="anna", master=master)
    assert kinds(submission) == ["assignment_name_missing"]


def test_a_notebook_without_a_name_and_without_exercises_is_refused(answered: Notebook, master: Master) -> None:
    data = json.dumps(answered | {"metadata": {}, "cells": [own("x = 1")]}).encode()
    with pytest.raises(UnreadableNotebook, match="names no assignment, and no exercise of 'horses' was found in it"):
        submission_from_bytes(data, path="anna.ipynb", student="anna", master=master)


# --- whatever is done to the cells ------------------------------------------------------------------------------------

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["delete", "duplicate", "move", "clear", "swap_metadata", "merge", "retype", "own", "rewrite"]),
        st.integers(0, 20),
        st.integers(0, 20),
        st.sampled_from(["", "x = 1", "# Exercise: compile\nx", "# Exercise: nothing", "%%time\nx", "(", "'''", "\0"]),
    ),
    max_size=12,
)


def apply(cells: list[Any], kind: str, one: int, other: int, text: str) -> None:
    if kind == "own" or not cells:
        cells.insert(one % (len(cells) + 1), own(text))
        return
    first, second = cells[one % len(cells)], cells[other % len(cells)]
    match kind:
        case "delete":
            cells.pop(one % len(cells))
        case "duplicate":
            cells.insert(other % len(cells), copy.deepcopy(first))
        case "move":
            cells.insert(other % len(cells), cells.pop(one % len(cells)))
        case "clear":
            first["metadata"] = {}
        case "swap_metadata":
            first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
        case "merge":
            first["source"] = "".join(first["source"]) + "\n" + "".join(second["source"])
        case "retype":
            first["cell_type"] = second["cell_type"]
        case "rewrite":
            first["source"] = text


@settings(max_examples=300, deadline=None)
@given(changes=CHANGES)
def test_as_handed_in_every_code_cell_of_the_file_is_there_once_in_its_order(
    changes: list[tuple[str, int, int, str]], hand_in: HandIn
) -> None:
    texts: list[str] = []

    def change(cells: list[Any]) -> None:
        for kind, one, other, text in changes:
            apply(cells, kind, one, other, text)
        texts.extend("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")

    submission = hand_in(change)
    there = "".join("".join(cell.source.split()) for cell in submission.cells if cell.number is not None)
    assert there == "".join("".join(text.split()) for text in texts)
    numbers = [cell.number for cell in submission.cells if cell.number is not None]
    assert numbers == sorted(numbers)
    assert [cell.position for cell in submission.cells] == list(range(1, len(submission.cells) + 1))
    assert all(not cell.touched and cell.role == "exercise" for cell in submission.cells if cell.number is None)
    assert len(submission.flags) <= 2
    Submission.model_validate_json(submission.model_dump_json())


@settings(max_examples=300, deadline=None)
@given(changes=CHANGES)
def test_restored_no_given_cell_is_missing_and_all_are_in_order(
    changes: list[tuple[str, int, int, str]], both: Callable[..., Forms], master: Master
) -> None:
    def change(cells: list[Any]) -> None:
        for kind, one, other, text in changes:
            apply(cells, kind, one, other, text)

    forms = both(change)
    submission = forms.restored
    if submission is None:
        return
    handed_in = [cell.source for cell in forms.as_handed_in.cells if cell.role != "locked" and cell.number is not None]
    kept = [cell.source for cell in submission.cells if cell.role != "locked" and cell.number is not None]
    assert sorted(kept) == sorted(handed_in)
    for wanted in master.code_cells:
        if wanted.kind == "locked":
            assert any(holds(cell.source, wanted.source) for cell in submission.cells)
        else:
            assert any(cell.exercise == wanted.exercise for cell in submission.cells)
    answers = [cell.exercise for cell in submission.cells if cell.exercise is not None]
    assert answers == sorted(answers, key=master.exercises.index)
    assert len(submission.flags) <= 2
    Submission.model_validate_json(submission.model_dump_json())


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(released: bytes, master: Master, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(released)))
    end = data.draw(st.integers(start, min(len(released), start + 200)))
    put = data.draw(st.binary(max_size=20) | st.sampled_from([b"null", b"[", b"{}", b'"', b"\\ud800", b"9" * 5_000]))
    damaged = released[:start] + put + released[end:]
    reasons: list[UnreadableNotebook] = []
    try:
        submission = submission_from_bytes(damaged, path="anna.ipynb", student="anna", master=master)
        Submission.model_validate_json(submission.model_dump_json())
    except UnreadableNotebook as error:
        reasons.append(error)
    assert all(error.message.startswith("anna.ipynb: ") and error.remedy for error in reasons)
