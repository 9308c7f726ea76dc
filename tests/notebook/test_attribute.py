"""Answers that stand in cells of the student's own are found, in every layout, and nothing else is taken for one."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from fairmark.evidence import Submission
from fairmark.notebook.master import Master
from fairmark.notebook.read import forms_from_bytes

Cells: TypeAlias = list[dict[str, Any]]
IMPORTS, LABELS, COMPILE, TRAINING, PREDICT = 1, 2, 4, 5, 6

ANSWERS = {
    "labels": "augmented = ImageDataGenerator(horizontal_flip=True)\nplain_pictures = ImageDataGenerator()\n"
    "train_pictures = augmented.flow_from_directory(PICTURES)",
    "compile": "model.compile(loss='mse')",
    "predict": "def predict(path):\n    return 0.5\nprint(predict('horse.png'))",
}
PLACES = {"labels": LABELS, "compile": COMPILE, "predict": PREDICT}


def own(source: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": [], **more}


Read: TypeAlias = Callable[[Callable[[Cells], object]], Submission]


@pytest.fixture(scope="session")
def read(released: bytes, master_with_answers: Master) -> Read:
    """Reads the student notebook as it was given out after a change to its cells."""

    def reading(change: Callable[[Cells], object]) -> Submission:
        notebook = copy.deepcopy(json.loads(released))
        change(notebook["cells"])
        data = json.dumps(notebook).encode()
        return forms_from_bytes(data, path="a.ipynb", student="anna", master=master_with_answers).as_handed_in

    return reading


@pytest.fixture(scope="session")
def read_without_answers(released: bytes, master: Master) -> Read:
    """The same in a course without solutions."""

    def reading(change: Callable[[Cells], object]) -> Submission:
        notebook = copy.deepcopy(json.loads(released))
        change(notebook["cells"])
        return forms_from_bytes(json.dumps(notebook).encode(), path="a.ipynb", student="a", master=master).as_handed_in

    return reading


def answers_in(submission: Submission) -> dict[str, str]:
    """The code that answers each exercise, all its cells together."""
    found: dict[str, str] = {}
    for cell in submission.cells:
        if cell.exercise is not None and cell.touched:
            found[cell.exercise] = "\n".join(filter(None, [found.get(cell.exercise), cell.source.strip()]))
    return found


# --- layouts ----------------------------------------------------------------------------------------------------------


def below_the_stubs(cells: Cells) -> None:
    for exercise, place in sorted(PLACES.items(), key=lambda item: -item[1]):
        cells.insert(place + 1, own(ANSWERS[exercise]))


def all_at_the_end(cells: Cells) -> None:
    cells += [own(text) for text in ANSWERS.values()]


def all_at_the_end_in_another_order(cells: Cells) -> None:
    cells += [own(ANSWERS[exercise]) for exercise in ("predict", "labels", "compile")]


def all_in_one_cell_at_the_end(cells: Cells) -> None:
    cells.append(own("# my answers\n" + "\n\n".join(ANSWERS.values())))


def all_in_the_first_stub(cells: Cells) -> None:
    cells[LABELS]["source"] = "# Exercise: labels\n" + "\n".join(ANSWERS.values())


def in_place_of_the_stubs_without_header_or_metadata(cells: Cells) -> None:
    for exercise, place in PLACES.items():
        cells[place] = own(ANSWERS[exercise])


def without_metadata_anywhere(cells: Cells) -> None:
    in_place_of_the_stubs_without_header_or_metadata(cells)
    for cell in cells:
        cell["metadata"] = {}


def below_emptied_stubs(cells: Cells) -> None:
    for place in PLACES.values():
        cells[place]["source"] = ""
    below_the_stubs(cells)


def below_stubs_that_say_pass(cells: Cells) -> None:
    for exercise, place in PLACES.items():
        cells[place]["source"] = f"# Exercise: {exercise}\npass"
    below_the_stubs(cells)


def with_scribbles_between(cells: Cells) -> None:
    below_the_stubs(cells)
    for place in range(len(cells), 0, -1):
        cells.insert(place, own("print('here')"))


LAYOUTS = [
    below_the_stubs,
    all_at_the_end,
    all_at_the_end_in_another_order,
    all_in_one_cell_at_the_end,
    all_in_the_first_stub,
    in_place_of_the_stubs_without_header_or_metadata,
    without_metadata_anywhere,
    below_emptied_stubs,
    below_stubs_that_say_pass,
    with_scribbles_between,
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_answer_is_found(layout: Callable[[Cells], None], read: Read) -> None:
    found = answers_in(read(layout))
    assert found.keys() == ANSWERS.keys()
    assert all(ANSWERS[exercise] in found[exercise] for exercise in ANSWERS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_flag_names_the_cells_and_the_exercises(layout: Callable[[Cells], None], read: Read) -> None:
    (flag,) = read(layout).flags
    assert flag.kind == "cell_found_again"
    assert all(f"{exercise} in cell " in flag.message for exercise in ("compile", "predict"))


@pytest.mark.parametrize("layout", [below_the_stubs, below_emptied_stubs, with_scribbles_between])
def test_without_a_solution_they_are_found_by_where_they_stand(
    layout: Callable[[Cells], None], read_without_answers: Read
) -> None:
    assert answers_in(read_without_answers(layout)).keys() == ANSWERS.keys()


def test_without_a_solution_names_quoted_in_the_task_tell_which_it_is(released: bytes, master: Master) -> None:
    def quote(cells: Cells) -> None:
        all_at_the_end(cells)

    notebook = json.loads(released)
    quote(notebook["cells"])
    told = {"labels": "`train_pictures`", "compile": "`compile`", "predict": "`predict()`"}
    cells = []
    for cell in master.cells:
        if cell.exercise is not None:
            text = f"Write {told[cell.exercise]}."
            cells.append(type(cell)("locked", f"task-{cell.exercise}", text, None, "markdown"))
        cells.append(cell)
    quoting = Master(master.assignment, tuple(cells))
    data = json.dumps(notebook).encode()
    found = answers_in(forms_from_bytes(data, path="a.ipynb", student="a", master=quoting).as_handed_in)
    assert ANSWERS["labels"] in found["labels"]


# --- what is no answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "print(train_pictures)",
        "import os",
        "model.summary()",
        "%matplotlib inline",
        "!pip list",
        "check('compile')",
        "# later",
        "train_pictures.samples",
        "plt.imshow(x)\nplt.show()",
    ],
)
def test_a_scribble_below_a_stub_is_no_answer(source: str, read: Read) -> None:
    submission = read(lambda cells: cells.insert(COMPILE + 1, own(source)))
    assert answers_in(submission) == {}
    assert submission.flags == ()


def test_an_experiment_that_is_like_an_answered_exercise_stays_ones_own(read: Read) -> None:
    def change(cells: Cells) -> None:
        cells[COMPILE]["source"] = f"# Exercise: compile\n{ANSWERS['compile']}"
        cells.append(own("model.compile(loss='mae')"))

    submission = read(change)
    assert answers_in(submission).keys() == {"compile"}
    assert submission.cells[-1].role == "added"


def test_a_wrong_answer_is_an_answer(read: Read) -> None:
    submission = read(lambda cells: cells.insert(COMPILE + 1, own("loss = 12")))
    assert answers_in(submission) == {"compile": "loss = 12"}


def test_an_answer_that_is_not_python_is_an_answer(read: Read) -> None:
    submission = read(lambda cells: cells.insert(COMPILE + 1, own("model.compile(loss='mse'")))
    assert answers_in(submission).keys() == {"compile"}


def test_what_an_answer_lacks_may_stand_below_it(read: Read) -> None:
    def change(cells: Cells) -> None:
        cells[LABELS]["source"] = "# Exercise: labels\naugmented = ImageDataGenerator()"
        cells.insert(LABELS + 1, own("train_pictures = augmented.flow_from_directory(PICTURES)"))
        cells.insert(LABELS + 2, own("augmented = None\nx = 3"))

    submission = read(change)
    labels = [cell.number for cell in submission.cells if cell.exercise == "labels"]
    assert labels == [3, 4]
    assert [cell.role for cell in submission.cells if cell.number == 5] == ["added"]


def test_a_stub_of_another_kind_that_is_untouched_is_not_attempted(read: Read) -> None:
    def change(cells: Cells) -> None:
        cells[PREDICT] = own("def predict(path):\n    model = None\n    return None\npredict('horse.png')")
        cells[COMPILE]["source"] = "model.compile(loss=None)"

    submission = read(change)
    assert answers_in(submission) == {}
    assert submission.flags == ()


@pytest.mark.parametrize("seed", range(30))
def test_wherever_they_stand_all_are_there_once(seed: int, read: Read) -> None:
    dice = random.Random(seed)

    def scatter(cells: Cells) -> None:
        texts = list(ANSWERS.values())
        dice.shuffle(texts)
        for text in texts:
            cells.insert(dice.randrange(len(cells) + 1), own(text))
        for cell in cells:
            if dice.random() < 0.3:
                cell["metadata"] = {}

    assert answers_in(read(scatter)) == ANSWERS


# --- experiments ------------------------------------------------------------------------------------------------------


def with_experiment(source: str) -> Callable[[Cells], object]:
    """All answers in cells below their stubs, and then ``source``, in a cell at the end."""

    def change(cells: Cells) -> None:
        for exercise, place in sorted(PLACES.items(), key=lambda item: -item[1]):
            cells.insert(place + 1, own(ANSWERS[exercise]))
        cells.append(own(source))

    return change


@pytest.mark.parametrize(
    "source",
    [
        "plain_pictures = 1\ntrain_pictures = augmented.flow_from_directory('elsewhere')",
        "augmented = plain_pictures = ImageDataGenerator(rescale=2)",
    ],
)
def test_an_experiment_with_a_part_of_an_answer_is_none(read: Read, source: str) -> None:
    told = read(with_experiment(source)).cells
    assert [(cell.role, cell.exercise) for cell in told if cell.source == source] == [("added", None)]


def test_an_answer_that_is_given_anew_is_one(read: Read) -> None:
    again = ANSWERS["labels"].replace("PICTURES", "'elsewhere'")
    told = read(with_experiment(again)).cells
    assert [cell.exercise for cell in told if cell.source == again] == ["labels"]
