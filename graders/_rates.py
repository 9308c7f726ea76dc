"""Questions about several trainings that are to differ in their learning rate and in nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairmark.checks.answer_key import answered_by_the_run
from fairmark.checks.answers import number_in
from fairmark.checks.expectation import CheckFailed, NeedsRun, NoEvidence, Observed, spell
from fairmark.evidence import BatchSeen, FitStarted, ModelCompiled, ModelDescribed, PicturesOpened
from fairmark.keras.facts.accuracy_names import accuracy_curve, accuracy_keys
from fairmark.keras.views.origin import TRAINED
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView, when_ended

__all__ = [
    "chooses_by_several_epochs",
    "differ_only_in_rate",
    "learn_and_validate",
    "start_afresh",
    "take_epochs",
    "take_rates",
]

_SUBJECT = "the trainings"


@dataclass(frozen=True)
class _Trial:
    """One call of ``fit`` and what it went with. ``batch_size`` in pictures, None where it is not known; ``network``
    is what its layers are, without their names."""

    training: TrainingView
    rate: float | None
    optimizer: str
    loss: str
    batch_size: int | None
    network: tuple[object, ...]


def take_rates(run: RunView, rates: Sequence[float]) -> None:
    """There is a training with each of ``rates``, and with no other."""
    trials = _trials(run)
    found = [trial.rate for trial in trials]
    if sorted(map(_rate, found)) != sorted(map(_rate, rates)):
        raise CheckFailed(
            "the learning rates",
            found=", ".join(map(_rate, found)),
            expected=", ".join(map(_rate, rates)),
            cell=trials[0].training.cell,
        )


def start_afresh(run: RunView) -> None:
    """Each training has a network of its own, so that none goes on from what another has learned."""
    trials = _trials(run, one_a_rate=False)
    models = [trial.training.model for trial in trials]
    if len(set(models)) < len(models):
        raise CheckFailed(
            _SUBJECT,
            found=f"{len(models)} on {len(set(models))} network{'s' * (len(set(models)) != 1)}, each going on from "
            "what the one before had learned",
            expected="a new network for each",
            cell=trials[0].training.cell,
        )
    run.confirm_models(set(models))


def differ_only_in_rate(run: RunView) -> None:
    """Batch size, epochs, steps, optimizer, loss and network are the same in all trainings."""
    trials = _trials(run)
    if len(trials) == 1:  # of several with one and the same rate, that has cost its marks where rates are asked
        trials = _trials(run, one_a_rate=False)
    if len(trials) == 1:
        raise CheckFailed(_SUBJECT, found="a single one", expected="several to compare", cell=trials[0].training.cell)
    aspects: list[tuple[str, Callable[[_Trial], object]]] = [
        ("batch sizes of", lambda trial: trial.batch_size),
        ("epochs:", lambda trial: trial.training.epochs.value),
        ("steps per epoch:", lambda trial: trial.training.steps_per_epoch.value),
        ("the optimizers", lambda trial: trial.optimizer),
        ("the losses", lambda trial: trial.loss),
    ]
    differing = [f"{what} {_listed(trials, of)}" for what, of in aspects if len({of(trial) for trial in trials}) > 1]
    if len({trial.network for trial in trials}) > 1:
        differing.append("networks that are not built alike")
    if differing:
        raise CheckFailed(
            "what differs beside the learning rate",
            found="; ".join(differing),
            expected="nothing",
            cell=trials[0].training.cell,
        )


def take_epochs(run: RunView, epochs: int) -> None:
    """The trainings are asked for ``epochs`` epochs; where one is and another is not, they differ, which is asked
    by :func:`differ_only_in_rate`."""
    trials = _trials(run)
    asked = [trial.training.epochs.value for trial in trials]
    if epochs not in asked:
        found = " and ".join(map(str, sorted(set(asked))))
        raise CheckFailed("the number of epochs", found=found, expected=str(epochs), cell=trials[0].training.cell)


def learn_and_validate(run: RunView, *, learn: str, validate: str) -> None:
    """Each training learns from pictures of the folder ``learn`` of the data set and is validated on ``validate``."""
    for trial in _trials(run):
        seen = ((trial.training.pictures, learn), (trial.training.validation_pictures, validate))
        for source, folder in seen:
            found = _folder(run, source)
            if found != folder:
                said = f"{found}/" if found else "nothing from a folder"
                raise CheckFailed(source.subject, found=said, expected=f"{folder}/", cell=source.cell)
            argument = "x" if source == seen[0][0] else "validation_data"
            trial.training.confirm_source(argument, folder)


def _folder(run: RunView, source: Observed[str | None]) -> str | None:
    opened = run.all(PicturesOpened, lambda one: one.pictures == source.value)
    return opened[0].directory if opened else None


@answered_by_the_run
def chooses_by_several_epochs(run: RunView, name: str, *, epochs: int, near: float) -> str:
    """The notebook bound ``name`` to the learning rate whose validation accuracy, on average over the last ``epochs``
    epochs, is best, or within ``near`` (0 to 1) of the best."""
    answer = run.answer(name, TRAINED)
    curves = _curves(run, epochs)
    chosen = number_in(answer.value, None)
    rate = next((one for one in curves if chosen is not None and math.isclose(one, chosen, rel_tol=1e-5)), None)
    if rate is None:
        rates = ", ".join(map(_rate, curves))
        raise CheckFailed(name, found=f"{spell(answer.value):.80}", expected=f"one of {rates}", cell=answer.cell)
    means = {one: sum(curve[-epochs:]) / epochs for one, curve in curves.items()}
    if means[rate] >= max(means.values()) - near:
        return f"Mean over the last {epochs} epochs: {means[rate]:.2f}."
    last = curves[rate][-1]
    found = f"{_rate(rate)}, with a mean of {means[rate]:.2f} over the last {epochs} epochs"
    if last >= max(curve[-1] for curve in curves.values()):
        found = (
            f"{_rate(rate)}, ahead in the last epoch alone ({last:.2f}); its mean over {epochs} is {means[rate]:.2f}"
        )
    best = f"the rate with the best mean, {max(means.values()):.2f}"
    raise CheckFailed(name, found=found, expected=best, cell=answer.cell)


def _curves(run: RunView, epochs: int) -> dict[float, list[float]]:
    """Validation accuracy, epoch by epoch, for each learning rate."""
    curves = {}
    for trial in _compared(run):
        history = trial.training.history
        curve = list(accuracy_curve(history, validation=True, keys=accuracy_keys(run)))
        if trial.training.decided is not None and len(curve) < epochs:
            said = f"{when_ended(trial.training.decided)}; what comes after needs another run."
            raise NeedsRun(said, cell=trial.training.cell)
        if trial.rate is None or len(curve) < epochs or not all(map(math.isfinite, curve)):
            expected = f"at least {epochs} with a validation accuracy"
            raise NoEvidence(
                "the epochs of each training",
                found=f"{len(curve)} of them",
                expected=expected,
                cell=trial.training.cell,
            )
        curves[trial.rate] = curve
    return curves


# --- the trainings ----------------------------------------------------------------------------------------------------


def _trials(run: RunView, *, one_a_rate: bool = True) -> list[_Trial]:
    """The trainings in the exercise's own cells, else those of exercises and given cells, else all; of several with one
    rate the last, since the others were tries."""
    trials = run.scope.nearest(_all_trials(run), lambda trial: trial.training.cell)
    if not trials:
        raise _none_trained()
    return list({trial.rate: trial for trial in trials}.values()) if one_a_rate else trials


def _compared(run: RunView) -> list[_Trial]:
    """The trainings that a choice is made among: those in the cells of all exercises and in given cells, else all; of
    several with one rate the last. A single one beside the choice would be the best of its own."""
    every = _all_trials(run)
    answered = [trial for trial in every if trial.training.cell in run.scope.shared] or every
    if not answered:
        raise _none_trained()
    return list({trial.rate: trial for trial in answered}.values())


def _none_trained() -> NoEvidence:
    return NoEvidence(_SUBJECT, found="no call of fit", expected="one for each learning rate")


def _all_trials(run: RunView) -> list[_Trial]:
    """Every call of ``fit`` with the settings and the network as they were then."""
    compiled: dict[str, ModelCompiled] = {}
    described: dict[str, ModelDescribed] = {}
    trials: list[_Trial] = []
    trainings = {training.fit: training for training in run.trainings}
    for stamped in run.evidence.run.events:
        event = stamped.event
        if isinstance(event, ModelCompiled):
            compiled[event.model] = event
        elif isinstance(event, ModelDescribed):
            described[event.model] = event
        elif (
            isinstance(event, FitStarted) and event.fit in trainings and event.model in compiled
        ):  # else fit has raised
            trials.append(_trial(run, trainings[event.fit], compiled[event.model], described.get(event.model)))
    return trials


def _trial(run: RunView, training: TrainingView, settings: ModelCompiled, model: ModelDescribed | None) -> _Trial:
    rate, optimizer = settings.learning_rate, settings.optimizer
    training.confirm_called()
    run.corroboration.confirm_made(settings.cell, "compile", "optimizer", optimizer)
    if rate is not None:
        run.corroboration.confirm_setting(settings.cell, "compile", "optimizer", optimizer, "learning_rate", rate)
    return _Trial(
        training=training,
        rate=None if rate is None else float(f"{rate:.6g}"),  # Keras keeps it as float32
        optimizer=settings.optimizer.class_name or settings.optimizer.name,
        loss="none" if settings.loss is None else settings.loss.name,
        batch_size=_batch_size(run, training.pictures),
        network=tuple(
            (layer.class_name, layer.parameters, tuple(layer.output_shape or ()), str(layer.config.get("activation")))
            for layer in (model.layers if model is not None else [])
        ),
    )


def _batch_size(run: RunView, pictures: Observed[str | None]) -> int | None:
    """As measured on the first batch that was drawn, else as asked for."""
    seen = run.all(BatchSeen, lambda batch: batch.pictures == pictures.value)
    if seen and seen[0].shape:
        return seen[0].shape[0]
    opened = run.all(PicturesOpened, lambda source: source.pictures == pictures.value)
    return opened[0].batch_size if opened else None


# --- words ------------------------------------------------------------------------------------------------------------


def _listed(trials: Sequence[_Trial], of: Callable[[_Trial], object]) -> str:
    return ", ".join(spell(of(trial)) for trial in trials)


def _rate(rate: float | None) -> str:
    """As people write it: 0.00001 rather than 1e-05."""
    if rate is None:
        return "one that follows a schedule"
    return f"{rate:.10f}".rstrip("0").rstrip(".") if 1e-10 < abs(rate) < 1 else spell(rate)
