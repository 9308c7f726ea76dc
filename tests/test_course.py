"""Courses: found by their folders, and what is in them by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairmark.course import Course, built_in_course, find_course
from fairmark.errors import AssignmentNotFound, CourseNotFound, CourseOfOthers


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Two assignments and a data set, with what else may lie about."""
    for part in ("assignments", "solutions", "graders/fairmark", "datasets/shapes", "datasets/not_a_recipe"):
        (tmp_path / part).mkdir(parents=True)
    for grader in ("shapes", "colours", "_shared"):
        (tmp_path / "graders" / f"{grader}.py").touch()
    (tmp_path / "graders" / "notes.txt").touch()
    (tmp_path / "datasets" / "shapes" / "dataset.toml").touch()
    return Course(tmp_path)


# --- what is in a course ----------------------------------------------------------------------------------------------


def test_assignments_are_those_with_a_grader_script(course: Course) -> None:
    assert course.assignments() == ["colours", "shapes"]


def test_one_name_ties_the_files_of_an_assignment(course: Course) -> None:
    assignment = course.assignment("shapes")
    assert assignment.name == "shapes"
    assert assignment.notebook == course.root / "assignments" / "shapes.ipynb"
    assert assignment.solution == course.root / "solutions" / "shapes.ipynb"
    assert assignment.grader == course.root / "graders" / "shapes.py"


def test_an_unknown_assignment_is_met_with_the_nearest_name(course: Course) -> None:
    with pytest.raises(AssignmentNotFound) as caught:
        course.assignment("shape")
    assert caught.value.message == f"{course.root}: this course has no assignment named 'shape'"
    assert caught.value.remedy == "Did you mean 'shapes'?"


def test_an_unknown_assignment_with_no_near_name_is_met_with_all(course: Course) -> None:
    with pytest.raises(AssignmentNotFound) as caught:
        course.assignment("zebras")
    assert caught.value.remedy == "Its assignments: colours, shapes."


def test_a_course_without_assignments_says_so(tmp_path: Path) -> None:
    with pytest.raises(AssignmentNotFound) as caught:
        Course(tmp_path).assignment("shapes")
    assert caught.value.remedy == "Its assignments: none."


def test_a_name_never_leads_out_of_the_course(course: Course) -> None:
    (course.root.parent / "outside.py").touch()
    for name in ("../../outside", "../outside", "", ".", "/etc/passwd"):
        with pytest.raises(AssignmentNotFound):
            course.assignment(name)
        with pytest.raises(AssignmentNotFound):
            course.dataset_folder(name)


def test_data_sets_are_folders_with_a_recipe(course: Course) -> None:
    assert course.datasets() == ["shapes"]
    assert course.dataset_folder("shapes") == course.root / "datasets" / "shapes"


def test_an_unknown_data_set_is_met_with_the_nearest_name(course: Course) -> None:
    with pytest.raises(AssignmentNotFound) as caught:
        course.dataset_folder("shape")
    assert caught.value.message == f"{course.root}: this course has no data set named 'shape'"
    assert caught.value.remedy == "Did you mean 'shapes'?"
    with pytest.raises(AssignmentNotFound) as caught:
        course.dataset_folder("zebras")
    assert caught.value.remedy == "Its data sets: shapes."


# --- where it is found ------------------------------------------------------------------------------------------------


def test_a_course_is_found_where_it_is_named(course: Course) -> None:
    assert find_course(course.root) == course


def test_a_folder_that_is_no_course_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseNotFound) as caught:
        find_course(tmp_path)
    assert caught.value.message == f"{tmp_path}: not a course"
    assert (
        caught.value.remedy
        == "A course has assignments/, graders/ and datasets/ in it, and its author's solutions/, too."
    )


def test_students_need_no_solutions_to_have_a_course(course: Course) -> None:
    (course.root / "solutions").rmdir()
    assert find_course(course.root) == course


def test_the_course_around_the_current_folder_is_found(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root / "datasets" / "shapes")
    assert find_course() == course


def test_anywhere_else_it_is_the_built_in_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_course() == built_in_course()


def test_the_built_in_course_has_its_assignment_and_its_data_set() -> None:
    course = built_in_course()
    assignment = course.assignment("horses_or_humans")
    assert assignment.notebook.is_file()
    assert assignment.grader.is_file()
    assert course.dataset_folder("horses_or_humans").is_dir()


# --- whose it is ------------------------------------------------------------------------------------------------------


def refused(why: str) -> None:
    with pytest.raises(CourseOfOthers) as caught:
        find_course()
    assert why in caught.value.message
    assert "--course" in (caught.value.remedy or "")
    assert caught.value.exit_code == 2


def test_a_course_whose_script_everybody_may_write_must_be_named(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    for path in (course.root / "graders" / "_shared.py", course.root / "datasets" / "shapes" / "dataset.toml"):
        path.chmod(0o666)
    refused("_shared.py can be written by everybody (mode 0666)")
    assert find_course(course.root) == course


def test_a_folder_of_windows_that_is_mounted_here_needs_no_naming(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    for path in (course.root, *course.root.rglob("*")):
        path.chmod(0o777)
    assert find_course() == course


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("part", ["graders/shapes.py", "graders", "datasets/shapes", "."])
def test_a_course_of_another_user_must_be_named(course: Course, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    os.chown(course.root / part, 12345, 12345)
    monkeypatch.chdir(course.root / "assignments")
    refused(f"{course.root / part} belongs to another user")
    monkeypatch.setenv("FAIRMARK_COURSE", str(course.root))
    assert find_course() == course
    monkeypatch.delenv("FAIRMARK_COURSE")
    monkeypatch.setenv("SUDO_UID", "12345")
    assert find_course() == course


def test_a_course_in_a_course_must_be_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_in = course.root / "submissions" / "ada"
    for part in ("assignments", "graders", "datasets"):
        (handed_in / part).mkdir(parents=True)
    monkeypatch.chdir(handed_in)
    refused(f"it lies in another one, {course.root}")
    assert find_course(handed_in) == Course(handed_in)


def test_a_course_among_what_is_graded_must_be_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root)
    for graded in (Path(), course.root, course.root.parent):
        with pytest.raises(CourseOfOthers, match="which is to be graded"):
            find_course(graded=[graded])
        assert find_course(course.root, graded=[graded]) == course
    assert find_course(graded=[course.root / "submissions"]) == course


def test_no_grader_script_of_the_built_in_course_and_no_helper_is_on_an_import_path() -> None:
    """Where the package is installed anew: an older editable install put the whole folder on the path."""
    names = [path.stem for path in (built_in_course().root / "graders").glob("*.py")]
    program = "import importlib.util, sys\nprint([n for n in sys.argv[1:] if importlib.util.find_spec(n) is not None])"
    found = subprocess.run([sys.executable, "-P", "-c", program, *names], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
