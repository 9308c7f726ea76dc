"""What there is to do in a class is found out while the first of it is being done."""

from __future__ import annotations

import threading
from pathlib import Path

from scripted import Scripted
from tiny import PRETEND, answered

from fairmark.classroom.discover import look_through
from fairmark.classroom.grade import ClassOfSubmissions
from fairmark.classroom.outlook import looking_ahead, work_of
from fairmark.classroom.plan import Piece
from fairmark.course import Course
from fairmark.grading.pipeline import Pipeline
from fairmark.present.time_left import Work

NAME = "compile_settings"


def pieces_of(folder: Path, course: Course) -> tuple[ClassOfSubmissions, list[Piece]]:
    given = course.assignment(NAME).notebook.read_bytes()
    folder.mkdir()
    for student, data in (("ada", answered(course)), ("ben", answered(course)), ("cem", given), ("eve", b"<html>")):
        (folder / f"{student}.ipynb").write_bytes(data)
    submissions = ClassOfSubmissions(
        course, lambda name: Pipeline(course, course.assignment(name), launcher=Scripted(PRETEND))
    )
    named = submissions.prepare(look_through([folder], course.assignments()).found)
    return submissions, [Piece(number, one, name, "") for number, (one, name) in enumerate(named)]


def test_what_is_blank_or_unreadable_is_no_run_and_copies_are_alike(tmp_path: Path, course: Course) -> None:
    submissions, pieces = pieces_of(tmp_path / "class", course)
    work = [work_of(submissions, piece) for piece in pieces]
    assert [one.is_run for one in work] == [True, True, False, False]
    assert work[0].like == work[1].like != work[2].like
    assert [one.key for one in work] == [(student, NAME, 1) for student in ("ada", "ben", "cem", "eve")]


def test_all_of_it_is_told_at_once(tmp_path: Path, course: Course) -> None:
    submissions, pieces = pieces_of(tmp_path / "class", course)
    told: list[list[Work]] = []
    is_told = threading.Event()
    with looking_ahead(submissions, pieces, lambda work: (told.append(work), is_told.set())):
        assert is_told.wait(20)
    assert [len(work) for work in told] == [4]


def test_where_the_class_ends_first_nobody_waits(tmp_path: Path, course: Course) -> None:
    submissions, pieces = pieces_of(tmp_path / "class", course)
    with looking_ahead(submissions, pieces * 100_000, lambda work: None):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name == "looking ahead"]
