"""Errors of the author's that can be seen without running anything, each named by file and line or cell."""

from __future__ import annotations

from dataclasses import dataclass

from fairmark.author.check_import import missing_import
from fairmark.author.consistency import disagreements, place_of
from fairmark.author.mutants import answers_in
from fairmark.author.release import is_stale
from fairmark.checks import Grader, load_grader
from fairmark.course import Assignment, Course
from fairmark.data import load_recipe
from fairmark.errors import AuthorError
from fairmark.notebook.answer import Answer
from fairmark.notebook.student_notebook import answers_in as stubs_in
from fairmark.notebook.student_notebook import read_solution

__all__ = ["Problem", "Read", "read_assignment"]


@dataclass(frozen=True)
class Problem:
    """Something the author has to put right. ``kind`` is ``author``, ``exception`` (in a check), ``solution``,
    ``untouched``, ``declared`` (in the file beside the grader) or ``no_check`` (students cannot call ``check``)."""

    kind: str
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Read:
    """An assignment as it is written: None and nothing where ``problems`` say why."""

    grader: Grader | None
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]


def read_assignment(course: Course, assignment: Assignment) -> Read:
    """Grader and solution of an assignment, and all that does not fit together in them."""
    problems: list[Problem] = []
    grader = None
    answers: list[Answer] = []
    try:
        grader = load_grader(assignment.grader)
    except AuthorError as problem:
        problems.append(Problem("author", problem.message, problem.remedy))
    try:
        classes = _classes(course, assignment, grader) if grader is not None else ()
    except AuthorError as problem:
        problems.append(Problem("author", problem.message, problem.remedy))
        classes = ()
    try:
        answers = answers_in(assignment.solution, classes)
        if is_stale(assignment.solution, assignment.notebook):
            said = f"{assignment.notebook}: is not what {assignment.solution} releases"
            problems.append(Problem("author", said, "Run `fairmark release`."))
        missing = missing_import(assignment.solution)
        if missing is not None:
            problems.append(Problem("no_check", *missing))
    except AuthorError as problem:
        problems.append(Problem("author", problem.message, problem.remedy))
    if grader is not None and answers:
        problems += _disagreements(assignment, grader)
    return Read(grader, tuple(answers), tuple(problems))


def _classes(course: Course, assignment: Assignment, grader: Grader) -> tuple[str, ...]:
    try:
        folder = course.dataset_folder(grader.dataset)
        return load_recipe(folder).classes
    except AuthorError as problem:
        where = place_of(assignment.grader, "Grader", grader.name)
        said = f"{where}: data set {grader.dataset!r}: {problem.message}"
        raise AuthorError(said, remedy=problem.remedy) from problem


def _disagreements(assignment: Assignment, grader: Grader) -> list[Problem]:
    try:
        stubs = stubs_in(read_solution(assignment.solution), path=assignment.solution)
    except AuthorError as problem:
        return [Problem("author", problem.message, problem.remedy)]
    found = disagreements(assignment, grader, stubs)
    return [Problem("author", problem.message, problem.remedy) for problem in found]
