"""One chain from the network that was shown to the answers of the trained model: the accuracy on hidden pictures is
credited only if a training that was seen led there, from untouched weights, with the network that it began with.

What is missing or does not fit makes no wrong answer: there are honest reasons for most of it. It is for a person to
look at, and a flag says so.

Not seen from here: whatever a notebook says that writes the events itself, as long as it takes the time that a training
takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairmark.checks.expectation import NeedsPerson
from fairmark.evidence import (
    EpochEnded,
    FitFinished,
    FitStarted,
    FlagKind,
    InForce,
    ModelDescribed,
    PicturesOpened,
    Probe,
)
from fairmark.keras.facts.network import is_same_network
from fairmark.keras.views.clock import is_too_fast
from fairmark.keras.views.run_view import RunView

__all__ = ["require_chain", "require_same_model"]

_TRAINS = frozenset({"call", "compute_loss", "fit", "make_train_function", "train_step"})
"""Methods of a model that its training goes through."""


class OtherModel(NeedsPerson):
    """The model that was asked is not the one that was shown or trained."""

    kind: FlagKind = "other_model"


class WeightsFromElsewhere(NeedsPerson):
    """Something else than the training that is judged made the weights."""

    kind: FlagKind = "weights_from_elsewhere"


class TooFast(NeedsPerson):
    """The training took less time than it can have taken."""

    kind: FlagKind = "too_fast"


class AnswersVary(NeedsPerson):
    """The model's answer for a picture depends on the other pictures."""

    kind: FlagKind = "answers_vary"


def require_chain(run: RunView, probe: Probe) -> None:
    """Raises what a person should look at before the answers of ``probe`` are credited to the training that ``run``
    shows; returns if nothing is."""
    fit = next((one for one in run.all(FitStarted) if one.fit == probe.fit), None)
    if fit is None or fit.model != probe.model:
        said = "The model that was tried on hidden images is not the one that the training left"
        raise OtherModel(f"{said}; a person should look.", cell=None if fit is None else fit.cell)
    _require_network(run, fit, probe)
    _require_weights(run, fit)
    if probe.varies:
        said = "The model's answer for an image depends on the other images that it is asked about at the same time"
        raise AnswersVary(f"{said}; a person should look.", cell=fit.cell)
    slow = is_too_fast(run.evidence.run, fit, probe, run.batch_of(fit))
    if slow is not None:
        raise TooFast(f"{slow}; a person should look.", cell=fit.cell)


def require_same_model(model: str, fit: FitStarted) -> None:
    """Raises :class:`OtherModel` unless ``model`` is the one that ``fit`` trained."""
    if model != fit.model:
        said = "The model that was asked is not the one that was trained"
        raise OtherModel(f"{said}; a person should look.", cell=fit.cell)


# --- the network ------------------------------------------------------------------------------------------------------


def _require_network(run: RunView, fit: FitStarted, probe: Probe) -> None:
    trained = run.trained_as(fit)
    if trained is None or not is_same_network(trained.layers, probe.layers):
        said = "The network that was tried on hidden images is not the one that the training began with"
        raise OtherModel(f"{said}; a person should look.", cell=fit.cell)
    shown = _shown_instead(run, trained)
    if shown is not None:
        said = f"The network that was trained is not the one of cell {run.number_of(shown.cell)}"
        raise OtherModel(f"{said}; a person should look.", cell=fit.cell)
    run.as_described(trained).confirm(range(len(trained.layers)))


def _shown_instead(run: RunView, trained: ModelDescribed) -> ModelDescribed | None:
    """Another network that an exercise before the training built and compiled, and that no other exercise trained; None
    if the one that was trained comes from an exercise's or a given cell itself, or is the same again."""
    own = run.scope.own
    made = run.made_in(trained.model)
    if made is None or made in run.scope.shared - own:
        return None
    ids = {fit.model for fit in run.all(FitStarted) if fit.cell not in own}
    shown = [one for one in run.compiled_models(run.scope.shared - own) if one.model not in ids and one.cell < made]
    if not shown or any(is_same_network(one.layers, trained.layers) for one in shown):
        return None
    return shown[-1]


# --- the weights ------------------------------------------------------------------------------------------------------


def _require_weights(run: RunView, fit: FitStarted) -> None:
    finished = next((one for one in run.all(FitFinished) if one.fit == fit.fit), None)
    if fit.weights not in ("initial", "trained"):
        said = "The weights with which the training began are neither untouched ones nor those that fit had left before"
    elif finished is None or finished.changed is not False:
        said = "Something else than the training set the weights while fit ran, a callback for instance"
    elif fit.pictures is None:
        said = "The training learned from something else than the images that were seen being opened"
    elif _is_overridden(run, fit):
        said = "Methods of Keras's were replaced on the model or on the images that the training learned from"
    elif _went_on(run, fit):
        said = "The training went on for more epochs or steps than fit was asked for"
    elif fit.weights == "trained" and _learned_before(run, fit):
        said = "The model had been trained for longer before the training that is judged"
    else:
        return
    raise WeightsFromElsewhere(f"{said}; a person should look.", cell=fit.cell)


def _is_overridden(run: RunView, fit: FitStarted) -> bool:
    """Whether the pictures, or the model's training, went by something of the notebook's own while ``fit`` ran."""
    trained = run.trained_as(fit)
    if trained is not None and _TRAINS & set(trained.overridden):
        return True
    told = [source for one in run.all(InForce) if one.fit == fit.fit for source in one.pictures]
    told += [source for source in run.all(PicturesOpened) if source.pictures == fit.pictures]
    return any(source.overridden for source in told if source.pictures == fit.pictures)


def _went_on(run: RunView, fit: FitStarted) -> bool:
    """Whether more epochs ended than ``fit`` was asked for, or a later one had more steps than it was asked for and
    than the first had."""
    steps = [epoch.steps for epoch in run.all(EpochEnded) if epoch.fit == fit.fit]
    return len(steps) > fit.epochs or max(steps, default=0) > max([fit.steps_per_epoch or 0, *steps[:1]])


def _learned_before(run: RunView, fit: FitStarted) -> bool:
    """Whether the trainings that ``fit`` goes on from did more epochs, or more steps than so many epochs have, beside
    those that count as one with it, than it was asked for; or learned from what was not seen being opened."""
    before = _before(run.all(FitStarted), fit)
    if any(one.pictures is None for one in before):
        return True
    ids, together = {one.fit for one in before}, run.training.epochs_asked
    earlier = [epoch for epoch in run.all(EpochEnded) if epoch.fit in ids]
    most = together + together - fit.epochs
    longest = max((epoch.steps for epoch in run.all(EpochEnded) if epoch.fit == fit.fit), default=0)
    return len(earlier) > most or (longest > 0 and sum(epoch.steps for epoch in earlier) > most * longest)


def _before(fits: Sequence[FitStarted], fit: FitStarted) -> list[FitStarted]:
    """Earlier calls of ``fit`` on the same model, back to the one that began with untouched weights."""
    before: list[FitStarted] = []
    for one in reversed(fits[: fits.index(fit)]):
        if one.model == fit.model:
            before.append(one)
            if one.weights == "initial":
                break
    return before
