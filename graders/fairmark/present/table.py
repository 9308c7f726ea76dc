"""A whole class on a terminal: a row per submission, the totals, and where to look next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from fairmark.present.encodable import Encodable
from fairmark.present.escape import as_text, one_line
from fairmark.present.gradebook import exercise_ids
from fairmark.present.names import shown_apart
from fairmark.present.wording import LOOKS, RUN_WORDS, marks, number, percent, seconds_in_words
from fairmark.report import ExerciseResult, Outcome, Report

__all__ = ["show_class"]

_QUIET_STYLE = "grey50"
_NAMES_SHOWN = 5


def show_class(console: Console, reports: Sequence[Report], *, elapsed_seconds: float) -> None:
    """Print one row per report, in the order given, on ``console``; ``elapsed_seconds`` is what the class took."""
    page = _Page(reports, ascii_only=console.options.ascii_only)
    parts: list[RenderableType] = [page.widest_that_fits(console), page.totals(elapsed_seconds)]
    parts += page.look_next()
    console.print(Encodable(Group(*parts)), markup=False, highlight=False, emoji=False)


class _Page:
    def __init__(self, reports: Sequence[Report], *, ascii_only: bool) -> None:
        self.reports = reports
        self.ids = exercise_ids(reports)
        self.names = shown_apart((report.student for report in reports), lambda name: one_line(name, limit=60))
        self.titles = {exercise.id: one_line(exercise.title, limit=60) for r in reports for exercise in r.exercises}
        self.has_assignments = len({report.assignment for report in reports}) > 1
        self.ascii_only = ascii_only
        self.bullet = "-" if ascii_only else "·"

    def widest_that_fits(self, console: Console) -> RenderableType:
        """Exercises under their ids and with their scores; else under numbers; else by their symbols alone."""
        numbers = [str(position) for position in range(1, len(self.ids) + 1)]
        named = [one_line(id_, limit=24) for id_ in self.ids]
        for headings, with_scores in ((named, True), (numbers, True), (numbers, False)):
            table = self.table(headings, with_scores)
            if Measurement.get(console, console.options.update(max_width=1000), table).minimum <= console.width:
                break
        if headings is named or not self.ids:
            return table
        legend = [f"{number} {self.titles[id_]}" for number, id_ in zip(numbers, self.ids, strict=True)]
        return Group(table, as_text(f" {self.bullet} ".join(legend), _QUIET_STYLE, limit=4000), Text())

    def table(self, headings: Sequence[str], with_scores: bool) -> Table:
        rows = [self.row(report, with_scores) for report in self.reports]
        names = ["Student", *(["Assignment"] if self.has_assignments else [])]
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for name in names:
            table.add_column(Text(name), overflow="fold", max_width=24)
        for column, heading in enumerate(["Score", "%", *headings], start=len(names)):
            # Only names and outcomes may be squeezed: half a number is worse than none.
            width = max(cell_len(heading), *(row[column].cell_len for row in rows), 1)
            table.add_column(Text(heading), justify="right", width=width)
        table.add_column(Text("Outcome"), overflow="fold", min_width=16)
        for row in rows:
            table.add_row(*row)
        return table

    def row(self, report: Report, with_scores: bool) -> list[Text]:
        exercises = {exercise.id: exercise for exercise in report.exercises}
        return [
            as_text(self.names[report.student]),
            *([as_text(one_line(report.assignment, limit=60))] if self.has_assignments else []),
            Text(marks(report.score, report.max_score)),
            Text(percent(report.percent), style="bold"),
            *(self.exercise(exercises.get(id_), with_scores) for id_ in self.ids),
            self.outcome(report),
        ]

    def symbol(self, outcome: Outcome) -> Text:
        look = LOOKS[outcome]
        return Text(look.ascii_symbol if self.ascii_only else look.symbol, style=look.style)

    def exercise(self, exercise: ExerciseResult | None, with_score: bool) -> Text:
        if exercise is None:
            return Text("-", style=_QUIET_STYLE)
        symbol = self.symbol(exercise.outcome)
        return Text.assemble(symbol, " ", number(exercise.score)) if with_score else symbol

    def outcome(self, report: Report) -> Text:
        """In words; then how the run ended where it did not reach its end, and the kinds of flags."""
        look = LOOKS[report.outcome]
        text = Text(look.words, style=look.style)
        if report.run.outcome != "completed":
            text.append(f"; {RUN_WORDS[report.run.outcome]}", style=_QUIET_STYLE)
        kinds = dict.fromkeys(one_line(flag.kind, limit=40).replace("_", " ") for flag in report.flags)
        if kinds:
            text.append("; ", style=_QUIET_STYLE)
            text.append(as_text(", ".join(kinds), LOOKS["needs_attention"].style, limit=120))
        return text

    def totals(self, elapsed_seconds: float) -> Text:
        count = len(self.reports)
        passed = sum(report.outcome == "passed" for report in self.reports)
        facts = [f"{passed} of {count} passed"]
        if count:
            facts.append(f"median {percent(median(report.percent for report in self.reports))}%")
        facts.append(seconds_in_words(elapsed_seconds))
        if count > 1:
            facts.append(f"{seconds_in_words(elapsed_seconds / count)} each")
        return Text(f" {self.bullet} ".join(facts), style="bold")

    def look_next(self) -> list[Text]:
        """Submissions a person must see first; then the exercise that most of the class did not pass."""
        lines = []
        need_eyes = [r for r in self.reports if r.flags or r.outcome == "needs_attention"]
        if need_eyes:
            names = ", ".join(self.names[report.student] for report in need_eyes[:_NAMES_SHOWN])
            more = f" and {len(need_eyes) - _NAMES_SHOWN} more" if len(need_eyes) > _NAMES_SHOWN else ""
            lines.append(Text.assemble(("Look at first: ", LOOKS["needs_attention"].style), as_text(names), more))
        missed = Counter(e.id for r in self.reports for e in r.exercises if e.outcome != "passed")
        if missed:
            # Of equals, most_common names the one counted first, which is the earlier exercise.
            id_, times = missed.most_common(1)[0]
            taken = sum(exercise.id == id_ for report in self.reports for exercise in report.exercises)
            title = as_text(self.titles[id_], "bold")
            lines.append(Text.assemble("Hardest exercise: ", title, f", not passed by {times} of {taken}"))
        return lines
