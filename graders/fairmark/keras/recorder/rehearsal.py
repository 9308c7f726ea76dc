"""Calls of ``fit`` that do single steps: all of them in a rehearsal, in a whole run those of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairmark.sandbox.jobs import NotebookJob

__all__ = ["Rehearsal"]


class Rehearsal:
    """As ``job`` asks; of the others, every call is as the notebook makes it."""

    def __init__(self, job: NotebookJob | None = None) -> None:
        self._everywhere = job is not None and job.rehearse
        self._every_epoch = job is not None and job.every_epoch
        self._after = None if job is None else job.rehearse_after
        self._has_trained = False

    def changes(self, cell: int, asked: Mapping[str, Any], *, always: bool = False) -> dict[str, Any] | None:
        """What to change in the arguments of the call that begins in ``cell``; None where it stays as it is, which it
        does not ``always``.

        An experiment does all its epochs, so that what comes after finds as many in its history. Where there is nothing
        to validate on, nothing is.
        """
        is_experiment = self._after is not None and cell > self._after and self._has_trained
        self._has_trained = self._has_trained or self._after is None or cell <= self._after
        is_everywhere = always or self._everywhere
        if not (is_everywhere or is_experiment):
            return None
        epochs = {} if self._every_epoch or not is_everywhere else {"epochs": int(asked["initial_epoch"]) + 1}
        validation = {} if asked["validation_data"] is None else {"validation_steps": 1}
        return {**epochs, "steps_per_epoch": 1, **validation}
