"""Frameworks: what fairmark has to know of a library for deep learning to grade notebooks that use it.

One wing of the engine, or a package of somebody else's, holds all that is known of one framework; everything else asks
it through :class:`Framework`. A wing is found by its name through the entry points of the group
``fairmark.frameworks``. A grader script names its framework, or takes the one that fairmark brings along.
`frameworks.md` says how to write one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from fairmark.advice.sentence import Advice
from fairmark.checks.grader import Grader
from fairmark.checks.hidden_accuracy import Accuracy
from fairmark.checks.view import EvidenceView
from fairmark.checks.vouched import Vouched
from fairmark.data.picture_form import PictureForm
from fairmark.errors import ExtensionFailed, ExtensionNotFound, FairmarkError, GraderError
from fairmark.evidence import Cell, Evidence, Layer, PicturesOpened, Preparation
from fairmark.extensions import ExtensionPoint
from fairmark.notebook.answer import Answer, Change
from fairmark.report import Report
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.program import Program

__all__ = [
    "FRAMEWORKS",
    "Family",
    "Framework",
    "KernelMemory",
    "OldName",
    "Rebuilt",
    "Watcher",
    "framework_named",
    "framework_of",
    "installed",
]

Family: TypeAlias = Callable[[Answer], Iterator[Change]]
"""One kind of mistake: all changes to an answer that are mistakes of that kind."""


@dataclass(frozen=True)
class OldName:
    """A name of an older version of the framework that ended a function of ``exercise``, or a switch to such a version
    that ended its code, in the cell at ``position``. ``source`` is the cell's text with that put as it is today,
    ``subject`` what the call was to do, in the framework's own words."""

    exercise: str
    position: int
    source: str
    subject: str


@dataclass(frozen=True)
class Rebuilt:
    """How a trained model is asked about hidden images. ``preparation`` is what images go through first, ``classes``
    are in the order of the notebook's labels; ``logits`` says that a single output is held against 0, not one half.
    ``picture`` is the image that the notebook predicted, told from the data set's folder; None if it predicted none."""

    preparation: Preparation
    classes: list[str]
    logits: bool
    picture: str | None


class KernelMemory(Channel):
    """Takes the events of a kernel. ``opened`` are the sources of images that are open, by their names."""

    opened: dict[str, PicturesOpened]


class Watcher(Protocol):
    """What the framework does in a kernel from now on is recorded."""

    def begin(self, cell: int, gone: Collection[str]) -> None:
        """The cell at position ``cell`` begins; the models named in ``gone`` are to be described anew."""

    def record_names(self, names: dict[str, object], source: str) -> None:
        """What the cell with the text ``source``, which has just run, called things. Never raises."""

    def record_left_behind(self, things: list[object]) -> None:
        """What functions had made when one of them raised. Never raises."""


