"""Epochs after which training waits for the word from outside that ends it or lets it go on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras

from fairmark.keras.recorder.export import Exporter
from fairmark.sandbox.jobfile import Replies
from fairmark.sandbox.jobs import Pauses, has_not_moved

__all__ = ["Pauser"]

_WAIT_SECONDS = 120.0
"""Without a word in this time, training goes on."""


class Pauser:
    """What to look at when an epoch ends, as ``pauses`` asks."""

    def __init__(self, pauses: Pauses, exporter: Exporter, replies: Replies) -> None:
        self._pauses = pauses
        self._exporter = exporter
        self._replies = replies
        self._losses: dict[str, list[float]] = {}

    def ends(self, model: keras.Model, fit: str, logs: Mapping[str, Any]) -> bool:
        """Whether training is to end after this epoch, which logged ``logs``: asks, where that may be."""
        try:
            due = self._is_due(fit, {str(key): float(value) for key, value in logs.items()})
            if not due and model.trainable_weights:
                return False
            self._exporter.export(model, "epoch")
        except Exception:  # there may be no room for the weights: training goes on as if nobody had wanted to know
            return False
        return self._replies.wait(_WAIT_SECONDS) == "stop"

    def _is_due(self, fit: str, logs: dict[str, float]) -> bool:
        loss = logs.get("loss", 0.0)
        losses = self._losses.setdefault(fit, [])
        losses.append(loss)
        if not math.isfinite(loss):
            return True
        still = self._pauses.still_epochs
        if still is not None and len(losses) > still and has_not_moved(losses[-still - 1 :]):
            return True
        measured = [value for key, value in logs.items() if "acc" in key]
        validated = [value for key, value in logs.items() if "acc" in key and key.startswith("val_")]
        wanted = self._pauses.accuracy
        return wanted is not None and max(validated or measured, default=0.0) >= wanted
