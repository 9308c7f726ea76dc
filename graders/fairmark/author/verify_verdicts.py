"""What came of a mutant: compared, check by check, with what the solution itself gets in the same mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fairmark.author.accepted_variants import Declared
from fairmark.author.mutants import Mutant
from fairmark.grading.pipeline import Mode
from fairmark.report import CheckResult, Report

__all__ = ["Baseline", "Compared", "Fate", "Verdict", "decided", "verdict_of"]

Fate: TypeAlias = Literal["killed", "survived", "equivalent", "charged_twice", "needs_training"]


@dataclass(frozen=True)
class Baseline:
    """What the solution gets for each check in one mode: only what it is given there can be lost by a mutant.
    ``not_checked`` are those that a run in this mode does not reach."""

    scores: Mapping[str, float]
    passed: frozenset[str]
    not_checked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, report: Report) -> Baseline:
        checks = _checks(report)
        passed = frozenset(name for name, check in checks.items() if check.outcome == "passed")
        return cls({name: check.score for name, check in checks.items()}, passed, frozenset(report.not_checked))

    @property
    def open(self) -> frozenset[str]:
        """Checks that the solution does not pass in this mode: they wait for training."""
        return (frozenset(self.scores) - self.passed) | self.not_checked

    @property
    def answered(self) -> frozenset[str]:
        """Checks that this mode can answer, in part at least."""
        return frozenset(name for name, score in self.scores.items() if score > 0)

    def says_of(self, exercise: str) -> bool:
        """Whether a run in this mode can cost ``exercise`` any marks."""
        return any(_exercise(name) == exercise for name in self.answered)

    def silent_on(self, exercise: str) -> frozenset[str]:
        """Checks of ``exercise`` that this mode cannot answer in full."""
        return frozenset(name for name in self.open if _exercise(name) == exercise)

    def lost(self, report: Report) -> dict[str, CheckResult]:
        """Checks that give less than the solution gets."""
        return {name: check for name, check in _checks(report).items() if check.score < self.scores.get(name, 0.0)}


@dataclass(frozen=True)
class Compared:
    """Checks (``exercise.check``) that a mutant lost marks in: its own exercise's, and others'. ``doubted`` are those
    that leave it to a person: an honest mistake that looks like forging has not been caught."""

    mode: Mode
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report, baseline: Baseline, exercise: str, mode: Mode) -> Compared:
        lost = baseline.lost(report)
        doubted = tuple(name for name, check in lost.items() if check.outcome == "needs_attention")
        return cls(
            mode,
            own=tuple(name for name in lost if _exercise(name) == exercise and name not in doubted),
            others=tuple(name for name in lost if _exercise(name) != exercise),
            doubted=doubted,
        )

    @property
    def is_clean(self) -> bool:
        """Caught by its own exercise, and charged nowhere else."""
        return bool(self.own) and not self.others


@dataclass(frozen=True)
class Verdict:
    """The fate of one mutant. ``mode`` is that of the run which decided it; ``open`` are checks of its exercise that
    none of its runs could answer in full; ``reason`` is the author's, where the mutant is declared."""

    mutant: Mutant
    fate: Fate
    mode: Mode
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    reason: str | None = None


def decided(compared: list[Compared]) -> bool:
    """Whether the runs so far leave nothing to ask."""
    return bool(compared) and compared[-1].is_clean


def verdict_of(
    mutant: Mutant, compared: list[Compared], waiting: frozenset[str], last: Mode, declared: Declared
) -> Verdict:
    """The verdict from all runs of a mutant, the last of which counts; ``last`` is the mode reached, ``waiting`` are
    the checks of its exercise that it cannot answer.

    What waits for training is said to survive unless it is declared: a check that is missing waits for nothing.
    """
    final = compared[-1] if compared else Compared(last)
    equivalent = next((one.because for one in declared.equivalent if one.mutant == mutant.id), None)
    trained = next((one.because for one in declared.trained if one.mutant == mutant.id), None)
    fate: Fate = "survived"
    if final.own:
        fate = "charged_twice" if final.others else "killed"
    elif equivalent is not None:
        fate = "equivalent"
    elif trained is not None and waiting:
        fate = "needs_training"
    reason = equivalent if fate == "equivalent" else trained if fate == "needs_training" else None
    unsettled = tuple(sorted(waiting)) if fate in ("survived", "needs_training") else ()
    return Verdict(mutant, fate, final.mode, final.own, final.others, final.doubted, unsettled, reason)


def _checks(report: Report) -> dict[str, CheckResult]:
    return {f"{exercise.id}.{check.id}": check for exercise in report.exercises for check in exercise.checks}


def _exercise(name: str) -> str:
    return name.partition(".")[0]
