"""Agreement: solution notebook and grader script are about the same exercises, and neither gives an answer away."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from fairmark.checks import Exercise, Grader, load_grader
from fairmark.course import Assignment, Course
from fairmark.errors import AuthorError, GraderError, ReleaseError
from fairmark.notebook.student_notebook import Answers, answers_in, read_solution

__all__ = ["disagreements", "place_of", "require_agreement", "require_graders"]


def require_graders(course: Course) -> None:
    """Raises :class:`ReleaseError` where a solution notebook has no grader script: the course would pass it over."""
    known = course.assignments()
    for solution in sorted((course.root / "solutions").glob("*.ipynb")):
        if solution.stem not in known and not solution.name.startswith((".", "_")):
            missing = course.root / "graders" / f"{solution.stem}.py"
            remedy = f"Write {missing}, or move the notebook out of solutions/."
            raise ReleaseError(f"{solution}: has no grader script", remedy=remedy)


def require_agreement(assignment: Assignment) -> Grader:
    """The grader of the assignment, which asks about every stub of its notebook and about nothing else.

    Raises :class:`GraderError` where the script cannot be loaded, :class:`ReleaseError` where the solution cannot be
    released, and the first of :func:`disagreements`.
    """
    grader = load_grader(assignment.grader)
    answers = answers_in(read_solution(assignment.solution), path=assignment.solution)
    for problem in disagreements(assignment, grader, answers):
        raise problem
    return grader


def disagreements(assignment: Assignment, grader: Grader, answers: Answers) -> Iterator[AuthorError]:
    """All that does not fit together, with file and line or cell: a stub without an exercise; an exercise without a
    stub or without a check; a line of an answer in what students read, which is titles, hints and lessons."""
    asked = {exercise.id for exercise in grader.exercises}
    for name, cell in answers.cells.items():
        if name not in asked:
            yield ReleaseError(
                f"{assignment.solution}: cell {cell}: the stub {name!r} has no exercise in {assignment.grader}",
                remedy=f'Add grader.exercise("{name}", title=...) there, or correct the id.',
            )
    for exercise in grader.exercises:
        place = place_of(assignment.grader, "exercise", exercise.id)
        if exercise.id not in answers.cells:
            yield GraderError(
                f"{place}: the exercise {exercise.id!r} has no stub in {assignment.solution}",
                remedy=f"Begin the cell that answers it with the line: # Exercise: {exercise.id}",
            )
        if not exercise.checks and not exercise.unseen_checks:
            remedy = "Decorate a function with its check(...)."
            yield GraderError(f"{place}: the exercise {exercise.id!r} has no check", remedy=remedy)
        yield from _leaks(exercise, answers, place)


def _leaks(exercise: Exercise, answers: Answers, place: str) -> Iterator[GraderError]:
    for what, text, is_lesson in _words(exercise):
        # A lesson is said to those who have the answer: it may repeat its own, and no other.
        told = answers.line_told_by(text, apart_from=exercise.id if is_lesson else None)
        if told is not None:
            yield GraderError(
                f"{place}: the {what} of {exercise.id!r} shows a line of the answer to {told[0]!r}: {told[1]}",
                remedy="Say what to think of, not what to write.",
            )


def _words(exercise: Exercise) -> Iterator[tuple[str, str, bool]]:
    """What students are told: what it is, its text, and whether only those who have solved the exercise are."""
    yield "title", exercise.title, False
    yield from (("hint", hint, False) for hint in exercise.hints)
    if exercise.lesson:
        yield "lesson", exercise.lesson, True
    for check in exercise.checks:
        yield f"title of the check {check.id!r}", check.title, False
        if check.hint:
            yield f"hint of the check {check.id!r}", check.hint, False


def place_of(script: Path, function: str, name: str) -> str:
    """``file:line`` of the call ``function("name", ...)``; the file alone where it is not written out so."""
    for node in ast.walk(ast.parse(script.read_bytes())):
        match node:
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called), args=[ast.Constant(value=given), *_]):
                if (called, given) == (function, name):
                    return f"{script}:{node.lineno}"
    return str(script)
