"""One submission, from its file to its report.

read      the bytes become a submission, put in order against the master          trusted
run       its cells in a sandbox, watched from outside                            UNTRUSTED
probe     the model it trained, shown hidden pictures in another sandbox          UNTRUSTED
judge     evidence and grader script become a report                              trusted, pure
carry     where an earlier error hid whether the training is right: run again with that error put right
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fairmark.batch.carry import put_right
from fairmark.checks import Grader, load_grader
from fairmark.course import Assignment, Course
from fairmark.data import Hidden, Recipe, data_folder, hidden_pictures, load_recipe, make, set_folder
from fairmark.errors import AssignmentNotFound, FairmarkError, InternalError, StudentError
from fairmark.evidence import Cell, Evidence, Probe, Rerun, Run, SessionStarted, Stamped, Submission
from fairmark.judge import judge, to_put_right
from fairmark.notebook.kept import encodable
from fairmark.notebook.master import Master, load_master
from fairmark.notebook.parse import read_bytes
from fairmark.notebook.read import read_submission
from fairmark.probe import probe_model
from fairmark.report import Report
from fairmark.sandbox import Launcher, Limits, Workplace, best_launcher, run_notebook

__all__ = ["Journey", "Marked", "Steps", "first_line"]


@dataclass(frozen=True)
class Steps:
    """Who is told what happens, as it happens; each may be left out."""

    stage: Callable[[str], object] = lambda text: None
    cells: Callable[[tuple[Cell, ...]], object] = lambda cells: None
    event: Callable[[Stamped], object] = lambda stamped: None


@dataclass(frozen=True)
class Marked:
    """What a journey ends with."""

    evidence: Evidence
    report: Report

    @property
    def cell_lines(self) -> dict[int, str]:
        """First line of code of each cell, by the number people are told."""
        cells = self.evidence.submission.cells
        return {cell.number: first_line(cell.source) for cell in cells if cell.number is not None}


@dataclass
class Journey:
    """The way from a file to a report for one assignment; used for as many submissions as there are.

    ``quick`` leaves out training and all that needs it. ``numerics`` is ``float32``, ``bfloat16`` or, by default, the
    faster of the two that this processor has; ``seed`` goes to Python, NumPy and Keras in every run.
    """

    course: Course
    assignment: Assignment
    limits: Limits = field(default_factory=Limits)
    launcher: Launcher = field(default_factory=best_launcher)
    numerics: str | None = None
    seed: int = 1
    quick: bool = False

    # --- what every submission needs, found once ---

    @cached_property
    def grader(self) -> Grader:
        return load_grader(self.assignment.grader)

    @cached_property
    def master(self) -> Master:
        return load_master(self.assignment.notebook)

    def prepare(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Sees to it that everything is there before the first submission is touched: grader, master, pictures.

        ``progress`` is told how many pictures of how many are drawn.
        """
        self.launcher.warm_up()
        missing = {exercise.id for exercise in self.grader.exercises} ^ set(self.master.exercises)
        if missing:
            raise AssignmentNotFound(
                f"{self.assignment.notebook}: notebook and grader script disagree on {', '.join(sorted(missing))}",
                remedy="Run `fairmark release`, or name the same exercises in both.",
            )
        make(self._recipe, progress=progress)

    @cached_property
    def _recipe(self) -> Recipe:
        return load_recipe(self.course.dataset_folder(self.grader.dataset))

    # --- one submission ---

    def mark(self, path: Path, student: str, steps: Steps = Steps()) -> Marked:
        """Evidence and report for the file at ``path``. A file that is no notebook gets its report too."""
        steps.stage("Reading the notebook")
        try:
            submission = read_submission(path, student=student, master=self.master)
        except StudentError as problem:
            return self._judged(_unreadable(path, student, self.assignment.name, problem))
        if not any(cell.touched for cell in submission.cells if cell.role == "exercise"):
            return self._judged(Evidence(submission=submission, run=Run(outcome="not_run")))
        evidence = self._run_and_probe(submission, submission.cells, steps)
        return self._carried_forward(self._judged(evidence), steps)

    def _judged(self, evidence: Evidence) -> Marked:
        return Marked(evidence, judge(evidence, self.grader))

    def _run_and_probe(self, submission: Submission, cells: tuple[Cell, ...], steps: Steps) -> Evidence:
        with Workplace() as workplace:
            steps.cells(tuple(cell for cell in cells if cell.touched))
            run = run_notebook(
                cells,
                workplace,
                pictures_folder=data_folder(),
                limits=self.limits,
                numerics=self.numerics,
                seed=self.seed,
                train=not self.quick,
                launcher=self.launcher,
                on_event=lambda stamped: steps.event(stamped) and None,
            )
            if not any(isinstance(stamped.event, SessionStarted) for stamped in run.events):
                said = run.printed.get(0, "").strip().splitlines()
                raise InternalError(f"the sandbox did not start: {said[-1] if said else run.reason}")
            evidence = Evidence(submission=submission, run=run)
            return evidence.model_copy(update={"probe": self._probe(evidence, workplace, steps)})

    def _probe(self, evidence: Evidence, workplace: Workplace, steps: Steps) -> Probe | None:
        threshold = self.grader.hidden_accuracy
        if self.quick or threshold is None:
            return None
        steps.stage("Looking at hidden pictures")
        return probe_model(
            evidence,
            workplace,
            self._hidden,
            dataset_folder=set_folder(self.grader.dataset),
            threshold=threshold,
            launcher=self.launcher,
            limits=self.limits,
        )

    def _hidden(self, rounds: int) -> Hidden:
        return hidden_pictures(self._recipe, rounds=rounds)

    # --- error carried forward ---

    def _carried_forward(self, first: Marked, steps: Steps) -> Marked:
        """The same, after a second run where one is needed to be fair to the training."""
        replaced = to_put_right(first.evidence, first.report, self.grader)
        if not replaced or not self.assignment.solution.is_file():
            return first
        steps.stage(f"Training again with {' and '.join(replaced)} put right")
        cells = put_right(first.evidence, self._reference, load_master(self.assignment.solution), replaced)
        submission = first.evidence.submission.model_copy(update={"cells": cells})
        # The reference's text is in there: nobody is shown its cells, nor what the run has to say for itself.
        unseen = Steps(stage=steps.stage, event=steps.event)
        again = self._run_and_probe(submission, cells, unseen)
        probe = again.probe
        if probe is not None and probe.problem is not None:
            probe = probe.model_copy(update={"problem": "the model of the second run could not be looked at"})
        rerun = Rerun(replaced=replaced, run_outcome=again.run.outcome, probe=probe)
        return self._judged(first.evidence.model_copy(update={"rerun": rerun}))

    @cached_property
    def _reference(self) -> Evidence:
        """A structure-only run of the solution, for what its names stand for."""
        submission = read_submission(self.assignment.solution, student="reference", master=self.master)
        with Workplace() as workplace:
            run = run_notebook(
                submission.cells,
                workplace,
                pictures_folder=data_folder(),
                limits=self.limits,
                train=False,
                launcher=self.launcher,
            )
        return Evidence(submission=submission, run=run)


def first_line(source: str) -> str:
    """The first line of code; a cell of nothing but comments gives its first comment."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "")


def _unreadable(path: Path, student: str, assignment: str, problem: StudentError) -> Evidence:
    digest = ""
    with contextlib.suppress(FairmarkError):
        digest = hashlib.sha256(read_bytes(path)).hexdigest()
    remedy = f". {problem.remedy}" if problem.remedy else ""
    return Evidence(
        submission=Submission(student=student, assignment=assignment, notebook_sha256=digest),
        run=Run(outcome="unreadable", reason=encodable(f"{problem.message}{remedy}")),
    )
