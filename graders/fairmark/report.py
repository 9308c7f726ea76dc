"""The report: what the judge says of one submission, and the only thing people are shown.

This is the contract ``fairmark.report/1``: programs outside the project read it, so fields are added, never renamed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from fairmark.evidence import Flag, FlagKind, RunOutcome

__all__ = [
    "INFORMATION",
    "PRECEDENCE",
    "SEVERAL_FILES",
    "CheckResult",
    "ExerciseResult",
    "ExerciseStanding",
    "Flag",
    "Outcome",
    "Report",
    "RunSummary",
    "Standing",
    "Visibility",
    "worst",
]

SEVERAL_FILES: Final = "several_files"
"""Kind of the flag on each of several files that one student handed in for one assignment."""

INFORMATION: frozenset[FlagKind] = frozenset({"carried_forward", "no_time_left"})
"""Kinds of flags that only say how marks came about: nobody needs to look at such a submission because of them."""

Outcome: TypeAlias = Literal["passed", "partial", "failed", "unattempted", "error", "limit", "needs_attention"]
Visibility: TypeAlias = Literal["always", "after_deadline", "never"]

PRECEDENCE: tuple[Outcome, ...] = (
    "passed",
    "partial",
    "failed",
    "unattempted",
    "error",
    "limit",
    "needs_attention",
)
"""Lowest first: of several outcomes that apply, the one furthest to the right is said."""


def worst(outcomes: list[Outcome]) -> Outcome:
    """The outcome of a whole from those of its parts: all alike gives that one; passed and anything else is partial,
    unless something in it needs attention or ran into a limit."""
    distinct = set(outcomes)
    if not distinct:
        return "passed"
    if len(distinct) == 1:
        return outcomes[0]
    for outcome in ("needs_attention", "limit"):
        if outcome in distinct:
            return outcome
    if distinct & {"passed", "partial"}:
        return "partial"
    return max(distinct, key=PRECEDENCE.index)


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class CheckResult(Schema):
    """One question answered. ``message`` is a whole sentence; ``found`` and ``expected`` are its parts, kept apart for
    tables and programs; ``hint`` points on without giving the answer; ``cell`` is the cell's number in the file handed
    in, counted from 1 with Markdown cells, or None where the finding has no one place. ``given_below`` names answers
    that a cell of no exercise gives anew, which does not count; ``roughly`` holds what students read in the place of
    exact numbers in ``message`` and ``found``; ``is_held_back`` says that its words have been left out for students;
    programs read none of these."""

    id: str
    title: str
    outcome: Outcome
    score: float
    max_score: float
    message: str = ""
    found: str | None = None
    expected: str | None = None
    hint: str | None = None
    cell: int | None = None
    visibility: Visibility = "always"
    given_below: tuple[str, ...] = Field(default=(), exclude=True)
    roughly: dict[str, str] = Field(default={}, exclude=True)
    is_held_back: bool = Field(default=False, exclude=True)


class ExerciseResult(Schema):
    """``hint`` is the exercise's first where marks are missing, ``lesson`` why it was right where none are: words for
    people, which are not part of what programs read."""

    id: str
    title: str
    outcome: Outcome
    score: float
    max_score: float
    checks: tuple[CheckResult, ...] = ()
    hint: str | None = Field(default=None, exclude=True)
    lesson: str | None = Field(default=None, exclude=True)


class RunSummary(Schema):
    """How the notebook ran. ``isolation`` names the layers that confined it; ``numerics`` how training computed."""

    outcome: RunOutcome
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    isolation: tuple[str, ...] = ()
    numerics: str = "float32"
    software: dict[str, str] = {}


class Report(Schema):
    """The marks of one submission and the reasons for each. ``file`` is the notebook's path below what was handed in,
    empty where nobody said; ``file_number`` counts the files that its student handed in for the assignment from 1."""

    schema_: Literal["fairmark.report/1"] = Field(default="fairmark.report/1", alias="schema")
    student: str
    assignment: str
    notebook_sha256: str
    outcome: Outcome
    score: float
    max_score: float
    run: RunSummary
    exercises: tuple[ExerciseResult, ...] = ()
    flags: tuple[Flag, ...] = ()
    not_checked: tuple[str, ...] = ()
    """Checks (``exercise.check``) that a quick check did not reach. They are in no exercise and in no score."""
    file: str = ""
    file_number: int = 1

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @property
    def percent(self) -> float:
        """0 to 100; 0 where nothing could be earned."""
        return _percent(self.score, self.max_score)

    @property
    def flags_for_a_person(self) -> tuple[Flag, ...]:
        """The flags that ask somebody to look; the others are for information."""
        return tuple(flag for flag in self.flags if flag.kind not in INFORMATION)


class ExerciseStanding(NamedTuple):
    """Of a :class:`Standing`: one exercise."""

    id: str
    title: str
    outcome: Outcome
    score: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What a gradebook and the table of a class need of a report: a kilobyte, for all of a class are kept in memory.
    ``flags`` are the kinds, each once."""

    student: str
    assignment: str
    outcome: Outcome
    score: float
    max_score: float
    run_outcome: RunOutcome
    exercises: tuple[ExerciseStanding, ...] = ()
    flags: tuple[FlagKind, ...] = ()
    file: str = ""
    file_number: int = 1

    @classmethod
    def of(cls, report: Report) -> Self:
        # Interned: a class has the same few of them a thousand times.
        return cls(
            student=report.student,
            assignment=sys.intern(report.assignment),
            outcome=report.outcome,
            score=report.score,
            max_score=report.max_score,
            run_outcome=report.run.outcome,
            exercises=tuple(
                ExerciseStanding(sys.intern(one.id), sys.intern(one.title), one.outcome, one.score)
                for one in report.exercises
            ),
            flags=tuple(dict.fromkeys(flag.kind for flag in report.flags)),
            file=report.file,
            file_number=report.file_number,
        )

    @property
    def flags_for_a_person(self) -> tuple[FlagKind, ...]:
        """As a report's: their kinds."""
        return tuple(kind for kind in self.flags if kind not in INFORMATION)

    @property
    def percent(self) -> float:
        """As a report's."""
        return _percent(self.score, self.max_score)


def _percent(score: float, max_score: float) -> float:
    return 100.0 * score / max_score if max_score else 0.0
