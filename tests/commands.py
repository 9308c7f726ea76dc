"""What a command of the program leaves, and the two shapes of JSON that programs read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Result", "Run", "is_report"]


@dataclass(frozen=True)
class Result:
    """What a command exits with, and what it writes to each stream."""

    exit_code: int
    out: str
    err: str


Run = Callable[..., Result]

REPORT = {
    "schema",
    "student",
    "assignment",
    "notebook_sha256",
    "outcome",
    "score",
    "max_score",
    "run",
    "exercises",
    "flags",
    "not_checked",
    "file",
    "file_number",
}
RUN = {"outcome", "wall_seconds", "peak_memory_bytes", "isolation", "numerics", "software"}
EXERCISE = {"id", "title", "outcome", "score", "max_score", "checks"}
CHECK = {
    "id",
    "title",
    "outcome",
    "score",
    "max_score",
    "message",
    "found",
    "expected",
    "hint",
    "cell",
    "visibility",
}
FLAG = {"checks", "kind", "cell", "message"}


def is_report(data: dict[str, Any]) -> bool:
    """Whether ``data`` has the keys of the contract ``fairmark.report/1``, all of them and no others."""
    exercises = data["exercises"]
    return (
        set(data) == REPORT
        and data["schema"] == "fairmark.report/1"
        and set(data["run"]) == RUN
        and all(set(exercise) == EXERCISE for exercise in exercises)
        and all(set(check) == CHECK for exercise in exercises for check in exercise["checks"])
        and all(set(flag) == FLAG for flag in data["flags"])
    )
