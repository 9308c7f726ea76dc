"""One prediction the notebook made for a single picture, as graders see it."""

from __future__ import annotations

from fairmark.checks.expectation import Observed
from fairmark.evidence import ModelPredicted, PictureLoaded, Probe, Value
from fairmark.keras.views.corroboration import Corroboration

__all__ = ["PredictionView"]

_SPEAKING = ("print", "display", "write", "pprint", "info")
"""What a notebook says something with."""


class PredictionView:
    """``values`` are the names and values bound from that cell on, ``printed`` what was printed from it on, each with
    the cell."""

    def __init__(
        self,
        predicted: ModelPredicted,
        loaded: PictureLoaded | None,
        values: list[tuple[int, str, Value]],
        printed: list[tuple[int, str]],
        probe: Probe | None,
        corroboration: Corroboration,
    ) -> None:
        self.cell = predicted.cell
        self.model = predicted.model
        self.maximum = predicted.maximum
        self.outputs = predicted.outputs
        self._predicted = predicted
        self._loaded = loaded
        self._values = values
        self._printed = printed
        self._probe = probe
        self._corroboration = corroboration

    @property
    def input_shape(self) -> Observed[list[int]]:
        """(1, height, width, channels) for one picture."""
        return Observed(self._predicted.input_shape, "the shape given to the model", self.cell)

    @property
    def picture(self) -> Observed[str | None]:
        """The file, relative to the data set's folder; None where none was seen being opened."""
        if self._loaded is not None:
            self._corroboration.require_call(self._loaded.cell, (self._loaded.made_by.rpartition(".")[2],))
        return Observed(self._loaded.path if self._loaded else None, "the picture file", self.cell)

    @property
    def outputs_outside(self) -> tuple[float, ...] | None:
        """What the rebuilt model says of the same file, prepared as in training; None where that is not known."""
        probe = self._probe
        if probe is None or self._loaded is None or probe.picture != self._loaded.path:
            return None
        return probe.picture_outputs

    @property
    def size_of_file(self) -> tuple[int, int] | None:
        """(height, width) of what is in the file, as it was found outside; None where that is not known."""
        return None if self.outputs_outside is None or self._probe is None else self._probe.picture_size

    def names_given(self, classes: list[str], asked: str | None = None) -> list[str]:
        """Classes that the answer names, in the order they were named: in a text bound to the name ``asked``, else to
        any name, else in print.

        A class may be written in the singular (``horse`` for ``horses``), in any case.
        """
        texts = [(cell, name, value) for cell, name, value in self._values if isinstance(value, str)]
        for bound in ([one for one in texts if one[1] == asked], texts):
            named = [(one, name) for one in bound for name in classes if one[2].strip().lower() in _forms(name)]
            if named:
                self._corroboration.confirm_value(*named[-1][0])
                return [name for _, name in named]
        said = [(cell, word) for cell, text in self._printed for word in _words(text)]
        spoken = [(cell, name) for cell, word in said for name in classes if word in _forms(name)]
        if spoken:
            self._corroboration.require_call(spoken[-1][0], _SPEAKING)
        return [name for _, name in spoken]


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() or sign == "_" else " " for sign in text.lower()).split()


def _forms(name: str) -> set[str]:
    lowered = name.lower()
    return {lowered, lowered.removesuffix("s")}
