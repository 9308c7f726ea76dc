"""What marking one assignment needs, found once for as many submissions as there are."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fairmark.checks import Grader, load_grader
from fairmark.checks.expectation import NeedsRun
from fairmark.checks.script import helpers_of
from fairmark.course import Assignment, Course
from fairmark.data import Recipe, load_recipe, make
from fairmark.errors import AssignmentNotFound
from fairmark.evidence import Evidence, Submission
from fairmark.frameworks import Framework, framework_of
from fairmark.grading.decoding import decode_ahead
from fairmark.grading.evidence_store import EvidenceStore, engine_digest, versions, wing_digest
from fairmark.grading.judge import judge
from fairmark.grading.progress import NOBODY
from fairmark.grading.run import Runner, added_pictures
from fairmark.grading.settings import Mode, RunSettings
from fairmark.grading.time_budget import nobodys_time
from fairmark.notebook.master import Master, load_master, master_of, master_source
from fairmark.notebook.read import read_submission
from fairmark.report import Report
from fairmark.sandbox import Launcher, best_launcher

__all__ = ["GradedSubmission", "Prepared", "first_line", "needs_run", "passed"]

_WORTH_DECODING = 10
"""Submissions that train nothing but look at a batch: at 128 images each they see as many as there are."""


@dataclass(frozen=True)
class GradedSubmission:
    """What a pipeline ends with."""

    evidence: Evidence
    report: Report

    @property
    def cell_lines(self) -> dict[int, str]:
        """First line of code of each cell, by the number people are told."""
        cells = self.evidence.submission.cells
        return {cell.number: first_line(cell.source) for cell in cells if cell.number is not None}


@dataclass
class Prepared:
    """One assignment, ready to be marked: its grader, its master notebook, its data set, and runs of its solution.

    ``store`` keeps evidence, so that the same code is not run twice; None runs everything.
    """

    course: Course
    assignment: Assignment
    settings: RunSettings = field(default_factory=RunSettings)
    launcher: Launcher = field(default_factory=best_launcher)
    store: EvidenceStore | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _references: dict[Mode, Evidence] = field(default_factory=dict)
    _answered: dict[Mode, frozenset[str]] = field(default_factory=dict)

    # --- what decides marks, and how much it takes ---

    @cached_property
    def report_digest(self) -> str:
        """A digest of all that decides a report besides the submission: texts of the assignment, the data set's recipe,
        this engine, and how it is run."""
        script = self.assignment.grader
        read = [_text_of(path) for path in (script, *helpers_of(script), master_source(self.assignment))]
        return _digest([read, self.run_digest])

    @cached_property
    def run_digest(self) -> str:
        """A digest of all that decides what runs come to besides the submission: of :attr:`report_digest`, all but the
        grader script. Under another one, what was recorded with the same may still answer."""
        read, how = _text_of(self.assignment.solution), self.settings.deciding()
        return _digest([read, self.recipe.digest, added_pictures(self.recipe), how, *self._software])

    @property
    def _software(self) -> list[object]:
        """What decides a run and is installed: this engine, the framework's part of it, and packages."""
        framework = self.framework
        return [self.grader.framework, engine_digest(), wing_digest(framework), versions(framework)]

    def expected_bytes(self) -> int:
        """Memory that a run is expected to need: what a rehearsal of the reference took, and a fifth more."""
        return int(1.2 * self.reference("rehearsal").run.peak_memory_bytes)

    # --- what is asked, and of what ---

    @cached_property
    def grader(self) -> Grader:
        return load_grader(self.assignment.grader)

    @property
    def framework(self) -> Framework:
        return framework_of(self.grader)

    @cached_property
    def master(self) -> Master:
        return master_of(self.assignment)

    @cached_property
    def solution(self) -> Master:
        return load_master(self.assignment.solution)

    @cached_property
    def recipe(self) -> Recipe:
        return load_recipe(self.course.dataset_folder(self.grader.dataset))

    @cached_property
    def runner(self) -> Runner:
        return Runner(self.grader, self.recipe, self.settings, self.launcher, self.store)

    def prepare(self, progress: Callable[[int, int], object] | None = None, *, submissions: int = 1) -> None:
        """Sees to it that everything is there before the first submission is touched: grader, master, pictures.

        ``progress`` is told how many pictures of how many are drawn; ``submissions`` is how many there will be.
        """
        self.launcher.warm_up(self.framework.program)
        missing = {exercise.id for exercise in self.grader.exercises} ^ set(self.master.exercises)
        if missing:
            source = master_source(self.assignment)
            raise AssignmentNotFound(
                f"{source}: notebook and grader script disagree on {', '.join(sorted(missing))}",
                remedy="Run `fairmark release`, or name the same exercises in both.",
            )
        make(self.recipe, progress=progress)
        if self.settings.mode == "full":
            self.runner.require_hidden()
        pays = self.grader.needs_training or submissions >= _WORTH_DECODING
        if self.settings.mode == "full" and pays and self.assignment.solution.is_file():
            name, cells = self.recipe.name, self.own_answers().cells
            decode_ahead(name, lambda: self.framework.forms_written(name, cells))

    # --- runs of the solution, and what they can answer ---

    def judged(self, evidence: Evidence) -> GradedSubmission:
        evidence = evidence.model_copy(update={"settings": self.run_digest})
        return GradedSubmission(evidence, judge(evidence, self.grader))

    def answers(self, mode: Mode) -> frozenset[str]:
        """The checks that a run of this kind can answer: those the reference passes in one; with training, all."""
        if mode == "full":
            return frozenset(
                f"{exercise.id}.{check.id}" for exercise in self.grader.exercises for check in exercise.checks
            )
        if mode not in self._answered:
            run = self.reference(mode).run.model_copy(update={"training_skipped": False})
            self._answered[mode] = passed(judge(self.reference(mode).model_copy(update={"run": run}), self.grader))
        return self._answered[mode]

    def reference(self, mode: Mode) -> Evidence:
        """A run of the solution that trains little or nothing."""
        with self._lock:
            if mode not in self._references:
                submission = self.own_answers()
                with nobodys_time():
                    self._references[mode] = self.runner.run(submission, submission.cells, NOBODY, mode)
            return self._references[mode]

    def own_answers(self) -> Submission:
        return read_submission(self.assignment.solution, student="reference", master=self.master)


def _text_of(path: Path) -> str:
    """What stands in a file, be it text or not: whoever reads it later says what is wrong with it. Nothing where there
    is none."""
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""


def _digest(decided: list[object]) -> str:
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def needs_run(report: Report) -> bool:
    """Whether a question is left open that another run answers."""
    return any(flag.kind == NeedsRun.kind for flag in report.flags)


def passed(report: Report) -> frozenset[str]:
    """Checks (``exercise.check``) that passed."""
    return frozenset(
        f"{exercise.id}.{check.id}"
        for exercise in report.exercises
        for check in exercise.checks
        if check.outcome == "passed"
    )


def first_line(source: str) -> str:
    """The first line of code; a cell of nothing but comments gives its first comment."""
    lines = [line.strip() for line in source.split("\n") if line.strip()]
    return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")
