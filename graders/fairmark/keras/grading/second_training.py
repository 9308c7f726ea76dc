"""Whether a second training is owed: an error costs its own marks once, and buys no second try.

A training that came to its end is measured, and that stands. It is made again only if something that it went by was
wrong and is put right: the network, the loss, the optimizer and its rate, the training pictures, the steps. Metrics,
names, validation, what is typed in and what is said of a picture taught the model nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fairmark.checks import Grader, NoEvidence
from fairmark.checks.grader import Exercise
from fairmark.checks.vouched import ANYTHING
from fairmark.evidence import (
    BatchSeen,
    Event,
    Evidence,
    FitFinished,
    FitStarted,
    InForce,
    ModelCompiled,
    ModelDescribed,
    NamesBound,
    PicturesOpened,
    Value,
)
from fairmark.grading.judge import share_of
from fairmark.grading.perspective import has_tried
from fairmark.keras import RunView

__all__ = ["training_went_by"]

_OF_PICTURES = (
    "directory",
    "found",
    "classes",
    "target_size",
    "batch_size",
    "class_mode",
    "color_mode",
    "interpolation",
    "shuffle",
    "rescale",
    "augmentation",
)
_OF_MODEL = ("class_name", "layers", "input_shape", "output_shape", "parameters", "trainable_parameters")
_OF_COMPILE = ("loss", "optimizer", "learning_rate")


def training_went_by(evidence: Evidence, reference: Evidence, grader: Grader, exercises: Iterable[str]) -> bool:
    """Whether one of the ``exercises`` lost marks in the run of ``evidence`` for something that its training went by.

    What such an answer gave the training is replaced in the evidence by what the reference's gave its own, and nothing
    else: if a check of the exercise then earns more, that was wrong. ``reference`` is the evidence of a run of the
    solution, however little it trained. Where nothing was trained, not one epoch, there is nothing that could stand.
    """
    if not has_tried(RunView(evidence)):
        return True
    wanted = set(exercises)
    return any(
        _went_by(evidence.model_copy(update={"reruns": ()}), reference, exercise)
        for exercise in grader.exercises
        if exercise.id in wanted and not exercise.needs_training
    )


def _went_by(evidence: Evidence, reference: Evidence, exercise: Exercise) -> bool:
    ours = RunView(evidence, exercise.id)
    if _stopped_itself(ours) and _defines(ours, exercise):
        return True
    edits = [edit for edit in _edits(ours, RunView(reference, exercise.id)) if edit is not None]
    if not edits:
        return False
    events = []
    for stamped in evidence.run.events:
        event: Event = stamped.event
        for edit in edits:
            event = edit(event)
        events.append(stamped.model_copy(update={"event": event}))
    altered = evidence.model_copy(update={"run": evidence.run.model_copy(update={"events": tuple(events)})})
    own = dict.fromkeys(ours.cells_of(exercise.id), ANYTHING)  # the text is that of neither
    before, after = (RunView(one, exercise.id, vouched=own) for one in (evidence, altered))
    return any(share_of(check, after) > share_of(check, before) for check in exercise.checks)


def _stopped_itself(view: RunView) -> bool:
    """Whether a callback ended the judged training before its last epoch."""
    fit = view.judged_fit
    ended = [one for one in view.all(FitFinished) if fit is not None and one.fit == fit.fit]
    return fit is not None and bool(ended) and ended[-1].epochs < fit.epochs and view.evidence.run.decided is None


def _defines(view: RunView, exercise: Exercise) -> bool:
    """Whether the exercise is one of callbacks: its cells hold one that the training was given."""
    fit = view.judged_fit
    cells = [cell for cell in view.evidence.submission.cells if cell.exercise == exercise.id and cell.touched]
    return fit is not None and any(f"class {name}" in cell.source for name in fit.callbacks for cell in cells)


_Edit = Callable[[Event], Event]


def _edits(ours: RunView, theirs: RunView) -> Iterable[_Edit | None]:
    """What puts right in the evidence of ``ours`` what the exercise gave the training, as far as it is this one that
    does."""
    yield _compiled_as(theirs)
    yield _built_as(theirs)
    yield _shown_as(ours, theirs)
    yield _stepping_as(theirs)


def _own(view: RunView, event: ModelCompiled | ModelDescribed | PicturesOpened | NamesBound) -> bool:
    return event.cell in view.scope.own


def _compiled_as(theirs: RunView) -> _Edit | None:
    compiled = [event for event in theirs.all(ModelCompiled) if _own(theirs, event)]
    if not compiled:
        return None
    right = {field: getattr(compiled[-1], field) for field in _OF_COMPILE}

    def edit(event: Event) -> Event:
        if isinstance(event, ModelCompiled):
            return event.model_copy(update=right)
        if isinstance(event, InForce) and event.compiled is not None:
            return event.model_copy(update={"compiled": event.compiled.model_copy(update=right)})
        return event

    return edit


def _built_as(theirs: RunView) -> _Edit | None:
    described = theirs.all(ModelDescribed)
    first = next(iter(described), None)
    if first is None or not _own(theirs, first):
        return None
    right = {field: getattr(described[-1], field) for field in _OF_MODEL}
    return lambda event: event.model_copy(update=right) if isinstance(event, ModelDescribed) else event


@dataclass(frozen=True)
class _Source:
    opened: PicturesOpened
    batch: BatchSeen | None


def _learned_from(view: RunView) -> _Source | None:
    try:
        name = view.training_pictures.id
    except NoEvidence:
        return None
    opened = [one for one in view.all(PicturesOpened) if one.pictures == name]
    batches = [one for one in view.all(BatchSeen) if one.pictures in (name, opened[-1].parent)]
    return _Source(opened[-1], next(iter(batches), None))


def _shown_as(ours: RunView, theirs: RunView) -> _Edit | None:
    mine, right = _learned_from(ours), _learned_from(theirs)
    if mine is None or right is None or not _own(theirs, right.opened):
        return None
    names = {mine.opened.pictures, mine.opened.parent}
    fields = {field: getattr(right.opened, field) for field in _OF_PICTURES}
    seen = {} if right.batch is None else {"minimum": right.batch.minimum, "maximum": right.batch.maximum}

    def put_right(source: PicturesOpened) -> PicturesOpened:
        return source.model_copy(update=fields) if source.pictures in names else source

    def edit(event: Event) -> Event:
        if isinstance(event, PicturesOpened):
            return put_right(event)
        if isinstance(event, InForce):
            return event.model_copy(update={"pictures": [put_right(one) for one in event.pictures]})
        if isinstance(event, BatchSeen) and event.pictures in names:
            return event.model_copy(update=seen)
        return event

    return edit


def _stepping_as(theirs: RunView) -> _Edit | None:
    """Names of the reference's that its ``fit`` was given as steps or epochs, with its numbers."""
    fits = theirs.all(FitStarted)
    if not fits:
        return None
    numbers = {fits[-1].steps_per_epoch, fits[-1].epochs} - {None}
    right: dict[str, Value] = {
        name: value
        for event in theirs.all(NamesBound)
        if _own(theirs, event)
        for name, value in event.values.items()
        if type(value) is int and value in numbers and "val" not in name
    }

    def edit(event: Event) -> Event:
        if not isinstance(event, NamesBound) or not right.keys() & event.values.keys():
            return event
        return event.model_copy(update={"values": {name: right.get(name, one) for name, one in event.values.items()}})

    return edit if right else None
