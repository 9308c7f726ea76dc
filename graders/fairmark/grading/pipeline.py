"""One submission, from its file to its report.

read      the bytes become a submission, put in order against the master          trusted
run       its cells in a sandbox, watched from outside                            UNTRUSTED
probe     the model it trained, shown hidden images in another sandbox            UNTRUSTED
judge     evidence and grader script become a report                              trusted, pure
respell   where one old name of the framework's took a function with it: run again with that name spelled as it is now
carry     where an earlier error hid whether the training is right: run again with that error corrected
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from fairmark.errors import FairmarkError, StudentError
from fairmark.evidence import Evidence, Run, Submission
from fairmark.grading.first_run import better_form, gone_on, run_first
from fairmark.grading.further_runs import carried_forward
from fairmark.grading.prepared import GradedSubmission, Prepared, first_line, needs_run
from fairmark.grading.progress import NOBODY, Steps
from fairmark.grading.respelling import respelled
from fairmark.grading.settings import Mode
from fairmark.grading.time_budget import time_of_a_submission, was_left_out
from fairmark.notebook.parse import read_bytes
from fairmark.notebook.read import read_forms
from fairmark.notebook.sanitised import encodable

__all__ = ["GradedSubmission", "Mode", "Pipeline", "Steps", "first_line"]


class Pipeline(Prepared):
    """The way from a file to a report for one assignment; used for as many submissions as there are."""

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
            return self.judged(marked.evidence.model_copy(update={"further_runs_left_out": True}))

    def _mark(self, path: Path, student: str, steps: Steps, recorded: Evidence | None) -> GradedSubmission:
        steps.stage("Reading the notebook")
        try:
            forms = read_forms(path, student=student, master=self.master)
        except StudentError as problem:
            return self.judged(_unreadable(path, student, self.assignment.name, problem))
        submission = forms.as_handed_in
        if not any(cell.touched for cell in submission.cells if cell.role == "exercise"):
            return self.judged(Evidence(submission=submission, run=Run(outcome="not_run")))
        compared = None if forms.restored is None else better_form(self, submission, forms.restored, steps)
        submission = submission if compared is None else compared.submission
        known = recorded if recorded is not None and self.is_of(recorded, submission) else None
        marked = self._from_record(known, submission) or self._from_run(compared, submission, steps)
        marked = gone_on(self, marked, steps)
        marked = respelled(self, marked, steps)
        return carried_forward(self, marked, steps, () if known is None else known.reruns)

    def _from_record(self, known: Evidence | None, submission: Submission) -> GradedSubmission | None:
        """By what was recorded of this very submission; None if that leaves a question open."""
        if known is None:
            return None
        anew = {"submission": submission, "reruns": (), "further_runs_left_out": False}
        marked = self.judged(known.model_copy(update=anew))
        return None if needs_run(marked.report) else marked

    def _from_run(self, compared: Evidence | None, submission: Submission, steps: Steps) -> GradedSubmission:
        """By a run, which may be the one by which the form was chosen."""
        if compared is not None and self.settings.mode != "full":
            return self.judged(compared)
        return run_first(self, submission, steps)

    def is_of(self, recorded: Evidence, submission: Submission) -> bool:
        """Whether evidence was recorded of these very cells, and as it would be now."""
        same = recorded.submission.cells == submission.cells and recorded.settings == self.run_digest
        return same and recorded.run.outcome not in ("unreadable", "not_run")


def _unreadable(path: Path, student: str, assignment: str, problem: StudentError) -> Evidence:
    digest = ""
    with contextlib.suppress(FairmarkError):
        digest = hashlib.sha256(read_bytes(path)).hexdigest()
    remedy = f". {problem.remedy}" if problem.remedy else ""
    return Evidence(
        submission=Submission(student=student, assignment=assignment, notebook_sha256=digest),
        run=Run(outcome="unreadable", reason=encodable(f"{problem.message}{remedy}")),
    )
