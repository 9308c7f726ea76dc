"""Where an old name of the framework's took a function with it: run again with that name spelled as it is now."""

from __future__ import annotations

from fairmark.evidence import Rerun
from fairmark.frameworks import OldName
from fairmark.grading.prepared import GradedSubmission, Prepared
from fairmark.grading.progress import Steps
from fairmark.grading.time_budget import has_time_left

__all__ = ["respelled"]

_MOST_OLD_NAMES = 4
"""Each that is found in one notebook costs a further run."""


def respelled(prepared: Prepared, marked: GradedSubmission, steps: Steps) -> GradedSubmission:
    """With a run in which old names of the framework's that ended a function are spelled as they are now."""
    first = seen = marked.evidence
    exercises = [exercise.id for exercise in marked.report.exercises]
    found: list[OldName] = []
    sources: dict[int, str] = {}
    while (
        len(found) < _MOST_OLD_NAMES
        and (name := prepared.framework.old_name_in(seen, exercises)) is not None
        and has_time_left()
    ):
        found.append(name)
        sources[name.position] = name.source
        steps.stage(f"Running again with a name of an older {prepared.framework.title} spelled as it is now")
        submission = first.submission.with_sources(sources)
        seen = prepared.runner.run(submission, submission.cells, steps, prepared.settings.mode)
    if not found:
        return marked
    costs = {prepared.framework.check_it_costs(marked.report, seen, prepared.grader, name) for name in found}
    answers = tuple(sorted(prepared.answers("full") - costs))
    rerun = Rerun(replaced=(), answers=answers, sources=sources, run=seen.run, probe=seen.probe)
    return prepared.judged(first.model_copy(update={"reruns": (*first.reruns, rerun)}))
