"""What the rest of fairmark asks about Pocket. ``frameworks.md`` in the engine says what each member is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from fairmark.advice import Advice
from fairmark.checks import EvidenceView, Grader, NoEvidence, Observed
from fairmark.checks.hidden_accuracy import Accuracy
from fairmark.checks.origin import WORKED_OUT, Origin
from fairmark.checks.vouched import Vouched
from fairmark.data.picture_form import PictureForm
from fairmark.evidence import Cell, CellError, Evidence, Layer, NamesBound, PicturesOpened, Value
from fairmark.frameworks import Family, KernelMemory, OldName, Rebuilt, Watcher
from fairmark.grading.probe import CannotRebuild
from fairmark.report import Report
from fairmark.sandbox.program import Program

__all__ = ["PocketFramework", "PocketView"]


class PocketView(EvidenceView):
    """What grader scripts ask of: beside what every view has, the lines that were fitted."""

    def answer(self, name: str, origin: Origin = WORKED_OUT) -> Observed[Value]:
        # A notebook can forge what the recorder says. Pocket takes its word; a view for exams asks the text as well.
        bound = self.scope.in_force(name, self.all(NamesBound, lambda event: name in event.values))
        if bound is None:
            raise NoEvidence(name, found="no value")
        return Observed(bound.values[name], name, bound.cell)

    def slope(self, name: str) -> Observed[Value]:
        """The slope of the line that the notebook calls ``name``."""
        line = self.answer(name)
        if not isinstance(line.value, list):
            raise NoEvidence(name, found=str(line.value), expected="a line")
        return Observed(line.value[0], f"the slope of {name}", line.cell)

    # No training of Pocket's takes an epoch, and no name means the same as another.
    judged_fit = None

    def meanings(self) -> dict[tuple[int, str], str]:
        return {}

    def told_of_error(self, error: CellError, source: str, earlier: Sequence[str] = ()) -> str:
        return f"{error.type}: {error.message}"


class PocketFramework:
    """See :class:`fairmark.frameworks.Framework`."""

    title = imported_as = "Pocket"
    packages = ()
    modules = ("fairmark_examples",)
    model_files = ()
    program = Program(
        package="fairmark_examples.pocket",
        notebook="fairmark_examples.pocket.recorder:run_notebook",
        probe="fairmark_examples.pocket.recorder:run_probe",
    )
    view_name = "fairmark_examples.pocket.framework.PocketView"
    questions = ("fairmark.checks.view.EvidenceView", view_name)
    mistakes: tuple[Family, ...] = ()

    def view(
        self, evidence: Evidence, exercise: str = "", *, vouched: Mapping[int, Vouched] | None = None
    ) -> PocketView:
        return PocketView(evidence, exercise)

    # The rest is about trained models, images and older versions, of which Pocket has none.

    def calls_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        return {}

    def binds_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        return {}

    def settled_accuracy(self, view: EvidenceView, threshold: float) -> Accuracy | None:
        return None

    def accuracy_in_training(self, view: EvidenceView) -> Accuracy | None:
        return None

    def training_went_by(
        self, evidence: Evidence, reference: Evidence, grader: Grader, exercises: Iterable[str]
    ) -> bool:
        return False

    def old_name_in(self, evidence: Evidence, exercises: Iterable[str]) -> OldName | None:
        return None

    def check_it_costs(self, first: Report, evidence: Evidence, grader: Grader, name: OldName) -> str | None:
        return None

    def foresee(self, cells: Sequence[Cell]) -> Advice | None:
        return None

    def rebuilt(self, view: EvidenceView) -> Rebuilt:
        raise CannotRebuild("no model of Pocket's classifies images")

    def vet_model(self, config: bytes) -> str:
        raise CannotRebuild("no model of Pocket's is exported")

    def layers_in_configuration(self, config: str) -> tuple[Layer, ...]:
        return ()

    def forms_written(self, dataset: str, cells: Iterable[Cell]) -> Iterable[PictureForm]:
        return ()

    def form_opened(self, dataset: str, opened: PicturesOpened) -> Iterable[PictureForm]:
        return ()

    def watch(self, memory: KernelMemory, folder: Path) -> Watcher | None:
        return None
