"""The evidence as graders see it: pictures, model, training, hidden pictures, prediction.

Everything here answers with :class:`Observed` values, raises :class:`NoEvidence` for what never happened, and
:class:`ConflictingEvidence` where the notebook's text contradicts what the recorder says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from fairmark.checks.expectation import NoEvidence, NotReadable, Observed
from fairmark.checks.origin import WORKED_OUT, Origin
from fairmark.checks.view import EvidenceView
from fairmark.checks.vouched import Vouched
from fairmark.evidence import (
    BatchSeen,
    CellError,
    Decided,
    EpochEnded,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    HooksGone,
    InForce,
    ModelCompiled,
    ModelDescribed,
    ModelPredicted,
    NamesBound,
    PictureLoaded,
    PicturesOpened,
    Value,
)
from fairmark.keras.advice import raised
from fairmark.keras.facts.calls import ASKING, MODEL_MAKERS, OPENERS
from fairmark.keras.views.continued import goes_on_from
from fairmark.keras.views.corroboration import Corroboration
from fairmark.keras.views.judged import Judged
from fairmark.keras.views.known_library import PictureSource
from fairmark.keras.views.known_outside import known_of, source_of
from fairmark.keras.views.layer_corroboration import LayerCorroboration
from fairmark.keras.views.measured import as_drawn_in
from fairmark.keras.views.model_view import ModelView
from fairmark.keras.views.pictures_view import PicturesView, Scaling, Source
from fairmark.keras.views.prediction_view import PredictionView
from fairmark.keras.views.training_view import TrainingView
from fairmark.keras.views.used import as_used_by, names_given_to_fit
from fairmark.notebook.worked_out.known_things import Known

__all__ = ["RunView"]

_LEARNS_BY = frozenset(
    {
        "__call__",
        "_compute_loss",
        "_make_function",
        "apply",
        "apply_gradients",
        "call",
        "compile",
        "compute_loss",
        "fit",
    }
    | {"make_train_function", "stateless_apply", "train_step", "update_step"}
)
"""Methods of Keras's that decide what a training is, and without which none is seen."""


