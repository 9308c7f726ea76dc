"""A file handed in becomes a submission: parsed, recognised as the assignment, and put in order against its master."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbformat import NotebookNode

from fairmark.errors import UnreadableNotebook
from fairmark.evidence import Flag, Submission
from fairmark.notebook.master import Master
from fairmark.notebook.match import FileCell
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.restore import restore

__all__ = ["read_submission", "submission_from_bytes"]


def read_submission(path: Path, *, student: str, master: Master) -> Submission:
    """The notebook in the file ``path`` as ``student``'s submission to the assignment of ``master``.

    Raises `UnreadableNotebook` where it is not a readable notebook (see `read_bytes` and `parse_notebook`) or not one
    of this assignment; `MachineError` where this computer cannot read the file.
    """
    return submission_from_bytes(read_bytes(path), path=path, student=student, master=master)


def submission_from_bytes(data: bytes, *, path: Path | str, student: str, master: Master) -> Submission:
    """The notebook in ``data`` as a submission; ``path`` is for messages only, the digest is that of ``data``.

    Raises `UnreadableNotebook` where `parse_notebook` does, where the notebook names another assignment, or where it
    names none and none of the exercises can be found in it.
    """
    notebook = parse_notebook(data, path=path)
    named = _assignment(notebook)
    if named is not None and named != master.assignment:
        raise UnreadableNotebook(
            path,
            f"is a notebook of the assignment {_quoted(named)}, not of {master.assignment!r}",
            remedy=f"Hand in the notebook of {master.assignment!r}, or mark this one as the assignment it belongs to.",
        )
    restored = restore(_code_cells(notebook), master)
    flags = list(restored.flags)
    if named is None:
        if not restored.exercises_found:
            raise UnreadableNotebook(
                path,
                f"names no assignment, and no exercise of {master.assignment!r} was found in it",
                remedy=f"Put the answers into the notebook of {master.assignment!r} and hand that in.",
            )
        message = f"The file does not name its assignment; its exercises are those of {master.assignment}."
        flags.insert(0, Flag(kind="assignment_name_missing", message=message))
    return Submission(
        student=student,
        assignment=master.assignment,
        notebook_sha256=hashlib.sha256(data).hexdigest(),
        cells=restored.cells,
        flags=tuple(flags),
    )


def _assignment(notebook: NotebookNode) -> str | None:
    named = notebook.metadata.get("fairmark", {}).get("assignment")
    return named if isinstance(named, str) and named else None


def _code_cells(notebook: NotebookNode) -> list[FileCell]:
    return [
        FileCell(number, cell.source, _grade_id(cell))
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
    ]


def _grade_id(cell: NotebookNode) -> str | None:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id if isinstance(grade_id, str) else None


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:59] + "…")
