"""A class of submissions, one after another: a row for every one, whatever it did."""

from __future__ import annotations

import json
import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from fairmark.atomic_write import write_file
from fairmark.checks import Grader
from fairmark.classroom.discover import Found
from fairmark.course import Course, built_in_course
from fairmark.errors import (
    AssignmentNotFound,
    AuthorError,
    FairmarkError,
    Interrupted,
    MachineError,
    NotOfThisCourse,
    UnreadableNotebook,
)
from fairmark.evidence import Evidence, Flag, Run, Submission
from fairmark.grading.assign import Claim, assignment_of, claim_of
from fairmark.grading.canonical_text import as_run
from fairmark.grading.evidence_store import Key
from fairmark.grading.judge import judge, put_off
from fairmark.grading.pipeline import GradedSubmission, Pipeline, Steps
from fairmark.notebook.read import read_submission
from fairmark.notebook.sanitised import encodable
from fairmark.present.curve import curve_of
from fairmark.present.escape import one_line
from fairmark.present.files import evidence_json, report_files, report_name, report_stem, write_files
from fairmark.report import SEVERAL_FILES, Report, Standing

__all__ = ["ClassOfSubmissions", "Place", "not_marked", "with_file"]

_OTHERS_NAMED = 5
"""Other files of a student that a flag names."""

_NAMED = 3
"""Assignments of other courses that are named where a class belongs to another."""


@dataclass(frozen=True)
class Place:
    """Where results go: ``gradebook.csv``, ``reports/`` and ``evidence/`` below ``folder``."""

    folder: Path
    deadline_passed: bool = False
    """Whether pages show what their checks keep back until then."""

    def prepare(self) -> None:
        """Makes the folders; raises :class:`fairmark.errors.MachineError` where that cannot be done."""
        for part in (self.reports, self.evidence):
            try:
                part.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise MachineError(
                    f"{part}: cannot be made: {problem.strerror}", remedy="Choose another folder with --out."
                ) from problem

    def tidy(self) -> None:
        """Removes what a grader that was killed has left half-written. Nobody else may be writing here."""
        for folder in (self.folder, self.reports, self.evidence, *self.exports.glob("*")):
            for left in folder.glob(".*.tmp"):
                left.unlink(missing_ok=True)

    @property
    def gradebook(self) -> Path:
        return self.folder / "gradebook.csv"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def exports(self) -> Path:
        """A folder for each exporter that was asked for; not there where none was."""
        return self.folder / "exports"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite"

    @property
    def left_out(self) -> Path:
        """Names what was handed in and has no row; not there where there is none."""
        return self.folder / "left_out.csv"

    def write_left_out(self, text: str | None) -> None:
        """Raises :class:`fairmark.errors.MachineError` where it cannot be written."""
        if text is not None:
            write_file(self.left_out, text)
        else:
            self.left_out.unlink(missing_ok=True)

    def write(self, marked: GradedSubmission) -> None:
        """One submission's files, each whole or not at all.

        Raises :class:`fairmark.errors.MachineError` where one cannot be written.
        """
        write_files(self.reports, self.files(marked))
        write_file(self.evidence / f"{report_name(marked.report)}.json", evidence_json(marked.evidence))

    def files(self, marked: GradedSubmission) -> dict[str, str]:
        """What is to stand in ``reports/`` for one submission, by name."""
        return report_files(
            marked.report,
            curve=curve_of(marked.evidence.run),
            cell_lines=marked.cell_lines,
            deadline_passed=self.deadline_passed,
        )

    def report(self, student: str, assignment: str, file_number: int = 1) -> Path:
        """The file that holds the report of this submission, for programs."""
        return self.reports / f"{report_stem(student, assignment, file_number)}.json"

    def reports_of(self, standings: Iterable[Standing]) -> list[object]:
        """Whole reports, as programs read them: what a class is kept by in memory leaves out the checks."""
        files = [self.report(one.student, one.assignment, one.file_number) for one in standings]
        return [json.loads(file.read_bytes()) for file in files]

    def recorded(self, student: str, assignment: str, file_number: int = 1) -> Evidence | None:
        """The evidence that lies here of this submission; None if there is none that can be read."""
        try:
            path = self.evidence / self.report(student, assignment, file_number).name
            return Evidence.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def written(self, student: str, assignment: str, file_number: int = 1) -> Report | None:
        """The report that stands here for this submission; None where there is none that can be read."""
        try:
            return Report.model_validate_json(self.report(student, assignment, file_number).read_bytes())
        except (OSError, ValidationError):
            return None


