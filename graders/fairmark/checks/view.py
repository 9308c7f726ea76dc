"""The evidence as graders see it: pictures, model, training, hidden pictures, prediction.

Everything here answers with :class:`Observed` values, raises :class:`NotShown` for what never happened, and
:class:`Doubted` where the notebook's text contradicts what the recorder says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

from fairmark.checks.expectation import NotShown, Observed
from fairmark.checks.model_view import ModelView
from fairmark.checks.pictures_view import PicturesView
from fairmark.checks.prediction_view import PredictionView
from fairmark.checks.training_view import TrainingView
from fairmark.checks.witness import Witness
from fairmark.evidence import (
    BatchSeen,
    CellFinished,
    EpochEnded,
    Evidence,
    FitFinished,
    FitStarted,
    ModelCompiled,
    ModelDescribed,
    ModelPredicted,
    NamesBound,
    PictureLoaded,
    PicturesOpened,
    Value,
)

__all__ = ["RunView"]

E = TypeVar("E")


class RunView:
    """One submission's evidence, for the checks of one exercise (``exercise`` is its id). ``vouched`` are positions of
    cells that ran with the author's text in place of the student's."""

    def __init__(self, evidence: Evidence, exercise: str = "", *, vouched: frozenset[int] = frozenset()) -> None:
        self.evidence = evidence
        self.exercise = exercise
        self._events: defaultdict[type, list[Any]] = defaultdict(list)
        for stamped in evidence.run.events:
            self._events[type(stamped.event)].append(stamped.event)
        self.witness = Witness(evidence.submission.cells, vouched)

    def all(self, kind: type[E], accepts: Callable[[E], bool] = lambda event: True) -> list[E]:
        """Events of one class, in order."""
        return [event for event in self._events.get(kind, ()) if accepts(event)]

    # --- pictures ---

    @cached_property
    def _sources(self) -> list[PicturesOpened]:
        """Sources the notebook opened itself; what was derived from one (``map``, ``prefetch``) speaks for it."""
        opened = {source.pictures: source for source in self.all(PicturesOpened)}
        derived_from = {source.parent for source in opened.values()}
        return [source for source in opened.values() if source.pictures not in derived_from]

    @cached_property
    def _roles(self) -> tuple[PicturesOpened | None, PicturesOpened | None]:
        return _tell_apart(self._sources, self.all(NamesBound), self.all(FitStarted))

    @property
    def training_pictures(self) -> PicturesView:
        return self._pictures(self._roles[0], "training pictures")

    @property
    def validation_pictures(self) -> PicturesView:
        return self._pictures(self._roles[1], "validation pictures")

    def pictures_called(self, name: str) -> PicturesView:
        """The source of pictures that the notebook last called ``name``."""
        source = self._bound_object(name, "pictures-")
        return self._pictures(next(one for one in self.all(PicturesOpened) if one.pictures == source), name)

    def _pictures(self, source: PicturesOpened | None, what: str) -> PicturesView:
        if source is None:
            raise NotShown(f"the {what}", found="none", expected="a generator that labels pictures by their folder")
        names = {source.pictures, source.parent}
        batch = next(iter(self.all(BatchSeen, lambda seen: seen.pictures in names)), None)
        return PicturesView(source, what, batch, self.witness, self._scaling_layer())

    def _scaling_layer(self) -> float:
        """What the model's ``Rescaling`` layers multiply pixels with, 1.0 where it has none."""
        model = self._described(None)
        layers = model.layers if model is not None else []
        scales = [layer.config.get("scale") for layer in layers if layer.class_name == "Rescaling"]
        return math.prod(float(scale) for scale in scales if isinstance(scale, int | float))

    # --- model ---

    def _described(self, name: str | None) -> ModelDescribed | None:
        """The latest description of the model ``name``, or of the one in the end trained, compiled or made."""
        described = self.all(ModelDescribed)
        acted_on = [event.model for event in described]
        acted_on += [event.model for event in self.all(ModelCompiled)]
        acted_on += [event.model for event in self.all(FitStarted)]
        wanted = name or (acted_on[-1] if acted_on else None)
        return next((event for event in reversed(described) if event.model == wanted), None)

    @property
    def model(self) -> ModelView:
        """The model that was in the end trained, compiled or made."""
        return self._model(None, "the model")

    def model_called(self, name: str) -> ModelView:
        """The model that the notebook last called ``name``."""
        return self._model(self._bound_object(name, "model-"), name)

    def _bound_object(self, name: str, kind: str) -> str:
        """What the notebook last called ``name``, of those whose ids begin with ``kind``."""
        for bound in reversed(self.all(NamesBound)):
            if bound.objects.get(name, "").startswith(kind):
                return bound.objects[name]
        raise NotShown(name, found="nothing of that name")

    def _model(self, name: str | None, subject: str) -> ModelView:
        described = self._described(name)
        if described is None:
            raise NotShown(subject, found="none", expected="a Keras model")
        first = next(event for event in self.all(ModelDescribed) if event.model == described.model)
        compiled = [event for event in self.all(ModelCompiled) if event.model == described.model]
        return ModelView(described, first.cell, compiled[-1] if compiled else None, self.witness)

    # --- training ---

    @property
    def training(self) -> TrainingView:
        """The last call of ``fit`` made in the exercise's own cell (a retry leaves several behind), else the last."""
        fits = self.all(FitStarted)
        if not fits:
            raise NotShown("the training", found="no call of fit", expected="model.fit(...)")
        own = [fit for fit in fits if fit.cell in self.cells_of(self.exercise)]
        return self._training((own or fits)[-1])

    @property
    def trainings(self) -> list[TrainingView]:
        """Every call of ``fit``, in order."""
        return [self._training(fit) for fit in self.all(FitStarted)]

    def training_in(self, exercise: str) -> TrainingView:
        """The last call of ``fit`` in a cell of ``exercise``."""
        cells = self.cells_of(exercise)
        fits = self.all(FitStarted, lambda fit: fit.cell in cells)
        if not fits:
            raise NotShown("the training", found="no call of fit", expected="model.fit(...)")
        return self._training(fits[-1])

    def _training(self, fit: FitStarted) -> TrainingView:
        return TrainingView(
            fit,
            self.all(EpochEnded, lambda epoch: epoch.fit == fit.fit),
            next(iter(self.all(FitFinished, lambda finished: finished.fit == fit.fit)), None),
            self.witness,
            rehearsed=self.evidence.run.rehearsed,
        )

    def answer(self, name: str) -> Observed[Value]:
        """The value the notebook last bound to ``name``."""
        for bound in reversed(self.all(NamesBound)):
            if name in bound.values:
                self.witness.confirm_value(bound.cell, name, bound.values[name])
                return Observed(bound.values[name], name, bound.cell)
        raise NotShown(name, found="no value")

    # --- after training ---

    @property
    def prediction(self) -> PredictionView:
        """The last time the model was asked about single pictures, outside training."""
        asked = self.all(ModelPredicted, lambda event: event.pictures is None)
        if not asked:
            raise NotShown("the prediction", found="no call of predict", expected="model.predict on one picture")
        last = asked[-1]
        trained = max((fit.cell for fit in self.all(FitStarted)), default=0)
        loaded = self.all(PictureLoaded, lambda event: trained <= event.cell <= last.cell)
        after = [bound for bound in self.all(NamesBound) if bound.cell >= last.cell]
        probe = self.evidence.probe
        return PredictionView(
            last,
            loaded[-1] if loaded else None,
            [(name, value) for bound in after for name, value in bound.values.items()],
            "".join(text for cell, text in self.evidence.run.printed.items() if cell >= last.cell),
            probe,
        )

    # --- cells ---

    def cells_of(self, exercise: str) -> set[int]:
        """Positions of the cells that answer ``exercise``."""
        return {cell.position for cell in self.evidence.submission.cells if cell.exercise == exercise}

    def error_in(self, positions: Iterable[int]) -> CellFinished | None:
        """The first cell among ``positions`` that raised."""
        wanted = set(positions)
        failed = self.all(CellFinished, lambda finished: finished.error is not None and finished.cell in wanted)
        return failed[0] if failed else None


