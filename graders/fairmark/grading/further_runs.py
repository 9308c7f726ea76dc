"""Further runs, so that an error costs its own marks once.

If one hid whether the training is right, the notebook runs again as if the exercise with the error were correct. What
is put in its place, ``error_carried_forward`` says.
"""

from __future__ import annotations

from fairmark.evidence import Evidence, Rerun, Run
from fairmark.grading.error_carried_forward import left_open, next_exercises, put_right
from fairmark.grading.prepared import GradedSubmission, Prepared, needs_run
from fairmark.grading.progress import Steps
from fairmark.grading.redaction import muted
from fairmark.grading.settings import Mode
from fairmark.grading.time_budget import has_time_left

__all__ = ["carried_forward"]


def carried_forward(
    prepared: Prepared, marked: GradedSubmission, steps: Steps, recorded: tuple[Rerun, ...] = ()
) -> GradedSubmission:
    """The same, after further runs where they are needed to be fair to what comes after an error. Those in
    ``recorded`` need not be made."""
    if not prepared.assignment.solution.is_file():
        return marked
    cells = marked.evidence.submission.cells
    replaced: tuple[str, ...] = ()
    has_trained = True
    while True:
        wider = next_exercises(marked.report, cells, replaced)
        if not has_trained:
            # What only training can answer is trained for once, before the exercise that asks it is blamed.
            unclear = left_open(marked.report, replaced, cells) - _settled(prepared, marked, replaced)
            blamed = {name.partition(".")[0] for name in unclear} & {*wider}
            if unclear and (blamed or not wider):
                marked, has_trained = _run_again(prepared, marked, replaced, "full", steps, recorded), True
                continue
        if not wider:
            return marked
        replaced, has_trained = wider, prepared.settings.mode != "full"
        marked = _run_cheaply(prepared, marked, replaced, steps, recorded)


def _run_cheaply(
    prepared: Prepared, marked: GradedSubmission, replaced: tuple[str, ...], steps: Steps, recorded: tuple[Rerun, ...]
) -> GradedSubmission:
    """A further run without training that answers something: up to the first ``fit``, or rehearsed."""
    still_open = left_open(marked.report, replaced, marked.evidence.submission.cells)
    in_structure = still_open & prepared.answers("structure")
    goes_on = any(not rerun.replaced and not rerun.sources for rerun in marked.evidence.reruns)
    if (goes_on or prepared.settings.mode != "structure") and still_open & prepared.answers("rehearsal") - in_structure:
        return _run_again(prepared, marked, replaced, "rehearsal", steps, recorded)
    return _run_again(prepared, marked, replaced, "structure", steps, recorded) if in_structure else marked


def _run_again(
    prepared: Prepared,
    marked: GradedSubmission,
    replaced: tuple[str, ...],
    mode: Mode,
    steps: Steps,
    recorded: tuple[Rerun, ...],
) -> GradedSubmission:
    first = marked.evidence
    for known in recorded:
        judged = _with_rerun(prepared, first, known.model_copy(update={"answers": _sorted_answers(prepared, mode)}))
        if (known.replaced, _mode_of(known.run)) == (replaced, mode) and not needs_run(judged.report):
            return judged
    if not has_time_left():
        return marked
    titles = " and ".join(exercise.title for exercise in prepared.grader.exercises if exercise.id in replaced)
    steps.stage(f"Running again as if {titles} were correct")
    view = prepared.framework.view
    cells = put_right(view(first), view(prepared.reference("rehearsal")), prepared.solution, replaced)
    # The reference's text is in there: nobody is shown its cells, nor anything that the run has to say.
    unseen = Steps(stage=steps.stage)
    again = prepared.runner.run(first.submission.model_copy(update={"cells": cells}), cells, unseen, mode)
    probe = again.probe
    if probe is not None and probe.problem is not None:
        said = "The model of a further run could not be tried on hidden images"
        probe = probe.model_copy(update={"problem": said})
    own = [cell for cell in first.submission.cells if cell.exercise not in replaced]
    honest = [first.run, prepared.reference("rehearsal").run]
    quiet = muted(again.run, own, honest)
    went_by = mode == "full" and _training_went_by(prepared, first, replaced)
    rerun = Rerun(
        replaced=replaced,
        answers=_sorted_answers(prepared, mode),
        training_went_by=went_by,
        run=quiet,
        probe=probe,
        calls=prepared.framework.calls_of(cells, replaced),
        binds=prepared.framework.binds_of(cells, replaced),
    )
    return _with_rerun(prepared, first, rerun)


def _training_went_by(prepared: Prepared, first: Evidence, replaced: tuple[str, ...]) -> bool:
    """Whether another training is owed for what is put right now and was not when there was one before."""
    before = {one for rerun in first.reruns if _mode_of(rerun.run) == "full" for one in rerun.replaced}
    reference = prepared.reference("rehearsal")
    return prepared.framework.training_went_by(first, reference, prepared.grader, set(replaced) - before)


def _with_rerun(prepared: Prepared, first: Evidence, rerun: Rerun) -> GradedSubmission:
    return prepared.judged(first.model_copy(update={"reruns": (*first.reruns, rerun)}))


def _sorted_answers(prepared: Prepared, mode: Mode) -> tuple[str, ...]:
    return tuple(sorted(prepared.answers(mode)))


def _settled(prepared: Prepared, marked: GradedSubmission, replaced: tuple[str, ...]) -> frozenset[str]:
    """What another training would not change: what a rehearsal answers; and what a training has shown to be wrong,
    unless it went by something that has been put right since."""
    trained = {exercise.id for exercise in prepared.grader.exercises if exercise.needs_training}
    shown = {
        f"{exercise.id}.{check.id}"
        for exercise in marked.report.exercises
        if exercise.id in trained
        for check in exercise.checks
        if check.outcome in ("failed", "partial")
    }
    answered = prepared.answers("rehearsal")
    return answered - shown if _training_went_by(prepared, marked.evidence, replaced) else answered | shown


def _mode_of(run: Run) -> Mode:
    return "structure" if run.training_skipped else "rehearsal" if run.rehearsed else "full"
