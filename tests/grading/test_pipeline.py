"""One submission on its way, where nothing is trained: what is read, what is run, and whose fault it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from scripted import Scripted
from tiny import PRETEND, answered, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.errors import AssignmentNotFound, GraderError, InternalError
from fairmark.evidence import Cell, Stamped
from fairmark.grading.pipeline import GradedSubmission, Pipeline, Steps, first_line
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import Limits, NotebookJob

FIT = {
    "fit": "fit-1",
    "model": "model-1",
    "cell": 2,
    "pictures": None,
    "validation_pictures": None,
    "has_validation": False,
    "epochs": 1,
    "steps_per_epoch": None,
    "validation_steps": None,
    "trained": False,
}
BEGUN = "send('session_started', software={}, numerics='float32', seed=1)\n"


def pipeline(course: Course, program: str = PRETEND, **settings: Any) -> Pipeline:  # noqa: ANN401 - of RunSettings
    return Pipeline(course, course.assignment("compile_settings"), RunSettings(**settings), Scripted(program))


@pytest.fixture
def handed_in(tmp_path: Path, course: Course) -> Path:
    """A notebook with one of two stubs answered."""
    path = tmp_path / "alice.ipynb"
    path.write_bytes(answered(course))
    return path


# --- before the first one ---------------------------------------------------------------------------------------------


def test_everything_is_prepared_beforehand(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "data"))  # where nothing was drawn yet
    told: list[tuple[int, int]] = []
    pipeline(course).prepare(lambda done, total: told.append((done, total)))
    pipeline(course).prepare(lambda done, total: pytest.fail("drawn again"))
    assert told[-1] == (20, 20)


def test_notebook_and_grader_must_name_the_same_exercises(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    grader = course.assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace('"training"', '"fitting"'))
    with pytest.raises(AssignmentNotFound, match=r"notebook and grader script disagree on fitting, training$"):
        pipeline(course).prepare()


def test_a_helper_of_the_grader_script_decides_what_it_reports_and_not_what_is_run(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    script, helper = course.root / "graders" / "compile_settings.py", course.root / "graders" / "_words.py"
    helper.write_text("from _more import LOSS\n")
    more = helper.with_name("_more.py")
    more.write_text("LOSS = 'mse'\n")
    script.write_text(f"{script.read_text()}\nfrom _words import LOSS\n")
    reported, run = pipeline(course).report_digest, pipeline(course).run_digest
    helper.with_name("_unused.py").write_text("LOSS = 'mse'\n")
    assert pipeline(course).report_digest == reported
    more.write_text("LOSS = 'mae'\n")
    assert pipeline(course).report_digest != reported
    assert pipeline(course).run_digest == run


def test_a_grader_script_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    grader = course.assignment("compile_settings").grader
    grader.write_bytes(b"\xff\xfe\x00")
    for look in (lambda made: made.report_digest, lambda made: made.prepare()):
        with pytest.raises(GraderError, match=r"compile_settings\.py: invalid or missing encoding declaration"):
            look(pipeline(course))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_what_was_given_out_is_not_run_and_earns_nothing(course: Course) -> None:
    one = pipeline(course, "sys.exit('never started')")
    marked = one.mark(course.assignment("compile_settings").notebook, "ben")
    assert (marked.report.run.outcome, marked.report.score, marked.report.max_score) == ("not_run", 0, 3)
    assert [exercise.outcome for exercise in marked.report.exercises] == ["unattempted", "unattempted"]
    assert isinstance(one.launcher, Scripted)
    assert one.launcher.jobs == []


def test_a_file_that_cannot_be_read_gets_a_report_that_says_why(tmp_path: Path, course: Course) -> None:
    path = tmp_path / "alice.ipynb"
    path.write_bytes(b"PK\x03\x04 not a notebook")
    report = pipeline(course).mark(path, "alice").report
    assert (report.run.outcome, report.outcome, report.score) == ("unreadable", "error", 0)
    assert report.notebook_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    for exercise in report.exercises:
        assert exercise.checks[0].message.startswith(f"{path}: ")


def test_a_notebook_of_another_assignment_is_unreadable(course: Course) -> None:
    marked = pipeline(course).mark(course.assignment("convolutions").notebook, "alice")
    assert marked.report.run.outcome == "unreadable"
    assert "is a notebook of the assignment 'convolutions'" in (marked.evidence.run.reason or "")


# --- running ----------------------------------------------------------------------------------------------------------


def test_untouched_stubs_are_not_run(course: Course, handed_in: Path) -> None:
    one = pipeline(course)
    one.mark(handed_in, "alice")
    assert isinstance(one.launcher, Scripted)
    [job] = one.launcher.jobs
    assert isinstance(job, NotebookJob)
    assert [cell.source for cell in job.cells] == [
        "import math\nfrom fairmark import check",
        "loss = 'mse'",  # without its comments
    ]


def test_nothing_of_the_reference_is_in_the_job(course: Course, handed_in: Path) -> None:
    one = pipeline(course)
    one.mark(handed_in, "alice")
    assert isinstance(one.launcher, Scripted)
    assert "binary_crossentropy" not in one.launcher.jobs[0].model_dump_json()


def test_what_was_asked_for_reaches_the_run(course: Course, handed_in: Path) -> None:
    one = pipeline(course, seed=5, numerics="bfloat16", mode="structure")
    marked = one.mark(handed_in, "alice")
    assert isinstance(one.launcher, Scripted)
    [job] = one.launcher.jobs
    assert isinstance(job, NotebookJob)
    assert (job.seed, job.numerics, job.train) == (5, "bfloat16", False)
    assert [exercise.id for exercise in marked.report.exercises] == ["compile"]  # the other needs training


def test_whoever_waits_is_told_what_happens(course: Course, handed_in: Path) -> None:
    stages: list[str] = []
    cells: list[tuple[Cell, ...]] = []
    events: list[Stamped] = []
    steps = Steps(stage=stages.append, cells=cells.append, event=events.append)
    marked = pipeline(course).mark(handed_in, "alice", steps)
    assert stages == ["Reading the notebook"]
    assert [[cell.number for cell in some] for some in cells] == [[2, 3]]
    assert tuple(events) == marked.evidence.run.events


def test_cells_are_told_by_their_first_line(course: Course, handed_in: Path) -> None:
    assert pipeline(course).mark(handed_in, "alice").cell_lines[2] == "import math"
    assert (first_line("\n\n  x = 1\ny"), first_line(" \n")) == ("x = 1", "")


def test_a_right_answer_earns_its_points(course: Course) -> None:
    report = pipeline(course).mark(course.assignment("compile_settings").solution, "ada").report
    assert (report.outcome, report.score, report.run.outcome) == ("passed", 3, "completed")


# --- where nothing that is asked needs training -----------------------------------------------------------------------


@pytest.fixture
def untrained(tmp_path: Path) -> Course:
    """A course in whose assignments nothing needs training."""
    made = tiny_course(tmp_path / "untrained")
    grader = made.assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace(", needs_training=True", ""))
    return made


def how_it_was_run(
    course: Course, program: str = PRETEND, answer: str = "loss = 'mse'"
) -> tuple[list[bool], GradedSubmission]:
    """Whether each of the first runs of a notebook trained, and what came of it."""
    assignment = course.assignment("compile_settings")
    assignment.solution.unlink(missing_ok=True)  # nothing is carried forward, and nothing decoded ahead
    path = course.root / "alice.ipynb"
    path.write_bytes(with_answers(assignment.notebook.read_bytes(), {"compile": lambda source: answer}))
    one = pipeline(course, program)
    marked = one.mark(path, "alice")
    assert isinstance(one.launcher, Scripted)
    return [job.train for job in one.launcher.jobs if isinstance(job, NotebookJob)], marked


def test_a_run_up_to_the_first_fit_is_all_there_is(untrained: Course) -> None:
    trained, marked = how_it_was_run(untrained)
    assert trained == [False]
    assert not marked.evidence.run.training_skipped
    assert [exercise.id for exercise in marked.report.exercises] == ["compile", "training"]


@pytest.mark.parametrize(
    "event",
    ["send('run_finished', weights_read=True)", f"send('fit_started', **{FIT!r}); send('run_finished')"],
    ids=["weights were looked at", "it came to a fit that its text does not show"],
)
def test_a_notebook_that_needs_more_is_run_whole(untrained: Course, event: str) -> None:
    program = PRETEND.replace("send('run_finished')", event).replace('send("run_finished")', event)
    trained, marked = how_it_was_run(untrained, program)
    assert trained == [False, True]
    assert not marked.evidence.run.training_skipped


def test_a_notebook_with_a_fit_is_run_whole_at_once(untrained: Course) -> None:
    assert how_it_was_run(untrained, answer="loss = 'mse'\nif False: model.fit()\nmodel.fit()")[0] == [True]


def test_where_something_needs_training_it_is_run_whole_at_once(tmp_path: Path) -> None:
    assert how_it_was_run(tiny_course(tmp_path / "course"))[0] == [True]


# --- whose fault ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "outcome"),
    [("time.sleep(60)", "timeout"), ("os._exit(1)", "crashed"), ("write(sealed('x') + '\\n')", "crashed")],
)
def test_a_limit_is_the_students_and_leaves_a_flag(program: str, outcome: str, course: Course, handed_in: Path) -> None:
    report = pipeline(course, BEGUN + program, limits=Limits(run_seconds=1)).mark(handed_in, "alice").report
    assert report.run.outcome == outcome
    assert [flag.kind for flag in report.flags] == [outcome]
    assert [exercise.outcome for exercise in report.exercises] == ["limit", "unattempted"]


def test_lines_that_the_recorder_did_not_write_cost_nothing_and_leave_a_flag(course: Course) -> None:
    program = PRETEND.replace('send("run_finished")', "write('{}' + chr(10)); send('run_finished')")
    report = pipeline(course, program).mark(course.assignment("compile_settings").solution, "ada").report
    assert (report.run.outcome, report.score) == ("completed", 3)
    [told] = [flag.message for flag in report.flags if flag.kind == "forged_events"]
    assert told == "1 lines on the evidence channel were not the recorder's; they were ignored"


@pytest.mark.parametrize(
    ("program", "why"),
    [("say('No module named fairmark'); sys.exit(1)", "No module named fairmark"), ("sys.exit(1)", "exit status 1")],
)
def test_a_sandbox_that_does_not_start_is_our_fault(program: str, why: str, course: Course, handed_in: Path) -> None:
    with pytest.raises(InternalError, match=f"^the sandbox did not start: .*{why}$"):
        pipeline(course, program).mark(handed_in, "alice")


def test_the_evidence_is_of_the_notebook_that_was_handed_in(course: Course, handed_in: Path) -> None:
    submission = pipeline(course).mark(handed_in, "alice").evidence.submission
    assert (submission.student, submission.assignment) == ("alice", "compile_settings")
    assert submission.notebook_sha256 == hashlib.sha256(handed_in.read_bytes()).hexdigest()
    assert json.loads(handed_in.read_bytes())["cells"][2]["source"] == submission.cells[1].source
