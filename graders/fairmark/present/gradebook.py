"""The gradebook: one CSV row per submission, for spreadsheets and for learning platforms."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from fairmark.atomic_write import write_file
from fairmark.present.escape import csv_field
from fairmark.present.names import shown_apart
from fairmark.present.wording import number, percent
from fairmark.report import Standing

__all__ = ["COLUMNS", "exercise_ids", "gradebook_row", "gradebook_text", "write_gradebook"]

COLUMNS: Final = ("student", "assignment", "score", "max_score", "percent", "outcome", "flags", "file")
"""The columns before those of the exercises."""


def exercise_ids(standings: Iterable[Standing]) -> tuple[str, ...]:
    """The exercises of all ``standings``, each once, in the order they first appear."""
    return tuple(dict.fromkeys(exercise.id for standing in standings for exercise in standing.exercises))


def gradebook_row(standing: Standing, ids: Sequence[str] | None = None, student: str | None = None) -> list[str]:
    """The fields of ``standing``: those of :data:`COLUMNS`, then the score of each exercise in ``ids``.

    An exercise it lacks leaves its field empty. Without ``ids``, its own exercises, in order. ``student`` is what
    stands for the student's name where it has to be told from another's.
    """
    scores = {exercise.id: number(exercise.score) for exercise in standing.exercises}
    return [
        csv_field(standing.student) if student is None else student,
        csv_field(standing.assignment),
        number(standing.score),
        number(standing.max_score),
        percent(standing.percent),
        standing.outcome,
        csv_field(";".join(dict.fromkeys(standing.flags))),
        csv_field(standing.file),
        *(scores.get(id_, "") for id_ in (exercise_ids([standing]) if ids is None else ids)),
    ]


def gradebook_text(standings: Sequence[Standing]) -> str:
    """The whole gradebook as CSV (RFC 4180), a line of headings first; students who differ have fields that differ."""
    ids = exercise_ids(standings)
    names = shown_apart((standing.student for standing in standings), csv_field)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(csv_field(id_) for id_ in ids)])
    writer.writerows(gradebook_row(standing, ids, names[standing.student]) for standing in standings)
    return text.getvalue()


def write_gradebook(path: Path, standings: Sequence[Standing]) -> None:
    """Write :func:`gradebook_text` to ``path`` as UTF-8 without a byte order mark, whole or not at all.

    Raises:
        MachineError: the file cannot be written.
    """
    write_file(path, gradebook_text(standings))
