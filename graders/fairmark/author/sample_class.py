"""A small made-up class for one assignment, written from its own notebooks: for the demo and for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from fairmark.course import Assignment
from fairmark.errors import AuthorError
from fairmark.notebook.master import handed_out_bytes

__all__ = ["SAMPLE_STUDENTS", "with_answers", "write_sample_class"]

Edit = Callable[[str], str]


def _replacing(old: str, new: str) -> Edit:
    def edit(source: str) -> str:
        if old not in source:
            raise AuthorError(f"the solution no longer holds {old!r}, which the sample class changes")
        return source.replace(old, new)

    return edit


SAMPLE_STUDENTS: dict[str, dict[str, Edit] | None] = {
    "ada_right": {},
    "ben_blank": None,
    "chi_optimizer": {"compile": _replacing("RMSprop(", "Adam(")},
    "dan_folder": {"generators": _replacing('pictures_dir / "train"', 'pictures_dir / "train" / "horses"')},
    "eva_raises": {"compile": _replacing("RMSprop(", "RMSProp(")},
    "fay_untrained": {"training": lambda source: ""},
}
"""Student and what is changed in the solution's cells, by exercise; None for the notebook as it was given out."""


def with_answers(notebook: bytes, edits: dict[str, Edit]) -> bytes:
    """``notebook`` (a solution) with the cells of some exercises edited."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        exercise = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if exercise in edits:
            source = "".join(cell["source"])
            cell["source"] = edits[exercise](source)
    return json.dumps(content, indent=1).encode()


def write_sample_class(assignment: Assignment, folder: Path) -> list[str]:
    """Writes one notebook per student into ``folder``; the students' names."""
    folder.mkdir(parents=True, exist_ok=True)
    for student, edits in SAMPLE_STUDENTS.items():
        if edits is None:
            notebook = handed_out_bytes(assignment)
        else:
            notebook = with_answers(assignment.solution.read_bytes(), edits)
        (folder / f"{student}.ipynb").write_bytes(notebook)
    return list(SAMPLE_STUDENTS)
