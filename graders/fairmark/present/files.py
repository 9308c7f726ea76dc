"""The files of one submission: its report as JSON for programs and as a web page for people, and its evidence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairmark.atomic_write import write_file
from fairmark.evidence import Evidence
from fairmark.present.curve import Curve
from fairmark.present.escape import file_stem
from fairmark.present.html import report_page
from fairmark.present.visibility import for_student
from fairmark.report import Report

__all__ = ["evidence_json", "report_files", "report_json", "report_name", "report_stem", "write_files"]


def report_json(report: Report) -> str:
    """``report`` as JSON of the schema ``fairmark.report/1``, ending in a newline.

    Texts are complete. Whatever is not ASCII is written as ``\\uXXXX``, so that showing the file on a terminal shows no
    control character and no change of direction either. Half a surrogate pair, which strict readers refuse the whole
    file for, is spelled out: a backslash, ``u`` and its four digits.
    """
    return _json(report.model_dump(by_alias=True), indent=2)


def evidence_json(evidence: Evidence) -> str:
    """``evidence`` as JSON of the schema ``fairmark.evidence/1``, written as :func:`report_json` does, but all in one
    line: laid out, each number of a table would take a line of its own, and a file ten times the room."""
    return _json(evidence.model_dump(by_alias=True), indent=None)


def report_name(report: Report) -> str:
    """``<student>.<assignment>``, safe as a file name and of its own for each pair of the two; a student's second file
    for the assignment is ``<student>.<assignment> (2)``."""
    return report_stem(report.student, report.assignment, report.file_number)


def report_stem(student: str, assignment: str, file_number: int = 1) -> str:
    """The same, for a report that is yet to be read."""
    # No stem holds a bracket, so that none of another student's can be the same.
    mark = f" ({file_number})" if file_number > 1 else ""
    return f"{file_stem(student)}.{file_stem(assignment, dots=False)}{mark}"


def report_files(
    report: Report,
    *,
    curve: Curve | None = None,
    not_checked: Sequence[str] = (),
    cell_lines: Mapping[int, str] | None = None,
    deadline_passed: bool = False,
) -> dict[str, str]:
    """What ``<student>.<assignment>.json`` and ``.html`` hold, by these names.

    The JSON is the instructor's and holds everything; the page is for the student (see :func:`.audience.for_student`).
    """
    shown = for_student(report, deadline_passed=deadline_passed)
    page = report_page(shown, curve=curve, not_checked=not_checked, cell_lines=cell_lines)
    return {f"{report_name(report)}.json": report_json(report), f"{report_name(report)}.html": page}


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Writes texts under their names into ``folder``, each whole or not at all; the paths. Raises
    :class:`fairmark.errors.MachineError` where one cannot be written."""
    paths = {folder / name: text for name, text in files.items()}
    for path, text in paths.items():
        write_file(path, text)
    return list(paths)


def _json(data: object, *, indent: int | None) -> str:
    # Not model_dump_json: it leaves C1 controls and marks of direction bare, and refuses half a surrogate pair.
    between = (",", ":") if indent is None else None
    return json.dumps(_writable(data), ensure_ascii=True, allow_nan=False, indent=indent, separators=between) + "\n"


def _writable(value: object) -> object:
    """``value`` with texts that are Unicode, and the numbers JSON has no word for spelled as the schema spells them."""
    match value:
        case dict():
            return {_writable(key): _writable(item) for key, item in value.items()}
        case list() | tuple():
            return [_writable(item) for item in value]
        case str() if not value.isascii():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value
