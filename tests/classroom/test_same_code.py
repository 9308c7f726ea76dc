"""The same code of different students: the same file, or answers that are long enough to be compared."""

from __future__ import annotations

from fairmark.classroom.same_code import Answers, Handed, answers_of, same_code
from fairmark.evidence import Cell, Submission

LONG = "# my own way of saying it\n" + "\n".join(f"value_{number} = {number} * 17" for number in range(12))


def handed(student: str, file: str, code: str, *, telling: bool = True, assignment: str = "steps") -> Handed:
    return Handed(student, assignment, file, Answers(code, telling))


def test_the_same_file_and_the_same_long_answers_are_mentioned() -> None:
    assert same_code([handed("ada", "1", "a"), handed("ben", "1", "b"), handed("cem", "2", "c")]) == [
        ("steps", ["ada", "ben"])
    ]
    assert same_code([handed("ada", "1", "a"), handed("ben", "2", "a"), handed("cem", "3", "c")]) == [
        ("steps", ["ada", "ben"])
    ]


def test_whoever_is_the_same_as_one_of_a_group_belongs_to_it() -> None:
    chain = [handed("ada", "1", "a"), handed("ben", "2", "b"), handed("cem", "3", "a"), handed("dee", "2", "a")]
    assert same_code(chain) == [("steps", ["ada", "ben", "cem", "dee"])]


def test_short_answers_are_not_compared() -> None:
    assert same_code([handed("ada", "1", "a", telling=False), handed("ben", "2", "a", telling=False)]) == []


def test_files_of_one_student_and_of_other_assignments_are_no_group() -> None:
    assert same_code([handed("ada", "1", "a"), handed("ada", "1", "a")]) == []
    assert same_code([handed("ada", "1", "a"), handed("ben", "1", "a", assignment="loss")]) == []


def submission(*cells: tuple[str, str, bool]) -> Submission:
    made = tuple(
        Cell(position=number, number=number, role=role, exercise="a", source=source, touched=touched)
        for number, (role, source, touched) in enumerate(cells, start=1)
    )
    return Submission(student="ada", assignment="steps", notebook_sha256="", cells=made)


def test_untouched_notebooks_have_no_answers() -> None:
    assert answers_of(submission(("locked", LONG, False), ("exercise", "# YOUR CODE HERE", False))) is None
    assert answers_of(submission(("added", LONG, False), ("exercise", "# YOUR CODE HERE", False))) is None


def test_given_cells_and_white_space_around_make_no_difference_comments_do() -> None:
    one = answers_of(submission(("locked", "import math", False), ("exercise", LONG, True)))
    assert one == answers_of(submission(("exercise", f"\n{LONG}\n\n", True)))
    assert one is not None
    assert one.is_telling
    assert one != answers_of(submission(("exercise", LONG.replace("my own", "your own"), True)))
    short = answers_of(submission(("exercise", "loss = 'mse'", True)))
    assert short is not None
    assert not short.is_telling