class RunView(EvidenceView):
    """One submission's evidence, for the checks of one exercise (``exercise`` is its id). ``vouched`` are positions of
    cells that ran with the author's text in place of the student's, with the names of what that calls."""

    def __init__(self, evidence: Evidence, exercise: str = "", *, vouched: Mapping[int, Vouched] | None = None) -> None:
        super().__init__(evidence, exercise)
        self.corroboration = Corroboration(evidence.submission.cells, vouched or {}, lambda: self._known)

    @cached_property
    def _judged(self) -> Judged:
        return Judged([stamped.event for stamped in self.evidence.run.events], self.scope)

    # --- pictures ---

    @cached_property
    def _roles(self) -> tuple[PicturesOpened | None, PicturesOpened | None]:
        """Sources for training and for validation: those that exercises and given cells opened, called something or
        trained with; one that they have not is looked for among all."""
        shared = self.scope.shared
        fits = [fit for fit in self.all(FitStarted) if fit.cell in shared]
        fits.sort(key=lambda fit: fit == self.judged_fit)
        bound = [event for event in self.all(NamesBound) if event.cell in shared]
        used = {source for fit in fits for source in (fit.pictures, fit.validation_pictures)}
        used |= {thing for event in bound for thing in event.objects.values()}
        opened = [one for one in self.all(PicturesOpened) if one.cell in shared or one.pictures in used]
        training, validation = _tell_apart(self._speaking(opened, fits), bound, fits)
        if training is not None and validation is not None:
            return training, validation
        fits = self.all(FitStarted)
        anywhere = _tell_apart(self._speaking(self.all(PicturesOpened), fits), self.all(NamesBound), fits)
        return (training or anywhere[0], validation or anywhere[1]) if opened else anywhere

    def _speaking(self, opened: list[PicturesOpened], fits: list[FitStarted]) -> list[PicturesOpened]:
        """Of the sources, those that no other was derived from (``map``, ``prefetch``): what was derived speaks for it.
        One that ``fit`` was given speaks for itself if all that was derived from it (``take``, to be looked at) is
        prepared as it is; if not, ``fit`` was given the wrong one of the two."""
        latest = {source.pictures: source for source in opened}
        used = {source for fit in fits for source in (fit.pictures, fit.validation_pictures)}
        scale = {one: self._pictures(source, "pictures").preparation_scale for one, source in latest.items()}
        derived = {one.parent for one in latest.values()}
        prepared = {one.parent for one in latest.values() if scale[one.pictures] != scale.get(one.parent or "")}
        return [source for one, source in latest.items() if one not in derived or (one in used and one not in prepared)]

    @property
    def training_pictures(self) -> PicturesView:
        return self._pictures(self._roles[0], "training pictures")

    @property
    def validation_pictures(self) -> PicturesView:
        return self._pictures(self._roles[1], "validation pictures")

    def pictures_called(self, name: str) -> PicturesView:
        """The source of pictures that the exercise called ``name``, or else the notebook last did."""
        source = self._bound_object(name, {one.pictures for one in self.all(PicturesOpened)}, OPENERS)
        return self._pictures(next(one for one in self.all(PicturesOpened) if one.pictures == source), name)

    def _pictures(self, source: PicturesOpened | None, what: str) -> PicturesView:
        if source is None:
            raise NoEvidence(f"the {what}", found="none", expected="a generator that labels pictures by their folder")
        batches = [self._first_batches.get(name) for name in {source.pictures, source.parent} - {None}]
        batch = min((one for one in batches if one is not None), default=(0, None), key=lambda one: one[0])[1]
        batch = self._drawn_by_fit.get(source.pictures, batch)
        then = self._pictures_in_force.get(source.pictures)
        source = source if then is None else as_drawn_in(source, then)
        seen = Source(source, self._opened_in(source), self.evidence.folders)
        return PicturesView(seen, what, batch, self.corroboration, self._scaling)

    def _opened_in(self, source: PicturesOpened) -> int:
        """The cell that opened the pictures which ``source`` is, or was derived from."""
        known = self._first_opened
        cell, parent = source.cell, source.parent
        for _ in known:
            if parent not in known:
                break
            cell, parent = known[parent].cell, known[parent].parent
        return cell

    @cached_property
    def _first_opened(self) -> dict[str | None, PicturesOpened]:
        return {one.pictures: one for one in reversed(self.all(PicturesOpened))}

    @cached_property
    def _first_batches(self) -> dict[str | None, tuple[int, BatchSeen]]:
        """The first batch of each source, and which of all batches it was."""
        placed = list(enumerate(self.all(BatchSeen)))
        return {seen.pictures: (place, seen) for place, seen in reversed(placed)}

    @cached_property
    def _drawn_by_fit(self) -> dict[str, BatchSeen]:
        """The first batch that the judged training drew from each source."""
        fit = self.judged_fit
        drawn = self.all(BatchSeen, lambda seen: fit is not None and seen.fit == fit.fit)
        return {seen.pictures: seen for seen in reversed(drawn)}

    @cached_property
    def _in_force(self) -> list[InForce]:
        """What the judged training went by, as it began, before its first step and as it ended."""
        fit = self.judged_fit
        return self.all(InForce, lambda event: fit is not None and event.fit == fit.fit)

    @cached_property
    def _pictures_in_force(self) -> dict[str, PicturesOpened]:
        """The sources as they were before the first step of the judged training; what was put on them by its end stands
        with what was overridden."""
        begun = [event for event in self._in_force if event.moment == "begin"]
        ended = [one for event in self._in_force if event.moment == "end" for one in event.pictures]
        later = {one.pictures: {"overridden": one.overridden} for one in ended if one.overridden}
        return {
            one.pictures: one.model_copy(update=later.get(one.pictures, {}))
            for event in begun
            for one in event.pictures
        }

    @property
    def _scaling(self) -> Scaling:
        """What the model's ``Rescaling`` layers multiply pixels with, 1.0 where it has none."""
        model = self._described(None)
        found = {place: one for place, one in enumerate(model.layers if model else []) if one.class_name == "Rescaling"}
        scales = [layer.config.get("scale") for layer in found.values()]
        factor = math.prod(float(scale) for scale in scales if isinstance(scale, int | float))
        return Scaling(factor, lambda: self.model.confirm(found))

    # --- model ---

    def _described(self, name: str | None) -> ModelDescribed | None:
        """The description that counts of the model ``name``, or of the one the exercise is judged on."""
        wanted = name or self._judged.model
        return None if wanted is None else self._judged.description(wanted)

    @property
    def model(self) -> ModelView:
        """The model that the exercise trained, compiled or made; else the one that was in the end."""
        return self._model(None, "the model")

    def model_called(self, name: str) -> ModelView:
        """The model that the exercise called ``name``, or else the notebook last did."""
        return self._model(
            self._bound_object(name, {one.model for one in self.all(ModelDescribed)}, MODEL_MAKERS), name
        )

    def _bound_object(self, name: str, ids: Collection[str], makers: Collection[str]) -> str:
        """Which of ``ids`` the name stands for; calls of ``makers`` make such things."""
        named = [bound for bound in self.all(NamesBound) if bound.objects.get(name) in ids]
        bound = self.scope.in_force(name, self._as_used(name, named))
        if bound is None:
            raise NoEvidence(name, found="nothing of that name")
        self.corroboration.confirm_object(bound.cell, name, makers)
        return bound.objects[name]

    def _model(self, name: str | None, subject: str) -> ModelView:
        described = self._described(name)
        if described is None:
            raise NoEvidence(subject, found="none", expected="a Keras model")
        view = self.as_described(described)
        view.moved = self._moved_in_training(described.model)
        return view

    def as_described(self, described: ModelDescribed) -> ModelView:
        """A model as it stood when it was described, with how it was compiled."""
        told = [event.cell for event in self.all(ModelDescribed) if event.model == described.model]
        built_in = frozenset(cell for cell in told if cell <= described.cell) | {told[0]}
        return ModelView(described, built_in, self._judged.compiled(described.model), self.corroboration)

    def _moved_in_training(self, model: str) -> frozenset[str]:
        """What of the settings of ``model`` was not the same in all steps of its judged training."""
        ended = [event for event in self._in_force if event.moment == "end" and event.model == model]
        return frozenset(name for event in ended for name in event.changed)

    def confirm_models(self, models: Collection[str]) -> None:
        """The text makes as many models; says so where it does not."""
        cells = frozenset(event.cell for event in self.all(ModelDescribed) if event.model in models)
        if not LayerCorroboration(self.corroboration, cells, ()).can_make(len(models)):
            self.corroboration.not_shown(f"{len(models)} networks", min(cells, default=None))

    # --- training ---

    @property
    def judged_fit(self) -> FitStarted | None:
        """The call of ``fit`` that is judged: the last in the exercise's own cells (a retry leaves several behind),
        else in those of any exercise or in a given cell, else anywhere; None if there is none."""
        return self._judged.fit

    def trained_as(self, fit: FitStarted) -> ModelDescribed | None:
        """The model that ``fit`` trained, as it was when that began; None if nobody described it."""
        return self._judged.trained_as(fit)

    def made_in(self, model: str) -> int | None:
        """The position of the cell in which ``model`` was first seen; None if it never was."""
        return min((event.cell for event in self.all(ModelDescribed) if event.model == model), default=None)

    def compiled_models(self, cells: Collection[int]) -> list[ModelDescribed]:
        """The models that were made and compiled in ``cells``, in the order of their making, as last described."""
        compiled = {event.model for event in self.all(ModelCompiled) if event.cell in cells}
        described = {event.model: event for event in self.all(ModelDescribed) if event.cell in cells}
        return [one for model, one in described.items() if model in compiled and self.made_in(model) in cells]

    def batch_of(self, fit: FitStarted) -> int | None:
        """How many pictures make a step of ``fit``: as in force when it began, as it drew them, or as they were opened.
        None where nobody knows."""
        in_force = [event for event in self.all(InForce) if event.fit == fit.fit and event.moment == "begin"]
        told = [one.batch_size for event in in_force for one in event.pictures if one.pictures == fit.pictures]
        drawn = [one.shape[:1] for one in self.all(BatchSeen) if one.fit == fit.fit and one.pictures == fit.pictures]
        opened = [one.batch_size for one in self.all(PicturesOpened) if one.pictures == fit.pictures]
        sizes = [*reversed(told), *(side for shape in drawn for side in shape), *reversed(opened)]
        return next((size for size in sizes if size is not None), None)

    @property
    def training(self) -> TrainingView:
        """What :attr:`judged_fit` was asked for and did; raises :class:`NoEvidence` if there is none."""
        if self.judged_fit is None:
            raise NoEvidence("the training", found="no call of fit", expected="model.fit(...)")
        self._require_keras_training(self.judged_fit)
        return self._whole_training(self.judged_fit)

    def _require_keras_training(self, fit: FitStarted) -> None:
        """Raises :class:`NotReadable` where the steps are the notebook's own, or Keras's were replaced."""
        names = {name.rpartition(".")[2] for gone in self.all(HooksGone) for name in gone.names} & _LEARNS_BY
        names |= {"train_function" for event in self._in_force if "train_function" in event.replaced}
        if names:
            said = f"The training goes by another {', '.join(sorted(names))} than Keras's; a person should look."
            raise NotReadable(said, cell=fit.cell)

    @property
    def trainings(self) -> list[TrainingView]:
        """Every training, in order; calls that go on where ``initial_epoch`` says are one, with the last's id."""
        fits = self.all(FitStarted)
        before = {fit.fit: goes_on_from(fit, self._in_order, self._cells, said_only=True) for fit in fits}
        continued = {one.fit for parts in before.values() for one in parts}
        return [self._training(fit, before[fit.fit]) for fit in fits if fit.fit not in continued]

    def training_in(self, exercise: str) -> TrainingView:
        """The last call of ``fit`` in a cell of ``exercise``."""
        cells = self.cells_of(exercise)
        fits = self.all(FitStarted, lambda fit: fit.cell in cells)
        if not fits:
            raise NoEvidence("the training", found="no call of fit", expected="model.fit(...)")
        return self._whole_training(fits[-1])

    def _whole_training(self, fit: FitStarted) -> TrainingView:
        """``fit`` with the calls that it goes on from."""
        return self._training(fit, goes_on_from(fit, self._in_order, self._cells))

    @cached_property
    def _in_order(self) -> list[Event]:
        return [stamped.event for stamped in self.evidence.run.events]

    def _training(self, fit: FitStarted, before: Sequence[FitStarted] = ()) -> TrainingView:
        return TrainingView(
            fit,
            self.all(EpochEnded, lambda epoch: epoch.fit == fit.fit),
            next(iter(self.all(FitFinished, lambda finished: finished.fit == fit.fit)), None),
            self.corroboration,
            rehearsed=self.evidence.run.rehearsed,
            decided=self._decided(fit),
            earlier=[self._training(one) for one in before],
        )

    def _decided(self, fit: FitStarted) -> Decided | None:
        """How fairmark ended this call of ``fit``, None where it came to its own end."""
        decided = self.evidence.run.decided
        if decided is None or decided.fit != fit.fit:
            return None
        ran = len(self.all(EpochEnded, lambda epoch: epoch.fit == fit.fit))
        return decided if min(ran, decided.epoch - fit.initial_epoch) < fit.epochs else None

    def _as_used(self, name: str, bound: list[NamesBound]) -> list[NamesBound]:
        """Of the events that bound ``name``, those that count: what is bound to it after the judged call of ``fit`` has
        gone by it does not put right what was used."""
        fit = self.judged_fit
        if fit is None or name not in names_given_to_fit(fit, self._cells):
            return bound
        return as_used_by(fit, name, bound, self._in_order, self.scope.own)

    @cached_property
    def _known(self) -> Known:
        return known_of(self._in_order, self.evidence.folders, self._source_known)

    def _source_known(self, pictures: str) -> PictureSource | None:
        opened = self.all(PicturesOpened, lambda one: one.pictures == pictures)
        return source_of(self._pictures(opened[-1], "pictures")) if opened else None

    def answer(self, name: str, origin: Origin = WORKED_OUT) -> Observed[Value]:
        """The value that the exercise bound to ``name``, or else the notebook last did. ``origin`` says what it may
        come from, beside what is worked out."""
        bound = self.scope.in_force(name, self._as_used(name, self.all(NamesBound, lambda one: name in one.values)))
        if bound is None:
            raise NoEvidence(name, found="no value")
        self.corroboration.confirm_value(bound.cell, name, bound.values[name], origin)
        return Observed(bound.values[name], name, bound.cell)

    def meanings(self) -> dict[tuple[int, str], str]:
        things: dict[object, str] = {}
        numbers: dict[object, str] = {}
        for meaning in ("training_pictures", "validation_pictures", "model"):
            try:
                things[getattr(self, meaning).id] = meaning
            except NoEvidence:
                continue
        try:
            fit = self.training
        except NoEvidence:
            pass
        else:
            numbers = {fit.asked_validation_steps: "validation_steps", fit.asked_steps_per_epoch: "steps_per_epoch"}
        found: dict[tuple[int, str], str] = {}
        for bound in self.all(NamesBound):
            for name, thing in bound.objects.items():
                if thing in things:
                    found[bound.cell, name] = things[thing]
            for name, value in bound.values.items():
                if isinstance(value, int) and value in numbers:
                    found[bound.cell, name] = "validation_steps" if "val" in name else numbers[value]
        return found

    def told_of_error(self, error: CellError, source: str, earlier: Sequence[str] = ()) -> str:
        return raised(error, source, earlier)

    # --- after training ---

    @property
    def prediction(self) -> PredictionView:
        """The last time that the exercise, or else the notebook, asked the model about single pictures, outside
        training."""
        asked = self.nearest(ModelPredicted, lambda event: event.pictures is None)
        if not asked:
            raise NoEvidence("the prediction", found="no call of predict", expected="model.predict on one picture")
        last, rank = asked[-1], self.scope.rank
        self.corroboration.require_call(last.cell, ASKING)
        fits = self.scope.nearest(self.all(FitStarted, lambda fit: fit.cell <= last.cell))
        trained = max((fit.cell for fit in fits), default=0)
        loaded = self.all(PictureLoaded, lambda event: trained <= event.cell <= last.cell)
        # Of what was said from there on, the exercise's own words come last: the last counts.
        after = sorted(self.all(NamesBound, lambda bound: bound.cell >= last.cell), key=lambda bound: rank(bound.cell))
        printed = sorted(self.evidence.run.printed.items(), key=lambda entry: (rank(entry[0]), entry[0]))
        return PredictionView(
            last,
            loaded[-1] if loaded else None,
            [(bound.cell, name, value) for bound in after for name, value in bound.values.items()],
            [(cell, text) for cell, text in printed if cell >= last.cell],
            self.evidence.probe,
            self.corroboration,
        )