def _tell_apart(
    sources: list[PicturesOpened], bound: list[NamesBound], fits: list[FitStarted]
) -> tuple[PicturesOpened | None, PicturesOpened | None]:
    """Which source is for training and which for validation.

    First by what the student called them, then by the folder they read, then by their order; only what is still open
    is settled by how ``fit`` used them: a ``fit`` on the wrong one is a mistake of the training, not of the pictures.
    """
    names = {source: name.lower() for event in bound for name, source in event.objects.items()}

    def role(source: PicturesOpened) -> str | None:
        name = names.get(source.pictures) or names.get(source.parent or "") or ""
        for text in (name, (source.directory or "").lower().partition("/")[0]):
            if "val" in text or "test" in text:
                return "validation"
            if "train" in text:
                return "training"
        return None

    training = [source for source in sources if role(source) == "training"]
    validation = [source for source in sources if role(source) == "validation"]
    for source in (source for source in sources if role(source) is None):
        validates = any(fit.validation_pictures == source.pictures for fit in fits)
        (validation if validates or (training and not validation) else training).append(source)
    # Two with one role and none with the other: the second is meant for the other.
    if len(training) > 1 and not validation:
        validation.append(training.pop())
    if len(validation) > 1 and not training:
        training.append(validation.pop(0))
    learned_from = {fit.pictures for fit in fits}
    used = [source for source in training if source.pictures in learned_from]  # others may have been opened to look at
    chosen = used or training
    return (chosen[-1] if chosen else None, validation[-1] if validation else None)
