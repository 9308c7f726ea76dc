"""One submission, from its file to its report.

read      the bytes become a submission, put in order against the master          trusted
run       its cells in a sandbox, watched from outside                            UNTRUSTED
probe     the model it trained, shown hidden pictures in another sandbox          UNTRUSTED
judge     evidence and grader script become a report                              trusted, pure
respell   where one name of an older Keras took a function with it: run again with that name spelled as it is now
carry     where an earlier error hid whether the training is right: run again with that error put right
"""

from __future__ import annotations

import contextlib
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
from fairmark.checks.vouched import binds_of, calls_of
from fairmark.course import Assignment, Course
from fairmark.data import Recipe, load_recipe, make
from fairmark.errors import AssignmentNotFound, FairmarkError, StudentError
from fairmark.evidence import Evidence, FitStarted, Rerun, Run, RunFinished, Submission
from fairmark.grading.decoding import decode_ahead
from fairmark.grading.error_carried_forward import left_open, next_exercises, put_right
from fairmark.grading.evidence_store import EvidenceStore, engine_digest, versions
from fairmark.grading.judge import judge
from fairmark.grading.old_names import OldName, check_it_costs, old_name_in
from fairmark.grading.progress import NOBODY, Steps
from fairmark.grading.redaction import muted
from fairmark.grading.run import Runner, added_pictures
from fairmark.grading.second_training import training_went_by
from fairmark.grading.settings import Mode, RunSettings
from fairmark.grading.time_budget import has_time_left, nobodys_time, time_of_a_submission, was_left_out
from fairmark.notebook.master import Master, load_master, master_of, master_source
from fairmark.notebook.parse import read_bytes
from fairmark.notebook.read import read_forms, read_submission
from fairmark.notebook.sanitised import encodable
from fairmark.notebook.source import calls_in
from fairmark.report import Report
from fairmark.sandbox import Launcher, best_launcher

__all__ = ["GradedSubmission", "Mode", "Pipeline", "Steps", "first_line"]

