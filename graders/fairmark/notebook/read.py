"""A file handed in becomes a submission: parsed, and recognised as the assignment.

It has two forms. As handed in, it is the student's own notebook, in its own order and with its own text. Restored, it
has the author's text where a given cell is broken or missing, and the author's order; there is such a form only where
that differs in something that matters.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from fairmark.errors import UnreadableNotebook
from fairmark.evidence import Flag, Submission
from fairmark.notebook.handed_in import as_handed_in, flags_as_handed_in
from fairmark.notebook.master import Master
from fairmark.notebook.parse import parse_notebook, read_bytes
from fairmark.notebook.recognise import recognise
from fairmark.notebook.restore import flags_as_restored, restored

__all__ = ["Forms", "forms_from_bytes", "read_forms", "read_submission", "submission_from_bytes"]


@dataclass(frozen=True)
class Forms:
    """A notebook as it was handed in, and restored; None where there is nothing to restore."""

    as_handed_in: Submission
    restored: Submission | None


def read_submission(path: Path, *, student: str, master: Master) -> Submission:
    """The notebook in the file ``path``, as handed in, as ``student``'s submission to the assignment of ``master``.

    Raises `UnreadableNotebook` where it is not a readable notebook (see `read_bytes` and `parse_notebook`) or not one
    of this assignment; `MachineError` where this computer cannot read the file.
    """
    return read_forms(path, student=student, master=master).as_handed_in


def read_forms(path: Path, *, student: str, master: Master) -> Forms:
    """Both forms of it. Raises as `read_submission` does."""
    return forms_from_bytes(read_bytes(path), path=path, student=student, master=master)


def submission_from_bytes(data: bytes, *, path: Path | str, student: str, master: Master) -> Submission:
    """The notebook in ``data``, as handed in. Raises as `forms_from_bytes` does."""
    return forms_from_bytes(data, path=path, student=student, master=master).as_handed_in


def forms_from_bytes(data: bytes, *, path: Path | str, student: str, master: Master) -> Forms:
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
    read = recognise(notebook, master)
    unnamed: tuple[Flag, ...] = ()
    if named is None:
        if not read.shows_exercises:
            raise UnreadableNotebook(
                path,
                f"names no assignment, and no exercise of {master.assignment!r} was found in it",
                remedy=f"Put the answers into the notebook of {master.assignment!r} and hand that in.",
            )
        message = f"The file does not name its assignment; its exercises are those of {master.assignment}."
        unnamed = (Flag(kind="assignment_name_missing", message=message),)
    whole = Submission(
        student=student,
        assignment=master.assignment,
        notebook_sha256=hashlib.sha256(data).hexdigest(),
        cells=as_handed_in(read),
        flags=(*unnamed, *flags_as_handed_in(read)),
        uncounted=read.uncounted,
    )
    other = restored(read)
    if other is None:
        return Forms(whole, None)
    return Forms(whole, whole.model_copy(update={"cells": other, "flags": (*unnamed, *flags_as_restored(read))}))


def _assignment(notebook: NotebookNode) -> str | None:
    named = notebook.metadata.get("fairmark", {}).get("assignment")
    return named if isinstance(named, str) and named else None


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:59] + "…")
