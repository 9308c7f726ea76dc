"""Slips from lecture notes, as submissions to the small course of ``walled``, and the feedback that each must get."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from walled import NAME, right_notebook, walled_course

from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course

__all__ = ["Note", "Single", "notes", "notes_course", "singles"]

FOLDER = Path(__file__).resolve().parent / "corpus" / "notes"

_READING = """
reading = grader.exercise("reading", title="Read the history", needs_training=True)


@reading.check("The accuracy of the last epoch", points=1)
def last_accuracy(run: RunView) -> None:
    run.answer("last_accuracy")


"""


@dataclass(frozen=True)
class Note:
    """A right submission with some answers replaced. ``lost`` are marks by exercise; ``says`` is the whole message of
    each check that lost marks, by ``exercise.check``, or by exercise where all that lost marks say the same. ``train``
    says that the run must train; the others stop at ``fit``."""

    name: str
    answers: Mapping[str, str]
    lost: Mapping[str, float] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    train: bool = False

    def notebook(self, course: Course) -> bytes:
        edits = {
            exercise: lambda source, answer=answer, exercise=exercise: f"# Exercise: {exercise}\n{answer}"
            for exercise, answer in self.answers.items()
        }
        return with_answers(right_notebook(course), edits)


@dataclass(frozen=True)
class Single:
    """One cell, ``cell``, and the whole message for what it raises; ``says`` is empty where it must not raise."""

    name: str
    cell: str
    says: str = ""


def notes() -> list[Note]:
    """The submissions, those that train last."""
    found: list[Note] = []
    for path in sorted(FOLDER.glob("*.toml")):
        entries: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get("note", [])
        found += [Note(**entry) for entry in entries]
    return sorted(found, key=lambda note: note.train)


def singles() -> list[Single]:
    """The single cells."""
    paths = sorted(FOLDER.glob("single*.toml"))
    entries = [entry for path in paths for entry in tomllib.loads(path.read_text(encoding="utf-8"))["cell"]]
    return [Single(**entry) for entry in entries]


def notes_course(root: Path) -> Course:
    """The small course with one exercise more, between training and prediction: what the history says."""
    course = walled_course(root)
    assignment = course.assignment(NAME)
    script = assignment.grader.read_text(encoding="utf-8")
    before, marker, after = script.partition("# --- Exercise 6")
    assignment.grader.write_text(f"{before}{_READING}{marker}{after}", encoding="utf-8")
    solution = json.loads(assignment.solution.read_bytes())
    at = next(n for n, cell in enumerate(solution["cells"]) if _exercise(cell) == "training")
    cell = json.loads(json.dumps(solution["cells"][at]))
    cell["id"] = "reading"
    cell["metadata"]["nbgrader"]["grade_id"] = "reading"
    cell["source"] = (
        "# Exercise: reading\n### BEGIN SOLUTION\nlast_accuracy = history.history['accuracy'][-1]\n### END SOLUTION\n"
    )
    solution["cells"].insert(at + 1, cell)
    assignment.solution.write_text(json.dumps(solution), encoding="utf-8")
    release(assignment.solution, assignment.notebook)
    return course


def _exercise(cell: dict[str, Any]) -> str | None:
    name: str | None = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return name
