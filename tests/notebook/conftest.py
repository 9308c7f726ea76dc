"""A small assignment: its solution as an author writes it, and the student notebook released from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fairmark.notebook.master import Master, master_from_bytes
from fairmark.notebook.student_notebook import release_notebook


def _code(source: str, exercise: str | None = None) -> dict[str, Any]:
    metadata = {"nbgrader": {"schema_version": 3, "solution": True, "grade_id": exercise}} if exercise else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "execution_count": None, "outputs": []}


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


SOLUTION_CELLS = [
    _markdown("# Horses or humans"),
    _code("import math\nimport tensorflow as tf\n\nPICTURES = 'pictures/train'\nBATCH = 128"),
    _code(
        "# Exercise: labels\n"
        "augmented = ImageDataGenerator(horizontal_flip=True)\n"
        "plain_pictures = ImageDataGenerator()\n"
        "### BEGIN SOLUTION\n"
        "train_pictures = augmented.flow_from_directory(PICTURES, class_mode='binary')\n"
        "### END SOLUTION",
        "labels",
    ),
    _markdown("Now compile it."),
    _code(
        "# Exercise: compile\n### BEGIN SOLUTION\nmodel.compile(loss='binary_crossentropy')\n### END SOLUTION",
        "compile",
    ),
    _code("history = model.fit(train_pictures, epochs=2, steps_per_epoch=math.ceil(1027 / BATCH))"),
    _code(
        "# Exercise: predict\n"
        "def predict(path):\n"
        "    ### BEGIN SOLUTION\n"
        "    return float(model.predict(load(path))[0, 0])\n"
        "    ### END SOLUTION\n"
        "predict('horse.png')",
        "predict",
    ),
]


@pytest.fixture(scope="session")
def solution() -> bytes:
    """The solution notebook's bytes; its exercises are labels (cell 3), compile (5) and predict (7)."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": SOLUTION_CELLS}
    return json.dumps(notebook).encode()


@pytest.fixture(scope="session")
def released(solution: bytes) -> bytes:
    """The student notebook's bytes."""
    return release_notebook(solution, path="horses.ipynb")


@pytest.fixture(scope="session")
def master(released: bytes) -> Master:
    """What submissions to the assignment ``horses`` are read against."""
    return master_from_bytes(released, path="horses.ipynb")


@pytest.fixture(scope="session")
def master_with_answers(solution: bytes, master: Master) -> Master:
    """The same, where the solution is at hand."""
    answers = {cell.grade_id: cell.source for cell in master_from_bytes(solution, path="horses.ipynb").cells}
    cells = (replace(cell, answer=answers[cell.grade_id]) if cell.exercise else cell for cell in master.cells)
    return replace(master, cells=tuple(cells))
