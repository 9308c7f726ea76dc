"""A whole class on a terminal: a row per submission, the totals, and where to look next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from fairmark.present.encodable import Encodable
from fairmark.present.escape import as_text, one_line
from fairmark.present.gradebook import exercise_ids
from fairmark.present.names import shown_apart
from fairmark.present.wording import LOOKS, RUN_WORDS, marks, number, percent, seconds_in_words
from fairmark.report import SEVERAL_FILES, ExerciseStanding, Outcome, Standing

__all__ = ["show_class"]

_QUIET_STYLE = "grey50"
_NAMES_SHOWN = 5
_NAME_WIDTH = 24
_OUTCOME_WIDTH = 16
"""Names are folded beyond theirs, outcomes at the least in this."""
_UNBOUNDED = 10_000
"""As wide as anything asks to be."""
_ROWS_AT_A_TIME = 50
"""Laid out and printed together: a class of thousands takes no more memory than one of fifty."""


def show_class(console: Console, standings: Sequence[Standing], *, elapsed_seconds: float) -> None:
    """Print one row per submission, in the order given, on ``console``; ``elapsed_seconds`` is what the class took."""
    page = _Page(standings, console)
    for part in page.parts(elapsed_seconds):
        console.print(Encodable(part), markup=False, highlight=False, emoji=False)


@dataclass
class _Column:
    """``width`` is the widest of its cells at first, ``least`` what may be left of it; both in characters' cells."""

    heading: Text
    width: int
    least: int
    is_number: bool = False

    def can_shrink(self, within_words: bool) -> bool:
        return self.width > (1 if within_words and not self.is_number else self.least)

    def met(self, measured: Measurement) -> None:
        """There is a cell that takes so much: on one line, and folded between words."""
        self.width = max(self.width, measured.maximum)
        self.least = max(self.least, measured.maximum if self.is_number else measured.minimum)


