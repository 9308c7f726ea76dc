"""``fairmark release``: student notebooks from solutions, and whether they are up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run
from tiny import tiny_course

from fairmark.course import Course


@pytest.fixture
def own(tmp_path: Path) -> Course:
    """A course that may be changed."""
    return tiny_course(tmp_path / "course")


def solve_otherwise(course: Course, name: str) -> None:
    """Changes what students see of an assignment."""
    solution = course.assignment(name).solution
    solution.write_text(solution.read_text().replace("# Compile settings", "# Settings"))


def test_what_is_up_to_date_is_left_alone(own: Course, fairmark_: Run) -> None:
    before = own.assignment("convolutions").notebook.stat().st_mtime_ns
    result = fairmark_("release", "--course", own.root)
    assert (result.exit_code, result.out) == (0, "compile_settings: up to date\nconvolutions: up to date\n")
    assert own.assignment("convolutions").notebook.stat().st_mtime_ns == before


def test_what_is_stale_is_written(own: Course, fairmark_: Run) -> None:
    solve_otherwise(own, "convolutions")
    result = fairmark_("release", "--course", own.root)
    assert (result.exit_code, result.out) == (0, "compile_settings: up to date\nconvolutions: written\n")
    assert "# Settings" in own.assignment("convolutions").notebook.read_text()


def test_check_writes_nothing_and_exits_with_1_where_something_is_stale(own: Course, fairmark_: Run) -> None:
    solve_otherwise(own, "convolutions")
    before = own.assignment("convolutions").notebook.read_bytes()
    result = fairmark_("release", "--check", "--course", own.root)
    assert (result.exit_code, result.out) == (1, "compile_settings: up to date\nconvolutions: stale\n")
    assert "Run `fairmark release`" in result.err
    assert own.assignment("convolutions").notebook.read_bytes() == before


def test_a_notebook_that_was_never_released_is_stale(own: Course, fairmark_: Run) -> None:
    own.assignment("convolutions").notebook.unlink()
    assert fairmark_("release", "--check", "--course", own.root).exit_code == 1


def test_check_exits_with_0_where_all_is_up_to_date(own: Course, fairmark_: Run) -> None:
    assert fairmark_("release", "--check", "--course", own.root).exit_code == 0


def test_only_the_assignments_named_are_looked_at(own: Course, fairmark_: Run) -> None:
    solve_otherwise(own, "convolutions")
    result = fairmark_("release", "compile_settings", "--check", "--course", own.root)
    assert (result.exit_code, result.out) == (0, "compile_settings: up to date\n")


def test_json_says_the_same(own: Course, fairmark_: Run) -> None:
    solve_otherwise(own, "convolutions")
    result = fairmark_("release", "--check", "--json", "--course", own.root)
    found = json.loads(result.out)
    assert [(row["assignment"], row["state"]) for row in found] == [
        ("compile_settings", "up to date"),
        ("convolutions", "stale"),
    ]
    assert [Path(row["notebook"]) for row in found] == [own.assignment(row["assignment"]).notebook for row in found]
    assert result.exit_code == 1


def test_an_unknown_name_exits_with_2_and_the_nearest(own: Course, fairmark_: Run) -> None:
    result = fairmark_("release", "convolution", "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert "Did you mean 'convolutions'?" in result.err


def test_a_solution_that_cannot_be_released_exits_with_2_and_its_name(own: Course, fairmark_: Run) -> None:
    solution = own.assignment("convolutions").solution
    solution.write_text(solution.read_text().replace("### END SOLUTION", ""))
    result = fairmark_("release", "convolutions", "--course", own.root)
    assert (result.exit_code, result.out) == (2, "")
    assert str(solution) in result.err


def test_nothing_is_written_where_one_of_several_cannot_be_released(own: Course, fairmark_: Run) -> None:
    solve_otherwise(own, "compile_settings")
    solution = own.assignment("convolutions").solution
    solution.write_text(solution.read_text().replace("### END SOLUTION", ""))
    before = own.assignment("compile_settings").notebook.read_bytes()
    assert fairmark_("release", "--course", own.root).exit_code == 2
    assert own.assignment("compile_settings").notebook.read_bytes() == before


def test_a_notebook_in_which_students_cannot_call_check_is_warned_of(own: Course, fairmark_: Run) -> None:
    solution = own.assignment("convolutions").solution
    solution.write_text(solution.read_text().replace("from fairmark import check", "check = print"))
    result = fairmark_("release", "--course", own.root)
    assert result.exit_code == 0
    assert result.err.count("no given cell above the first exercise imports ") == 1
    assert f"{solution}: no given cell" in result.err


def test_the_built_in_course_is_up_to_date(fairmark_: Run) -> None:
    root = Path(__file__).resolve().parents[2]
    assert fairmark_("release", "--check", "--course", root).exit_code == 0