@runtime_checkable
class Framework(Protocol):
    """What is known of one framework. Nothing of this imports the framework itself: it runs in the sandbox, or in a
    kernel that has imported it."""

    title: str
    """What people call it."""
    imported_as: str
    """What a notebook imports to use it, as people know it."""
    packages: tuple[str, ...]
    """Distributions it is made of, whose versions decide what a run comes to."""
    modules: tuple[str, ...]
    """Top-level modules it is imported by, and the short names they usually go by."""
    model_files: tuple[str, ...]
    """Ends of the names of files that hold a saved model, without the dot."""
    program: Program
    """What runs in the sandbox: what is imported ahead, what records a notebook, what rebuilds a model."""
    view_name: str
    """Full name of the class of its views, as grader scripts import it."""
    questions: tuple[str, ...]
    """Full names of the classes that a question may take as its first argument."""
    mistakes: tuple[Family, ...]
    """Kinds of mistakes that ``fairmark verify`` makes in right answers."""

    # --- reading evidence ---

    def view(
        self, evidence: Evidence, exercise: str = "", *, vouched: Mapping[int, Vouched] | None = None
    ) -> EvidenceView:
        """The evidence as the checks of ``exercise`` see it. ``vouched`` are positions of cells that ran with the
        author's text in place of the student's, with the names of what that calls and binds."""

    def calls_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        """The names of all that the cells of ``exercises`` can call among ``cells``, by position."""

    def binds_of(self, cells: Iterable[Cell], exercises: Collection[str]) -> dict[int, tuple[str, ...]]:
        """The names that the cells of ``exercises`` bind among ``cells``, by position, models left out."""

    def settled_accuracy(self, view: EvidenceView, threshold: float) -> Accuracy | None:
        """How the trained model did on hidden images, on the same side of ``threshold`` as after a whole run; None
        if the model gave no answer. Raises what ends a question (see ``fairmark.checks.expectation``)."""

    def accuracy_in_training(self, view: EvidenceView) -> Accuracy | None:
        """The same for a training that has not ended; nothing is credited for it."""

    def training_went_by(
        self, evidence: Evidence, reference: Evidence, grader: Grader, exercises: Iterable[str]
    ) -> bool:
        """Whether one of ``exercises`` lost marks in the run of ``evidence`` for something that its training went by,
        so that a training with that corrected is owed. ``reference`` is the evidence of a run of the solution."""

    # --- what a student may have copied from an older course ---

    def old_name_in(self, evidence: Evidence, exercises: Iterable[str]) -> OldName | None:
        """The next name of an older version that ended one of ``exercises``; None if there is none."""

    def check_it_costs(self, first: Report, evidence: Evidence, grader: Grader, name: OldName) -> str | None:
        """The check (``exercise.check``) that keeps the error: ``first`` is the report of the run with the error,
        ``evidence`` that of the run without it."""

    def foresee(self, cells: Sequence[Cell]) -> Advice | None:
        """Advice on what will end a whole run though a quick one does not show it; None if nothing is seen."""

    # --- the trained model ---

    def rebuilt(self, view: EvidenceView) -> Rebuilt:
        """How the model that ``view`` judges is to be asked about hidden images. Raises
        :class:`fairmark.checks.CheckFailed` if the notebook does not show how its images are prepared."""

    def vet_model(self, config: bytes) -> str:
        """A model's configuration without what rebuilding it does not need. Raises
        :class:`fairmark.grading.probe.UnsafeModel` and :class:`fairmark.grading.probe.CannotRebuild`."""

    def layers_in_configuration(self, config: str) -> tuple[Layer, ...]:
        """The layers that a vetted configuration says it has, those of a nested model in its place."""

    # --- images decoded ahead ---

    def forms_written(self, dataset: str, cells: Iterable[Cell]) -> Iterable[PictureForm]:
        """The forms in which the text of ``cells`` opens the images of ``dataset``, as far as they can be read off."""

    def form_opened(self, dataset: str, opened: PicturesOpened) -> Iterable[PictureForm]:
        """The form in which a run has opened a source of images of ``dataset``."""

    # --- in a kernel ---

    def watch(self, memory: KernelMemory, folder: Path) -> Watcher | None:
        """Records what the framework does in this process from now on; None until it has been imported. It is never
        imported on the notebook's behalf. ``folder`` holds the data sets."""


FRAMEWORKS = ExtensionPoint(group="fairmark.frameworks", noun="framework", protocol=Framework)


@cache
def framework_named(name: str) -> Framework:
    """The framework called ``name``, or, if that is empty, the one that fairmark brings along.

    Raises :class:`fairmark.errors.ExtensionNotFound` and :class:`fairmark.errors.ExtensionFailed`.
    """
    if not name:
        [name] = FRAMEWORKS.own_names()  # fairmark brings one along
    made: Framework = FRAMEWORKS.make(name)
    return made


@cache
def installed() -> tuple[Framework, ...]:
    """All that can be loaded here, fairmark's own first."""
    own = FRAMEWORKS.own_names()
    found: list[Framework] = []
    for name in dict.fromkeys([*own, *FRAMEWORKS.names()]):
        with contextlib.suppress(FairmarkError):  # said where it is asked for
            found.append(framework_named(name))
    return tuple(found)


def framework_of(grader: Grader) -> Framework:
    """The framework that a grader script is about. Raises :class:`fairmark.errors.GraderError` if it is not here."""
    try:
        return framework_named(grader.framework)
    except (ExtensionNotFound, ExtensionFailed) as problem:
        raise GraderError(f"{grader.name}.py: {problem.message}", remedy=problem.remedy) from problem
