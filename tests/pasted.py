"""The events of somebody's right answer in a notebook that says something else: how that is marked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recorded import LAST, SOURCES, right_answer, submission

from fairmark.checks import load_grader
from fairmark.evidence import Cell
from fairmark.grading.judge import judge
from fairmark.report import Report

__all__ = ["HORSES", "PASTED", "RIGHT", "earned", "kinds", "marked", "waiting"]

ROOT = Path(__file__).resolve().parents[1]
HORSES = load_grader(ROOT / "graders" / "horses_or_humans.py")
PASTED = LAST + 1

RIGHT = {"layers": SOURCES["layers"], "imports": SOURCES["imports"]}


def marked(texts: Mapping[str, str] | None = None, *, empty: tuple[str, ...] = (), pasted: str | None = None) -> Report:
    """The right run's report where the cells hold ``texts``, the exercises ``empty`` are as they were given out and a
    cell of the student's own stands behind all."""
    evidence = right_answer()
    handed_in = submission({**RIGHT, **(texts or {})}, empty)
    cells = handed_in.cells
    if pasted is not None:
        cells += (Cell(position=PASTED, number=2 * PASTED, role="added", source=pasted),)
    return judge(evidence.model_copy(update={"submission": handed_in.model_copy(update={"cells": cells})}), HORSES)


def earned(report: Report) -> dict[str, float]:
    return {exercise.id: exercise.score for exercise in report.exercises if exercise.score}


def kinds(report: Report) -> set[str]:
    return {flag.kind for flag in report.flags}


def waiting(report: Report) -> set[str]:
    """Checks that wait for a person, by ``exercise.check``."""
    return {
        f"{exercise.id}.{check.id}"
        for exercise in report.exercises
        for check in exercise.checks
        if check.outcome == "needs_attention"
    }
