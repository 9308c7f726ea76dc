"""The recorder: what all hooks share. Which cell runs, what objects are called, and the way out."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fairmark.evidence import Event, HooksGone, ModelDescribed
from fairmark.keras.recorder.calls import Calls
from fairmark.keras.recorder.registry import Registry
from fairmark.keras.recorder.rehearsal import Rehearsal
from fairmark.sandbox.inside.channel import Channel

if TYPE_CHECKING:  # only here, since the recorder stands in a notebook's kernel before Keras does
    from fairmark.keras.recorder.flows import Flows
    from fairmark.keras.recorder.passes import Passes
    from fairmark.keras.recorder.weights import Ledger

__all__ = ["Recorder"]


class Recorder:
    """State of one run. ``train`` False means: end at the first ``fit``; ``rehearsal`` says which do single steps;
    ``ledger`` knows where weights come from, None where nobody keeps one; ``flows`` are those that ``fit`` draws from,
    ``passes`` their orders; ``note_names`` says what the cell that runs has called things so far; ``listed`` are the
    files and labels with which each flow was opened."""

    def __init__(
        self,
        channel: Channel,
        pictures_folder: Path,
        *,
        dataset: str = "",
        train: bool = True,
        rehearsal: Rehearsal | None = None,
    ) -> None:
        self.channel = channel
        self.train = train
        self.rehearsal = rehearsal or Rehearsal()
        self.cell = 0
        self.calls = Calls()
        self.models = Registry("model")
        self.pictures = Registry("pictures")
        self.described: dict[str, ModelDescribed] = {}
        self.listed: dict[str, bytes] = {}
        self.flows: Flows
        self.passes: Passes
        self.ledger: Ledger | None = None
        self.note_names: Callable[[Literal["compile", "fit"]], None] = lambda moment: None
        self.fits = 0
        self.fit: str | None = None
        self.look_for_replaced: Callable[[], list[str]] = list
        self._pictures_folder = pictures_folder.resolve()
        self._dataset = dataset
        self._busy = threading.local()

    def send(self, event: Event) -> None:
        self.channel.send(event)

    @contextmanager
    def guarded(self, where: str) -> Iterator[None]:
        """Recording must never break the notebook: what goes wrong in here is said on the channel instead."""
        try:
            yield
        except Exception as problem:
            self.channel.failed(self.cell, where, problem)

    @contextmanager
    def inside_keras(self) -> Iterator[None]:
        """Marks a call that makes further recorded calls of its own (``fit`` evaluates, and so on)."""
        self._busy.depth = self.depth + 1
        try:
            yield
        finally:
            self._busy.depth -= 1

    def tell_replaced(self) -> None:
        """What of Keras is not what it was when this was last asked."""
        with self.guarded("replaced"):
            names = self.look_for_replaced()
            if names:
                self.send(HooksGone(cell=self.cell, names=names))

    @contextmanager
    def training_in(self, fit: str) -> Iterator[None]:
        """Marks the call of ``fit`` that is at work, in all threads."""
        before, self.fit = self.fit, fit
        try:
            yield
        finally:
            self.fit = before

    @property
    def depth(self) -> int:
        """0 where the notebook itself is calling; more inside a recorded call."""
        depth: int = getattr(self._busy, "depth", 0)
        return depth

    def relative(self, path: object) -> str:
        """A path as evidence spells it: relative to the assignment's data set, ``../OTHER/train`` in another one; else
        absolute. Where nobody said which the assignment's is, relative to whichever it lies in."""
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else str(path)
        resolved = Path(text).resolve()
        if not resolved.is_relative_to(self._pictures_folder):
            return str(resolved)
        inside = resolved.relative_to(self._pictures_folder)
        if not inside.parts:
            return ".."
        is_other = self._dataset not in ("", inside.parts[0])
        return str(Path("..", *inside.parts)) if is_other else str(Path(*inside.parts[1:]))
