"""Questions about how well a trained model does on pictures it never saw.

What was recorded was recorded for the threshold of that day: training was ended once that was certain, and no more
pictures were shown than it took. It answers for another threshold if a whole run would give the same answer; where that
is not sure, the notebook must be run again (:class:`NeedsRun`).
"""

from __future__ import annotations

import math

from fairmark.checks.expectation import CheckFailed, NeedsPerson, NeedsRun, NoEvidence, rests_on, told_exactly
from fairmark.checks.hidden_accuracy import Accuracy, accuracy_of, asks_for
from fairmark.evidence import Decided, ModelExported, Probe
from fairmark.keras.facts.logits import gives_logits
from fairmark.keras.views.chain import require_chain
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView, when_ended

__all__ = [
    "accuracy_in_training",
    "measured_accuracy",
    "reaches",
    "settled_accuracy",
]

_WHY_ENDED = {
    "reached": "That was clear",
    "not_a_number": "The loss was not a number",
    "untrainable": "Nothing had changed",
    "still": "The loss no longer moved",
}


def reaches(run: RunView, threshold: float) -> str:
    """The trained model names at least the share ``threshold`` of the hidden pictures.

    Decided by the point estimate; a close call says so. Raises :class:`NeedsRun` where what was recorded leaves this
    threshold open, and :class:`NeedsPerson` where the model cannot be rebuilt, or where it is not seen that the judged
    training made it (see :mod:`fairmark.keras.views.chain`).
    """
    asks_for(threshold)
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
