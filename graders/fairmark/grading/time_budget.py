"""The time that all runs of one submission may take together.

The first run may take all of a run's limit, and those that follow it what is left of that and a quarter more: an error
made on purpose buys no further helping for each run that is to be fair to it. No run is given less than a quarter, so
that all together take one and a half times the limit at most.

time_of_a_submission    around one submission
nobodys_time            around the reference's runs
allowed                 the limits of the next run
spend                   what a run took
has_time_left           whether a further run can be made
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from fairmark.evidence import Evidence
from fairmark.sandbox import Limits

__all__ = ["Budget", "allowed", "has_time_left", "nobodys_time", "spend", "time_of_a_submission", "was_left_out"]

_MORE = 0.25
"""Of the limit of one run: what is there for further ones in any case, and the least that a run is given."""
_LEAST = 0.01
"""With less of that limit left a further run is not begun."""


@dataclass
class Budget:
    """Of one submission, in seconds of its runs' and probes' own clocks. Kept evidence counts as if it had been
    recorded now: who hands in the same as another is treated alike."""

    run_seconds: float
    spent_seconds: float = 0.0
    left_out: bool = False
    """Whether a further run was."""

    @property
    def left_seconds(self) -> float:
        return min(self.run_seconds, (1 + _MORE) * self.run_seconds - self.spent_seconds)


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def time_of_a_submission(run_seconds: float) -> Iterator[Budget]:
    """Meanwhile all runs are those of one submission."""
    budget = Budget(run_seconds)
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


@contextmanager
def nobodys_time() -> Iterator[None]:
    """Meanwhile runs are the reference's, which count for nobody."""
    token = _budget.set(None)
    try:
        yield
    finally:
        _budget.reset(token)


def allowed(limits: Limits) -> Limits:
    """``limits`` for the next run, with what time is left."""
    budget = _budget.get()
    if budget is None:
        return limits
    return replace(limits, run_seconds=max(budget.left_seconds, _MORE * limits.run_seconds))


def spend(evidence: Evidence) -> None:
    """The submission has used what this run and its probe took."""
    budget = _budget.get()
    if budget is not None:
        budget.spent_seconds += evidence.run.wall_seconds
        budget.spent_seconds += 0.0 if evidence.probe is None else evidence.probe.wall_seconds


def has_time_left() -> bool:
    """Whether a further run can be made; if not, it is remembered that one was left out."""
    budget = _budget.get()
    if budget is None or budget.left_seconds > _LEAST * budget.run_seconds:
        return True
    budget.left_out = True
    return False


def was_left_out() -> bool:
    """Whether a further run of this submission was left out."""
    budget = _budget.get()
    return budget is not None and budget.left_out