@dataclass
class ClassOfSubmissions:
    """All submissions of a class. ``pipeline`` makes the pipeline for an assignment, once for each."""

    course: Course
    pipeline: Callable[[str], Pipeline]
    assignment: str | None = None
    _pipelines: dict[str, Pipeline] = field(default_factory=dict)
    _put_off: set[str] = field(default_factory=set)
    _looked_at: dict[tuple[Path, str], tuple[str, bool]] = field(default_factory=dict)

    def require_own(self, found: list[Found]) -> None:
        """Looks for a notebook that belongs to the course, no further than the first.

        Raises :class:`fairmark.errors.NotOfThisCourse` where there is none, so that nothing is marked by the rubric of
        another course. Where the user has named the assignment, or all there is are unreadable files whose assignment
        can be told all the same, nobody asks. Raises :class:`AssignmentNotFound` where the course has no assignments.
        """
        names = self.course.assignments()
        if not names:
            raise AssignmentNotFound(
                f"{self.course.root}: this course has no assignments", remedy="Put a grader script into its graders/."
            )
        if self.assignment is not None:
            return
        strangers: list[Claim] = []
        unreadable: list[FairmarkError] = []
        for one in found:
            try:
                claim = claim_of(one.path, self.course)
            except FairmarkError as problem:
                unreadable.append(problem)  # marking it says what is wrong with it
                continue
            if claim.belongs:
                return
            strangers.append(claim)
        if strangers or not (len(names) == 1 or any(one.assignment for one in found)):
            raise _not_of(self.course, found, strangers, unreadable)

    def prepare(
        self, found: Iterable[Found], known: Callable[[Found], str | None] = lambda one: None
    ) -> list[tuple[Found, str]]:
        """The assignment of each file; a file that cannot say takes the class's most frequent one. ``known`` may tell
        it from earlier, so that the file need not be parsed. Raises what :meth:`require_own` does."""
        found = list(found)
        self.require_own(found)
        names = self.course.assignments()
        named = [(one, self._assignment(one, known(one) if known(one) in names else None)) for one in found]
        counts = [name for _, name in named if name is not None] or names[:1]
        usual = max(dict.fromkeys(counts), key=counts.count)  # of several, the first one met
        return _numbered([(one, name or usual) for one, name in named])

    def _assignment(self, found: Found, known: str | None) -> str | None:
        if self.assignment is not None:
            return self.assignment
        try:
            return found.assignment or known or assignment_of(found.path, self.course)
        except FairmarkError:
            return None  # the pipeline will say what is wrong with it

    def pipeline_for(self, assignment: str) -> Pipeline:
        """The pipeline that all submissions of an assignment share."""
        if assignment not in self._pipelines:
            self._pipelines[assignment] = self.pipeline(assignment)
        return self._pipelines[assignment]

    def settings(self, assignment: str) -> str:
        """A digest of all that decides how this assignment is marked; empty where that is wrong in itself, as a grader
        script that cannot be loaded."""
        try:
            return self.pipeline_for(assignment).report_digest
        except AuthorError:
            return ""

    def make_ready(self, assignments: Iterable[str], prepare: Callable[[str], object]) -> list[FairmarkError]:
        """Has ``prepare`` see to each assignment. What is wrong with some puts these off, and is told; the submissions
        to the others can be marked. Raises :class:`fairmark.errors.Interrupted`."""
        problems: list[FairmarkError] = []
        for name in assignments:
            try:
                prepare(name)
            except Interrupted:
                raise
            except FairmarkError as problem:
                self._put_off.add(name)
                problems.append(problem)
        return problems

    def is_ready(self, assignment: str) -> bool:
        return assignment not in self._put_off

    def likeness(self, found: Found, assignment: str) -> str:
        """The same for two submissions whose cells are run with the same text; empty where nothing can be said."""
        return self.likeness_and_touch(found, assignment)[0]

    def likeness_and_touch(self, found: Found, assignment: str) -> tuple[str, bool]:
        """:meth:`likeness`, and whether there is anything to run: an exercise that was touched. Each file is looked at
        once; if it changes meanwhile, whoever marks it reads it as it is then."""
        known = self._looked_at.get((found.path, assignment))
        if known is not None:
            return known
        try:
            read = read_submission(found.path, student="", master=self.pipeline_for(assignment).master)
            is_touched = any(cell.touched for cell in read.cells if cell.role == "exercise")
            seen = Key.of(as_run(read.cells), {"assignment": assignment}).digest, is_touched
        except Exception:
            seen = "", False  # whoever marks it says what is wrong
        self._looked_at[found.path, assignment] = seen
        return seen

    def mark(self, found: Found, assignment: str, steps: Steps, recorded: Evidence | None = None) -> GradedSubmission:
        """Marks one, if possible by what was ``recorded`` of it before; what goes wrong on our side becomes a report
        that says so and costs no marks. Raises :class:`fairmark.errors.Interrupted` where somebody has asked to stop.
        """
        pipeline = self.pipeline_for(assignment)
        try:
            if found.problem is not None:
                return _without_notebook(found, pipeline, found.problem)
            return pipeline.mark(found.path, found.student, steps, recorded=recorded)
        except Interrupted:
            raise
        except FairmarkError as problem:
            return not_marked(found, pipeline, problem.message)
        except Exception as problem:
            where = traceback.extract_tb(problem.__traceback__)[-1]
            said = f"{type(problem).__name__}: {problem} ({where.name}, line {where.lineno})"
            return not_marked(found, pipeline, said)


