"""The runs that verification makes: notebooks made from the solution, in one of three modes, cheapest first."""

from __future__ import annotations

import tempfile
import threading
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from fairmark.checks import CheckFailed, ConflictingEvidence, Grader
from fairmark.checks.grader import place_in
from fairmark.data import data_folder, pictures_by_folder, set_folder
from fairmark.evidence import Evidence, Rerun, Run
from fairmark.frameworks import framework_of
from fairmark.grading.judge import judge
from fairmark.grading.pipeline import Mode, Pipeline
from fairmark.notebook.read import submission_from_bytes
from fairmark.report import Report
from fairmark.sandbox import Workplace, notebook_job, run_notebook

__all__ = ["Raised", "Runs", "exceptions_in"]


@dataclass(frozen=True)
class Raised:
    """A check (``exercise.check``) that raised what is no answer: the author's fault. ``message`` names the line."""

    check: str
    message: str


@dataclass
class Runs:
    """Runs notebooks, given as bytes, and judges them; from several threads at once. ``pipeline`` is for students'."""

    pipeline: Pipeline
    raised: dict[str, Raised] = field(default_factory=dict)
    """Checks that raised in any run so far."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def evidence(self, notebook: bytes, mode: Mode) -> Evidence:
        """What a run of ``notebook`` leaves behind; with training, all that a student's would."""
        if mode == "full":
            with tempfile.TemporaryDirectory(prefix="fairmark-verify-") as folder:
                path = Path(folder) / f"{self.pipeline.assignment.name}.ipynb"
                path.write_bytes(notebook)
                return self.pipeline.mark(path, "verify").evidence
        path = self.pipeline.assignment.solution
        submission = submission_from_bytes(notebook, path=path, student="verify", master=self.pipeline.master)
        if not any(cell.touched for cell in submission.cells if cell.role == "exercise"):
            return Evidence(submission=submission, run=Run(outcome="not_run"))
        with Workplace() as workplace:
            settings = self.pipeline.settings
            job = notebook_job(
                submission.cells,
                data_folder(),
                program=self.pipeline.framework.program,
                dataset=self.pipeline.grader.dataset,
                numerics=settings.computes_in,
                seed=settings.seed,
                train=mode != "structure",
                rehearse=mode == "rehearsal",
            )
            run = run_notebook(job, workplace, limits=settings.limits, launcher=self.pipeline.launcher)
        folders = pictures_by_folder(set_folder(self.pipeline.grader.dataset))
        return Evidence(submission=submission, run=run, folders=folders)

    def report(self, evidence: Evidence, *, everything: bool = True) -> Report:
        """The answers to all checks; ``everything`` False leaves out what a student's quick check leaves out."""
        report = judge(evidence, self.pipeline.grader, everything=everything)
        if any(flag.kind == "grader_failed" for flag in report.flags):
            found = exceptions_in(evidence, self.pipeline.grader, self.pipeline.assignment.grader)
            with self._lock:
                for raised in found:
                    self.raised.setdefault(raised.check, raised)
        return report

    def carried(self, evidence: Evidence, solution: Evidence, exercise: str, answers: frozenset[str]) -> Report:
        """The same with ``exercise`` put right for what comes after it, as students are marked. Put right, a mutant is
        the solution, of which there is a run already; ``answers`` are the checks that run can answer."""
        framework = self.pipeline.framework
        rerun = Rerun(
            replaced=(exercise,),
            answers=tuple(sorted(answers)),
            training_went_by=framework.training_went_by(evidence, solution, self.pipeline.grader, [exercise]),
            run=solution.run,
            probe=solution.probe,
            calls=framework.calls_of(solution.submission.cells, (exercise,)),
            binds=framework.binds_of(solution.submission.cells, (exercise,)),
        )
        return self.report(evidence.model_copy(update={"reruns": (rerun,)}))


def exceptions_in(evidence: Evidence, grader: Grader, script: Path) -> list[Raised]:
    """Every check that raises on this evidence what is no answer."""
    found, view = [], framework_of(grader).view
    for exercise in grader.exercises:
        for check in exercise.checks:
            name = f"{exercise.id}.{check.id}"
            try:
                check.question(view(evidence, exercise.id))
            except (CheckFailed, ConflictingEvidence):
                continue
            except (Exception, SystemExit) as problem:
                found.append(Raised(name, _named(name, problem, script)))
    return found


def _named(name: str, problem: BaseException, script: Path) -> str:
    """The line of the script or of its helper, and where in the engine it was raised if it was not there."""
    innermost = traceback.extract_tb(problem.__traceback__)[-1]
    place = place_in(problem, script)
    said = f"{place}: check {name} raised {type(problem).__name__}: {problem}"
    if place == f"{innermost.filename}:{innermost.lineno}":
        return said
    return f"{said} (in {Path(innermost.filename).name}:{innermost.lineno}, {innermost.name})"
