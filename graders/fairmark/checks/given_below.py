"""Answers that a cell below, which belongs to no exercise, gives another value: that one does not count."""

from __future__ import annotations

from collections.abc import Iterable

from fairmark.checks.expectation import CheckFailed, NoEvidence
from fairmark.checks.view import EvidenceView
from fairmark.evidence import NamesBound

__all__ = ["given_below", "said_of_given_below"]


def given_below(failed: Iterable[CheckFailed], view: EvidenceView) -> tuple[str, ...]:
    """Of answers that are not right, the names of those given anew in a cell of the student's own, which is not
    judged."""
    names = dict.fromkeys(unmet.subject for unmet in failed if not isinstance(unmet, NoEvidence) and unmet.cell)
    after = {
        name
        for event in view.all(NamesBound)
        for name in names
        if name in event.values and event.cell > max(view.scope.own, default=0) and event.cell not in view.scope.shared
    }
    return tuple(name for name in names if name in after)


def said_of_given_below(names: tuple[str, ...]) -> str:
    """What is said of such names; nothing of none."""
    if not names:
        return ""
    return (
        f"A cell below that belongs to no exercise gives {', '.join(names)} another value, which does not count: write "
        "it into the exercise's own cell."
    )
