"""Questions about how well a trained model does on pictures it never saw.

What was recorded was recorded for the threshold of that day: training was ended once that was certain, and no more
pictures were shown than it took. It answers for another threshold if a whole run would give the same answer; where that
is not sure, the notebook must be run again (:class:`NeedsRun`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fairmark.checks.chain import require_chain
from fairmark.checks.expectation import CheckFailed, NeedsPerson, NeedsRun, NoEvidence, rests_on, told_exactly
from fairmark.checks.logits import gives_logits
from fairmark.checks.training_view import TrainingView, when_ended
from fairmark.checks.view import RunView
from fairmark.evidence import Decided, ModelExported, Probe

__all__ = [
    "Accuracy",
    "accuracy_in_training",
    "accuracy_of",
    "collecting_thresholds",
    "measured_accuracy",
    "predicted_class",
    "reaches",
    "settled_accuracy",
    "wilson_interval",
]

_Z = 1.959963984540054
"""97.5% quantile of the standard normal distribution: two-sided 95%."""
_WHY_ENDED = {
    "reached": "That was clear",
    "not_a_number": "The loss was not a number",
    "untrainable": "Nothing had changed",
    "still": "The loss no longer moved",
}


@dataclass(frozen=True)
class Accuracy:
    """``correct`` of ``total`` hidden pictures, and the 95% Wilson score interval of the share, both 0 to 1."""

    correct: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.correct / self.total if self.total else 0.0

    def is_close_to(self, threshold: float) -> bool:
        """Whether the interval leaves open on which side of ``threshold`` the model is."""
        return self.low < threshold <= self.high

    def roughly(self, threshold: float | None = None) -> str:
        """The share to a twentieth, on its own side of ``threshold``: what students are told."""
        twentieths = round(20 * self.share)
        if threshold is not None and self.share < threshold <= twentieths / 20:
            return f"a little less than {threshold:.0%}"
        return f"about {5 * twentieths}%"

    def __str__(self) -> str:
        return f"{self.correct} of {self.total} ({self.share:.1%}, 95% interval {self.low:.1%}-{self.high:.1%})"


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a share (E. B. Wilson, 1927); (0, 1) where nothing was counted."""
    if total == 0:
        return (0.0, 1.0)
    share, square = correct / total, _Z * _Z
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return (max(0.0, centre - half), min(1.0, centre + half))


def predicted_class(outputs: tuple[float, ...] | list[float], *, logits: bool = False) -> int | None:
    """The label one row of outputs stands for: one number against one half, several by the largest.

    ``logits`` says that a single number has had no sigmoid, so that it is held against 0. None where it is not a
    number.
    """
    if not outputs or any(math.isnan(value) for value in outputs):
        return None
    if len(outputs) == 1:
        return int(outputs[0] > (0.0 if logits else 0.5))
    return max(range(len(outputs)), key=outputs.__getitem__)


def accuracy_of(probe: Probe, classes: list[str], *, logits: bool = False) -> Accuracy:
    """How many predictions name the picture's class; ``classes`` are in the order of the notebook's labels."""
    correct = 0
    for outputs, truth in zip(probe.outputs, probe.truth, strict=True):
        label = predicted_class(outputs, logits=logits)
        if label is not None and label < len(classes) and classes[label] == probe.classes[truth]:
            correct += 1
    low, high = wilson_interval(correct, len(probe.outputs))
    return Accuracy(correct, len(probe.outputs), low, high)


_thresholds: ContextVar[set[float] | None] = ContextVar("thresholds", default=None)


@contextmanager
def collecting_thresholds() -> Iterator[set[float]]:
    """Gathers what :func:`reaches` is asked for meanwhile."""
    collected: set[float] = set()
    token = _thresholds.set(collected)
    try:
        yield collected
    finally:
        _thresholds.reset(token)


def reaches(run: RunView, threshold: float) -> str:
    """The trained model names at least the share ``threshold`` of the hidden pictures.

    Decided by the point estimate; a close call says so. Raises :class:`NeedsRun` where what was recorded leaves this
    threshold open, and :class:`NeedsPerson` where the model cannot be rebuilt, or where it is not seen that the judged
    training made it (see :mod:`fairmark.checks.chain`).
    """
    collected = _thresholds.get()
    if collected is not None:
        collected.add(threshold)
    training = run.training
    training.confirm_called()
    measured = settled_accuracy(run, threshold)
    if measured is not None:
        told_exactly(str(measured), measured.roughly(threshold))
    if measured is not None and measured.share >= threshold:
        assert run.evidence.probe is not None
        require_chain(run, run.evidence.probe)
        return f"Hidden pictures named rightly: {measured}." + _close(measured, threshold) + _ended_early(training)
    if measured is None:
        assert run.evidence.probe is not None
        raise CheckFailed(
            "the trained model",
            found=run.evidence.probe.problem or "no answer to any hidden picture",
            expected="a model that can be rebuilt from its configuration and weights",
            cell=training.cell,
        )
    raise CheckFailed(
        "hidden pictures named rightly",
        found=str(measured),
        expected=f"at least {threshold:.0%}",
        cell=training.cell,
        message=f"Hidden pictures named rightly: {measured}, expected at least {threshold:.0%}."
        + _close(measured, threshold)
        + _untrainable(run)
        + _ended_early(training),
    )


