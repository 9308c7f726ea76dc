"""A class: a row and files for every submission, whatever it or this machine does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from scripted import Scripted
from tiny import PRETEND, answered, tiny_course

from fairmark.classroom.discover import Found, look_through
from fairmark.classroom.grade import ClassOfSubmissions, Place
from fairmark.course import Course
from fairmark.errors import MachineError, NotOfThisCourse
from fairmark.evidence import Evidence
from fairmark.grading.pipeline import GradedSubmission, Pipeline, Steps
from fairmark.sandbox import Child, Job, Limits
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Confined


class Broken:
    """A launcher on a machine that cannot start processes."""

    isolation: tuple[str, ...] = ()
    confines: frozenset[Confined] = frozenset()

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def warm_up(self, program: Program) -> None:
        pass

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        raise self.problem


def class_of(course: Course, launcher: object = None) -> ClassOfSubmissions:
    return ClassOfSubmissions(
        course, lambda name: Pipeline(course, course.assignment(name), launcher=launcher or Scripted(PRETEND))
    )


def mark_all(submissions: ClassOfSubmissions, folder: Path) -> dict[str, GradedSubmission]:
    found = look_through([folder], submissions.course.assignments()).found
    return {one.student: submissions.mark(one, name, Steps()) for one, name in submissions.prepare(found)}


@pytest.fixture
def folder(tmp_path: Path, course: Course) -> Path:
    """A class of one notebook with an answer and seven that are none."""
    made = tmp_path / "class"
    made.mkdir()
    (made / "alice.ipynb").write_bytes(answered(course))
    (made / "binary.ipynb").write_bytes(bytes(range(256)))
    (made / "empty.ipynb").touch()
    (made / "folder.ipynb").mkdir()
    (made / "half.ipynb").write_bytes(answered(course)[:700])
    (made / "link.ipynb").symlink_to(made / "alice.ipynb")
    (made / "zip.zip").write_text("not a zip")
    os.mkfifo(made / "pipe.ipynb")
    return made


UNREADABLE = ("binary", "empty", "folder", "half", "link", "pipe", "zip")


# --- which assignment -------------------------------------------------------------------------------------------------


def of_another_course(course: Course, folder: Path, *students: str) -> None:
    folder.mkdir()
    notebook = json.loads(answered(course))
    notebook["metadata"]["fairmark"] = {"assignment": "shades"}
    for student in students:
        (folder / f"{student}.ipynb").write_text(json.dumps(notebook))


def test_a_class_of_another_course_is_not_marked_by_this_one(tmp_path: Path, course: Course) -> None:
    of_another_course(course, tmp_path / "class", "ada", "ben")
    with pytest.raises(NotOfThisCourse, match="found 2 of the assignment 'shades'"):
        mark_all(class_of(course), tmp_path / "class")


def test_the_first_notebook_that_belongs_is_enough(tmp_path: Path, course: Course) -> None:
    of_another_course(course, tmp_path / "class", "ada", "cem")
    (tmp_path / "class" / "ben.ipynb").write_bytes(answered(course))
    found = look_through([tmp_path / "class"], course.assignments()).found
    class_of(course).require_own([*found[:2], Found(tmp_path / "not_looked_at.ipynb", "zoe")])


def test_one_notebook_of_another_course_is_its_students_mistake(tmp_path: Path, course: Course) -> None:
    of_another_course(course, tmp_path / "class", "ada")
    (tmp_path / "class" / "ben.ipynb").write_bytes(answered(course))
    marked = mark_all(class_of(course), tmp_path / "class")
    assert (marked["ada"].report.run.outcome, marked["ada"].report.outcome) == ("unreadable", "error")
    assert "is a notebook of the assignment 'shades'" in (marked["ada"].evidence.run.reason or "")
    assert marked["ben"].report.run.outcome == "completed"


# --- a row for everyone -----------------------------------------------------------------------------------------------


def test_what_cannot_be_read_gets_its_report_and_stops_nobody(folder: Path, course: Course) -> None:
    marked = mark_all(class_of(course), folder)
    assert set(marked) == {"alice", *UNREADABLE}
    assert marked["alice"].report.run.outcome == "completed"
    for student in UNREADABLE:
        report = marked[student].report
        assert (report.student, report.assignment) == (student, "compile_settings")
        assert (report.run.outcome, report.outcome, report.score, report.max_score) == ("unreadable", "error", 0, 3)


@pytest.mark.parametrize(
    "problem", [OSError(11, "no more processes"), MemoryError(), MachineError("the disk is full"), KeyError("ours")]
)
def test_a_failure_of_this_machine_needs_attention_and_costs_no_marks(
    problem: Exception, folder: Path, course: Course
) -> None:
    marked = mark_all(class_of(course, Broken(problem)), folder)
    report = marked["alice"].report
    assert report.outcome == "needs_attention"
    assert {exercise.outcome for exercise in report.exercises} == {"needs_attention"}
    assert report.max_score == 3
    [flag] = report.flags
    assert flag.kind == "not_marked"
    assert str(problem.args[0] if problem.args else "MemoryError") in flag.message
    assert marked["empty"].report.run.outcome == "unreadable"  # the others are marked as ever


def test_our_own_failure_says_where(folder: Path, course: Course) -> None:
    [flag] = mark_all(class_of(course, Broken(KeyError("ours"))), folder)["alice"].report.flags
    assert flag.message.startswith("KeyError: 'ours' (start, line ")


def test_a_name_that_is_not_utf_8_gets_its_files_too(tmp_path: Path, course: Course) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.ipynb"))
    path.write_text("no notebook")
    submissions, place = class_of(course), Place(tmp_path / "out")
    for found in look_through([path], course.assignments()).found:
        marked = submissions.mark(found, "compile_settings", Steps())
        place.write(marked)
        written = place.written(found.student, "compile_settings")
    assert written is not None
    assert written.student == "caf\\xe9"


# --- which assignment -------------------------------------------------------------------------------------------------


def names(submissions: ClassOfSubmissions, *found: Found) -> list[str]:
    return [name for _, name in submissions.prepare(found)]


def test_each_notebook_is_read_against_its_own_assignment(course: Course) -> None:
    found = [Found(course.assignment(name).notebook, "alice") for name in ("convolutions", "compile_settings")]
    assert names(class_of(course), *found) == ["convolutions", "compile_settings"]


def test_the_place_of_a_file_may_say_it(tmp_path: Path, course: Course) -> None:
    assert names(class_of(course), Found(tmp_path / "none.ipynb", "alice", "convolutions")) == ["convolutions"]


def test_a_file_that_cannot_say_takes_the_most_frequent(tmp_path: Path, course: Course) -> None:
    other, most = (course.assignment(name).notebook for name in ("compile_settings", "convolutions"))
    found = [Found(other, "a"), Found(most, "b"), Found(most, "c"), Found(tmp_path / "none.ipynb", "d")]
    assert names(class_of(course), *found)[-1] == "convolutions"


def test_of_two_as_frequent_it_takes_the_first(tmp_path: Path, course: Course) -> None:
    first, second = (course.assignment(name).notebook for name in ("convolutions", "compile_settings"))
    assert names(class_of(course), Found(first, "a"), Found(second, "b"), Found(tmp_path, "c"))[-1] == "convolutions"


def test_the_class_may_be_told(course: Course) -> None:
    told = ClassOfSubmissions(course, class_of(course).pipeline, "convolutions")
    assert names(told, Found(course.assignment("compile_settings").notebook, "alice")) == ["convolutions"]


def test_all_of_one_assignment_share_a_pipeline(course: Course) -> None:
    submissions = class_of(course)
    assert submissions.pipeline_for("convolutions") is submissions.pipeline_for("convolutions")
    assert submissions.pipeline_for("convolutions") is not submissions.pipeline_for("compile_settings")


# --- files ------------------------------------------------------------------------------------------------------------


def test_each_submission_leaves_its_files(folder: Path, tmp_path: Path, course: Course) -> None:
    place = Place(tmp_path / "out")
    for student, marked in mark_all(class_of(course), folder).items():
        place.write(marked)
        assert place.written(student, "compile_settings") == marked.report
        name = f"{student}.compile_settings"
        assert json.loads((place.reports / f"{name}.json").read_text())["student"] == student
        assert (place.reports / f"{name}.html").is_file()
        stored = (place.evidence / f"{name}.json").read_text()
        assert Evidence.model_validate_json(stored) == marked.evidence


def test_files_are_whole_or_as_they_were(folder: Path, tmp_path: Path, course: Course) -> None:
    place = Place(tmp_path / "out")
    marked = mark_all(class_of(course), folder)["alice"]
    place.write(marked)
    before = place.written("alice", "compile_settings")
    evidence = place.evidence / "alice.compile_settings.json"
    evidence.unlink()
    evidence.mkdir()  # so that it cannot be written
    with pytest.raises(MachineError) as caught:
        place.write(marked)
    assert str(evidence) in caught.value.message
    assert place.written("alice", "compile_settings") == before
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_several_files_of_a_student_are_numbered_and_name_one_another(tmp_path: Path) -> None:
    course = tiny_course(tmp_path / "course")
    work = [("ada", "a.ipynb"), ("ada", "b.ipynb"), ("ada (2)", "c.ipynb")]
    found = [Found(tmp_path / file, student, "compile_settings", file) for student, file in work]
    found.append(Found(tmp_path / "d.ipynb", "ada", "convolutions", "d.ipynb"))
    submissions = ClassOfSubmissions(course, lambda name: Pipeline(course, course.assignment(name)))
    prepared = [one for one, _ in submissions.prepare(found)]
    assert [(one.student, one.file_number, one.together) for one in prepared] == [
        ("ada", 1, ("a.ipynb", "b.ipynb")),
        ("ada", 2, ("a.ipynb", "b.ipynb")),
        ("ada (2)", 1, ()),
        ("ada", 1, ()),
    ]
