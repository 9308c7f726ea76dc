"""A course of two assignments about 28 tiny pictures, for tests in which nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course

__all__ = ["PRETEND", "answered", "tiny_course"]

RECIPE = """\
name = "tiles"
title = "Tiles"
classes = ["dark", "light"]
picture_size = [8, 8]
seed = 1
licence = "CC0-1.0"

[splits.train]
dark = 8
light = 8

[splits.validation]
dark = 2
light = 2

[hidden]
dark = 4
light = 4
"""

RENDER = """\
from PIL import Image

def draw(class_name, random):
    shade = random.randrange(100) + 150 * (class_name == "light")
    return Image.new("RGB", (8, 8), (shade, shade, random.randrange(256)))
"""

GRADER = """\
from fairmark import Grader, expect
from fairmark.keras import RunView

grader = Grader("NAME", title="Compile settings", dataset="tiles")
settings = grader.exercise("compile", title="Compile the model")
fitting = grader.exercise("training", title="Train it", needs_training=True)


@settings.check("The loss fits", points=2, hint="Which one fits two classes?")
def loss(run: RunView) -> None:
    expect(run.answer("loss")).to_be("binary_crossentropy")


@fitting.check("It is trained twice", points=1)
def trained(run: RunView) -> None:
    expect(run.answer("epochs")).to_be(2)
"""

CELLS = [
    ("markdown", "# Compile settings", None),
    ("code", "import math\nfrom fairmark import check", None),
    ("code", "# Exercise: compile\n### BEGIN SOLUTION\nloss = 'binary_crossentropy'\n### END SOLUTION", "compile"),
    ("code", "# Exercise: training\n### BEGIN SOLUTION\nepochs = 2\n### END SOLUTION", "training"),
]

PRETEND = """
send("session_started", software={}, numerics="float32", seed=1)
names = {}
for cell in job["cells"]:
    send("cell_started", cell=cell["position"])
    before, error = dict(names), None
    try:
        exec(cell["source"].replace("from fairmark import check", "check = print"), names)
    except Exception as problem:
        error = {"type": type(problem).__name__, "message": str(problem)}
    values = {name: value for name, value in names.items() if type(value) in (int, str) and name not in before}
    send("names_bound", cell=cell["position"], values=values)
    send("cell_finished", cell=cell["position"], seconds=0, error=error)
send("run_finished")
"""
"""For :class:`scripted.Scripted`: runs cells and tells what they bound, without TensorFlow, and without importing
fairmark, which takes longer than all the rest."""


def _cell(kind: str, source: str, exercise: str | None) -> dict[str, Any]:
    nbgrader = {"schema_version": 3, "solution": True, "grade": False, "locked": False, "grade_id": exercise}
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {"nbgrader": nbgrader} if exercise else {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def tiny_course(root: Path, *names: str) -> Course:
    """Assignments of 3 points each, alike but for their names; by default ``compile_settings`` and ``convolutions``."""
    for part in ("assignments", "solutions", "graders", "datasets/tiles"):
        (root / part).mkdir(parents=True)
    (root / "datasets/tiles/dataset.toml").write_text(RECIPE)
    (root / "datasets/tiles/render.py").write_text(RENDER)
    course = Course(root)
    for name in names or ("compile_settings", "convolutions"):
        (root / "graders" / f"{name}.py").write_text(GRADER.replace("NAME", name))
        assignment = course.assignment(name)
        cells = [_cell(*cell) for cell in CELLS]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        assignment.solution.write_text(json.dumps(notebook))
        release(assignment.solution, assignment.notebook)
    return course


def answered(course: Course, name: str = "compile_settings") -> bytes:
    """The notebook of an assignment with something in its first stub."""
    given = course.assignment(name).notebook.read_bytes()
    return with_answers(given, {"compile": lambda source: "# Exercise: compile\nloss = 'mse'"})
