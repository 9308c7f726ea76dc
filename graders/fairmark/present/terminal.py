"""One report on a terminal: who and how it ran, a panel per exercise, the curve, the total, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fairmark.present.curve import Curve
from fairmark.present.encodable import Encodable
from fairmark.present.escape import as_text, one_line
from fairmark.present.next_step import next_step
from fairmark.present.plot import CurvePlot
from fairmark.present.wording import LOOKS, lead, marks, number, percent, repeats, run_facts
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report

__all__ = ["show_report"]

# Beyond this a line of prose is tiring to read.
_WIDEST_COLUMNS = 100
_QUIET_STYLE = "grey50"


def show_report(
    console: Console,
    report: Report,
    *,
    curve: Curve | None = None,
    not_checked: Sequence[str] = (),
    cell_lines: Mapping[int, str] | None = None,
) -> None:
    """Print ``report`` on ``console``: in colour on a terminal, as plain text into a pipe or where NO_COLOR is set.

    ``not_checked`` names what this run did not look at; ``cell_lines`` holds the first line of code of each cell, by
    the cell's number.
    """
    page = _Page(report, cell_lines or {}, ascii_only=console.options.ascii_only)
    parts: list[RenderableType] = [page.header()]
    parts += [page.exercise(exercise) for exercise in report.exercises]
    if curve is not None:
        parts.append(_panel(CurvePlot(curve), Text("Accuracy, epoch by epoch"), _QUIET_STYLE))
    if not_checked:
        items = [as_text(f"{page.bullet} {one_line(title)}") for title in not_checked]
        parts.append(_panel(Group(*items), Text("Not checked this time"), _QUIET_STYLE))
    if report.flags_for_a_person:
        parts.append(page.flags())
    parts += [page.total(), page.next_step(is_complete=not not_checked)]
    width = min(console.width, _WIDEST_COLUMNS)
    console.print(Encodable(Group(*parts)), width=width, markup=False, highlight=False, emoji=False)


def _panel(content: RenderableType, title: Text, style: str, subtitle: Text | None = None) -> Panel:
    return Panel(
        content,
        box=box.ROUNDED,
        title=title,
        title_align="left",
        subtitle=subtitle,
        subtitle_align="right",
        border_style=style,
        padding=(0, 1),
    )


class _Page:
    """The parts of one report, each as something Rich can lay out."""

    def __init__(self, report: Report, cell_lines: Mapping[int, str], *, ascii_only: bool) -> None:
        self.report = report
        self.cell_lines = cell_lines
        self.ascii_only = ascii_only
        self.bullet = "-" if ascii_only else "·"

    def symbol(self, outcome: Outcome) -> Text:
        look = LOOKS[outcome]
        return Text(look.ascii_symbol if self.ascii_only else look.symbol, style=f"bold {look.style}")

    def header(self) -> RenderableType:
        run = self.report.run
        lines = [as_text(one_line(self.report.student), "bold"), Text(f" {self.bullet} ".join(run_facts(run)))]
        if self.report.file:
            lines.insert(1, as_text(one_line(self.report.file), _QUIET_STYLE))
        if run.outcome not in {"unreadable", "not_run"}:
            walls = ", ".join(one_line(layer, limit=40) for layer in run.isolation)
            confined = f"Confined by {walls}" if walls else "Not confined"
            lines.append(as_text(f"{confined} {self.bullet} {one_line(run.numerics, limit=60)}", _QUIET_STYLE))
        return _panel(Group(*lines), as_text(one_line(self.report.assignment, limit=60), "bold"), _QUIET_STYLE)

    def exercise(self, exercise: ExerciseResult) -> RenderableType:
        look = LOOKS[exercise.outcome]
        title = Text.assemble(self.symbol(exercise.outcome), " ", as_text(one_line(exercise.title), "bold"))
        score = marks(exercise.score, exercise.max_score)
        subtitle = Text.assemble((f"{look.words} {self.bullet} ", look.style), (score, "bold"))
        rows = Table.grid(padding=(0, 1), expand=True)
        rows.add_column(width=1)
        rows.add_column(ratio=1, overflow="fold")
        rows.add_column(justify="right", no_wrap=True)
        follows_findings = False
        again = repeats(exercise.checks)
        for check in exercise.checks:
            is_short = check.outcome == "passed" or check.id in again
            if follows_findings and not is_short:
                rows.add_row()
            style = _QUIET_STYLE if check.outcome == "passed" else ""
            points = Text(marks(check.score, check.max_score), style=style)
            rows.add_row(self.symbol(check.outcome), self.check(check, is_repeated=check.id in again), points)
            follows_findings = not is_short
        closing = self.closing(exercise)
        return _panel(rows if closing is None else Group(rows, Text(""), closing), title, look.style, subtitle)

    def closing(self, exercise: ExerciseResult) -> RenderableType | None:
        """What an exercise ends with: why it was right, or its first hint. That of one which nobody has begun is kept
        for the next step: a hint for each would be a page of them."""
        if exercise.lesson:
            return as_text(exercise.lesson, "italic", limit=600)
        if exercise.hint and exercise.outcome != "unattempted":
            return Text.assemble(("To begin with: ", _QUIET_STYLE), as_text(exercise.hint, "italic", limit=600))
        return None

    def check(self, check: CheckResult, *, is_repeated: bool = False) -> RenderableType:
        title = as_text(one_line(check.title))
        if check.outcome == "passed":
            remark = [as_text(check.message, _QUIET_STYLE, limit=600)] if check.message else []
            return Group(title, *remark)
        if check.outcome == "unattempted":
            place = f" Cell {check.cell}." if check.cell is not None else ""
            said = as_text(f"{check.message or 'Not attempted yet.'}{place}", _QUIET_STYLE, limit=600)
            return title if is_repeated else Group(title, said)
        title.stylize("bold")
        if is_repeated:
            return Group(title, Text("As above.", style=_QUIET_STYLE))
        message = [as_text(lead(check), limit=600)] if check.message else []
        return Group(title, *message, *self.findings(check))

    def findings(self, check: CheckResult) -> list[RenderableType]:
        """Found and expected under each other, then where, then the hint; nothing where all are missing."""
        rows: list[tuple[str, Text]] = []
        if check.outcome != "error":  # its message says what was raised
            rows += [("Found", as_text(check.found, limit=300))] if check.found is not None else []
            rows += [("Expected", as_text(check.expected, limit=300))] if check.expected is not None else []
        if check.cell is not None:
            line = one_line(self.cell_lines.get(check.cell, ""), limit=80)
            rows.append(("Cell", Text.assemble((str(check.cell), "bold"), "  ", as_text(line, _QUIET_STYLE))))
        if check.hint:
            rows.append(("Hint:", as_text(check.hint, "italic", limit=400)))
        if not rows:
            return []
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=_QUIET_STYLE, no_wrap=True, min_width=len("Expected"))
        grid.add_column(overflow="fold")
        for label, value in rows:
            grid.add_row(Text(label), value)
        return [Padding(grid, (0, 0, 0, 2))]

    def flags(self) -> RenderableType:
        lines = []
        for flag in self.report.flags_for_a_person:
            place = f" (cell {flag.cell})" if flag.cell is not None else ""
            kind = one_line(flag.kind, limit=40).replace("_", " ")
            lines.append(Text.assemble((kind, "bold"), ": ", as_text(one_line(flag.message, limit=400)), place))
        return _panel(Group(*lines), Text("A person will look at"), LOOKS["needs_attention"].style)

    def total(self) -> RenderableType:
        report = self.report
        bar = ProgressBar(
            total=report.max_score or 1.0,
            completed=report.score,
            style=_QUIET_STYLE,
            complete_style=LOOKS["passed"].style,
            finished_style=LOOKS["passed"].style,
        )
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True)
        row.add_column(ratio=1)
        score = Text.assemble((number(report.score), "bold"), f" / {number(report.max_score)}")
        row.add_row(Text("Total", style="bold"), score, Text(f"{percent(report.percent)}%", style="bold"), bar)
        return Padding(row, (1, 2))

    def next_step(self, *, is_complete: bool) -> RenderableType:
        step = next_step(self.report, is_complete=is_complete)
        lines = [as_text(step.action)]
        shown = step.cell is not None and not step.begins
        line = one_line(self.cell_lines.get(step.cell or 0, ""), limit=80) if shown else ""
        if line:
            lines.append(as_text(f"  {line}", _QUIET_STYLE))
        if step.hint:
            lines.append(Text.assemble(("Hint: ", _QUIET_STYLE), as_text(step.hint, "italic", limit=400)))
        return _panel(Group(*lines), Text("Next step", style="bold"), "dodger_blue1")
