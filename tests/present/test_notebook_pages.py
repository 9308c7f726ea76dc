"""Notebooks that were handed in, as pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from fairmark.evidence import Cell, CellError, CellFinished, Evidence, Run, Stamped, Submission
from fairmark.present.exporters import exporter_for
from fairmark.present.notebook_pages import notebook_of
from fairmark.report import Report, Standing

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>"


def submission(*sources: str, printed: dict[int, str] | None = None, error: CellError | None = None) -> Evidence:
    cells = tuple(
        Cell(position=place, number=place + 1, role="added", source=source, touched=True)
        for place, source in enumerate(sources, start=1)
    )
    finished = CellFinished(cell=1, seconds=0.1, error=error)
    run = Run(outcome="completed", printed=printed or {}, events=(Stamped(at_seconds=0.1, event=finished),))
    return Evidence(submission=Submission(student="ada", assignment="shades", notebook_sha256="", cells=cells), run=run)


class OneSubmission:
    """A class of one."""

    deadline_passed = False

    def __init__(self, report: Report, evidence: Evidence | None) -> None:
        self._report, self._evidence = report, evidence

    @property
    def standings(self) -> Sequence[Standing]:
        return [Standing.of(self._report)]

    def report(self, standing: Standing) -> Report:
        return self._report

    def evidence(self, standing: Standing) -> Evidence | None:
        return self._evidence

    def cell_lines(self, standing: Standing) -> Mapping[int, str]:
        return {}


def page_of(report: Report, evidence: Evidence) -> str:
    [(name, page)] = exporter_for("notebooks").files(OneSubmission(report, evidence))
    assert name.endswith(".html")
    assert isinstance(page, str)
    return page


def test_cells_keep_their_order_and_the_numbers_that_people_know_them_by() -> None:
    notebook = notebook_of(submission("a = 1", "b = 2"))
    assert [(cell.source, cell.execution_count) for cell in notebook.cells] == [("a = 1", 2), ("b = 2", 3)]


def test_text_cells_are_left_out() -> None:
    evidence = submission("a = 1")
    words = Cell(position=9, number=9, role="markdown", source="# Words", touched=True)
    raw = Cell(position=10, number=10, role="raw", source="raw", touched=True)
    cells = (*evidence.submission.cells, words, raw)
    evidence = evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})
    assert [cell.source for cell in notebook_of(evidence).cells] == ["a = 1"]


def test_the_same_submission_has_the_same_page(small_report: Report) -> None:
    assert page_of(small_report, submission("a = 1")) == page_of(small_report, submission("a = 1"))


def test_what_was_printed_and_raised_stands_below_the_cell(small_report: Report) -> None:
    error = CellError(type="ZeroDivisionError", message="division by zero", line=1)
    page = page_of(small_report, submission("1 / 0", printed={1: "so far\n"}, error=error))
    assert page.index("so far") < page.index("ZeroDivisionError: division by zero")


@pytest.mark.parametrize("place", ["source", "printed", "error"])
def test_nothing_that_a_student_wrote_is_markup(small_report: Report, place: str) -> None:
    error = CellError(type=HOSTILE, message=HOSTILE, line=1) if place == "error" else None
    source = f"x = {HOSTILE!r}" if place == "source" else "x = 1"
    page = page_of(small_report, submission(source, printed={1: HOSTILE if place == "printed" else ""}, error=error))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script" in page
    assert "default-src 'none'" in page


def test_a_submission_without_evidence_has_no_page(small_report: Report) -> None:
    assert list(exporter_for("notebooks").files(OneSubmission(small_report, None))) == []
