"""``fairmark verify``: tests graders by what they must notice and by what they must let pass."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fairmark.author.verify import Verification, verify_assignment
from fairmark.author.verify_verdicts import Fate, Verdict
from fairmark.cli.follow import drawing
from fairmark.cli.limits import LimitOptions
from fairmark.cli.option_groups import option_groups
from fairmark.cli.options import AsJson, CourseFolder
from fairmark.cli.say import results, waiting, warn_unconfined
from fairmark.course import Course, find_course
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.present.escape import plain
from fairmark.sandbox import best_launcher

__all__ = ["verify"]

_FATES: dict[Fate, str] = {
    "killed": "killed",
    "survived": "survived",
    "charged_twice": "charged twice",
    "equivalent": "equivalent",
    "needs_training": "needs training",
}


@dataclass(frozen=True)
class _How:
    """What is run."""

    train: Annotated[
        bool, typer.Option("--train", help="Train where nothing else can decide: minutes for each such mutant.")
    ] = False
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Rehearse what is settled without training, too: finds marks lost twice.")
    ] = False
    only: Annotated[
        str, typer.Option("--only", metavar="TEXT", help="Of the mutants, only those whose id holds this.")
    ] = ""
    workers: Annotated[int, typer.Option("--workers", min=1, max=1000, help="How many notebooks run at once.")] = 2


@option_groups
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Assignments; all if none.")] = None,
    *,
    course: CourseFolder = None,
    as_json: AsJson = False,
    how: _How,
    limits: LimitOptions,
) -> None:
    """Test graders: the solution, the untouched notebook, mutants of the solution, and right answers spelled otherwise.

    Exits with 0 where all is well, 1 where a mutant survives, a right answer loses marks, or students could not call
    check, 2 where the files of an assignment do not fit together, 3 where a check raised an exception.
    """
    found = find_course(course)
    launcher = best_launcher()
    warn_unconfined(launcher)
    done = []
    for name in names or found.assignments():
        pipeline = Pipeline(found, found.assignment(name), RunSettings(limits), launcher)
        one = _verified(pipeline, how)
        done.append(one)
        if not as_json:
            _show(results(), one, found)
    if as_json:
        results().file.write(json.dumps([_as_json(one) for one in done], indent=2) + "\n")
    elif len(done) > 1:
        results().print(_total(done), highlight=False)
    raise typer.Exit(max((one.exit_code for one in done), default=0))


def _verified(pipeline: Pipeline, how: _How) -> Verification:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    name = pipeline.assignment.name
    with Progress(*columns, console=waiting(), transient=True) as bars:
        bar = bars.add_task(plain(name), total=None, visible=False)
        return verify_assignment(
            pipeline,
            train=how.train,
            rehearse_all=how.rehearse,
            workers=how.workers,
            only=lambda mutant: how.only in mutant.id,
            prepare=_prepare,
            progress=lambda finished, total: bars.update(bar, completed=finished, total=total, visible=True),
        )


def _prepare(pipeline: Pipeline) -> None:
    with drawing() as drawn:
        pipeline.prepare(drawn)


# --- for people -------------------------------------------------------------------------------------------------------


def _show(console: Console, one: Verification, course: Course) -> None:
    solution = course.assignment(one.assignment).solution
    _line(console, f"{one.assignment}: mutants {len(one.verdicts)}, twins {one.twins}", "bold")
    if one.verdicts:
        console.print(_table(one))
    for fate in ("survived", "charged_twice", "needs_training"):
        for verdict in (verdict for verdict in one.verdicts if verdict.fate == fate):
            _show_mutant(console, verdict, solution)
    for twin in one.failed_twins:
        _line(console, f"twin {twin.name!r} loses marks ({twin.mode}):", "red")
        for text in twin.lost:
            _line(console, f"    {text}")
    for problem in one.problems:
        _line(console, problem.message, "red")
        if problem.remedy:
            _line(console, f"    {problem.remedy}")
    if one.unasked:
        _line(console, f"Only training answers {', '.join(one.unasked)}: not asked here. `--train` does.", "yellow")
    _line(console, _summary(one), "green" if one.exit_code == 0 else "red")


def _table(one: Verification) -> Table:
    """One row an exercise."""
    shown = [fate for fate in _FATES if fate in ("killed", "survived") or one.count(fate)]
    table = Table("exercise", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for fate in shown:
        table.add_column(_FATES[fate], justify="right")
    for exercise in dict.fromkeys(verdict.mutant.exercise for verdict in one.verdicts):
        fates = [verdict.fate for verdict in one.verdicts if verdict.mutant.exercise == exercise]
        table.add_row(Text(plain(exercise)), *(str(fates.count(fate) or "") for fate in shown))
    return table


def _show_mutant(console: Console, verdict: Verdict, solution: Path) -> None:
    mutant = verdict.mutant
    _line(console, f"{_FATES[verdict.fate]}: {mutant.id} ({mutant.says})", "yellow")
    _line(console, f"    {solution}, cell {mutant.cell}, line {mutant.line}:")
    for sign, text in (("-", mutant.before), ("+", mutant.after)):
        for line in text.split("\n") if text else ():
            _line(console, f"    {sign} {line}")
    if verdict.others:
        _line(console, f"    charged to {', '.join(verdict.others)}{', too' if verdict.own else ' instead'}")
    if verdict.doubted:
        _line(console, f"    left to a person by {', '.join(verdict.doubted)}")
    if verdict.open:
        _line(console, f"    not asked without training: {', '.join(verdict.open)}")


def _summary(one: Verification) -> str:
    counts = [f"{one.count(fate)} {word}" for fate, word in _FATES.items() if one.count(fate) or fate == "survived"]
    twins = f"{one.twins - len(one.failed_twins)} of {one.twins} twins pass"
    problems = f", {len(one.problems)} problem{'s' * (len(one.problems) != 1)}" if one.problems else ""
    return f"{one.assignment}: {', '.join(counts)}; {twins}{problems}. {one.wall_seconds:.0f} s"


def _total(done: list[Verification]) -> Text:
    well = sum(one.exit_code == 0 for one in done)
    mutants = sum(len(one.verdicts) for one in done)
    return Text(f"{well} of {len(done)} assignments are verified: {mutants} mutants.")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(plain(text).replace("\n", " "), style=style), soft_wrap=True)


# --- for programs -----------------------------------------------------------------------------------------------------


def _as_json(one: Verification) -> dict[str, object]:
    counts = {fate: one.count(fate) for fate in _FATES}
    return {**asdict(one), "counts": counts, "exit_code": one.exit_code}
