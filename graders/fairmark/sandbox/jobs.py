"""What the supervisor asks of the process inside: one JSON document on its standard input.

A job holds nothing the notebook may not know: cells, folders it may read, numbers. Labels of hidden pictures, points
and reference answers are never part of one.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fairmark.evidence import Preparation

__all__ = ["JOB", "Job", "NotebookJob", "ProbeJob", "SourceCell"]


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceCell(_Schema):
    """``position`` as in :class:`fairmark.evidence.Cell`."""

    position: int
    source: str


class NotebookJob(_Schema):
    """Run these cells in order.

    ``pictures_folder`` is the folder that holds the data sets; ``train`` False ends the run, in good order, at the
    first ``fit``, once its arguments are known.
    """

    kind: Literal["notebook"] = "notebook"
    cells: tuple[SourceCell, ...]
    pictures_folder: str
    numerics: str
    seed: int
    train: bool = True


class ProbeJob(_Schema):
    """Rebuild the model in ``model_folder`` (as exported, see :class:`fairmark.evidence.ModelExported`) and predict
    ``pictures`` in order, ``batch_size`` at a time, then ``picture`` alone.

    Paths are absolute. Each batch is one event of the channel, so that the supervisor can stop when it knows enough.
    """

    kind: Literal["probe"] = "probe"
    model_folder: str
    preparation: Preparation
    pictures: tuple[str, ...]
    picture: str | None = None
    batch_size: int = 64


Job: TypeAlias = Annotated[NotebookJob | ProbeJob, Field(discriminator="kind")]
JOB: TypeAdapter[Job] = TypeAdapter(Job)