_MOST_OLD_NAMES = 4
"""Each that is found in one notebook costs a further run."""
_WORTH_DECODING = 10
"""Submissions that train nothing but look at a batch: at 128 pictures each they see as many as there are."""


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
class Pipeline:
    """The way from a file to a report for one assignment; used for as many submissions as there are.

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

    # --- what every submission needs, found once ---

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
        return _digest([read, self._recipe.digest, added_pictures(self._recipe), how, engine_digest(), versions()])

    def expected_bytes(self) -> int:
        """Memory that a run is expected to need: what a rehearsal of the reference took, and a fifth more."""
        return int(1.2 * self._reference("rehearsal").run.peak_memory_bytes)

    @cached_property
    def grader(self) -> Grader:
        return load_grader(self.assignment.grader)

    @cached_property
    def master(self) -> Master:
        return master_of(self.assignment)

    def prepare(self, progress: Callable[[int, int], object] | None = None, *, submissions: int = 1) -> None:
        """Sees to it that everything is there before the first submission is touched: grader, master, pictures.

        ``progress`` is told how many pictures of how many are drawn; ``submissions`` is how many there will be.
        """
        self.launcher.warm_up()
        missing = {exercise.id for exercise in self.grader.exercises} ^ set(self.master.exercises)
        if missing:
            source = master_source(self.assignment)
            raise AssignmentNotFound(
                f"{source}: notebook and grader script disagree on {', '.join(sorted(missing))}",
                remedy="Run `fairmark release`, or name the same exercises in both.",
            )
        make(self._recipe, progress=progress)
        if self.settings.mode == "full":
            self._runner.require_hidden()
        pays = self.grader.needs_training or submissions >= _WORTH_DECODING
        if self.settings.mode == "full" and pays and self.assignment.solution.is_file():
            decode_ahead(self._recipe.name, self._own_answers().cells)

    @cached_property
    def _solution(self) -> Master:
        return load_master(self.assignment.solution)

    @cached_property
    def _recipe(self) -> Recipe:
        return load_recipe(self.course.dataset_folder(self.grader.dataset))

    @cached_property
    def _runner(self) -> Runner:
        return Runner(self.grader, self._recipe, self.settings, self.launcher, self.store)

    # --- one submission ---

    def mark(
        self, path: Path, student: str, steps: Steps = NOBODY, *, recorded: Evidence | None = None
    ) -> GradedSubmission:
        """Evidence and report for the file at ``path``. A file that is no notebook gets its report too.

        ``recorded`` is what an earlier batch recorded of it, under whatever grader script: what answers the questions
        that are asked now is not run again.
        """
        with time_of_a_submission(self.settings.limits.run_seconds):
            marked = self._mark(path, student, steps, recorded)
            if not was_left_out():
                return marked
            return self._judged(marked.evidence.model_copy(update={"further_runs_left_out": True}))

    def _mark(self, path: Path, student: str, steps: Steps, recorded: Evidence | None) -> GradedSubmission:
        steps.stage("Reading the notebook")
        try:
            forms = read_forms(path, student=student, master=self.master)
        except StudentError as problem:
            return self._judged(_unreadable(path, student, self.assignment.name, problem))
        submission = forms.as_handed_in
        if not any(cell.touched for cell in submission.cells if cell.role == "exercise"):
            return self._judged(Evidence(submission=submission, run=Run(outcome="not_run")))
        chosen = None if forms.restored is None else self._chosen(forms.as_handed_in, forms.restored, steps)
        submission = submission if chosen is None else chosen.submission
        if recorded is not None and not self._is_of(recorded, submission):
            recorded = None
        first = self._answering(recorded, submission)
        if first is None and chosen is not None and self.settings.mode != "full":
            first = self._judged(chosen)  # the run by which the form was chosen
        if first is None:
            first = self._run_first(submission, steps)
        first = self._respelled(self._gone_on(first, steps), steps)
        return self._carried_forward(first, steps, recorded.reruns if recorded is not None else ())

    def _is_of(self, recorded: Evidence, submission: Submission) -> bool:
        """Whether it was recorded of these very cells, and as it would be now."""
        same = recorded.submission.cells == submission.cells and recorded.settings == self.run_digest
        return same and recorded.run.outcome not in ("unreadable", "not_run")

    def _answering(self, recorded: Evidence | None, submission: Submission) -> GradedSubmission | None:
        """The report by what was recorded; None if that leaves a question open."""
        if recorded is None:
            return None
        marked = self._judged(
            recorded.model_copy(update={"submission": submission, "reruns": (), "further_runs_left_out": False})
        )
        return None if _needs_run(marked.report) else marked

    def _run_first(self, submission: Submission, steps: Steps) -> GradedSubmission:
        """If a run that is ended early leaves a question open, since something is asked that nobody foresaw, it is made
        again to its last epoch, and with all hidden pictures."""
        marked = self._judged(self._first_run(submission, steps))
        if self.settings.mode != "full" or not _needs_run(marked.report):
            return marked
        steps.stage("Running again to the last epoch")
        return self._judged(self._runner.run(submission, submission.cells, steps, "full", whole=True))

    def _chosen(self, handed_in: Submission, restored: Submission, steps: Steps) -> Evidence:
        """A run of the notebook as it was handed in; or restored, where that earns more.

        The form is chosen before anything is trained, by runs that do the same each time: both are run without
        training, and the restored one is taken only if it passes checks that the other does not, of those which such a
        run can answer. So whatever is gained is gained by the author's text or order, which everybody was given; and
        one form alone is trained, once: nobody gets a second try at an accuracy by breaking a given cell.
        """
        mode: Mode = "structure" if self.settings.mode == "structure" else "rehearsal"
        evidence = self._runner.run(handed_in, handed_in.cells, steps, mode)
        earned, most = self._earned(evidence, mode)
        if earned < most:
            steps.stage("Running again with the given cells as they were handed out")
            other = self._runner.run(restored, restored.cells, steps, mode)
            evidence = other if self._earned(other, mode)[0] > earned else evidence
        return evidence

    def _earned(self, evidence: Evidence, mode: Mode) -> tuple[float, float]:
        """The marks for what a run of this kind can answer, and the most there are."""
        run = evidence.run.model_copy(update={"training_skipped": False})
        report = judge(evidence.model_copy(update={"run": run}), self.grader)
        if self.assignment.solution.is_file():
            asked = self._answers(mode)
        else:
            untrained = [exercise for exercise in self.grader.exercises if not exercise.needs_training]
            asked = frozenset(f"{exercise.id}.{check.id}" for exercise in untrained for check in exercise.checks)
        counted = [
            check for exercise in report.exercises for check in exercise.checks if f"{exercise.id}.{check.id}" in asked
        ]
        return sum(check.score for check in counted), sum(check.max_score for check in counted)

    def _first_run(self, submission: Submission, steps: Steps) -> Evidence:
        """As far as the mode says. Where nothing that is asked needs training, a run up to the first ``fit`` is all
        there is, as long as the notebook has no ``fit`` and nobody looks at weights that such a run leaves at zero."""
        needs_fit = self.grader.needs_training or any(call.name == "fit" for call in calls_in(submission.cells))
        if self.settings.mode == "full" and not needs_fit:
            evidence = self._runner.run(submission, submission.cells, steps, "structure")
            if _is_whole(evidence.run):
                return evidence.model_copy(update={"run": evidence.run.model_copy(update={"training_skipped": False})})
        return self._runner.run(submission, submission.cells, steps, self.settings.mode)

    def _gone_on(self, marked: GradedSubmission, steps: Steps) -> GradedSubmission:
        """With a rehearsal, where a quick check ended at a ``fit`` before answers that need no training. It answers
        what a rehearsal of the reference can; without a solution, what is right in it."""
        evidence = marked.evidence
        if self.settings.mode != "structure" or evidence.run.outcome in ("unreadable", "not_run"):
            return marked
        needless = {exercise.id for exercise in self.grader.exercises if not exercise.needs_training}
        left = marked.report.not_checked
        if not any(name.partition(".")[0] in needless for name in left):
            return marked
        again = self._runner.run(evidence.submission, evidence.submission.cells, steps, "rehearsal")
        can = self._answers("rehearsal") if self.assignment.solution.is_file() else _passed(judge(again, self.grader))
        rerun = Rerun(replaced=(), answers=tuple(sorted(can)), run=again.run)
        return self._judged(evidence.model_copy(update={"reruns": (*evidence.reruns, rerun)}))

    def _respelled(self, marked: GradedSubmission, steps: Steps) -> GradedSubmission:
        """With a run in which names of an older Keras that ended a function are spelled as Keras 3 does."""
        first = seen = marked.evidence
        exercises = [exercise.id for exercise in marked.report.exercises]
        found: list[OldName] = []
        sources: dict[int, str] = {}
        while len(found) < _MOST_OLD_NAMES and (name := old_name_in(seen, exercises)) is not None and has_time_left():
            found.append(name)
            sources[name.position] = name.source
            steps.stage("Running again with a name of an older Keras spelled as it is now")
            submission = first.submission.with_sources(sources)
            seen = self._runner.run(submission, submission.cells, steps, self.settings.mode)
        if not found:
            return marked
        costs = {check_it_costs(marked.report, seen, self.grader, name) for name in found}
        answers = tuple(sorted(self._answers("full") - costs))
        rerun = Rerun(replaced=(), answers=answers, sources=sources, run=seen.run, probe=seen.probe)
        return self._judged(first.model_copy(update={"reruns": (*first.reruns, rerun)}))

    def _judged(self, evidence: Evidence) -> GradedSubmission:
        evidence = evidence.model_copy(update={"settings": self.run_digest})
        return GradedSubmission(evidence, judge(evidence, self.grader))

    # --- error carried forward ---

    def _carried_forward(
        self, marked: GradedSubmission, steps: Steps, recorded: tuple[Rerun, ...] = ()
    ) -> GradedSubmission:
        """The same, after further runs where they are needed to be fair to what comes after an error. Those in
        ``recorded`` need not be made."""
        if not self.assignment.solution.is_file():
            return marked
        cells = marked.evidence.submission.cells
        replaced: tuple[str, ...] = ()
        has_trained = True
        while True:
            wider = next_exercises(marked.report, cells, replaced)
            if not has_trained:
                # What only training can answer is trained for once, before the exercise that asks it is blamed.
                unclear = left_open(marked.report, replaced, cells) - self._settled(marked, replaced)
                blamed = {name.partition(".")[0] for name in unclear} & {*wider}
                if unclear and (blamed or not wider):
                    marked, has_trained = self._run_again(marked, replaced, "full", steps, recorded), True
                    continue
            if not wider:
                return marked
            replaced, has_trained = wider, self.settings.mode != "full"
            marked = self._run_cheaply(marked, replaced, steps, recorded)

    def _run_cheaply(
        self, marked: GradedSubmission, replaced: tuple[str, ...], steps: Steps, recorded: tuple[Rerun, ...]
    ) -> GradedSubmission:
        """A further run without training that answers something: up to the first ``fit``, or rehearsed."""
        still_open = left_open(marked.report, replaced, marked.evidence.submission.cells)
        in_structure = still_open & self._answers("structure")
        goes_on = any(not rerun.replaced and not rerun.sources for rerun in marked.evidence.reruns)
        if (goes_on or self.settings.mode != "structure") and still_open & self._answers("rehearsal") - in_structure:
            return self._run_again(marked, replaced, "rehearsal", steps, recorded)
        return self._run_again(marked, replaced, "structure", steps, recorded) if in_structure else marked

    def _run_again(
        self, marked: GradedSubmission, replaced: tuple[str, ...], mode: Mode, steps: Steps, recorded: tuple[Rerun, ...]
    ) -> GradedSubmission:
        first = marked.evidence
        for known in recorded:
            judged = self._with_rerun(first, known.model_copy(update={"answers": self._sorted_answers(mode)}))
            if (known.replaced, _mode_of(known.run)) == (replaced, mode) and not _needs_run(judged.report):
                return judged
        if not has_time_left():
            return marked
        titles = " and ".join(exercise.title for exercise in self.grader.exercises if exercise.id in replaced)
        steps.stage(f"Running again as if {titles} were correct")
        cells = put_right(first, self._reference("rehearsal"), self._solution, replaced)
        # The reference's text is in there: nobody is shown its cells, nor anything that the run has to say.
        unseen = Steps(stage=steps.stage)
        again = self._runner.run(first.submission.model_copy(update={"cells": cells}), cells, unseen, mode)
        probe = again.probe
        if probe is not None and probe.problem is not None:
            said = "The model of a further run could not be tried on hidden images"
            probe = probe.model_copy(update={"problem": said})
        own = [cell for cell in first.submission.cells if cell.exercise not in replaced]
        honest = [first.run, self._reference("rehearsal").run]
        quiet = muted(again.run, own, honest)
        went_by = mode == "full" and self._training_went_by(first, replaced)
        rerun = Rerun(
            replaced=replaced,
            answers=self._sorted_answers(mode),
            training_went_by=went_by,
            run=quiet,
            probe=probe,
            calls=calls_of(cells, replaced),
            binds=binds_of(cells, replaced),
        )
        return self._with_rerun(first, rerun)

    def _training_went_by(self, first: Evidence, replaced: tuple[str, ...]) -> bool:
        """Whether another training is owed for what is put right now and was not when there was one before."""
        before = {one for rerun in first.reruns if _mode_of(rerun.run) == "full" for one in rerun.replaced}
        return training_went_by(first, self._reference("rehearsal"), self.grader, set(replaced) - before)

    def _with_rerun(self, first: Evidence, rerun: Rerun) -> GradedSubmission:
        return self._judged(first.model_copy(update={"reruns": (*first.reruns, rerun)}))

    def _sorted_answers(self, mode: Mode) -> tuple[str, ...]:
        return tuple(sorted(self._answers(mode)))

    def _settled(self, marked: GradedSubmission, replaced: tuple[str, ...]) -> frozenset[str]:
        """What another training would not change: what a rehearsal answers; and what a training has shown to be wrong,
        unless it went by something that has been put right since."""
        trained = {exercise.id for exercise in self.grader.exercises if exercise.needs_training}
        shown = {
            f"{exercise.id}.{check.id}"
            for exercise in marked.report.exercises
            if exercise.id in trained
            for check in exercise.checks
            if check.outcome in ("failed", "partial")
        }
        answered = self._answers("rehearsal")
        return answered - shown if self._training_went_by(marked.evidence, replaced) else answered | shown

    def _answers(self, mode: Mode) -> frozenset[str]:
        """The checks that a run of this kind can answer: those the reference passes in one; with training, all."""
        if mode == "full":
            return frozenset(
                f"{exercise.id}.{check.id}" for exercise in self.grader.exercises for check in exercise.checks
            )
        if mode not in self._answered:
            run = self._reference(mode).run.model_copy(update={"training_skipped": False})
            self._answered[mode] = _passed(judge(self._reference(mode).model_copy(update={"run": run}), self.grader))
        return self._answered[mode]

    def _reference(self, mode: Mode) -> Evidence:
        """A run of the solution that trains little or nothing."""
        with self._lock:
            if mode not in self._references:
                submission = self._own_answers()
                with nobodys_time():
                    self._references[mode] = self._runner.run(submission, submission.cells, NOBODY, mode)
            return self._references[mode]

    def _own_answers(self) -> Submission:
        return read_submission(self.assignment.solution, student="reference", master=self.master)


def _text_of(path: Path) -> str:
    """What stands in a file, be it text or not: whoever reads it later says what is wrong with it. Nothing where there
    is none."""
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""


def _digest(decided: list[object]) -> str:
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _mode_of(run: Run) -> Mode:
    return "structure" if run.training_skipped else "rehearsal" if run.rehearsed else "full"


def _needs_run(report: Report) -> bool:
    """Whether a question is left open that another run answers."""
    return any(flag.kind == NeedsRun.kind for flag in report.flags)


def _passed(report: Report) -> frozenset[str]:
    """Checks (``exercise.check``) that passed."""
    return frozenset(
        f"{exercise.id}.{check.id}"
        for exercise in report.exercises
        for check in exercise.checks
        if check.outcome == "passed"
    )


def _is_whole(run: Run) -> bool:
    """Whether a run without training did all that one with training would have done."""
    events = [stamped.event for stamped in run.events]
    read = any(isinstance(event, RunFinished) and event.weights_read for event in events)
    return not read and not any(isinstance(event, FitStarted) for event in events)


def first_line(source: str) -> str:
    """The first line of code; a cell of nothing but comments gives its first comment."""
    lines = [line.strip() for line in source.split("\n") if line.strip()]
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
