"""The evidence seen through each of its runs: the notebook's own, and further ones with something put right.

Of a run in which the reference's answers stood, nothing leaves but each check's outcome: its notebook can read them,
and would like them to be quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairmark.checks.grader import Exercise, Grader
from fairmark.checks.view import EvidenceView
from fairmark.checks.vouched import Vouched
from fairmark.evidence import EpochEnded, Evidence, Rerun, Run
from fairmark.frameworks import Framework, framework_of

__all__ = ["Sight", "has_tried", "misses_narrowly", "sights"]

_NEAR = 0.05
"""Below a threshold, a share of the hidden pictures: so close, another training may end above it by luck."""


@dataclass(frozen=True)
class Sight:
    """The evidence seen through one of its runs. ``answers`` are the checks it may answer, None for all; ``note`` says
    what was put right in it; ``may_take_back`` says that it counts against what the notebook's own run has shown: that
    one trained nothing, or this one trained too, with something put right that the training went by. ``goes_on`` says
    that it is the notebook's own run beyond its first ``fit``; ``is_quoted`` that its findings may be told: no answer
    of the reference's stood in it."""

    view: EvidenceView
    answers: frozenset[str] | None = None
    note: str = ""
    may_take_back: bool = False
    goes_on: bool = False
    is_quoted: bool = True


def sights(evidence: Evidence, exercise: Exercise, grader: Grader) -> Iterable[Sight]:
    """The run of the notebook as it was handed in, and those further ones in which something before ``exercise`` was
    put right."""
    framework = framework_of(grader)
    yield Sight(framework.view(evidence, exercise.id))
    titles = {one.id: one.title for one in grader.exercises}
    before = list(titles)[: list(titles).index(exercise.id)]
    for rerun in evidence.reruns:
        if rerun.replaced and (exercise.id in rerun.replaced or not set(before) & set(rerun.replaced)):
            continue
        submission = evidence.submission.with_sources(rerun.sources)
        vouched = {
            cell.position: Vouched(
                frozenset(rerun.calls.get(cell.position, ())), frozenset(rerun.binds.get(cell.position, ()))
            )
            for cell in submission.cells
            if cell.exercise in rerun.replaced
        }
        seen = Evidence(submission=submission, run=rerun.run, probe=rerun.probe, folders=evidence.folders)
        yield Sight(
            framework.view(seen, exercise.id, vouched=vouched),
            frozenset(rerun.answers),
            _note(rerun, framework, [titles[name] for name in rerun.replaced if name in before]),
            may_take_back=not _trained(evidence.run) or (_trained(rerun.run) and rerun.training_went_by),
            goes_on=not rerun.replaced and not rerun.sources,
            is_quoted=not rerun.replaced,
        )


def _note(rerun: Rerun, framework: Framework, titles: list[str]) -> str:
    if rerun.sources:
        return f"Marked with the call of an older {framework.title} put right, which has lost its marks."
    named = " and ".join(f"“{title}”" for title in titles)
    if len(titles) == 1:
        return f"Marked as if {named} were correct; {named} lost its own marks."
    return f"Marked as if {named} were correct; they lost their own marks." if titles else ""


def has_tried(view: EvidenceView) -> bool:
    """Whether a training got through an epoch, be it that it raised an error later: that was its try."""
    return bool(view.all(EpochEnded))


def misses_narrowly(framework: Framework, view: EvidenceView, threshold: float) -> bool:
    """Whether the trained model failed ``threshold`` so narrowly that a second training may pass it by luck: the
    interval holds the threshold, or nearly."""
    try:
        measured = framework.settled_accuracy(view, threshold)
    except Exception:
        return False  # the check itself has said why
    return measured is not None and measured.high >= threshold - _NEAR


def _trained(run: Run) -> bool:
    return not (run.rehearsed or run.training_skipped)
