"""Lets a trained model out as data: its configuration as JSON, its weights as plain arrays."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path
from typing import Literal

import keras
from numpy import array, ndarray
from numpy import save as save_array

from fairmark.evidence import ModelExported
from fairmark.keras.recorder.describe import spelled_as_keras
from fairmark.keras.recorder.recorder import Recorder
from fairmark.keras.recorder.weights import value_of

__all__ = ["Exporter"]

_WEIGHTS, _TO_JSON = keras.Model.weights.fget, keras.Model.to_json
"""Keras's own, bound before the first cell: a class of the notebook's own cannot hand out another model's."""


class Exporter:
    """Writes models below ``folder``, each state once."""

    def __init__(self, recorder: Recorder, folder: Path) -> None:
        self._recorder = recorder
        self._folder = folder
        self._written: dict[tuple[str, str], tuple[str, str | None]] = {}
        self._exports = 0
        self._trained: dict[str, keras.Model] = {}
        self._passing: dict[str, tuple[str, str]] = {}

    def export(self, model: keras.Model, moment: Literal["epoch", "fit", "end"], fit: str | None = None) -> None:
        """Writes it down unless it stands there as it is; ``fit`` is the call that left it so. A state in mid-training
        makes way for the next one."""
        name = self._recorder.models.name(model)
        self._trained[name] = model
        weights = [array(value_of(one), dtype="float32", order="C") for one in _WEIGHTS(model)]
        digest = sha256()
        for one in weights:
            digest.update(one.data)
        state = (name, digest.hexdigest())
        folder, problem = self._written.get(state, ("", None))
        if not folder:
            self._make_way(name)
            self._exports += 1
            folder = f"{name}-{self._exports}"
            problem = self._write(model, weights, self._folder / folder)
            self._written[state] = folder, problem
        if moment == "epoch":
            self._passing[name] = state
        elif self._passing.get(name) == state:
            del self._passing[name]
        self._recorder.send(
            ModelExported(model=name, moment=moment, folder=folder, digest=digest.hexdigest(), fit=fit, problem=problem)
        )

    def _make_way(self, name: str) -> None:
        """A model of the week weighs up to 160 MB, in memory."""
        state = self._passing.pop(name, None)
        if state is not None:
            shutil.rmtree(self._folder / self._written.pop(state)[0])

    def _write(self, model: keras.Model, weights: list[ndarray], folder: Path) -> str | None:
        folder.mkdir(parents=True)
        for number, one in enumerate(weights):
            save_array(folder / f"weights-{number}.npy", one, allow_pickle=False)
        try:
            with spelled_as_keras():
                text = _TO_JSON(model)
        except Exception as problem:  # a class of the student's own may raise anything here
            return f"{type(problem).__name__}: {problem}"[:500]
        (folder / "config.json").write_text(text, encoding="utf-8")
        return None

    def export_at_end(self) -> None:
        """Again, as the notebook left them, every model that was trained."""
        for model in list(self._trained.values()):
            with self._recorder.guarded("export"):
                self.export(model, "end")
