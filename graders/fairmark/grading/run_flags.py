"""Flags that a run raises as a whole: limits, forged events, changed weights, close calls, marks carried forward."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from fairmark.checks.grader import Grader
from fairmark.checks.hidden_accuracy import Accuracy
from fairmark.checks.one_story import breaks_in
from fairmark.checks.view import EvidenceView
from fairmark.evidence import (
    CellFinished,
    CellStarted,
    Evidence,
    FitStarted,
    Flag,
    FlagKind,
    HooksGone,
    ModelExported,
    RunFinished,
)
from fairmark.frameworks import Framework, framework_of
from fairmark.notebook.constants import large_constants_in
from fairmark.notebook.source import calls_in
from fairmark.notebook.tampering import tampering_in

__all__ = ["LIMITS", "ended_itself", "flags_of_run"]

LIMITS: tuple[FlagKind, ...] = ("timeout", "out_of_memory", "output_limit", "crashed")
"""Outcomes of a run that did not get through all cells."""
_ENDING = frozenset({"kill", "killpg", "_exit", "abort", "exit", "quit", "raise_signal"})
"""What a notebook ends its own process with."""


def flags_of_run(evidence: Evidence, grader: Grader) -> Iterable[Flag]:
    """What a run, its probe and its further runs give a person to look at, or to know."""
    framework = framework_of(grader)
    run, probe, view = evidence.run, evidence.probe, framework.view(evidence)
    if run.outcome in LIMITS and not ended_itself(view):
        yield Flag(kind=run.outcome, message=run.reason or run.outcome)
    ended = [finished.cell for finished in view.all(CellFinished) if finished.error is None]
    yield from tampering_in(evidence.submission.cells, ended, modules=framework.modules)
    yield from large_constants_in(evidence.submission.cells)
    yield from _replaced(view, framework)
    if _ended_too_soon(view):
        yield Flag(kind="forged_events", message="the end was announced before every cell had run")
    yield from _contradictory(evidence)
    if run.unsealed:
        said = f"{run.unsealed} lines on the evidence channel were not the recorder's; they were ignored"
        yield Flag(kind="forged_events", message=said)
    if probe is not None and (probe.weights_swapped or _weights_changed(view, probe.model)):
        yield Flag(kind="weights_changed", message="the model's weights were changed after its last training")
    put_right = [rerun.replaced for rerun in evidence.reruns if rerun.replaced]
    if put_right:
        replaced = ", ".join(put_right[-1])
        yield Flag(kind="carried_forward", message=f"run again with the reference's {replaced}, to judge what follows")
    if evidence.further_runs_left_out:
        said = "the time for all runs of this notebook was used up: what follows an error is marked as it ran"
        yield Flag(kind="no_time_left", message=said)
    threshold = grader.hidden_accuracy
    measured = _settled(framework, view, threshold) if threshold is not None else None
    if measured is not None and threshold is not None and measured.is_close_to(threshold):
        yield Flag(kind="close_call", message=f"hidden pictures named rightly: {measured}")


def _replaced(view: EvidenceView, framework: Framework) -> Iterable[Flag]:
    """What of the framework a cell put something else in the place of, whatever its text says."""
    numbers = {cell.position: cell.number for cell in view.evidence.submission.cells}
    for gone in view.all(HooksGone):
        said = f"what {framework.title} does was replaced: {', '.join(gone.names)}"
        yield Flag(kind="tampering", message=said[:500], cell=numbers.get(gone.cell))


def _contradictory(evidence: Evidence) -> Iterable[Flag]:
    """The first thing in each run that does not fit with the rest of it. A kernel, whose cells are run in any order and
    again, tells no whole story."""
    if evidence.probe is not None and evidence.probe.left_for_later:
        return
    for run in (evidence.run, *(rerun.run for rerun in evidence.reruns)):
        for said in itertools.islice(breaks_in(run), 1):
            message = f"what the run reports does not fit together: {said}"
            yield Flag(kind="forged_events", message=message[:500])


def ended_itself(view: EvidenceView) -> bool:
    """Whether a cell of the notebook ended its process, after all that answers an exercise: nothing is lost by that."""
    if view.evidence.run.outcome != "crashed":
        return False
    ended = {finished.cell for finished in view.all(CellFinished)}
    begun = [started.cell for started in view.all(CellStarted) if started.cell not in ended]
    texts = [cell for cell in view.evidence.submission.cells if cell.position in begun]
    ends = any(call.names & _ENDING for call in calls_in(texts))
    return ends and ended.issuperset(view.scope.answers)


def _ended_too_soon(view: EvidenceView) -> bool:
    """Whether the last event came before the last cell had ended; a run without training ends at its first ``fit``."""
    if not view.all(RunFinished) or any(not fit.trained for fit in view.all(FitStarted)):
        return False
    ended = {finished.cell for finished in view.all(CellFinished)}
    return not ended.issuperset(cell.position for cell in view.evidence.submission.cells if cell.touched)


def _settled(framework: Framework, view: EvidenceView, threshold: float) -> Accuracy | None:
    try:
        return framework.settled_accuracy(view, threshold)
    except Exception:
        return None  # the check of the accuracy has said why


def _weights_changed(view: EvidenceView, model: str) -> bool:
    """Whether the notebook left the model otherwise than training did; marks are for what training left."""
    digests = {exported.moment: exported.digest for exported in view.all(ModelExported) if exported.model == model}
    return "end" in digests and digests["end"] != digests.get("fit")
