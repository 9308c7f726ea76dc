"""Exporters: files made of a graded class, one format each. `exporters.md` says how to write one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias, runtime_checkable

from fairmark.evidence import Evidence
from fairmark.extensions import ExtensionPoint
from fairmark.present.curve import curve_of
from fairmark.present.files import report_json, report_name
from fairmark.present.gradebook import gradebook_text
from fairmark.present.html import report_page
from fairmark.present.visibility import for_student
from fairmark.report import Report, Standing

__all__ = [
    "EXPORTERS",
    "ClassResults",
    "ExportedFile",
    "Exporter",
    "GradebookExporter",
    "HtmlExporter",
    "JsonExporter",
    "exporter_for",
]

ExportedFile: TypeAlias = tuple[str, str | bytes]
"""The name of a file, without a folder, and what it holds; text is written as UTF-8."""


class ClassResults(Protocol):
    """A class that has been graded. What is read from files is read when it is asked for, one submission at a time."""

    @property
    def standings(self) -> Sequence[Standing]:
        """One for each submission, in the order of the gradebook."""

    @property
    def deadline_passed(self) -> bool:
        """Whether students may see what checks keep back until the deadline."""

    def report(self, standing: Standing) -> Report:
        """The whole report, as an instructor may see it; :func:`fairmark.present.visibility.for_student` gives what the
        student may see. Raises :class:`fairmark.errors.MachineError` if it cannot be read."""

    def evidence(self, standing: Standing) -> Evidence | None:
        """What the marks rest on; None if it is not there or cannot be read. It may be tens of megabytes."""

    def cell_lines(self, standing: Standing) -> Mapping[int, str]:
        """The first line of code of each cell, by the cell's number; empty without evidence."""


@runtime_checkable
class Exporter(Protocol):
    """Makes files of a class. An entry point of the group ``fairmark.exporters`` names a class, or a function, that
    makes one without arguments."""

    def files(self, results: ClassResults) -> Iterable[ExportedFile]:
        """The files, each with a name of its own. They are written as they come, so that a generator keeps no more than
        one in memory."""


class GradebookExporter:
    """The exporter ``gradebook``: the gradebook as CSV, as ``grade`` writes it."""

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        """``gradebook.csv``."""
        yield "gradebook.csv", gradebook_text(results.standings)


class JsonExporter:
    """The exporter ``json``: whole reports for programs, without the students' pages beside them."""

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        """``<student>.<assignment>.json`` for each submission."""
        for standing in results.standings:
            report = results.report(standing)
            yield f"{report_name(report)}.json", report_json(report)


class HtmlExporter:
    """The exporter ``html``: the students' pages, without anything that only instructors may see beside them."""

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        """``<student>.<assignment>.html`` for each submission."""
        for standing in results.standings:
            report, evidence = results.report(standing), results.evidence(standing)
            page = report_page(
                for_student(report, deadline_passed=results.deadline_passed),
                curve=None if evidence is None else curve_of(evidence.run),
                cell_lines=results.cell_lines(standing),
            )
            yield f"{report_name(report)}.html", page


EXPORTERS = ExtensionPoint(group="fairmark.exporters", noun="exporter", protocol=Exporter)


def exporter_for(name: str) -> Exporter:
    """The exporter called ``name``. Raises what :meth:`fairmark.extensions.ExtensionPoint.make` does."""
    exporter: Exporter = EXPORTERS.make(name)
    return exporter
