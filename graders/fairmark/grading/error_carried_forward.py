"""An error costs its own marks once: further runs in which exercises that lost marks are put right.

What comes after such an exercise is judged by a run in which its answer is the reference's; all others stay the
student's. Which exercises are put right, and by what kind of run, is decided here; the judge reads the outcome.

next_exercises     which to put right next, seeing the report so far; none where nothing would be gained
put_right          the cells of such a run, with what the student called things
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fairmark.checks.view import EvidenceView
from fairmark.evidence import Cell, Evidence, NamesBound
from fairmark.notebook.master import Master
from fairmark.report import ExerciseResult, Report

__all__ = ["left_open", "next_exercises", "put_right"]

_ASSIGNED = re.compile(r"^([A-Za-z_]\w{0,60})[ \t]*=(?!=)", re.MULTILINE)
"""A name that a line binds, in text that may not be Python."""


def next_exercises(report: Report, cells: Iterable[Cell], replaced: tuple[str, ...]) -> tuple[str, ...]:
    """The exercises to be replaced in the next run, those in ``replaced`` and more; empty where no further run is due.

    The first exercise that lost marks is to blame for itself. Those after it may be innocent: it is put right where one
    of them was attempted and lost marks, too. Untouched ones before that are put right with it.
    """
    attempted = {cell.exercise for cell in cells if cell.touched}
    losing = [exercise for exercise in report.exercises if loses(exercise) and exercise.id not in replaced]
    if not losing:
        return ()
    later = [exercise.id for exercise in losing[1:] if exercise.id in attempted]
    if not later:
        return ()
    order = [exercise.id for exercise in report.exercises]
    before = order[: order.index(later[-1])]
    untouched = {exercise.id for exercise in losing if exercise.id in before and exercise.id not in attempted}
    wanted = {*replaced, losing[0].id, *untouched}
    return tuple(exercise for exercise in order if exercise in wanted)


def left_open(report: Report, replaced: tuple[str, ...], cells: Iterable[Cell]) -> frozenset[str]:
    """Checks (``exercise.check``) that lost marks after the first of the exercises in ``replaced``, and may do better
    in a run with those put right."""
    attempted = {cell.exercise for cell in cells if cell.touched}
    order = [exercise.id for exercise in report.exercises]
    first = min((order.index(exercise) for exercise in replaced if exercise in order), default=len(order))
    return frozenset(
        f"{exercise.id}.{check.id}"
        for exercise in report.exercises[first + 1 :]
        if exercise.id not in replaced and exercise.id in attempted
        for check in exercise.checks
        if check.score < check.max_score and check.outcome != "needs_attention"
    )


def loses(exercise: ExerciseResult) -> bool:
    """Whether marks were lost through the student's own doing."""
    return any(check.score < check.max_score and check.outcome != "needs_attention" for check in exercise.checks)


def put_right(ours: EvidenceView, theirs: EvidenceView, answers: Master, replaced: tuple[str, ...]) -> tuple[Cell, ...]:
    """The cells of the run, with the reference's answers to the exercises in ``replaced``.

    ``answers`` is the solution notebook, ``theirs`` the evidence of a run of it. The student's other cells use the
    student's own names: what a replaced cell had named is given that name again, and what it takes from a cell before
    it is given the reference's name first. Such things are training and validation pictures, the model, and the numbers
    of steps.
    """
    sources = {cell.exercise: cell.source for cell in answers.cells if cell.exercise is not None}
    every = ours.evidence.submission.cells
    kept = {cell.position for cell in every if cell.exercise not in replaced}
    both = _both_names(ours, theirs)
    mine = [(position, name, reference) for position, name, reference in both if position in kept]
    cells: list[Cell] = []
    seen: set[str] = set()
    for cell in every:
        if cell.exercise not in replaced or cell.exercise not in sources:
            cells.append(cell)
            continue
        if cell.exercise in seen:  # of several cells that answer it the first holds all of the reference's answer
            cells.append(cell.model_copy(update={"touched": False}))
            continue
        seen.add(cell.exercise)
        before = [(name, reference) for position, name, reference in mine if position < cell.position]
        given = [f"{reference} = {name}" for name, reference in before if reference != name]
        own = (one for one in every if one.exercise == cell.exercise)
        renamed = dict.fromkeys(pair for one in own for pair in _renamed(one, ours, theirs))
        again = [f"{name} = {reference}" for name, reference in renamed if reference != name]
        source = "\n".join([*given, sources[cell.exercise], *again])
        cells.append(cell.model_copy(update={"touched": True, "source": source}))
    return tuple(cells)


def _both_names(ours: EvidenceView, theirs: EvidenceView) -> list[tuple[int, str, str]]:
    """What the student calls things and what the reference does, with the position of the cell that bound them."""
    called = {meaning: name for (_, name), meaning in theirs.meanings().items()}
    return [
        (position, name, called[meaning]) for (position, name), meaning in ours.meanings().items() if meaning in called
    ]


def _renamed(cell: Cell, ours: EvidenceView, theirs: EvidenceView) -> list[tuple[str, str]]:
    """What the student's cell calls things, and what the reference calls them."""
    known = [(name, reference) for at, name, reference in _both_names(ours, theirs) if at == cell.position]
    if known or not cell.touched:
        return known
    return _guessed(_ASSIGNED.findall(cell.source), _bound_by(theirs.evidence, cell.exercise))


def _bound_by(evidence: Evidence, exercise: str | None) -> list[str]:
    """Names that the cells of ``exercise`` bound."""
    cells = {cell.position for cell in evidence.submission.cells if cell.exercise == (exercise or "")}
    events = (stamped.event for stamped in evidence.run.events)
    bound = [event for event in events if isinstance(event, NamesBound) and event.cell in cells]
    return [name for event in bound for name in (*event.objects, *event.values)]


def _guessed(ours: list[str], theirs: list[str]) -> list[tuple[str, str]]:
    """Pairs of a name in a cell that raised and the reference's for the same thing, told by what the names say; a name
    alone of its kind on both sides needs to say nothing."""
    pairs = []
    mine = [name for name in dict.fromkeys(ours) if name not in theirs]
    left = [name for name in theirs if name not in ours]
    for kind in ("val", "test", "train", "model", "hist", "step"):
        named = ([name for name in mine if kind in name.lower()], [name for name in left if kind in name.lower()])
        if len(named[0]) == len(named[1]) == 1:
            pairs.append((named[0][0], named[1][0]))
            mine.remove(named[0][0])
            left.remove(named[1][0])
    return [*pairs, (mine[0], left[0])] if len(mine) == len(left) == 1 else pairs
