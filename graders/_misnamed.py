"""Questions about the pictures that a trained model names wrongly, found by the notebook itself."""

from __future__ import annotations

from fairmark.checks.answer_key import answered_by_the_run
from fairmark.checks.expectation import CheckFailed, NoEvidence, spell
from fairmark.keras.facts.accuracy_names import accuracy_curve, accuracy_keys
from fairmark.keras.views.origin import ANSWERED
from fairmark.keras.views.pictures_view import PicturesView
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView

__all__ = ["keeps_order", "lists_as_many_as_measured"]

_SPARE = 2
"""Pictures by which the list may differ from what was measured: outputs at one half fall to either side where sums are
taken in another order."""
_LIKE_GUESSING = 0.35
"""Share of the pictures from which on a list is about as long as answers paired with the wrong pictures make it."""


def keeps_order(pictures: PicturesView) -> None:
    """The source gives its pictures in the order of their files."""
    shuffled = pictures.shuffled
    if shuffled.value:
        expected = "the order of the files (shuffle=False)"
        raise CheckFailed(shuffled.subject, found="shuffled", expected=expected, cell=shuffled.cell)


@answered_by_the_run
def lists_as_many_as_measured(run: RunView, training: TrainingView, pictures: PicturesView, name: str) -> None:
    """The notebook bound ``name`` to a list of as many different files as ``training`` found to be named wrongly when
    it validated on ``pictures`` after its last epoch."""
    answer, found = run.answer(name, ANSWERED), pictures.found.value
    if not isinstance(answer.value, list):
        raise CheckFailed(name, found=spell(answer.value), expected="a list of file names", cell=answer.cell)
    files = [entry for entry in answer.value if isinstance(entry, str)]
    if len(files) < len(answer.value):
        other = next(entry for entry in answer.value if not isinstance(entry, str))
        raise CheckFailed(name, found=f"{spell(other):.40} in it", expected="a list of file names", cell=answer.cell)
    if len(set(files)) < len(files):
        raise CheckFailed(name, found="a file more than once", expected="each file once", cell=answer.cell)
    wrong = _measured(run, training, found)
    if abs(len(files) - wrong) <= _SPARE:
        return
    said = f"{len(files)} of {found} files"
    if abs(len(files) - (found - wrong)) <= _SPARE:
        said += ", as many as are named rightly"
    elif len(files) >= _LIKE_GUESSING * found:
        said += ", about as many as where answers are held against other pictures' labels"
    expected = f"as many as the validation accuracy of the last epoch leaves, {wrong}"
    raise CheckFailed(name, found=said, expected=expected, cell=answer.cell)


def _measured(run: RunView, training: TrainingView, found: int) -> int:
    """How many of ``found`` pictures were named wrongly in the last epoch's validation."""
    accuracies = accuracy_curve(training.history, validation=True, keys=accuracy_keys(run))
    if not accuracies:
        raise NoEvidence("the history", found="no validation accuracy", expected="a training that was validated")
    return round(found * (1 - accuracies[-1]))
