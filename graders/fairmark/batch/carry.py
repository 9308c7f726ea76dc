"""An error costs its own marks once: cells for a second run that puts earlier exercises right.

The answers that lost marks are replaced by the reference's; all others stay the student's. What such a run prints or
raises is shown to nobody: the reference's text is in there.
"""

from __future__ import annotations

from fairmark.checks import NotShown, RunView
from fairmark.evidence import Cell, Evidence, NamesBound
from fairmark.notebook.master import Master

__all__ = ["put_right"]


def put_right(evidence: Evidence, reference: Evidence, answers: Master, replaced: tuple[str, ...]) -> tuple[Cell, ...]:
    """The cells of the run, with the reference's answers to the exercises in ``replaced``.

    ``answers`` is the solution notebook, ``reference`` the evidence of a run of it. The student's other cells use the
    student's own names, so what a replaced cell had named is given that name again: training and validation pictures,
    the model, and the numbers of steps.
    """
    sources = {cell.exercise: cell.source for cell in answers.cells if cell.exercise is not None}
    theirs = {meaning: name for (_, name), meaning in _meanings(reference).items()}
    ours = _meanings(evidence)
    cells = []
    for cell in evidence.submission.cells:
        if cell.exercise not in replaced or cell.exercise not in sources:
            cells.append(cell)
            continue
        again = [
            f"{name} = {theirs[meaning]}"
            for (position, name), meaning in ours.items()
            if position == cell.position and meaning in theirs and theirs[meaning] != name
        ]
        source = "\n".join([sources[cell.exercise], *again])
        cells.append(cell.model_copy(update={"touched": True, "source": source}))
    return tuple(cells)


def _meanings(evidence: Evidence) -> dict[tuple[int, str], str]:
    """What each name stands for, by the position of the cell that bound it."""
    view = RunView(evidence)
    things: dict[object, str] = {}
    numbers: dict[object, str] = {}
    for meaning in ("training_pictures", "validation_pictures", "model"):
        try:
            things[getattr(view, meaning).id] = meaning
        except NotShown:
            continue
    try:
        fit = view.training
    except NotShown:
        pass
    else:
        numbers = {fit.asked_validation_steps: "validation_steps", fit.asked_steps_per_epoch: "steps_per_epoch"}
    found: dict[tuple[int, str], str] = {}
    for bound in view.all(NamesBound):
        for name, thing in bound.objects.items():
            if thing in things:
                found[bound.cell, name] = things[thing]
        for name, value in bound.values.items():
            if isinstance(value, int) and value in numbers:
                found[bound.cell, name] = "validation_steps" if "val" in name else numbers[value]
    return found
