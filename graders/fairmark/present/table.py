"""A whole class on a terminal: a row per submission, the totals, and where to look next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Final, Literal

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from fairmark.evidence import RunOutcome
from fairmark.present.encodable import Encodable
from fairmark.present.escape import ELLIPSIS, as_text, one_line
from fairmark.present.gradebook import exercise_ids
from fairmark.present.names import shown_apart
from fairmark.present.wording import LOOKS, marks, number, percent, seconds_in_words
from fairmark.report import SEVERAL_FILES, ExerciseStanding, Outcome, Standing

__all__ = ["show_class"]

_QUIET_STYLE = "grey50"
_NAMES_SHOWN = 5
_KINDS_SHOWN = 5
_NAME_WIDTH = 24
_NAME_LEAST = 18
"""Names and assignments are folded beyond their width, onto a second line and no further."""
_OUTCOME_WIDTH = 36
_OUTCOME_LEAST = 16
"""Outcomes up to this stay on one line as long as anything else can give way."""
_LINES = 2
"""Of one row; what is longer is cut, and stands in the gradebook."""
_TOGETHER = 5
"""Symbols of exercises between two gaps."""
_UNBOUNDED = 10_000
"""As wide as anything asks to be."""
_ROWS_AT_A_TIME = 50
"""Laid out and printed together: a class of thousands takes no more memory than one of fifty."""

_SHORT: Final[dict[Outcome, str]] = {
    "passed": "passed",
    "partial": "partly right",
    "failed": "not right",
    "unattempted": "blank",
    "error": "error",
    "limit": "limit",
    "needs_attention": "to look at",
}
_SHORT_RUN: Final[dict[RunOutcome, str]] = {
    "completed": "",
    "student_error": "error",
    "timeout": "out of time",
    "out_of_memory": "out of memory",
    "crashed": "crashed",
    "output_limit": "too much output",
    "unreadable": "unreadable",
    "not_run": "",
}


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
    is_folded: bool = False

    def met(self, width: int) -> None:
        """There is a cell that takes so much on one line."""
        self.width = max(self.width, width)
        self.least = max(self.least, -(-width // _LINES) if self.is_folded else width)

    def bound(self, *, least: int, most: int) -> None:
        """No wider than ``most``, and made no narrower than ``least`` for what two lines need."""
        self.width, self.least = min(self.width, most), min(self.least, least)


@dataclass(frozen=True)
class _Layout:
    """How the exercises of a row are shown: each in a column under one of ``headings``, with its score or as a symbol;
    all symbols in one column; how many passed; or not at all."""

    exercises: Literal["scores", "symbols", "together", "counted", "none"]
    headings: tuple[str, ...] = ()
    with_score: bool = True


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
        """In the fullest layout that leaves a row two lines."""
        numbers = tuple(str(position) for position in range(1, len(self.ids) + 1))
        for layout in self.layouts(numbers):
            columns = self.columns(layout)
            if self.squeezed(columns):
                break
        else:
            for column in columns:
                column.least = 1 if column.is_folded else column.least
            self.squeezed(columns)
        count = len(self.standings)
        for start in range(0, max(count, 1), _ROWS_AT_A_TIME):
            end = start + _ROWS_AT_A_TIME
            table = _empty_table(columns, show_header=start == 0)
            for standing in self.standings[start:end]:
                cells = zip(columns, self.row(standing, layout), strict=True)
                table.add_row(
                    *(self.in_two_lines(cell, column) if column.is_folded else cell for column, cell in cells)
                )
            yield _Rows(table, is_first=start == 0, is_last=end >= count)
        is_numbered = layout.headings == numbers or (layout.exercises == "together" and not self.has_assignments)
        if self.ids and is_numbered:
            legend = [f"{number} {self.titles[id_]}" for number, id_ in zip(numbers, self.ids, strict=True)]
            yield as_text(f" {self.bullet} ".join(legend), _QUIET_STYLE, limit=4000)
            yield Text()

    def layouts(self, numbers: tuple[str, ...]) -> Iterator[_Layout]:
        named = tuple(one_line(id_, limit=24) for id_ in self.ids)
        yield _Layout("scores", named)
        yield _Layout("scores", numbers)
        yield _Layout("symbols", numbers)
        yield _Layout("together", ("Exercises",))
        yield _Layout("counted", ("Right",))
        yield _Layout("none")
        yield _Layout("none", with_score=False)

    def columns(self, layout: _Layout) -> list[_Column]:
        """As wide as their cells."""
        names = ["Student", *(["Assignment"] if self.has_assignments else [])]
        is_number = layout.exercises != "together"
        columns = [
            *(_Column(Text(name), 0, 0, is_folded=True) for name in names),
            *(_Column(Text(heading), 1, 1, is_number=True) for heading in ("Score", "%")[not layout.with_score :]),
            *(_Column(Text(heading), 1, 1, is_number=is_number) for heading in layout.headings),
            _Column(Text("Outcome"), _OUTCOME_LEAST, 0, is_folded=True),
        ]
        rows = (self.row(one, layout) for one in self.standings)
        for row in chain([[column.heading for column in columns]], rows):
            for column, cell in zip(columns, row, strict=True):
                column.met(cell.cell_len)
        for column in columns[: len(names)]:
            column.bound(least=_NAME_LEAST, most=_NAME_WIDTH)
        columns[-1].bound(least=_OUTCOME_WIDTH, most=_OUTCOME_WIDTH)
        columns[-1].least = max(columns[-1].least, min(columns[-1].width, _OUTCOME_LEAST))
        return columns

    def squeezed(self, columns: Sequence[_Column]) -> bool:
        """Makes ``columns`` fit the console by folding names and outcomes: half a number is worse than none. Whether
        that could be done; if not, Rich cuts what is left."""
        unbounded = self.console.options.update(max_width=_UNBOUNDED)
        whole = Measurement.get(self.console, unbounded, _empty_table(columns))
        excess = whole.maximum - self.console.width
        while excess > 0 and (wide := [column for column in columns if column.width > column.least]):
            max(wide, key=lambda column: column.width).width -= 1
            excess -= 1
        return excess <= 0

    def in_two_lines(self, text: Text, column: _Column) -> Text:
        """Of what is too long the middle is left out: names often differ at their end."""
        lines = text.wrap(self.console, column.width, overflow="fold")
        if len(lines) <= _LINES:
            return text
        rest = text[len(lines[0].plain) :]
        while rest and rest.cell_len + 1 > column.width:
            rest = rest[1:]
        return Text.assemble(lines[0], "\n", ELLIPSIS, rest)

    def row(self, standing: Standing, layout: _Layout) -> list[Text]:
        return [
            as_text(self.name(standing)),
            *([as_text(one_line(standing.assignment, limit=60))] if self.has_assignments else []),
            *([Text(marks(standing.score, standing.max_score))] if layout.with_score else []),
            Text(percent(standing.percent), style="bold"),
            *self.exercises(standing, layout),
            self.outcome(standing),
        ]

    def name(self, standing: Standing) -> str:
        """Of one of several files with the file."""
        name = self.names[standing.student]
        if SEVERAL_FILES not in standing.flags:
            return name
        file = one_line(standing.file.rpartition("/")[2], limit=60)
        return f"{name}: {file}"

    def symbol(self, outcome: Outcome) -> Text:
        look = LOOKS[outcome]
        return Text(look.ascii_symbol if self.ascii_only else look.symbol, style=look.style)

    def exercises(self, standing: Standing, layout: _Layout) -> list[Text]:
        match layout.exercises:
            case "scores" | "symbols":
                own = {exercise.id: exercise for exercise in standing.exercises}
                return [self.exercise(own.get(id_), layout.exercises == "scores") for id_ in self.ids]
            case "together":
                symbols = [self.symbol(one.outcome) for one in self.in_order(standing)]
                groups = [symbols[start : start + _TOGETHER] for start in range(0, len(symbols), _TOGETHER)]
                return [Text(" ").join(Text.assemble(*group) for group in groups)]
            case "counted":
                passed = sum(one.outcome == "passed" for one in standing.exercises)
                return [Text(f"{passed}/{len(standing.exercises)}")]
            case "none":
                return []

    def in_order(self, standing: Standing) -> list[ExerciseStanding]:
        """Its exercises; where the class has one assignment all of the class's, so that symbols stand below one another
        and may be counted."""
        own = {exercise.id: exercise for exercise in standing.exercises}
        if self.has_assignments:
            return [*own.values()]
        return [own.get(id_, ExerciseStanding(id_, "", "unattempted", 0.0)) for id_ in self.ids]

    def exercise(self, exercise: ExerciseStanding | None, with_score: bool) -> Text:
        if exercise is None:
            return Text("-", style=_QUIET_STYLE)
        symbol = self.symbol(exercise.outcome)
        return Text.assemble(symbol, " ", number(exercise.score)) if with_score else symbol

    def outcome(self, standing: Standing) -> Text:
        """In a word or two; how the run ended where that says more; and how many kinds of flags there are."""
        style = LOOKS[standing.outcome].style
        said, run = _SHORT[standing.outcome], _SHORT_RUN[standing.run_outcome]
        if standing.outcome in ("error", "limit") and run:
            said, run = run, ""
        text = Text(said, style=style)
        if run:
            text.append(f", {run}", style=_QUIET_STYLE)
        if standing.flags_for_a_person:
            count = len(standing.flags_for_a_person)
            text.append(f", {count} flag{'s' * (count != 1)}", style=LOOKS["needs_attention"].style)
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
        need_eyes = [one for one in self.standings if one.flags_for_a_person or one.outcome == "needs_attention"]
        if need_eyes:
            students = [*dict.fromkeys(one.student for one in need_eyes)]
            names = ", ".join(self.names[student] for student in students[:_NAMES_SHOWN])
            more = f" and {len(students) - _NAMES_SHOWN} more" if len(students) > _NAMES_SHOWN else ""
            lines.append(Text.assemble(("Look at first: ", LOOKS["needs_attention"].style), as_text(names), more))
        kinds = Counter(kind for one in self.standings for kind in one.flags_for_a_person)
        if kinds:
            said = ", ".join(f"{one_line(kind, limit=40)} {times}" for kind, times in kinds.most_common(_KINDS_SHOWN))
            more = f" and {len(kinds) - _KINDS_SHOWN} more" if len(kinds) > _KINDS_SHOWN else ""
            lines.append(Text.assemble(("Flags: ", LOOKS["needs_attention"].style), as_text(said), more))
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
