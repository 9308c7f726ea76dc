"""What the supervisor asks of a worker for one run: where, and behind which wall. Not what: the job itself is read by
the run alone, once it is confined."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from fairmark.sandbox.limits import Limits
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Layer

__all__ = ["Ended", "Order", "Ready"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Order(_Message):
    """Goes with four descriptors: leash, channel, output, job. ``may_be_root`` False has the wall built as by a user
    without rights, though root asks for it. ``group`` is the file by which a control group is joined."""

    program: Program
    folder: Path
    reads: tuple[Path, ...]
    pictures_folder: str | None
    layers: frozenset[Layer]
    limits: Limits
    may_be_root: bool = True
    group: Path | None = None


class Ready(_Message):
    """The wall is up. ``warden`` is a process id here; the run's folder comes along as a descriptor."""

    warden: int


class Ended(_Message):
    """The run is over and nothing is left of it: its wait status and what it used, the wall's own share included, or
    why it never began."""

    status: int = 0
    peak_memory_bytes: int = 0
    cpu_seconds: float = 0.0
    problem: str | None = None
