"""Mistakes in every assignment of the week, each with the marks it must lose and the words it must be told in.

``corpus/week/<assignment>.toml`` holds submissions: the solution with some of its answers replaced. Each is marked in
the real sandbox, in a rehearsal: every ``fit`` does a single step. Checks that the solution itself does not pass in one
need training and are not compared; a case with ``mode = "full"`` is trained, and all of its checks are.

    [[case]]
    name = "validation reads the training folder"
    answers.generators = '''...the cell, without its header line...'''
    lost = { "generators.folders" = 0.5 }
    says = { "generators.folders" = "The whole message, as the student reads it." }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from quick_pictures import with_quick_pictures
from thorough import by_default

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.report import CheckResult, Report
from fairmark.sandbox import Launcher, Limits, grading_launcher

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(__file__).resolve().parent / "corpus" / "week"


@dataclass(frozen=True)
class Case:
    """A submission to ``assignment``: the solution, with ``answers`` in the place of whole cells by exercise. ``lost``
    are marks and ``says`` messages, by ``exercise.check``."""

    assignment: str
    name: str
    answers: dict[str, str]
    lost: dict[str, float] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    mode: str = "rehearsal"

    def notebook(self, solution: bytes) -> bytes:
        edits = {exercise: f"# Exercise: {exercise}\n{text.strip()}" for exercise, text in self.answers.items()}
        return with_answers(solution, {exercise: lambda source, e=exercise: edits[e] for exercise in edits})


def cases() -> Iterator[Case]:
    for path in sorted(CORPUS.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            yield Case(assignment=path.stem, **entry)


@dataclass
class Week:
    """The built-in course with pictures that are drawn at once, and one warm launcher for all of it. As in a class,
    what is the same code, put right or the reference's own, is run once."""

    course: Course
    launcher: Launcher
    folder: Path
    pool: ThreadPoolExecutor
    store: EvidenceStore
    marked: dict[tuple[str, str], Future[dict[str, CheckResult]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pipeline = cache(self._pipeline)
        self.answerable = cache(self._answerable)

    def begin(self, case: Case) -> None:
        """Cases are marked two at a time, each once."""
        self.marked[case.assignment, case.name] = self.pool.submit(self._compared, case)

    def compared(self, case: Case) -> dict[str, CheckResult]:
        """The checks that are compared, answered for this case."""
        return self.marked[case.assignment, case.name].result()

    def _compared(self, case: Case) -> dict[str, CheckResult]:
        answerable = self.answerable(case.assignment, case.mode)
        return {name: check for name, check in checks_of(self.mark(case)).items() if name in answerable}

    def mark(self, case: Case) -> Report:
        assignment = self.course.assignment(case.assignment)
        exercises = {exercise.id for exercise in self.pipeline(case.assignment, case.mode).grader.exercises}
        assert not case.answers.keys() - exercises, f"{case.name}: there are only {', '.join(sorted(exercises))}"
        path = self.folder / f"{case.assignment}-{re.sub(r'[^a-z0-9]+', '-', case.name.lower())}.ipynb"
        path.write_bytes(case.notebook(assignment.solution.read_bytes()))
        return self.pipeline(case.assignment, case.mode).mark(path, "ada").report

    def _pipeline(self, name: str, mode: str) -> Pipeline:
        made = Pipeline(
            self.course,
            self.course.assignment(name),
            settings=RunSettings(limits=Limits(run_seconds=600), mode="rehearsal" if mode == "rehearsal" else "full"),
            launcher=self.launcher,
            store=self.store,
        )
        made.prepare()
        return made

    def _answerable(self, name: str, mode: str) -> frozenset[str]:
        """The checks that are compared: those that the solution passes in such a run; with training, all."""
        pipeline = self.pipeline(name, mode)
        if mode == "full":
            return frozenset(f"{one.id}.{check.id}" for one in pipeline.grader.exercises for check in one.checks)
        report = pipeline.mark(self.course.assignment(name).solution, "reference").report
        return frozenset(name for name, check in checks_of(report).items() if check.outcome == "passed")


def measured(message: str, case: Case) -> str:
    """``message``; as the case expects it where only a measured number is another."""
    for expected in case.says.values():
        if re.fullmatch(re.escape(expected).replace("<measured>", r"\d+(\.\d+)?"), message):
            return expected
    return message


def checks_of(report: Report) -> dict[str, CheckResult]:
    return {f"{exercise.id}.{check.id}": check for exercise in report.exercises for check in exercise.checks}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Week]:
    course = with_quick_pictures(ROOT, tmp_path_factory.mktemp("week") / "course")
    launcher = grading_launcher()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("week_data")))
        folder = tmp_path_factory.mktemp("submitted")
        made = Week(course, launcher, folder, pool, EvidenceStore(folder / "store"))
        for item in request.session.items:
            case = getattr(getattr(item, "callspec", None), "params", {}).get("case")
            if isinstance(case, Case):
                made.begin(case)
        yield made
        pool.shutdown(cancel_futures=True)


CASES = [*cases()]
TRAINS_MOST = "learning_rate"
"""Three networks, several times: even rehearsed it takes as long as all others that are marked by default."""
SOME = {(case.assignment, case.name) for case in CASES[::30] if case.assignment != TRAINS_MOST}


@pytest.mark.parametrize(
    "case",
    by_default(lambda case: (case.assignment, case.name) in SOME, CASES),
    ids=lambda case: f"{case.assignment}: {case.name}",
)
def test_a_mistake_loses_its_own_marks_and_is_told_in_these_words(case: Case, week: Week) -> None:
    found = week.compared(case)
    assert {name: measured(check.message, case) for name, check in found.items() if name in case.says} == case.says
    lost = {name: round(check.max_score - check.score, 2) for name, check in found.items()}
    assert {name: marks for name, marks in lost.items() if marks} == case.lost
