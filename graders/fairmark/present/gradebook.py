"""The gradebook: one CSV row per submission, for spreadsheets and for learning platforms."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from fairmark.present.escape import csv_field
from fairmark.present.names import shown_apart
from fairmark.present.wording import number, percent
from fairmark.report import Report
from fairmark.whole import write_file

__all__ = ["COLUMNS", "exercise_ids", "gradebook_row", "gradebook_text", "write_gradebook"]

COLUMNS: Final = ("student", "assignment", "score", "max_score", "percent", "outcome", "flags")
"""The columns before those of the exercises."""


def exercise_ids(reports: Iterable[Report]) -> tuple[str, ...]:
    """The exercises of all ``reports``, each once, in the order they first appear."""
    return tuple(dict.fromkeys(exercise.id for report in reports for exercise in report.exercises))


def gradebook_row(report: Report, ids: Sequence[str] | None = None, student: str | None = None) -> list[str]:
    """The fields of ``report``: those of :data:`COLUMNS`, then the score of each exercise in ``ids``.

    An exercise the report lacks leaves its field empty. Without ``ids``, the report's own exercises, in order.
    ``student`` is what stands for the student's name where it has to be told from another's.
    """
    scores = {exercise.id: number(exercise.score) for exercise in report.exercises}
    kinds = dict.fromkeys(flag.kind.replace(";", ",") for flag in report.flags)
    return [
        csv_field(report.student) if student is None else student,
        csv_field(report.assignment),
        number(report.score),
        number(report.max_score),
        percent(report.percent),
        report.outcome,
        csv_field(";".join(kinds)),
        *(scores.get(id_, "") for id_ in (exercise_ids([report]) if ids is None else ids)),
    ]


def gradebook_text(reports: Sequence[Report]) -> str:
    """The whole gradebook as CSV (RFC 4180), a line of headings first; students who differ have fields that differ."""
    ids = exercise_ids(reports)
    names = shown_apart((report.student for report in reports), csv_field)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(csv_field(id_) for id_ in ids)])
    writer.writerows(gradebook_row(report, ids, names[report.student]) for report in reports)
    return text.getvalue()


def write_gradebook(path: Path, reports: Sequence[Report]) -> None:
    """Write :func:`gradebook_text` to ``path`` as UTF-8 without a byte order mark, whole or not at all.

    Raises:
        MachineError: the file cannot be written.
    """
    write_file(path, gradebook_text(reports))
