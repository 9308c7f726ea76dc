"""Questions about more than two classes: how often each is there, and which is taken for which.

A confusion matrix is a table with a row for each true class and a column for each class that was named, both in the
order of the labels; an entry counts pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairmark.checks.answer_key import answered_by_the_run
from fairmark.checks.answers import number_in
from fairmark.checks.expectation import CheckFailed, NoEvidence, Observed, expect, spell
from fairmark.checks.hidden_accuracy import predicted_class
from fairmark.evidence import EpochEnded, ModelPredicted, PicturesOpened, Value
from fairmark.keras.facts.accuracy_names import accuracy_curve, accuracy_keys
from fairmark.keras.views.origin import ANSWERED
from fairmark.keras.views.pictures_view import PicturesView
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView

__all__ = [
    "agrees_with_predictions",
    "common_labels",
    "counts_rightly",
    "has_rows_of",
    "keeps_order",
    "labels_agree",
    "misses_most",
]

_NEAR = 0.021
"""How far the matrix's accuracy may be from that which ``fit`` measured: training with bfloat16 and predicting with
float32 name a few of two hundred pictures differently; a shuffled order or turned classes move it by far more."""


def keeps_order(pictures: PicturesView) -> None:
    """Pictures come in the order of their files, so that predictions can be held against the labels of the files."""
    expect(Observed(pictures.shuffled.value, f"shuffle of the {pictures.what}", pictures.cell)).to_be(False)


def common_labels(run: RunView) -> str | None:
    """The form of the labels where training and validation pictures have the same, else None."""
    training, validation = run.training_pictures.labels.value, run.validation_pictures.labels.value
    return training if training == validation else None


def labels_agree(run: RunView) -> None:
    """Training and validation pictures have labels of one form: one loss has to do for both."""
    labels, common = run.validation_pictures.labels, common_labels(run)
    if common is None:
        expected = f"{spell(run.training_pictures.labels.value)}, as for the training pictures"
        raise CheckFailed(labels.subject, found=spell(labels.value), expected=expected, cell=labels.cell)


@answered_by_the_run
def has_rows_of(run: RunView, name: str, counts: Sequence[int]) -> None:
    """The notebook bound ``name`` to a confusion matrix whose rows add up to ``counts``, the pictures of each true
    class."""
    answer = run.answer(name, ANSWERED)
    table = _table(answer, len(counts))
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    if rows == list(counts):
        return
    expected = f"rows that add up to {_listed(counts)}, the pictures of each true class"
    found = f"rows that add up to {_listed(rows)}"
    if columns == list(counts):
        found = "columns that add up to the pictures of each true class: rows and columns are swapped"
    elif sum(rows) != sum(counts):
        found = f"{sum(rows):g} pictures counted, of {sum(counts):,}"
    raise CheckFailed(name, found=found, expected=expected, cell=answer.cell)


@answered_by_the_run
def counts_rightly(run: RunView, name: str, training: TrainingView, pictures: PicturesView) -> str:
    """The diagonal of the matrix agrees with the validation accuracy that ``fit`` measured after its last epoch, on all
    of ``pictures``."""
    answer = run.answer(name, ANSWERED)
    table = _table(answer, len(pictures.classes.value))
    measured = _measured_on_all(run, training, pictures)
    total = sum(map(sum, table))
    share = sum(row[place] for place, row in enumerate(table)) / total if total else 0.0
    if not abs(share - measured) <= _NEAR:
        raise CheckFailed(
            f"the diagonal of {name}",
            found=f"{share:.1%} of the pictures",
            expected=f"{measured:.1%}, the accuracy fit measured",
            cell=answer.cell,
        )
    return f"The diagonal holds {share:.1%} of the pictures, as fit measured."


@answered_by_the_run
def agrees_with_predictions(run: RunView, name: str, pictures: PicturesView, first: int) -> None:
    """The first row of the matrix counts what the network really named for the first pictures of ``pictures``.

    In the order of the files the ``first`` pictures are all there are of the first class, and the run keeps what was
    predicted for the first 16. Nothing is asked where predictions were made in another way than by one call of
    ``predict`` on a source of pictures.
    """
    answer = run.answer(name, ANSWERED)
    table = _table(answer, len(pictures.classes.value))
    row = table[0]
    _asks_about(run, pictures)
    asked = run.nearest(ModelPredicted, lambda predicted: predicted.pictures == pictures.id)
    outputs = asked[-1].outputs[:first] if asked else []
    labels = [predicted_class(one) for one in outputs]
    if len(labels) < first or not all(label is not None and label < len(row) for label in labels):
        return
    named = [labels.count(place) for place in range(len(row))]
    if named not in (row, [other[0] for other in table]):  # swapped rows and columns have cost their marks
        raise CheckFailed(
            f"the first row of {name}",
            found=_listed(row),
            expected=f"{_listed(named)}, which is what the network named for these pictures",
            cell=answer.cell,
        )


def _asks_about(run: RunView, pictures: PicturesView) -> None:
    """Where the network was asked about sources of pictures, the last was read from the folder of ``pictures``."""
    folders = {source.pictures: source.directory for source in run.all(PicturesOpened)}
    asked = run.nearest(ModelPredicted, lambda predicted: predicted.pictures in folders)
    found = folders[asked[-1].pictures or ""] if asked else folders[pictures.id]
    if found != folders[pictures.id]:
        raise CheckFailed(
            "what the network was asked about",
            found=f"the pictures of {found}/",
            expected=f"the {pictures.what}",
            cell=asked[-1].cell,
        )


def _measured_on_all(run: RunView, training: TrainingView, pictures: PicturesView) -> float:
    """Validation accuracy of the last epoch; raises :class:`NoEvidence` where it is not that of all pictures."""
    last = run.all(EpochEnded, lambda epoch: epoch.fit == training.fit)[-1:]
    curve = accuracy_curve(training.history, validation=True, keys=accuracy_keys(run))
    batches = -(-pictures.found.value // (pictures.batch_size.value or 1))
    if not curve or not last or last[0].validation_steps < batches:
        raise NoEvidence(
            "the validation accuracy", found="no training that measured it on all pictures", cell=training.cell
        )
    return curve[-1]


@answered_by_the_run
def misses_most(run: RunView, name: str, matrix: str, classes: Sequence[str]) -> str:
    """The notebook bound ``name`` to the class of which ``matrix``, the notebook's own, has the smallest share on the
    diagonal; any of several equals is right. The class may be given by its label."""
    answer = run.answer(name, ANSWERED)
    table = _table(run.answer(matrix, ANSWERED), len(classes))
    shares = [row[place] / sum(row) if sum(row) else 0.0 for place, row in enumerate(table)]
    label = _label(answer.value, classes)
    if label is None:
        raise CheckFailed(name, found=f"{spell(answer.value):.80}", expected="one of the classes", cell=answer.cell)
    if shares[label] > min(shares):
        found = f"{classes[label]}, of which {shares[label]:.0%} are found"
        if table[label][label] == min(row[place] for place, row in enumerate(table)):
            found += ": the smallest number, but not the smallest share"
        expected = f"the one found least, with {min(shares):.0%}"
        raise CheckFailed(name, found=found, expected=expected, cell=answer.cell)
    return f"{shares[label]:.0%} of {classes[label]} are found."


def _label(value: Value, classes: Sequence[str]) -> int | None:
    if isinstance(value, str):
        bare = value.strip().lower().replace(" ", "_").replace("-", "_")
        return classes.index(bare) if bare in classes else None
    is_label = isinstance(value, int | float) and not isinstance(value, bool) and value in range(len(classes))
    return int(value) if is_label else None  # type: ignore[arg-type]


def _table(answer: Observed[Value], size: int) -> list[list[float]]:
    """The answer as ``size`` rows of ``size`` counts. Raises :class:`CheckFailed` where it is anything else."""
    expected = f"{size} rows of {size} counts"
    value = answer.value
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise CheckFailed(answer.subject, found=f"{spell(value):.80}", expected=expected, cell=answer.cell)
    rows = [row for row in value if isinstance(row, list)]
    if len(rows) != size or any(len(row) != size for row in rows):
        widths = " and ".join(map(str, sorted({len(row) for row in rows}))) or "0"
        found = f"{len(rows)} row{'s' * (len(rows) != 1)} of {widths}"
        raise CheckFailed(answer.subject, found=found, expected=expected, cell=answer.cell)
    table = [[number_in(entry, None) for entry in row] for row in rows]
    counts = [[entry for entry in row if entry is not None and entry >= 0 and entry.is_integer()] for row in table]
    if any(len(row) != size for row in counts):
        raise CheckFailed(
            answer.subject, found="entries that are no whole numbers", expected="pictures counted", cell=answer.cell
        )
    return counts


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
