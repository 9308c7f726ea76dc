"""Questions about one picture's way from its file to the name of its class."""

from __future__ import annotations

from collections.abc import Sequence

from fairmark.checks.expectation import CheckFailed, NoEvidence, NotBorneOut, lacks_support
from fairmark.checks.hidden_accuracy import predicted_class
from fairmark.keras.facts.logits import gives_logits
from fairmark.keras.views.chain import require_same_model
from fairmark.keras.views.prepared_text import Wanted, confirm_asked
from fairmark.keras.views.run_view import RunView

__all__ = ["names_class", "prepares_as_in_training"]

_TOLERANCE = 0.2
"""How far the notebook's output may be from the rebuilt model's for the same file: bfloat16 training against float32
outside moves a probability by a few hundredths; a picture scaled or resized otherwise moves it to the other end."""

_UNDECIDED = 0.02
"""Outputs this near to one half name either class."""


def prepares_as_in_training(run: RunView) -> None:
    """The model was given one picture, sized and scaled as the pictures it learned from."""
    prediction, pictures = run.prediction, run.training_pictures
    shape, size = prediction.input_shape, pictures.size.value
    if size is not None and shape.value[:3] != [1, *size]:
        raise CheckFailed(
            shape.subject,
            found=" x ".join(map(str, shape.value)) or "nothing with a shape",
            expected=f"1 x {size[0]} x {size[1]} x 3, a batch of one picture",
            cell=shape.cell,
        )
    if pictures.preparation_scale < 1.0 < prediction.maximum - 0.01:
        raise CheckFailed(
            "the pixels given to the model",
            found=f"values up to {prediction.maximum:.0f}",
            expected="the scaling of the training pictures",
            cell=prediction.cell,
        )
    if prediction.picture.value is None:
        raise NoEvidence("the picture", found="no picture file being opened", expected="a file", cell=prediction.cell)
    scale = pictures.preparation_scale
    wanted = Wanted(
        prediction.picture.value,
        size,
        scale if scale < 1.0 else None,
        is_batch=True,
        native=prediction.size_of_file,
    )
    fit = run.judged_fit
    confirm_asked(run.corroboration, prediction.cell, wanted, trained_in=None if fit is None else fit.cell)
    _same_as_outside(run)


def _same_as_outside(run: RunView) -> None:
    """The rebuilt model, given the same file prepared as in training, must say about the same."""
    prediction = run.prediction
    outside = prediction.outputs_outside
    inside = prediction.outputs[0] if prediction.outputs else []
    if outside is None and run.evidence.probe is not None and run.judged_fit is not None:
        require_same_model(prediction.model, run.judged_fit)
    if outside is None or len(outside) != len(inside):
        _require_outside(run)
        return
    # Written so that NaN is not near to anything.
    if not all(abs(one - other) <= _TOLERANCE for one, other in zip(inside, outside, strict=True)):
        raise CheckFailed(
            "the model's output",
            found=", ".join(f"{value:.2f}" for value in inside),
            expected=", ".join(f"{value:.2f}" for value in outside),
            cell=prediction.cell,
            message=(
                f"Your cell got {inside[0]:.2f} for {prediction.picture.value}; the same model gives {outside[0]:.2f} "
                "for that file when it is prepared as in training."
            ),
        )


def _require_outside(run: RunView) -> None:
    """Says that what the model answered is nobody's word but the run's, in a run that trains and is asked outside."""
    ran, probe = run.evidence.run, run.evidence.probe
    if probe is not None and not (probe.left_for_later or ran.rehearsed or ran.training_skipped):
        said = (
            "The trained model was not asked about this image outside the notebook's run, so that its answer rests on "
            "what the notebook reported alone; a person should look."
        )
        lacks_support(NotBorneOut(said, cell=run.prediction.cell))


def names_class(run: RunView, *, name: str | None = None, undecided: float = _UNDECIDED) -> None:
    """The class that is named is the one the model's output stands for, right or wrong about the picture.

    ``name`` is the variable the notebook asks for; where it is not bound to a class, the last class that is named
    counts. Outputs nearer to the threshold than ``undecided`` name either class.
    """
    prediction, classes = run.prediction, run.training_pictures.classes.value
    outputs = prediction.outputs[0] if prediction.outputs else []
    logits = gives_logits(run.model)
    label = predicted_class(outputs, logits=logits)
    if label is None or label >= len(classes):
        raise NoEvidence("the model's output", found="no usable number", cell=prediction.cell)
    named = prediction.names_given(classes, name)
    expected = f"{classes[label]}, which an output of {', '.join(f'{value:.2f}' for value in outputs)} stands for"
    if not named:
        raise CheckFailed("the class", found="no class named", expected=expected, cell=prediction.cell)
    outside = prediction.outputs_outside
    if outside is None:
        _require_outside(run)
    elif predicted_class(outside, logits=logits) != label and not _is_near(outputs, outside):
        said = "Outside the notebook's run the model gives another answer for this image; a person should look."
        lacks_support(NotBorneOut(said, cell=prediction.cell))
    is_close = len(outputs) == 1 and abs(outputs[0] - (0.0 if logits else 0.5)) < undecided
    if named[-1] != classes[label] and not is_close:
        raise CheckFailed("the class", found=named[-1], expected=expected, cell=prediction.cell)


def _is_near(inside: Sequence[float], outside: Sequence[float]) -> bool:
    both = zip(inside, outside, strict=False)
    return len(inside) == len(outside) and all(abs(one - other) <= _TOLERANCE for one, other in both)
