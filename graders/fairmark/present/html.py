"""One report as one web page: everything inline, no script, safe to mail and to open from a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from fairmark.present import wording
from fairmark.present.curve import Curve
from fairmark.present.curve_svg import curve_svg
from fairmark.present.escape import one_line, plain
from fairmark.present.next_step import next_step
from fairmark.report import Report

__all__ = ["report_page"]


def report_page(
    report: Report,
    *,
    curve: Curve | None = None,
    not_checked: Sequence[str] = (),
    cell_lines: Mapping[int, str] | None = None,
) -> str:
    """``report`` as HTML 5; ``not_checked`` and ``cell_lines`` are as for :func:`.terminal.show_report`.

    Its content security policy forbids scripts and every outside address, whatever a text might smuggle in.
    """
    return _template().render(
        report=report,
        curve=curve,
        curve_svg=curve_svg(curve) if curve is not None else None,
        not_checked=not_checked,
        cell_lines=cell_lines or {},
        next_step=next_step(report, is_complete=not not_checked),
        style=Markup(_packaged("report.css")),
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, finalize=_finalized, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"one_line": one_line, "plain": plain}
    environment.globals |= {name: getattr(wording, name) for name in wording.__all__}
    return environment.from_string(_packaged("report.html.j2"))


def _finalized(value: object) -> object:
    """What every ``{{ }}`` of the template passes before it is escaped, so that none can be forgotten."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _packaged(name: str) -> str:
    return (files("fairmark.present") / name).read_text(encoding="utf-8")