def _tell_apart(
    sources: list[PicturesOpened], bound: list[NamesBound], fits: list[FitStarted]
) -> tuple[PicturesOpened | None, PicturesOpened | None]:
    """Which source is for training and which for validation.

    First by what the student called them, then by the folder they read, then by their order; only what is still open
    is settled by how ``fit`` used them: a ``fit`` on the wrong one is a mistake of the training, not of the pictures.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for event in bound:
        for name, thing in event.objects.items():
            names[thing].append(name.lower())

    def role(source: PicturesOpened) -> str | None:
        own = names.get(source.pictures) or names.get(source.parent or "") or []
        for texts in (own, [(source.directory or "").lower().partition("/")[0]]):
            said = {role for text in texts if (role := _role_in(text)) is not None}
            if len(said) == 1:
                return said.pop()
        return None

    training = [source for source in sources if role(source) == "training"]
    validation = [source for source in sources if role(source) == "validation"]
    for source in (source for source in sources if role(source) is None):
        validates = any(fit.validation_pictures == source.pictures for fit in fits)
        (validation if validates or (training and not validation) else training).append(source)
    learned_from, validated_on = {fit.pictures for fit in fits}, {fit.validation_pictures for fit in fits}
    # Two with one role and none with the other: the one that is used so, or the second, is meant for the other.
    if len(training) > 1 and not validation:
        used = [source for source in training if source.pictures in validated_on - learned_from]
        validation.append((used or training)[-1])
        training.remove(validation[-1])
    if len(validation) > 1 and not training:
        training.append(validation.pop(0))
    # Others may have been opened to look at, or go by two names.
    learn = _used_last(training, [fit.pictures for fit in fits])
    return learn, _used_last(validation, [fit.validation_pictures for fit in fits])


def _used_last(sources: list[PicturesOpened], used: list[str | None]) -> PicturesOpened | None:
    """Of several sources the one that was used last, or else opened last; None if there is none."""
    order = {source: place for place, source in enumerate(used)}
    return max(reversed(sources), key=lambda source: order.get(source.pictures, -1), default=None)


def _role_in(text: str) -> str | None:
    """The role that a name, or a folder's, speaks of."""
    if "val" in text or "test" in text:
        return "validation"
    return "training" if "train" in text else None