def _not_of(
    course: Course, found: list[Found], strangers: list[Claim], unreadable: list[FairmarkError]
) -> NotOfThisCourse:
    names = Counter(claim.named for claim in strangers)
    unnamed = names.pop(None, 0)
    most = names.most_common()
    said = [f"{count} of the assignment {one_line(str(name), limit=60)!r}" for name, count in most[:_NAMED]]
    others = sum(count for _, count in most[_NAMED:])
    said += [f"{others} of other assignments"] if others else []
    said += [f"{unnamed} without any of its exercises"] if unnamed else []
    if unreadable:
        first = unreadable[0]
        why = first.reason if isinstance(first, UnreadableNotebook) else first.message
        said.append(f"{len(unreadable)} that cannot be read ({'' if len(unreadable) == 1 else 'the first '}{why})")
    whose = f"the built-in course ({course.root})" if course == built_in_course() else f"the course {course.root}"
    return NotOfThisCourse(_around(found), whose, len(found), said, course.assignments())


def _around(found: list[Found]) -> str:
    """The file, or the innermost folder that all of them lie in."""
    try:
        return os.path.commonpath([one.path for one in found])
    except ValueError:  # some are named from the root, some from here
        return str(found[0].path.parent)


def _numbered(work: list[tuple[Found, str]]) -> list[tuple[Found, str]]:
    """The same, where one student handed in several files for one assignment: each is numbered, and names them all."""
    together: dict[tuple[str, str], list[str]] = {}
    for one, assignment in work:
        together.setdefault((one.student, assignment), []).append(one.file or one.path.name)
    numbers: Counter[tuple[str, str]] = Counter()
    numbered: list[tuple[Found, str]] = []
    for one, assignment in work:
        files = together[one.student, assignment]
        if len(files) > 1:
            numbers[one.student, assignment] += 1
            one = replace(one, file_number=numbers[one.student, assignment], together=tuple(files))  # noqa: PLW2901
        numbered.append((one, assignment))
    return numbered


def with_file(marked: GradedSubmission, found: Found) -> GradedSubmission:
    """The same, with the file that it is about, and a flag where the student handed in others for the assignment."""
    named = {"file": encodable(found.file), "file_number": found.file_number}
    submission = marked.evidence.submission
    # What was recorded earlier may say so of other files.
    flags = (*_but_several(submission.flags), *_several(found, marked.report.assignment))
    later = [
        flag for flag in _but_several(marked.report.flags) if flag not in flags
    ]  # in the order that the judge gives
    submission = submission.model_copy(update={**named, "flags": flags})
    return GradedSubmission(
        marked.evidence.model_copy(update={"submission": submission}),
        marked.report.model_copy(update={**named, "flags": tuple(dict.fromkeys((*flags, *later)))}),
    )


def _but_several(flags: tuple[Flag, ...]) -> list[Flag]:
    return [flag for flag in flags if flag.kind != SEVERAL_FILES]


def _several(found: Found, assignment: str) -> Iterator[Flag]:
    count = len(found.together)
    if count > 1:
        others = [file for number, file in enumerate(found.together, start=1) if number != found.file_number]
        more = f" and {count - 1 - _OTHERS_NAMED} more" if count - 1 > _OTHERS_NAMED else ""
        message = (
            f"This is {found.file}, one of {count} files of the same student for {assignment}. The others: "
            f"{', '.join(others[:_OTHERS_NAMED])}{more}. Each was marked; which of them counts, a person decides."
        )
        yield Flag(kind=SEVERAL_FILES, message=encodable(message))


def _without_notebook(found: Found, pipeline: Pipeline, problem: UnreadableNotebook) -> GradedSubmission:
    """Of a student who handed in nothing that could be marked; the report says what there is."""
    submission = Submission(student=found.student, assignment=pipeline.assignment.name, notebook_sha256="")
    reason = encodable(f"{problem.message}. {problem.remedy or ''}".rstrip())
    evidence = Evidence(submission=submission, run=Run(outcome="unreadable", reason=reason))
    return GradedSubmission(evidence, judge(evidence, pipeline.grader))


def not_marked(found: Found, pipeline: Pipeline, reason: str) -> GradedSubmission:
    """What stands for a submission that could not be marked through no fault of the student's; ``reason`` says why.
    Where the grader script itself cannot be loaded, it names no exercises."""
    try:
        grader = pipeline.grader
    except FairmarkError:
        grader = Grader(pipeline.assignment.name, title=pipeline.assignment.name, dataset="")
    reason = encodable(reason)  # it names the file
    submission = Submission(student=found.student, assignment=pipeline.assignment.name, notebook_sha256="")
    evidence = Evidence(submission=submission, run=Run(outcome="not_run", reason=reason))
    return GradedSubmission(evidence, put_off(evidence, grader, reason))
