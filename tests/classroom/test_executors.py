"""Executors: found by name, built in or from a package of somebody else's; a class is graded the same by each."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed_extension import installed, run_beside
from scripted import Scripted
from tiny import PRETEND

from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.dask import DaskExecutor
from fairmark.classroom.executors import EXECUTORS, ClassWork, Executor, executor_for
from fairmark.classroom.local import LocalExecutor
from fairmark.course import Course
from fairmark.errors import ExtensionNotFound, UsageError


def test_a_class_is_graded_here_unless_somebody_names_a_cluster() -> None:
    assert isinstance(executor_for(), LocalExecutor)
    assert isinstance(executor_for(address="tls://head.example:8786"), DaskExecutor)


def test_an_executor_is_found_by_its_name() -> None:
    assert isinstance(executor_for("local"), LocalExecutor)
    assert isinstance(executor_for("dask"), DaskExecutor)


def test_each_says_whether_notebooks_run_in_this_process() -> None:
    assert {name: executor_for(name).runs_here for name in EXECUTORS.own_names()} == {"local": True, "dask": False}


def test_an_unknown_name_is_refused_with_the_names_known() -> None:
    with pytest.raises(ExtensionNotFound) as refused:
        executor_for("dusk")
    assert refused.value.message == "There is no executor called 'dusk'. Known: dask, local"
    assert refused.value.remedy == (
        "Did you mean 'dask'? A package that offers one names it in its entry points, in the group fairmark.executors."
    )


def test_the_local_one_takes_no_address() -> None:
    with pytest.raises(UsageError, match="The executor 'local' takes no address, and was given tls://head:8786"):
        executor_for("local", "tls://head:8786")


class Counting:
    """Grades here as `LocalExecutor` does, and counts what it is given."""

    runs_here = True
    given = 0

    def run(self, work: ClassWork) -> None:
        self.given += len(work.pieces)
        LocalExecutor().run(work)


def test_an_executor_is_given_only_what_has_no_result_yet(course: Course, handed_in: Path, tmp_path: Path) -> None:
    executor = Counting()
    assert isinstance(executor, Executor)
    request = ClassRequest(
        (handed_in,), tmp_path / "out", course, executor=executor, launcher=Scripted(PRETEND), jobs=2
    )
    assert [one.outcome for one in grade_class(request).standings] == ["passed", "unattempted"]
    assert executor.given == 2
    (handed_in / "ben.ipynb").write_bytes((handed_in / "ada.ipynb").read_bytes())
    assert [one.outcome for one in grade_class(request).standings] == ["passed", "passed"]
    assert executor.given == 3


def test_one_of_another_package_is_found_by_its_entry_point(course: Course, handed_in: Path, tmp_path: Path) -> None:
    site = installed(tmp_path / "site")
    words = ("grade", handed_in, "--course", course.root, "--executor", "one_by_one", "--cluster", "here")
    result = run_beside(site, *words, "--out", tmp_path / "theirs", secret=tmp_path / "secret")
    assert result.exit_code == 1, result.err
    assert "2 one by one, at here" in result.err
    usual = run_beside(site, *words[:4], "--out", tmp_path / "ours", secret=tmp_path / "secret")
    assert usual.exit_code == 1, usual.err
    assert (tmp_path / "theirs" / "gradebook.csv").read_bytes() == (tmp_path / "ours" / "gradebook.csv").read_bytes()


def test_the_command_names_those_installed_if_it_finds_none(course: Course, handed_in: Path, tmp_path: Path) -> None:
    site = installed(tmp_path / "site")
    words = ("grade", handed_in, "--course", course.root, "--executor", "one_by_two", "--out", tmp_path / "out")
    result = run_beside(site, *words, secret=tmp_path / "secret")
    assert result.exit_code == 2
    assert "There is no executor called 'one_by_two'. Known: dask, local, one_by_one" in result.err
    assert "Did you mean 'one_by_one'?" in result.err
