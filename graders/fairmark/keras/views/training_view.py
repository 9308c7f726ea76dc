"""One training, as graders see it: a call of ``fit``, and those that it goes on from."""

from __future__ import annotations

from collections.abc import Sequence

from fairmark.checks.expectation import NeedsRun, Observed, rests_on
from fairmark.evidence import Decided, EpochEnded, FitFinished, FitStarted
from fairmark.keras.views.corroboration import Corroboration

__all__ = ["TrainingView", "when_ended"]

_ENDED_WHEN = {
    "not_a_number": "when the loss was not a number",
    "untrainable": "when nothing had changed",
    "still": "when the loss no longer moved",
}


class TrainingView:
    """What was asked of ``fit`` and what it did. ``rehearsed`` says that it was allowed a single step, ``decided`` that
    fairmark ended it before the epochs it was asked for; ``earlier`` are the calls that it goes on from, which count as
    one training with it (see :mod:`fairmark.keras.views.continued`)."""

    def __init__(
        self,
        fit: FitStarted,
        epochs: list[EpochEnded],
        finished: FitFinished | None,
        corroboration: Corroboration,
        *,
        rehearsed: bool = False,
        decided: Decided | None = None,
        earlier: Sequence[TrainingView] = (),
    ) -> None:
        self.fit = fit.fit
        self.cell = fit.cell
        self.model = fit.model
        self._fit = fit
        self._epochs: list[EpochEnded] = [*(epoch for one in earlier for epoch in one._epochs), *epochs]
        self._earlier = earlier
        self._finished = finished
        self._corroboration = corroboration
        self.rehearsed = rehearsed
        self.decided: Decided | None = next((one.decided for one in earlier if one.decided is not None), decided)

    def confirm_called(self) -> None:
        """The text calls ``fit`` here, and where it goes on from; says so where it does not."""
        for one in (*self._earlier, self):
            one._corroboration.require_call(one.cell, ("fit",))

    def confirm_source(self, argument: str, directory: str | None) -> None:
        """``fit`` can have been given pictures of this folder of the data set as ``argument``."""
        self._corroboration.confirm_source(self.cell, argument, directory, self._asked)

    @property
    def _asked(self) -> dict[str, object]:
        """What one call was asked for, as recorded."""
        return {
            "epochs": self._fit.initial_epoch + self._fit.epochs,
            "steps_per_epoch": self._fit.steps_per_epoch,
            "validation_steps": self._fit.validation_steps,
            "initial_epoch": self._fit.initial_epoch,
        }

    def _confirm(self, argument: str) -> None:
        asked = self._asked
        self._corroboration.confirm(self.cell, ("fit",), argument, asked.pop(argument), beside=asked)

    def _confirm_steps(self, argument: str) -> None:
        asked = self._asked
        self._corroboration.confirm_steps(self.cell, argument, asked.pop(argument), beside=asked)

    @property
    def pictures(self) -> Observed[str | None]:
        """Id of the source it learns from; None for arrays."""
        self.confirm_called()
        return Observed(self._fit.pictures, "what fit learns from", self.cell)

    @property
    def validation_pictures(self) -> Observed[str | None]:
        """Id of the source it validates on; None where there is none."""
        self.confirm_called()
        return Observed(self._fit.validation_pictures, "what fit validates on", self.cell)

    @property
    def has_validation(self) -> bool:
        return self._fit.has_validation

    def confirm_no_validation(self) -> None:
        """The text can leave out ``validation_data``; says so where it cannot."""
        self._corroboration.confirm(self.cell, ("fit",), "validation_data", None)

    @property
    def epochs(self) -> Observed[int]:
        """Epochs asked for."""
        self._confirm("epochs")
        self._confirm("initial_epoch")
        asked = sum(one.epochs.value for one in self._earlier) + self._fit.epochs
        return Observed(asked, "the number of epochs", self.cell)

    @property
    def epochs_asked(self) -> int:
        """Epochs asked for, as recorded; marks go through :attr:`epochs`."""
        return sum(one.epochs_asked for one in self._earlier) + self._fit.epochs

    @property
    def epochs_run(self) -> int:
        """Raises :class:`NeedsRun` where fairmark ended the training: nobody knows how many there would have been."""
        if self.decided is not None:
            raise NeedsRun(f"{when_ended(self.decided)}; how many epochs it takes needs another run.", cell=self.cell)
        self.confirm_called()
        return len(self._epochs)

    @property
    def steps_per_epoch(self) -> Observed[int | None]:
        """As asked for; None lets Keras go through all pictures."""
        self._confirm_steps("steps_per_epoch")
        return Observed(self._fit.steps_per_epoch, "steps_per_epoch", self.cell)

    @property
    def validation_steps(self) -> Observed[int | None]:
        self._confirm_steps("validation_steps")
        return Observed(self._fit.validation_steps, "validation_steps", self.cell)

    @property
    def asked_steps_per_epoch(self) -> int | None:
        """What ``fit`` was given, as recorded; marks go through :attr:`steps_per_epoch`."""
        return self._fit.steps_per_epoch

    @property
    def asked_validation_steps(self) -> int | None:
        """What ``fit`` was given, as recorded; marks go through :attr:`validation_steps`."""
        return self._fit.validation_steps

    @property
    def steps_run(self) -> list[int]:
        """Steps that really ran, epoch by epoch, by the optimizer's counter."""
        self.confirm_called()
        return [epoch.steps for epoch in self._epochs]

    @property
    def history(self) -> dict[str, list[float]]:
        """What was measured, epoch by epoch, under Keras's keys: ``loss``, ``accuracy``, ``val_accuracy``.

        Where fairmark ended the training, a check that fails after this was asked for needs another run instead."""
        self.confirm_called()
        if self.decided is not None:
            rests_on(NeedsRun(f"{when_ended(self.decided)}; what comes after needs another run.", cell=self.cell))
        keys = dict.fromkeys(key for epoch in self._epochs for key in epoch.logs)
        return {key: [epoch.logs[key] for epoch in self._epochs if key in epoch.logs] for key in keys}

    @property
    def callbacks(self) -> Observed[list[str]]:
        """Classes of what ``fit`` was given to call back, in order."""
        self.confirm_called()
        return Observed(self._fit.callbacks, "the callbacks given to fit", self.cell)

    @property
    def finished(self) -> bool:
        """Whether ``fit`` returned."""
        return self._finished is not None and all(one.finished for one in self._earlier)


def when_ended(decided: Decided) -> str:
    """Where and why fairmark ended a training, as the beginning of a sentence."""
    when = _ENDED_WHEN.get(decided.reason)
    if when is None:
        certain = "the hidden accuracy asked for then" if decided.threshold is None else f"{decided.threshold:.0%}"
        when = f"when {certain} was certain"
    return f"The training was ended after epoch {decided.epoch} of {decided.asked}, {when}"