class _Page:
    def __init__(self, standings: Sequence[Standing], console: Console) -> None:
        self.standings = standings
        self.console = console
        self.ids = exercise_ids(standings)
        self.names = shown_apart((one.student for one in standings), lambda name: one_line(name, limit=60))
        titles = {exercise.id: exercise.title for one in standings for exercise in one.exercises}
        self.titles = {id_: one_line(title, limit=60) for id_, title in titles.items()}
        self.has_assignments = len({one.assignment for one in standings}) > 1
        self.ascii_only = console.options.ascii_only
        self.bullet = "-" if self.ascii_only else "·"

    def parts(self, elapsed_seconds: float) -> Iterator[RenderableType]:
        yield from self.table()
        yield self.totals(elapsed_seconds)
        yield from self.look_next()

    # --- the table ---

    def table(self) -> Iterator[RenderableType]:
        """Exercises under their ids and with their scores; else under numbers; else by their symbols alone."""
        numbers = [str(position) for position in range(1, len(self.ids) + 1)]
        named = [one_line(id_, limit=24) for id_ in self.ids]
        for headings, with_scores in ((named, True), (numbers, True), (numbers, False)):
            columns = self.columns(headings, with_scores)
            if self.squeezed(columns):
                break
        else:
            self.squeezed(columns, within_words=True)
        count = len(self.standings)
        for start in range(0, max(count, 1), _ROWS_AT_A_TIME):
            end = start + _ROWS_AT_A_TIME
            table = _empty_table(columns, show_header=start == 0)
            for standing in self.standings[start:end]:
                table.add_row(*self.row(standing, with_scores))
            yield _Rows(table, is_first=start == 0, is_last=end >= count)
        if self.ids and headings is not named:
            legend = [f"{number} {self.titles[id_]}" for number, id_ in zip(numbers, self.ids, strict=True)]
            yield as_text(f" {self.bullet} ".join(legend), _QUIET_STYLE, limit=4000)
            yield Text()

    def columns(self, headings: Sequence[str], with_scores: bool) -> list[_Column]:
        """As wide as their cells."""
        names = ["Student", *(["Assignment"] if self.has_assignments else [])]
        columns = [
            *(_Column(Text(name), 0, 0) for name in names),
            *(_Column(Text(heading), 1, 1, is_number=True) for heading in ("Score", "%", *headings)),
            _Column(Text("Outcome"), _OUTCOME_WIDTH, _OUTCOME_WIDTH),
        ]
        unbounded = self.console.options.update(max_width=_UNBOUNDED)
        rows = (self.row(one, with_scores) for one in self.standings)
        for row in chain([[column.heading for column in columns]], rows):
            for column, cell in zip(columns, row, strict=True):
                column.met(Measurement.get(self.console, unbounded, cell))
        for column in columns[: len(names)]:
            column.width, column.least = min(column.width, _NAME_WIDTH), min(column.least, _NAME_WIDTH)
        return columns

    def squeezed(self, columns: Sequence[_Column], *, within_words: bool = False) -> bool:
        """Makes ``columns`` fit the console by folding names and outcomes, between words if not ``within_words``: half
        a number is worse than none. Whether that could be done; if not, Rich cuts what is left."""
        unbounded = self.console.options.update(max_width=_UNBOUNDED)
        whole = Measurement.get(self.console, unbounded, _empty_table(columns))
        excess = whole.maximum - self.console.width
        while excess > 0 and (wide := [column for column in columns if column.can_shrink(within_words)]):
            max(wide, key=lambda column: column.width).width -= 1
            excess -= 1
        return excess <= 0

    def row(self, standing: Standing, with_scores: bool) -> list[Text]:
        exercises = {exercise.id: exercise for exercise in standing.exercises}
        return [
            as_text(self.name(standing)),
            *([as_text(one_line(standing.assignment, limit=60))] if self.has_assignments else []),
            Text(marks(standing.score, standing.max_score)),
            Text(percent(standing.percent), style="bold"),
            *(self.exercise(exercises.get(id_), with_scores) for id_ in self.ids),
            self.outcome(standing),
        ]

    def name(self, standing: Standing) -> str:
        """Of one of several files with the file, whose end tells most."""
        name = self.names[standing.student]
        if SEVERAL_FILES not in standing.flags:
            return name
        file = one_line(standing.file.rpartition("/")[2], limit=60)
        return f"{name}: {file}"

    def symbol(self, outcome: Outcome) -> Text:
        look = LOOKS[outcome]
        return Text(look.ascii_symbol if self.ascii_only else look.symbol, style=look.style)

    def exercise(self, exercise: ExerciseStanding | None, with_score: bool) -> Text:
        if exercise is None:
            return Text("-", style=_QUIET_STYLE)
        symbol = self.symbol(exercise.outcome)
        return Text.assemble(symbol, " ", number(exercise.score)) if with_score else symbol

    def outcome(self, standing: Standing) -> Text:
        """In words; then how the run ended where it did not reach its end, and the kinds of flags."""
        look = LOOKS[standing.outcome]
        text = Text(look.words, style=look.style)
        if standing.run_outcome != "completed":
            text.append(f"; {RUN_WORDS[standing.run_outcome]}", style=_QUIET_STYLE)
        kinds = dict.fromkeys(one_line(kind, limit=40).replace("_", " ") for kind in standing.flags)
        if kinds:
            text.append("; ", style=_QUIET_STYLE)
            text.append(as_text(", ".join(kinds), LOOKS["needs_attention"].style, limit=120))
        return text

    # --- below it ---

    def totals(self, elapsed_seconds: float) -> Text:
        count = len(self.standings)
        passed = sum(one.outcome == "passed" for one in self.standings)
        facts = [f"{passed} of {count} passed"]
        if count:
            facts.append(f"median {percent(median(one.percent for one in self.standings))}%")
        facts.append(seconds_in_words(elapsed_seconds))
        if count > 1:
            facts.append(f"{seconds_in_words(elapsed_seconds / count)} each")
        return Text(f" {self.bullet} ".join(facts), style="bold")

    def look_next(self) -> list[Text]:
        """Submissions a person must see first; then the exercise that most of the class did not pass."""
        lines = []
        need_eyes = [one for one in self.standings if one.flags or one.outcome == "needs_attention"]
        if need_eyes:
            names = ", ".join(self.names[one.student] for one in need_eyes[:_NAMES_SHOWN])
            more = f" and {len(need_eyes) - _NAMES_SHOWN} more" if len(need_eyes) > _NAMES_SHOWN else ""
            lines.append(Text.assemble(("Look at first: ", LOOKS["needs_attention"].style), as_text(names), more))
        missed = Counter(e.id for one in self.standings for e in one.exercises if e.outcome != "passed")
        if missed:
            # Of equals, most_common names the one counted first, which is the earlier exercise.
            id_, times = missed.most_common(1)[0]
            taken = sum(exercise.id == id_ for one in self.standings for exercise in one.exercises)
            title = as_text(self.titles[id_], "bold")
            lines.append(Text.assemble("Hardest exercise: ", title, f", not passed by {times} of {taken}"))
        return lines


def _empty_table(columns: Sequence[_Column], *, show_header: bool = True) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_header=show_header)
    for column in columns:
        table.add_column(
            column.heading, justify="right" if column.is_number else "left", overflow="fold", width=column.width
        )
    return table


@dataclass(frozen=True)
class _Rows:
    """Some of a table's rows."""

    table: Table
    is_first: bool
    is_last: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self.table, options, pad=False)
        # Rich begins and ends a table with an empty line.
        for line in lines[0 if self.is_first else 1 : None if self.is_last else -1]:
            yield from line
            yield Segment.line()
