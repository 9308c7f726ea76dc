"""From a question typed into a notebook to the card that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fairmark.checks import Grader
from fairmark.course import find_course
from fairmark.errors import FairmarkError
from fairmark.frameworks import framework_of
from fairmark.grading.judge import judge
from fairmark.live.card import Card
from fairmark.live.kernel import Kernel
from fairmark.live.memory import CellRun
from fairmark.live.seen import NOT_MEASURED, evidence_for, run_again_since, with_answers_found
from fairmark.live.which import Asked, asked_for, exercises_known
from fairmark.points import total
from fairmark.present.wording import number
from fairmark.report import CheckResult, ExerciseResult, worst

__all__ = ["feedback", "next_hint"]

_NO_CELLS = "check() looks at the cells of a notebook, and this Python has none."


def feedback(kernel: Kernel | None, exercise: str | None, assignment: str | None) -> Card:
    """What there is to say of ``exercise`` now. Never raises: what goes wrong is said on the card."""
    return _answered(kernel, exercise, assignment, _feedback)


def next_hint(kernel: Kernel | None, exercise: str | None, assignment: str | None) -> Card:
    """The exercise's next hint. Never raises."""
    return _answered(kernel, exercise, assignment, _next_hint)


def _answered(
    kernel: Kernel | None, exercise: str | None, assignment: str | None, answer: Callable[[Kernel, Asked], Card]
) -> Card:
    try:
        if kernel is None:
            return Card("Open the notebook first", notes=(_NO_CELLS, "In a terminal: fairmark check NOTEBOOK."))
        if not isinstance(exercise, str):
            known = ", ".join(f'check("{name}")' for name in exercises_known(kernel, assignment))
            course = f"They are those of the course {find_course().root}."
            return Card("Which exercise?", notes=(f"Ask for one by its name: {known}.", course))
        return answer(kernel, asked_for(kernel, exercise.strip(), assignment))
    except FairmarkError as problem:
        return Card(problem.message, notes=(problem.remedy,) if problem.remedy else ())
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}"
        return Card("This could not be checked here", notes=("The fault is fairmark's, not yours.", said))


# --- hints ------------------------------------------------------------------------------------------------------------


def _next_hint(kernel: Kernel, asked: Asked) -> Card:
    hints, key = asked.exercise.hints, (asked.assignment.name, asked.exercise.id)
    given = kernel.hints_given.get(key, 0)
    title = asked.exercise.title
    if given >= len(hints):
        more = f'check("{asked.exercise.id}") says what is still missing, with a hint for each.'
        return Card(f"{title}: no {'more ' if hints else ''}hints", notes=(more,))
    kernel.hints_given[key] = given + 1
    left = len(hints) - given - 1
    after = f'check.hint("{asked.exercise.id}") gives one more.' if left else "That was the last one."
    return Card(f"{title}: hint {given + 1} of {len(hints)}", hint=hints[given], notes=(after,))


# --- feedback ---------------------------------------------------------------------------------------------------------


def _feedback(kernel: Kernel, asked: Asked) -> Card:
    kernel.catch_up()
    exercise, runs = asked.exercise, with_answers_found(asked, kernel.memory.runs)
    first = _to_do_first(kernel, asked, runs)
    if first is not None:
        return Card(exercise.title, notes=(first,))
    seen = [_judged(asked, runs, later_cells=later_cells) for later_cells in (False, True)]
    # Of equals the one that knows of an error, or of another answer below, else the first.
    result = max(seen, key=lambda result: (result.score, any(map(_says_why, result.checks))))
    card = Card(exercise.title, result=_measured(result, asked, runs), later=_left_for_later(result, asked))
    if card.has_passed:
        return replace(card, lesson=exercise.lesson)
    since = run_again_since(asked, runs)
    if since:
        said = f"“{'”, “'.join(since)}” has been run again since. Run this cell again, too, and then check it."
        return Card(exercise.title, notes=(said,))
    if kernel.problem is not None:
        return replace(card, notes=(f"Not everything could be watched here ({kernel.problem}).",))
    return card


def _says_why(check: CheckResult) -> bool:
    return check.outcome == "error" or bool(check.given_below)


def _to_do_first(kernel: Kernel, asked: Asked, runs: Sequence[CellRun]) -> str | None:
    """What has to be run before there is anything to check; None where all has been."""
    own = next((run for run in runs if run.exercise == asked.exercise.id), None)
    if own is None:
        if kernel.has_run(asked.exercise.id):
            return "This cell was run before check was imported. Run it again."
        return f"Run the cell first: the one that begins “# Exercise: {asked.exercise.id}”."
    needed = framework_of(asked.grader).imported_as
    if not kernel.is_watching:
        return kernel.problem or f"{needed} is not imported yet. Run the notebook's first cells, then this one again."
    if not own.is_watched:
        return f"{needed} was imported only by this cell, or after it. Run it once more."
    return None


def _judged(asked: Asked, runs: Sequence[CellRun], *, later_cells: bool) -> ExerciseResult:
    """By the checks that everybody may see, and no other exercise."""
    shown = [check for check in asked.exercise.checks if check.visibility == "always"]
    grader = Grader(asked.grader.name, title=asked.grader.title, dataset=asked.grader.dataset)
    grader.exercises = [replace(asked.exercise, checks=shown)]
    return judge(evidence_for(asked, runs, later_cells=later_cells), grader).exercises[0]


def _measured(result: ExerciseResult, asked: Asked, runs: Sequence[CellRun]) -> ExerciseResult:
    """The checks that could be made here, and no others."""
    made = tuple(_placed(check, asked, runs) for check in result.checks if check.found != NOT_MEASURED)
    return result.model_copy(
        update={
            "checks": made,
            "outcome": worst([check.outcome for check in made]),
            "score": total(check.score for check in made),
            "max_score": total(check.max_score for check in made),
        }
    )


def _placed(check: CheckResult, asked: Asked, runs: Sequence[CellRun]) -> CheckResult:
    """With the exercise in whose cell the cause lies, where that is another one; cells have no numbers in a kernel."""
    causes = {run.exercise for run in runs if run.position == check.cell} - {asked.exercise.id}
    titles = [exercise.title for exercise in asked.grader.exercises if exercise.id in causes]
    where = f" (in “{titles[0]}”)" if titles and check.outcome == "error" else ""
    return check.model_copy(update={"cell": None, "message": f"{check.message}{where}"})


def _left_for_later(result: ExerciseResult, asked: Asked) -> tuple[str, ...]:
    """What the mark will rest on beside that, in words that give nothing away."""
    later = [
        f"{check.title.rstrip('.')}: measured by `fairmark check` and when you hand in ({_points([check.max_score])})."
        for check in result.checks
        if check.found == NOT_MEASURED
    ]
    unseen = [check.points for check in asked.exercise.checks if check.visibility != "always"]
    unseen += [check.points for check in asked.exercise.unseen_checks]
    if unseen:
        more = "1 more check is" if len(unseen) == 1 else f"{len(unseen)} more checks are"
        later.append(f"{more} made when you hand in ({_points(unseen)}).")
    return tuple(later)


def _points(points: Iterable[float]) -> str:
    worth = total(points)
    return f"{number(worth)} point{'' if worth == 1 else 's'}"
