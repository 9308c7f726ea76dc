"""Courses and classes that the benchmarks measure: the built-in assignment in three variants, and students who did it
right, went wrong somewhere, or copied."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course

__all__ = ["NAME", "Kind", "Student", "Variant", "class_of", "commented", "hand_in", "variant_course"]

ROOT = Path(__file__).resolve().parents[2]
NAME = "horses_or_humans"

Variant: TypeAlias = Literal["150", "300", "structure"]
Kind: TypeAlias = Literal["right", "wrong", "copy"]
Edit: TypeAlias = tuple[str, str, str]
"""In the cell of an exercise, what is replaced by what; an empty text stands for the whole cell."""

_SMALLER = {"300, 300": "150, 150"}
_TRAINING_BEGINS = "cell-training-text"

_SPELLINGS: tuple[Edit, ...] = (
    ("generators", "1 / 255", "1.0 / 255.0"),
    ("compile", '"binary_crossentropy"', "keras.losses.BinaryCrossentropy()"),
    ("layers", "MaxPooling2D(2)", "MaxPooling2D((2, 2))"),
    ("layers", ", 3, activation", ", (3, 3), activation"),
    ("layers", "Dense(512", "Dense(units=512"),
    ("compile", '["accuracy"]', '["acc"]'),
)
"""What right answers may differ in: each subset of these is another right notebook."""
_FAULTS: tuple[Edit, ...] = (
    ("compile", "RMSprop(", "Adam("),
    ("generators", '"train",', '"train" / "horses",'),
    ("generators", "rescale=1 / 255", ""),
    ("compile", "RMSprop(", "RMSProp("),
    ("layers", 'Dense(1, activation="sigmoid")', "Dense(1)"),
    ("layers", "Conv2D(64", "Conv2D(32"),
    ("training", "", ""),
    ("prediction", "/ 255", ""),
)
_STRUCTURE_FAULTS: tuple[Edit, ...] = (
    *_FAULTS[:6],
    ("steps", "//", "%"),
    ("generators", '"binary"', '"categorical"'),
)


@dataclass(frozen=True)
class Student:
    """``original`` is who was copied from; one's own name for everybody else."""

    name: str
    kind: Kind
    original: str
    edits: tuple[Edit, ...]


def variant_course(folder: Path, variant: Variant, *, epochs: int = 15, one_in: int = 1) -> Course:
    """The built-in assignment in ``folder``: pictures of 150 or 300 pixels, or only its exercises before training.

    ``one_in`` draws fewer pictures, ``epochs`` trains for another number of them.
    """
    for part in ("solutions", "graders", "assignments"):
        (folder / part).mkdir(parents=True)
    shutil.copytree(ROOT / "datasets" / NAME, folder / "datasets" / NAME)
    solution = (ROOT / "solutions" / f"{NAME}.ipynb").read_text(encoding="utf-8")
    grader = (ROOT / "graders" / f"{NAME}.py").read_text(encoding="utf-8")
    if variant == "150":
        for large, small in _SMALLER.items():
            solution, grader = solution.replace(large, small), grader.replace(large, small)
    if variant == "structure":
        grader = grader.split("# --- Exercise 5")[0].replace(", hidden_accuracy=0.80", "")
        solution = _without_training(solution)
    solution = solution.replace("epochs=15", f"epochs={epochs}")
    (folder / "graders" / f"{NAME}.py").write_text(grader, encoding="utf-8")
    course = Course(folder)
    course.assignment(NAME).solution.write_text(solution, encoding="utf-8")
    recipe = folder / "datasets" / NAME / "dataset.toml"
    recipe.write_text(
        re.sub(r"(?m)^(horses|humans) = (\d+)$", lambda it: f"{it[1]} = {int(it[2]) // one_in}", recipe.read_text())
    )
    release(course.assignment(NAME).solution, course.assignment(NAME).notebook)
    return course


def _without_training(solution: str) -> str:
    content = json.loads(solution)
    ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in content["cells"]]
    content["cells"] = content["cells"][: ids.index(_TRAINING_BEGINS)]
    return json.dumps(content)


def class_of(size: int, variant: Variant, *, copies: bool = True) -> list[Student]:
    """In turn one who is right, one who is wrong and one who copied from one of the two; without ``copies`` the first
    two of each three. No two of those who did not copy have the same code."""
    faults = _STRUCTURE_FAULTS if variant == "structure" else _FAULTS
    students: list[Student] = []
    for place in range(size):
        number, kind = place // 3, place % 3
        right = Student(f"right_{number:02}", "right", f"right_{number:02}", _spelt(number))
        fault = faults[number % len(faults)]
        wrong = Student(f"wrong_{number:02}", "wrong", f"wrong_{number:02}", (fault, *_spelt(number // len(faults))))
        copied = (right, wrong)[number % 2]
        copy = Student(f"copy_{number:02}", "copy", copied.name, copied.edits)
        if copies or kind < 2:
            students.append((right, wrong, copy)[kind])
    return students


def _spelt(number: int) -> tuple[Edit, ...]:
    if number >= 2 ** len(_SPELLINGS):
        raise ValueError(f"there are no {number + 1} ways to spell the right answer")
    return tuple(edit for place, edit in enumerate(_SPELLINGS) if number >> place & 1)


def hand_in(course: Course, students: list[Student], folder: Path) -> dict[str, bytes]:
    """Writes everybody's notebook into ``folder``; the notebooks, by student."""
    folder.mkdir(parents=True)
    notebooks = {student.name: _notebook(course, student) for student in students}
    for name, notebook in notebooks.items():
        (folder / f"{name}.ipynb").write_bytes(notebook)
    return notebooks


def _notebook(course: Course, student: Student) -> bytes:
    notebook = course.assignment(NAME).solution.read_bytes()
    for exercise, old, new in student.edits:
        notebook = with_answers(notebook, {exercise: lambda text, o=old, n=new: text.replace(o, n) if o else n})
    return commented(notebook, student.name) if student.kind == "copy" else notebook


def commented(notebook: bytes, name: str) -> bytes:
    """The same code with somebody's remarks and empty lines in it."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.startswith("# Exercise"):
            header, _, code = source.partition("\n")
            cell["source"] = f"{header}\n# This is how I, {name}, did it.\n\n{code}\n\n# End of my answer.\n"
    return json.dumps(content, indent=1).encode()
