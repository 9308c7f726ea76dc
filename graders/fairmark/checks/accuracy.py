"""Questions about how well a trained model does on pictures it never saw."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fairmark.checks.expectation import NotShown, Unmet
from fairmark.checks.logits import gives_logits
from fairmark.checks.view import RunView
from fairmark.evidence import Probe

__all__ = ["Accuracy", "accuracy_of", "measured_accuracy", "predicted_class", "reaches", "wilson_interval"]

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


def reaches(run: RunView, threshold: float) -> str:
    """The trained model names at least the share ``threshold`` of the hidden pictures.

    Decided by the point estimate; a close call says so.
    """
    training = run.training
    if run.evidence.probe is None:
        raise NotShown(
            "the trained model", found="none that was trained", expected="a trained model", cell=training.cell
        )
    measured = measured_accuracy(run)
    if measured is not None and measured.share >= threshold:
        return f"Hidden pictures named rightly: {measured}." + _close(measured, threshold) + _ended_early(run)
    if measured is None:
        raise Unmet(
            "the trained model",
            found=run.evidence.probe.problem or "no answer to any hidden picture",
            expected="a model that can be rebuilt from its configuration and weights",
            cell=training.cell,
        )
    raise Unmet(
        "hidden pictures named rightly",
        found=str(measured),
        expected=f"at least {threshold:.0%}",
        cell=training.cell,
        message=f"Hidden pictures named rightly: {measured}, expected at least {threshold:.0%}."
        + _close(measured, threshold)
        + _untrainable(run)
        + _ended_early(run),
    )


def _ended_early(run: RunView) -> str:
    """At which epoch a training was ended early, and why."""
    decided = run.evidence.run.decided
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

    Raises :class:`NotShown` where the notebook does not show what its labels or its output stand for.
    """
    probe = run.evidence.probe
    if probe is None or probe.problem is not None or not probe.outputs:
        return None
    return accuracy_of(probe, run.training_pictures.classes.value, logits=gives_logits(run.model))
