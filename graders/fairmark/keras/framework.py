"""Keras as the rest of the engine knows it: the entry point ``keras`` of ``fairmark.frameworks``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from fairmark.advice import Advice
from fairmark.checks.grader import Grader
from fairmark.checks.hidden_accuracy import Accuracy
from fairmark.checks.view import EvidenceView
from fairmark.checks.vouched import Vouched
from fairmark.data.picture_form import PictureForm
from fairmark.evidence import Cell, Evidence, Layer, PicturesOpened
from fairmark.frameworks import KernelMemory, OldName, Rebuilt, Watcher
from fairmark.keras import accuracy
from fairmark.keras.advice import switch_in
from fairmark.keras.facts import network
from fairmark.keras.grading import image_forms, old_names, rebuild, second_training
from fairmark.keras.mistakes import MISTAKES
from fairmark.keras.program import KERAS
from fairmark.keras.views import vouched as reading
from fairmark.keras.views.run_view import RunView
from fairmark.keras.watch import watch
from fairmark.report import Report

__all__ = ["KerasFramework"]


class KerasFramework:
    """See :class:`fairmark.frameworks.Framework`, which says what each member is."""

    title = "Keras"
    imported_as = "TensorFlow"
    packages = ("tensorflow", "keras", "scipy")
    modules = ("keras", "tensorflow", "tf")
    model_files = ("keras", "h5", "hdf5", "tflite", "pb", "weights")
    program = KERAS
    view_name = "fairmark.keras.RunView"
    mistakes = MISTAKES
    questions = (
        "fairmark.checks.view.EvidenceView",
        "fairmark.keras.views.model_view.ModelView",
        "fairmark.keras.views.pictures_view.PicturesView",
        "fairmark.keras.views.prediction_view.PredictionView",
        "fairmark.keras.views.run_view.RunView",
        "fairmark.keras.views.training_view.TrainingView",
    )

    def view(self, evidence: Evidence, exercise: str = "", *, vouched: Mapping[int, Vouched] | None = None) -> RunView:
        return RunView(evidence, exercise, vouched=vouched)

    def calls_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        return reading.calls_of(cells, exercises)

    def binds_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        return reading.binds_of(cells, exercises)

    def settled_accuracy(self, view: EvidenceView, threshold: float) -> Accuracy | None:
        return accuracy.settled_accuracy(_of_keras(view), threshold)

    def accuracy_in_training(self, view: EvidenceView) -> Accuracy | None:
        return accuracy.accuracy_in_training(_of_keras(view))

    def training_went_by(
        self, evidence: Evidence, reference: Evidence, grader: Grader, exercises: Iterable[str]
    ) -> bool:
        return second_training.training_went_by(evidence, reference, grader, exercises)

    def old_name_in(self, evidence: Evidence, exercises: Iterable[str]) -> OldName | None:
        return old_names.old_name_in(evidence, exercises)

    def check_it_costs(self, first: Report, evidence: Evidence, grader: Grader, name: OldName) -> str | None:
        return old_names.check_it_costs(first, evidence, grader, name)

    def foresee(self, cells: Sequence[Cell]) -> Advice | None:
        return switch_in(cells)

    def rebuilt(self, view: EvidenceView) -> Rebuilt:
        return rebuild.rebuilt(_of_keras(view))

    def vet_model(self, config: bytes) -> str:
        return rebuild.vet_model(config)

    def layers_in_configuration(self, config: str) -> tuple[Layer, ...]:
        return network.layers_in_configuration(config)

    def forms_written(self, dataset: str, cells: Iterable[Cell]) -> Iterable[PictureForm]:
        return image_forms.forms_written(dataset, cells)

    def form_opened(self, dataset: str, opened: PicturesOpened) -> Iterable[PictureForm]:
        return image_forms.form_opened(dataset, opened)

    def watch(self, memory: KernelMemory, folder: Path) -> Watcher | None:
        return watch(memory, folder)


def _of_keras(view: EvidenceView) -> RunView:
    assert isinstance(view, RunView)
    return view
