"""What a teacher is told of a class besides its rows: what was left out and why, and what wants a second look."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from fairmark.notebook.kinds import Reason
from fairmark.notebook.members import without_copy_mark
from fairmark.present.encodable import Encodable
from fairmark.present.escape import as_text, csv_field, one_line
from fairmark.present.wording import LOOKS
from fairmark.report import SEVERAL_FILES, Standing

__all__ = ["Remarks", "left_out_text", "remarks_data", "show_remarks"]

_NAMED = 4
"""Files or students that are named for one reason; the others are counted."""
_GROUPS = 12
"""Reasons that are named; a file beside the gradebook has them all."""


@dataclass(frozen=True)
class Remarks:
    """``left_out`` are files without a row, each with its reason, all of which stand in the file ``listed``;
    ``same_code`` groups of students whose notebooks hold the same code, each with its assignment."""

    left_out: Sequence[tuple[str, Reason]] = ()
    listed: Path = Path("left_out.csv")
    same_code: Sequence[tuple[str, Sequence[str]]] = ()


def remarks_data(remarks: Remarks) -> dict[str, Any]:
    """For programs: what stands behind the reports in a list of them."""
    return {
        "schema": "fairmark.remarks/1",
        "left_out": [
            {"file": file, "reason": reason.said, "remedy": reason.remedy or None} for file, reason in remarks.left_out
        ],
        "same_code": [
            {"assignment": assignment, "students": [*students]} for assignment, students in remarks.same_code
        ],
    }


def left_out_text(left_out: Sequence[tuple[str, Reason]]) -> str:
    """All of them as CSV (RFC 4180), a line of headings first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["file", "reason", "remedy"])
    writer.writerows([csv_field(part) for part in (file, reason.said, reason.remedy)] for file, reason in left_out)
    return text.getvalue()


def show_remarks(console: Console, standings: Sequence[Standing], remarks: Remarks) -> None:
    """Print on ``console`` what of the class wants a second look; nothing where nothing does."""
    for line in (*_several(standings), *_alike(standings), *_same_code(remarks), *_left_out(remarks)):
        console.print(Encodable(line), markup=False, highlight=False, emoji=False)


def _several(standings: Sequence[Standing]) -> Iterator[Text]:
    """Who handed in more than one file for an assignment."""
    files: Counter[tuple[str, str]] = Counter()
    for one in standings:
        if SEVERAL_FILES in one.flags:
            files[one.student, one.assignment] += 1
    if files:
        said = [
            f"{_short(student)} ({count} for {_short(assignment)})" for (student, assignment), count in files.items()
        ]
        yield _line("Several files: ", f"{_some(said)}. Each was marked and has a row; which counts, you decide.")


def _alike(standings: Sequence[Standing]) -> Iterator[Text]:
    """Names that differ only in capitals, in the form of their letters or in the mark of a copy."""
    names: dict[str, dict[str, None]] = {}
    for one in standings:
        folded = unicodedata.normalize("NFKC", without_copy_mark(one.student)).casefold()
        names.setdefault(folded, {})[one.student] = None
    groups = [" and ".join(map(_short, group)) for group in names.values() if len(group) > 1]
    if groups:
        yield _line("Perhaps one student: ", f"{_some(groups, '; ')}. Names that differ in so little count as two.")


def _same_code(remarks: Remarks) -> Iterator[Text]:
    groups = [f"{_some([*map(_short, students)])} ({_short(name)})" for name, students in remarks.same_code]
    if groups:
        yield _line("The same code: ", f"{_some(groups, '; ')}. It costs no marks; short answers agree by chance.")


def _left_out(remarks: Remarks) -> Iterator[Text]:
    count = len(remarks.left_out)
    if not count:
        return
    yield _line(
        f"Left out: {count} ", f"file{'s or folders' if count > 1 else ' or folder'}, named in {remarks.listed}"
    )
    files: dict[Reason, list[str]] = {}
    for file, reason in remarks.left_out:
        files.setdefault(reason, []).append(_short(file))
    for reason, group in list(files.items())[:_GROUPS]:
        said = f"{'each ' if len(group) > 1 else ''}{one_line(reason.said, limit=200)}"
        yield _line("", f"  {_some(group)} {said}. {one_line(reason.remedy)}".rstrip())
    if len(files) > _GROUPS:
        yield _line("", f"  and more, for {len(files) - _GROUPS} other reasons")


def _some(texts: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return f"{between.join(texts[:_NAMED])}{more}"


def _short(name: str) -> str:
    return one_line(name, limit=60)


def _line(heading: str, text: str) -> Text:
    return Text.assemble((heading, LOOKS["needs_attention"].style), as_text(text))
