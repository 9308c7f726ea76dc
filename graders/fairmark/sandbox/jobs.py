"""What the supervisor asks of the process inside: one JSON document on its standard input.

A job holds nothing the notebook may not know: cells, folders it may read, numbers. Labels of hidden pictures, points
and reference answers are never part of one. ``seal`` is the key to :mod:`fairmark.sandbox.message_authentication`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fairmark.evidence import Preparation
from fairmark.sandbox.program import Program

__all__ = ["JOB", "Job", "NotebookJob", "Pauses", "ProbeJob", "SourceCell", "has_not_moved"]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _new_seal() -> str:
    return secrets.token_hex(16)


class SourceCell(_Schema):
    """``position`` as in :class:`fairmark.evidence.Cell`."""

    position: int
    source: str


class Pauses(_Schema):
    """After which epochs a training waits for a word from outside, ``go`` or ``stop``, its weights written down.

    Those whose accuracy (the validation's where there is one) is at least ``accuracy``, 0 to 1; those whose loss has
    stayed the same for ``still_epochs``; None is never. And those whose loss is no number, and those of a model without
    a weight that training may change.
    """

    accuracy: float | None = None
    still_epochs: int | None = None


def has_not_moved(losses: Sequence[float]) -> bool:
    """Whether losses are the same to one part in ten thousand."""
    return max(losses) - min(losses) <= 1e-4 * max(map(abs, losses))


class NotebookJob(_Schema):
    """Run these cells in order, by what ``program`` says.

    ``pictures_folder`` is the folder that holds the data sets; ``train`` False ends the run, in good order, at the
    first ``fit``, once its arguments are known; ``rehearse`` has every ``fit`` do a single step and goes on, with
    ``every_epoch`` a single step of each of its epochs. ``rehearse_after`` has those do so that begin in a cell behind
    that position, if one has begun before it.
    ``threads`` is how many the framework computes with, None for one a core. ``decoded`` is a folder below
    ``pictures_folder`` for pictures decoded before; there may be none in it. ``dataset`` names the folder in
    ``pictures_folder`` that paths are told from; without it, each is told from the data set it lies in.
    """

    kind: Literal["notebook"] = "notebook"
    program: Program
    cells: tuple[SourceCell, ...]
    pictures_folder: str
    numerics: str
    seed: int
    train: bool = True
    rehearse: bool = False
    every_epoch: bool = False
    rehearse_after: int | None = None
    pauses: Pauses | None = None
    threads: int | None = None
    decoded: str | None = None
    dataset: str = ""
    seal: str = Field(default_factory=_new_seal)

    @property
    def reads(self) -> tuple[Path, ...]:
        """All it may read besides its own folder."""
        return (Path(self.pictures_folder),)


class ProbeJob(_Schema):
    """Rebuild the model in ``model_folder`` (as exported, see :class:`fairmark.evidence.ModelExported`) and predict
    ``pictures`` in order, ``batch_size`` at a time, then ``picture`` alone.

    Paths are absolute; a probe opens no data set, so it has no ``pictures_folder``. Each batch is one event of the
    channel, so that the supervisor can stop when it knows enough.
    """

    kind: Literal["probe"] = "probe"
    program: Program
    model_folder: str
    preparation: Preparation
    pictures: tuple[str, ...]
    picture: str | None = None
    batch_size: int = 64
    pictures_folder: None = None
    seal: str = Field(default_factory=_new_seal)

    @property
    def reads(self) -> tuple[Path, ...]:
        """All it may read besides its own folder."""
        files = [Path(self.picture)] if self.picture is not None else []
        return (Path(self.model_folder), *sorted({Path(path).parent for path in self.pictures}), *files)


Job: TypeAlias = Annotated[NotebookJob | ProbeJob, Field(discriminator="kind")]
JOB: TypeAdapter[Job] = TypeAdapter(Job)
