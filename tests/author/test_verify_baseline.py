"""What the solution gets in one mode: what is lost there, and what waits for another run."""

from __future__ import annotations

from fairmark.author.verify_verdicts import Baseline
from fairmark.report import Report, RunSummary


def test_what_a_quick_run_does_not_reach_waits_for_training() -> None:
    report = Report(
        student="reference",
        assignment="rates",
        notebook_sha256="",
        outcome="passed",
        score=0.0,
        max_score=0.0,
        run=RunSummary(outcome="completed"),
        not_checked=("choice.best", "other.check"),
    )
    assert Baseline.of(report).silent_on("choice") == {"choice.best"}
