"""Of a run in which the reference's answers stood nothing leaves but each check's outcome.

Each hostile notebook is marked against two solutions that differ in a secret alone, which it reads in the further run
and tries to tell. All that people get must be the same to the byte, but for what :func:`without_outcomes` leaves out,
and the evidence, which is the instructor's, but for the further runs' own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile import shown
from walled import NAME, Attack, attacks, walled_course

from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.present.files import evidence_json, report_json
from fairmark.present.gradebook import gradebook_row
from fairmark.present.visibility import for_student
from fairmark.report import Standing
from fairmark.sandbox import Launcher, grading_launcher

SECRETS = (17, 42)
TELLING = [attack for attack in attacks("further") if "secret(" in repr(attack)]


@dataclass
class Twice:
    """Two courses that differ in the secret, and one store: what both run alike is run once, and takes as long."""

    courses: tuple[Course, ...]
    launcher: Launcher
    store: EvidenceStore
    folder: Path

    def mark(self, attack: Attack) -> list[GradedSubmission]:
        path = self.folder / "ada.ipynb"
        path.write_bytes(attack.notebook(self.courses[0], {}))
        return [
            Pipeline(course, course.assignment(NAME), launcher=self.launcher, store=self.store).mark(path, "ada")
            for course in self.courses
        ]


def course_with(secret: int, root: Path) -> Course:
    course = walled_course(root)
    path = course.assignment(NAME).solution
    notebook = json.loads(path.read_text(encoding="utf-8"))
    [cell] = [one for one in notebook["cells"] if "model.compile(" in "".join(one["source"])]
    source = "".join(cell["source"])
    cell["source"] = source.replace("### END SOLUTION", f"hidden_number = {secret}\n### END SOLUTION")
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    folder = tmp_path_factory.mktemp("twice")
    courses = tuple(course_with(secret, folder / f"course-{secret}") for secret in SECRETS)
    made = Twice(courses, grading_launcher(), EvidenceStore(folder / "store"), folder)
    Pipeline(courses[0], courses[0].assignment(NAME)).prepare()
    return made


_OUTCOME = ("outcome", "score", "percent", "message", "hint", "lesson")
"""What follows from a check's outcome. A message is then one of two sentences and the note (see ``grading.judge``)."""


def without_outcomes(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what may differ: outcomes, and what is added up from them."""
    exercises = [
        {**one, "checks": [{**check, **dict.fromkeys(_OUTCOME)} for check in one["checks"]], **dict.fromkeys(_OUTCOME)}
        for one in report["exercises"]
    ]
    return {**report, **dict.fromkeys(_OUTCOME), "exercises": exercises}


def kept(marked: GradedSubmission) -> dict[str, Any]:
    """The evidence file without the further runs' own, and without the digest of what a run is decided by, which has
    the solution's text in it."""
    evidence = json.loads(evidence_json(marked.evidence))
    of_reruns = [{**one, "run": None, "probe": None} for one in evidence["reruns"]]
    return {**evidence, "reruns": of_reruns, "settings": None}


@pytest.mark.thorough
@pytest.mark.parametrize("attack", TELLING, ids=lambda attack: attack.name)
def test_two_secrets_leave_the_same(attack: Attack, twice: Twice) -> None:
    one, other = twice.mark(attack)
    assert [rerun.replaced for rerun in one.evidence.reruns]
    assert one.evidence.reruns != other.evidence.reruns, "the notebook did not get at the secret"
    assert kept(one) == kept(other)
    for report in (lambda marked: marked.report, lambda marked: for_student(marked.report)):
        reports = [json.loads(report_json(report(marked))) for marked in (one, other)]
        assert without_outcomes(reports[0]) == without_outcomes(reports[1])
    outcomes = [[check.outcome for each in marked.report.exercises for check in each.checks] for marked in (one, other)]
    if outcomes[0] == outcomes[1]:
        assert shown(one) == shown(other)
        assert gradebook_row(Standing.of(one.report)) == gradebook_row(Standing.of(other.report))
