"""The first run of a submission: which form of it, and how far it goes."""

from __future__ import annotations

from fairmark.evidence import Evidence, FitStarted, Rerun, Run, RunFinished, Submission
from fairmark.grading.judge import judge
from fairmark.grading.prepared import GradedSubmission, Prepared, needs_run, passed
from fairmark.grading.progress import Steps
from fairmark.grading.settings import Mode
from fairmark.notebook.source import calls_in
from fairmark.points import total

__all__ = ["better_form", "gone_on", "run_first"]


def better_form(prepared: Prepared, handed_in: Submission, restored: Submission, steps: Steps) -> Evidence:
    """A run of the notebook as it was handed in; or restored, where that earns more.

    The form is chosen before anything is trained, by runs that do the same each time: both are run without
    training, and the restored one is taken only if it passes checks that the other does not, of those which such a
    run can answer. So whatever is gained is gained by the author's text or order, which everybody was given; and
    one form alone is trained, once: nobody gets a second try at an accuracy by breaking a given cell.
    """
    mode: Mode = "structure" if prepared.settings.mode == "structure" else "rehearsal"
    evidence = prepared.runner.run(handed_in, handed_in.cells, steps, mode)
    earned, most = _earned(prepared, evidence, mode)
    if earned < most:
        steps.stage("Running again with the given cells as they were handed out")
        other = prepared.runner.run(restored, restored.cells, steps, mode)
        evidence = other if _earned(prepared, other, mode)[0] > earned else evidence
    return evidence


def run_first(prepared: Prepared, submission: Submission, steps: Steps) -> GradedSubmission:
    """If a run that is ended early leaves a question open, since something is asked that nobody foresaw, it is made
    again to its last epoch, and with all hidden pictures."""
    marked = prepared.judged(_first_run(prepared, submission, steps))
    if prepared.settings.mode != "full" or not needs_run(marked.report):
        return marked
    steps.stage("Running again to the last epoch")
    return prepared.judged(prepared.runner.run(submission, submission.cells, steps, "full", whole=True))


def gone_on(prepared: Prepared, marked: GradedSubmission, steps: Steps) -> GradedSubmission:
    """With a rehearsal, where a quick check ended at a ``fit`` before answers that need no training. It answers
    what a rehearsal of the reference can; without a solution, what is right in it."""
    evidence = marked.evidence
    if prepared.settings.mode != "structure" or evidence.run.outcome in ("unreadable", "not_run"):
        return marked
    needless = {exercise.id for exercise in prepared.grader.exercises if not exercise.needs_training}
    left = marked.report.not_checked
    if not any(name.partition(".")[0] in needless for name in left):
        return marked
    again = prepared.runner.run(evidence.submission, evidence.submission.cells, steps, "rehearsal")
    can = (
        prepared.answers("rehearsal")
        if prepared.assignment.solution.is_file()
        else passed(judge(again, prepared.grader))
    )
    rerun = Rerun(replaced=(), answers=tuple(sorted(can)), run=again.run)
    return prepared.judged(evidence.model_copy(update={"reruns": (*evidence.reruns, rerun)}))


def _earned(prepared: Prepared, evidence: Evidence, mode: Mode) -> tuple[float, float]:
    """The marks for what a run of this kind can answer, and the most there are."""
    run = evidence.run.model_copy(update={"training_skipped": False})
    report = judge(evidence.model_copy(update={"run": run}), prepared.grader)
    if prepared.assignment.solution.is_file():
        asked = prepared.answers(mode)
    else:
        untrained = [exercise for exercise in prepared.grader.exercises if not exercise.needs_training]
        asked = frozenset(f"{exercise.id}.{check.id}" for exercise in untrained for check in exercise.checks)
    counted = [
        check for exercise in report.exercises for check in exercise.checks if f"{exercise.id}.{check.id}" in asked
    ]
    return total(check.score for check in counted), total(check.max_score for check in counted)


def _first_run(prepared: Prepared, submission: Submission, steps: Steps) -> Evidence:
    """As far as the mode says. Where nothing that is asked needs training, a run up to the first ``fit`` is all
    there is, as long as the notebook has no ``fit`` and nobody looks at weights that such a run leaves at zero."""
    needs_fit = prepared.grader.needs_training or any(call.name == "fit" for call in calls_in(submission.cells))
    if prepared.settings.mode == "full" and not needs_fit:
        evidence = prepared.runner.run(submission, submission.cells, steps, "structure")
        if _is_whole(evidence.run):
            return evidence.model_copy(update={"run": evidence.run.model_copy(update={"training_skipped": False})})
    return prepared.runner.run(submission, submission.cells, steps, prepared.settings.mode)


def _is_whole(run: Run) -> bool:
    """Whether a run without training did all that one with training would have done."""
    events = [stamped.event for stamped in run.events]
    read = any(isinstance(event, RunFinished) and event.weights_read for event in events)
    return not read and not any(isinstance(event, FitStarted) for event in events)