def settled_accuracy(run: RunView, threshold: float) -> Accuracy | None:
    """How the trained model did on hidden pictures, on the same side of ``threshold`` as after a whole run; None where
    the model gave no answer.

    Raises :class:`NoEvidence` where none was trained, :class:`NeedsRun` where another run may end on the other side,
    and :class:`NeedsPerson` where the model cannot be rebuilt.
    """
    training, probe = run.training, run.evidence.probe
    if probe is None:
        _require_trained(run, training)
        said = "The trained model has not been tried on hidden images yet"
        raise NeedsRun(f"{said}; whether it reaches {threshold:.0%} needs another run.", cell=training.cell)
    if probe.not_rebuilt:
        raise NeedsPerson(f"{probe.problem}; a person should look.", cell=training.cell)
    measured = _measured(run)
    if measured is None:
        return None
    decided = training.decided
    if decided is not None and not _is_final(decided, probe):
        if measured.low >= threshold:
            return measured
        said = f"{when_ended(decided)}; whether it reaches {threshold:.0%} needs another run."
        raise NeedsRun(said, cell=training.cell)
    if threshold not in probe.thresholds and not _would_be_asked_no_more(run, measured, threshold):
        said = f"The trained model was shown {measured.total} hidden images"
        raise NeedsRun(f"{said}; whether it reaches {threshold:.0%} needs more of them.", cell=training.cell)
    return measured


def _require_trained(run: RunView, training: TrainingView) -> None:
    """Raises :class:`NoEvidence` unless a model was trained to its end, in a run that trains."""
    exported = run.all(ModelExported, lambda event: event.moment == "fit" and event.model == training.model)
    if run.evidence.run.rehearsed or not exported:
        raise NoEvidence(
            "the trained model", found="none that was trained", expected="a trained model", cell=training.cell
        )


def _is_final(decided: Decided, probe: Probe) -> bool:
    """Whether the epochs that were left out would not have changed the model, whatever threshold it is held against."""
    if decided.reason == "not_a_number":
        return all(math.isnan(value) for outputs in probe.outputs for value in outputs)
    return decided.reason == "untrainable" or (decided.reason == "still" and decided.still_epochs is not None)


def _would_be_asked_no_more(run: RunView, measured: Accuracy, threshold: float) -> bool:
    """Whether a probe for ``threshold`` would come to the same side with no more pictures than were shown."""
    probe = run.evidence.probe
    assert probe is not None
    sizes = [*probe.asked_at, len(probe.outputs)]
    looks = (_measured(run, size) for size in sizes)
    decisive = next((one for one in looks if one is not None and not one.is_close_to(threshold)), None)
    if decisive is None:
        return len(probe.outputs) >= probe.available and not probe.more
    return (decisive.share >= threshold) == (measured.share >= threshold)


def _ended_early(training: TrainingView) -> str:
    """At which epoch a training was ended early, and why."""
    decided = training.decided
    if decided is None:
        return ""
    said = _WHY_ENDED[decided.reason]
    return f" {said} after epoch {decided.epoch} of {decided.asked}, and training was ended there."


def _close(measured: Accuracy, threshold: float) -> str:
    return " This is a close call: the interval holds the threshold." if measured.is_close_to(threshold) else ""


def _untrainable(run: RunView) -> str:
    if run.model.trainable_parameters != 0:
        return ""
    return " None of the model's weights may change (trainable is False), so training teaches it nothing."


def measured_accuracy(run: RunView) -> Accuracy | None:
    """How the model that the notebook trained did on hidden pictures; None where it could not be asked.

    No more were shown than the grader script's ``hidden_accuracy`` took: a check that fails on this where the training
    was ended, or where more could be shown, needs another run instead. Raises :class:`NoEvidence` where the notebook
    does not show what its labels or its output stand for, :class:`NeedsRun` where it was recorded without hidden
    pictures, :class:`NeedsPerson` where the model cannot be rebuilt, or where it is not seen that the judged training
    made it. A message that holds it as it spells itself is rounded for students.
    """
    run.training.confirm_called()
    measured = accuracy_in_training(run)
    if measured is not None:
        assert run.evidence.probe is not None
        require_chain(run, run.evidence.probe)
    return measured


def accuracy_in_training(run: RunView) -> Accuracy | None:
    """The same for a training that has not ended, whatever led there; nothing is credited for it."""
    probe, training = run.evidence.probe, run.training
    if probe is None:
        _require_trained(run, training)
        raise NeedsRun(
            "The trained model has not been tried on hidden images yet; that needs another run.", cell=training.cell
        )
    if probe.not_rebuilt:
        raise NeedsPerson(f"{probe.problem}; a person should look.", cell=training.cell)
    decided = training.decided
    if decided is not None and not _is_final(decided, probe):
        rests_on(NeedsRun(f"{when_ended(decided)}; how well it does then needs another run.", cell=training.cell))
    elif len(probe.outputs) < probe.available or probe.more:
        said = f"The trained model was shown {len(probe.outputs)} hidden images"
        rests_on(NeedsRun(f"{said}; how well it does needs more of them.", cell=training.cell))
    measured = _measured(run)
    if measured is not None:
        told_exactly(str(measured), measured.roughly())
    return measured


def _measured(run: RunView, count: int | None = None) -> Accuracy | None:
    """On the first ``count`` hidden pictures, all by default."""
    probe = run.evidence.probe
    if probe is None or probe.problem is not None or not probe.outputs:
        return None
    first = probe.model_copy(update={"outputs": probe.outputs[:count], "truth": probe.truth[:count]})
    return accuracy_of(first, run.training_pictures.classes.value, logits=gives_logits(run.model))
