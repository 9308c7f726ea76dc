"""How notebooks are run, whoever handed them in: one object from a command's options to the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias

from fairmark.sandbox import Limits, choose_numerics

__all__ = ["Mode", "RunSettings"]

Mode: TypeAlias = Literal["structure", "rehearsal", "full"]
"""How far a run goes: to the first ``fit``; through all cells, each ``fit`` doing a single step; all the way."""


@dataclass(frozen=True)
class RunSettings:
    """Plain data, the same on every machine that takes part.

    ``numerics`` is ``float32``, ``bfloat16`` or, by default, the faster of the two that this processor has; ``seed``
    goes to Python, NumPy and the framework; ``threads`` is how many that computes with, None for one a core. ``mode``
    is how far runs go: without training, all that needs it is left out. ``early_stopping`` lets a training end once its
    mark is settled, if the author has not switched that off.
    """

    limits: Limits = field(default_factory=Limits)
    numerics: str | None = None
    seed: int = 1
    mode: Mode = "full"
    threads: int | None = None
    early_stopping: bool = False

    @property
    def computes_in(self) -> str:
        """How training computes, chosen for this processor if nobody has."""
        return self.numerics or choose_numerics()

    def deciding(self) -> dict[str, Any]:
        """All that decides what runs come to, for digests: not ``threads``, which sums of float32 alone tell apart."""
        return {**asdict(replace(self, numerics=self.computes_in)), "threads": None}
