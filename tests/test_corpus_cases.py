"""Notebooks as people really hand them in, each marked in the real sandbox with what must come of it.

``corpus/cases/<case>.ipynb`` is the file as it is handed in, and ``<case>.toml`` beside it says what is expected:

    assignment = "convnet_layers"
    course = "adopted"                    # corpus/cases/adopted/course; the built-in one where nothing is said
    mode = "quick"                        # or "rehearsal" (every fit does a single step), or "full" (thorough)
    says = "one sentence: what the case is about"
    score = 14
    max_score = 14
    flags = ["cell_found_again"]          # the kinds, in order; none where nothing is said
    before = "3.12"                       # skipped from this version of Python on
    [lost]                                # what each exercise loses; the rest lose nothing
    layers = 2.0
    [messages]                            # whole messages, by exercise and check
    "layers.blocks" = "Convolution block 1: found 12 filters."

Pictures are small and of one colour, so that they are there at once: see ``quick_pictures.py``. A case that counts on
real ones cannot be trained here.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from quick_pictures import with_quick_pictures
from thorough import by_default

from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.report import Report
from fairmark.sandbox import Launcher, Limits, grading_launcher

ROOT = Path(__file__).resolve().parent.parent
CORPUS = Path(__file__).resolve().parent / "corpus" / "cases"
COURSES = {"": ROOT, "adopted": CORPUS / "adopted" / "course"}


@dataclass(frozen=True)
class Case:
    """One notebook, and what must come of it; ``name`` is that of its files."""

    name: str
    assignment: str
    mode: Literal["quick", "rehearsal", "full"]
    says: str
    score: float
    max_score: float
    course: str = ""
    before: str = ""
    flags: list[str] = field(default_factory=list)
    lost: dict[str, float] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    @property
    def is_for_older_python(self) -> bool:
        return bool(self.before) and sys.version_info[:2] >= tuple(map(int, self.before.split(".")))

    @property
    def notebook(self) -> Path:
        return CORPUS / f"{self.name}.ipynb"


def cases() -> Iterator[Case]:
    for path in sorted(CORPUS.glob("*.toml")):
        yield Case(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))


@dataclass
class Desk:
    """Marks cases, two at a time, each once; with one warm launcher for all of them. As in a class, what is the same
    code, put right or the reference's own, is run once."""

    courses: dict[str, Course]
    launcher: Launcher
    pool: ThreadPoolExecutor
    store: EvidenceStore
    marked: dict[str, Future[Report]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pipeline = cache(self._pipeline)

    def begin(self, case: Case) -> None:
        self.marked[case.name] = self.pool.submit(self._mark, case)

    def report(self, case: Case) -> Report:
        return self.marked[case.name].result()

    def _mark(self, case: Case) -> Report:
        return self.pipeline(case.course, case.assignment, case.mode).mark(case.notebook, "ada").report

    def _pipeline(self, course: str, assignment: str, mode: str) -> Pipeline:
        made = Pipeline(
            self.courses[course],
            self.courses[course].assignment(assignment),
            settings=RunSettings(
                limits=Limits(run_seconds=600),
                mode="rehearsal" if mode == "rehearsal" else "structure" if mode == "quick" else "full",
            ),
            launcher=self.launcher,
            store=self.store,
        )
        made.prepare()
        return made


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("cases_data")))
        wanted = [
            case
            for item in request.session.items
            if isinstance(case := getattr(getattr(item, "callspec", None), "params", {}).get("case"), Case)
        ]
        courses = {
            name: with_quick_pictures(COURSES[name], tmp_path_factory.mktemp("cases") / "course")
            for name in {case.course for case in wanted}
        }
        store = EvidenceStore(tmp_path_factory.mktemp("cases_store"))
        made = Desk(courses, grading_launcher(), pool, store)
        for case in wanted:
            made.begin(case)
        yield made
        pool.shutdown(cancel_futures=True)


CASES = [*cases()]
QUICK = {case.name for case in CASES if case.mode == "quick"} - {"answer_in_a_markdown_cell"}
SOME = {case.name for case in [case for case in CASES if case.mode == "rehearsal"][3::6]}
"""What trains a step in each fit takes several seconds, and on the largest pictures a minute: none of those is among
these. The others are thorough."""


@pytest.mark.parametrize("case", by_default(lambda case: case.name in QUICK | SOME, CASES), ids=lambda case: case.name)
def test_a_notebook_gets_what_it_has_earned(case: Case, desk: Desk) -> None:
    if case.is_for_older_python:
        pytest.skip(f"Python {case.before} reads it")
    report = desk.report(case)
    checks = {f"{one.id}.{check.id}": check for one in report.exercises for check in one.checks}
    assert {name: checks[name].message for name in case.messages} == case.messages
    lost = {exercise.id: round(exercise.max_score - exercise.score, 2) for exercise in report.exercises}
    found = {
        "score": report.score,
        "max_score": report.max_score,
        "lost": {exercise: marks for exercise, marks in lost.items() if marks},
        "flags": [flag.kind for flag in report.flags],
    }
    expected = {"score": case.score, "max_score": case.max_score, "lost": case.lost, "flags": case.flags}
    assert found == expected, [check.message for check in checks.values() if check.outcome != "passed"]


def test_every_notebook_has_its_expectations_beside_it() -> None:
    assert {path.stem for path in CORPUS.glob("*.ipynb")} == {path.stem for path in CORPUS.glob("*.toml")}
