"""What the student does next: one thing, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from fairmark.present.escape import one_line
from fairmark.report import CheckResult, ExerciseResult, Outcome, Report

__all__ = ["NextStep", "next_step"]

# Nothing the student could do about these.
_SETTLED: frozenset[Outcome] = frozenset({"passed", "needs_attention"})


@dataclass(frozen=True)
class NextStep:
    """``action`` is one or two sentences on one line; ``cell`` is the cell's number, None where no cell is meant;
    ``hint`` is that of the check, or the exercise's first where nobody has begun it, which ``begins`` says: what
    stands in the cell is then no code of the student's."""

    action: str
    cell: int | None = None
    hint: str | None = None
    begins: bool = False


def next_step(report: Report, *, is_complete: bool = True) -> NextStep:
    """From the first check, in order, that the student can still do something about.

    ``is_complete`` is False where some checks are left for when the notebook is handed in.
    """
    if report.run.outcome == "unreadable":
        return NextStep(
            "Hand in another file: this one could not be marked. Beside each check stands why, and a remedy."
        )
    for exercise in report.exercises:
        for check in exercise.checks:
            if check.outcome == "unattempted" or (check.outcome not in _SETTLED and not check.is_held_back):
                begins = exercise.outcome == "unattempted"
                hint = exercise.hint if begins else check.hint
                shown = one_line(hint, limit=400) if hint else None
                return NextStep(_action(exercise, check), check.cell, shown, begins)
        if not exercise.checks and exercise.outcome not in _SETTLED:
            return NextStep(f"Look at “{one_line(exercise.title)}” again.")
    if report.outcome == "needs_attention" or any(e.outcome == "needs_attention" for e in report.exercises):
        return NextStep("Nothing for you to do: a person will look at what is still open, and it costs you no marks.")
    for exercise in report.exercises:
        if any(check.outcome not in _SETTLED for check in exercise.checks):  # one that is held back
            return NextStep(f"Read “{one_line(exercise.title)}” again: every check you see passed, another did not.")
    if not report.exercises and not is_complete:
        return NextStep("Hand it in: all that is asked in this notebook is checked then, and nothing here.")
    if not report.exercises:
        return NextStep("Nothing could be checked in this notebook: show it to your instructor.")
    if not is_complete:
        return NextStep("Hand it in: every check made here passed, and the others are made then.")
    return NextStep("Nothing left to do: every check passed.")


def _action(exercise: ExerciseResult, check: CheckResult) -> str:
    title = f"“{one_line(exercise.title)}”"
    place = f"cell {check.cell}, {title}" if check.cell is not None else title
    match check.outcome:
        case "unattempted":
            return f"Start {place}: write your code where the stub is."
        case "error":
            return f"Mend {place}: running it raised an error."
        case "limit":
            return f"Make {place} lighter: it reached a limit."
        case _:
            return f"Go to {place}. Not right yet: {one_line(check.title).rstrip('.')}."
