"""Verify, on a course of two plain questions: what is noticed, what is not, and whose fault it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import Scripted
from tiny import PRETEND, tiny_course

from fairmark.author.release import release
from fairmark.author.verify import Verification, verify_assignment
from fairmark.course import Assignment, Course
from fairmark.grading.pipeline import Pipeline

NAME = "compile_settings"
MUTANTS = {
    "compile/statement-dropped-loss@3",
    "compile/word-changed@3",
    "training/statement-dropped-epochs@3",
    "training/number-plus-1@3",
    "training/number-minus-1@3",
    "training/number-ten-fold@3",
}
LOSS = 'expect(run.answer("loss")).to_be("binary_crossentropy")'
EPOCHS = 'expect(run.answer("epochs")).to_be(2)'


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny_course(tmp_path / "course", NAME)


def verified(course: Course, *mutants: str, train: bool = False) -> Verification:
    """What comes of the course's assignment, with mutants whose id begins so."""
    pipeline = Pipeline(course, course.assignment(NAME), launcher=Scripted(PRETEND))
    return verify_assignment(pipeline, train=train, only=lambda mutant: mutant.id.startswith(mutants))


def script(course: Course, old: str, new: str) -> Assignment:
    """Changes the grader script."""
    assignment = course.assignment(NAME)
    text = assignment.grader.read_text(encoding="utf-8")
    assert old in text
    assignment.grader.write_text(text.replace(old, new), encoding="utf-8")
    return assignment


def declare(course: Course, text: str) -> Path:
    path = course.root / "graders" / f"{NAME}.verify.toml"
    path.write_text(text, encoding="utf-8")
    return path


def fates(found: Verification) -> dict[str, str]:
    return {verdict.mutant.id: verdict.fate for verdict in found.verdicts}


def test_a_grader_that_notices_every_mutant_is_verified(course: Course) -> None:
    found = verified(course, "")
    assert fates(found) == dict.fromkeys(MUTANTS, "killed")
    assert (found.problems, found.failed_twins, found.unasked, found.exit_code) == ((), (), (), 0)
    assert {verdict.mode for verdict in found.verdicts} == {"structure"}


def test_a_notebook_in_which_students_cannot_call_check_is_a_problem(course: Course) -> None:
    assignment = course.assignment(NAME)
    assignment.solution.write_text(assignment.solution.read_text().replace("from fairmark import check", ""))
    release(assignment.solution, assignment.notebook)
    found = verified(course, "compile/word")
    [problem] = found.problems
    assert (problem.kind, len(found.verdicts), found.exit_code) == ("no_check", 1, 1)
    assert problem.message.startswith(f"{assignment.solution}: no given cell above the first exercise imports ")


def test_a_mutant_that_no_check_notices_survives_and_shows_its_line(course: Course) -> None:
    script(course, EPOCHS, 'expect(run.answer("epochs")).to_be_one_of(*range(2, 100), expected="2 or more")')
    found = verified(course, "training/number")
    survivors = [verdict.mutant for verdict in found.verdicts if verdict.fate == "survived"]
    assert [mutant.id for mutant in survivors] == ["training/number-plus-1@3", "training/number-ten-fold@3"]
    assert (survivors[0].before, survivors[0].after) == ("epochs = 2", "epochs = 3")
    assert (survivors[0].cell, survivors[0].line, found.exit_code) == (4, 3, 1)


def test_a_survivor_that_is_declared_with_a_reason_is_equivalent(course: Course) -> None:
    script(course, EPOCHS, 'expect(run.answer("epochs")).to_be_one_of(2, 3)')
    declare(course, '[[equivalent]]\nmutant = "training/number-plus-1@3"\nbecause = "Three do as well."\n')
    found = verified(course, "training/number-plus")
    (equivalent,) = (verdict for verdict in found.verdicts if verdict.fate == "equivalent")
    assert (equivalent.mutant.id, equivalent.reason, found.exit_code) == (
        "training/number-plus-1@3",
        "Three do as well.",
        0,
    )


def test_an_equivalent_that_is_killed_is_an_error_in_the_file_that_declares_it(course: Course) -> None:
    path = declare(course, '# right\n[[equivalent]]\nmutant = "compile/word-changed@3"\nbecause = "No."\n')
    (problem,) = verified(course, "compile").problems
    assert problem.kind == "declared"
    assert problem.message == (
        f"{path}:3: 'compile/word-changed@3' is declared a right answer, but compile.loss takes marks off"
    )


def test_an_equivalent_that_is_no_mutant_any_more_is_an_error_in_the_file_that_declares_it(course: Course) -> None:
    path = declare(course, '[[equivalent]]\nmutant = "compile/word-changed@30"\nbecause = "No."\n')
    found = verified(course)
    assert [problem.message for problem in found.problems] == [
        f"{path}:2: there is no mutant 'compile/word-changed@30' (any more)"
    ]
    assert found.exit_code == 1


def test_marks_lost_in_an_earlier_exercise_too_are_charged_twice(course: Course) -> None:
    script(course, LOSS, f"{LOSS}; {EPOCHS}")
    found = verified(course, "training")
    twice = {verdict.mutant.id: verdict.others for verdict in found.verdicts if verdict.fate == "charged_twice"}
    assert twice == dict.fromkeys(sorted(one for one in MUTANTS if one.startswith("training")), ("compile.loss",))
    assert found.exit_code == 1


def test_marks_lost_in_a_later_exercise_are_given_back_as_students_get_them_back(course: Course) -> None:
    script(course, EPOCHS, f"{LOSS}; {EPOCHS}")
    assert fates(verified(course, "")) == dict.fromkeys(MUTANTS, "killed")


def test_what_is_charged_to_another_exercise_alone_survives(course: Course) -> None:
    script(course, LOSS, "run.answer('loss')")
    script(course, EPOCHS, LOSS)
    found = verified(course, "compile/word")
    assert [(verdict.fate, verdict.others) for verdict in found.verdicts] == [("survived", ("training.trained",))]


def test_what_only_training_can_tell_survives_unless_it_is_declared(course: Course) -> None:
    script(course, EPOCHS, 'expect(run.answer("accuracy")).to_be(2)')
    (verdict,) = verified(course, "training/number-plus").verdicts
    assert (verdict.fate, verdict.open) == ("survived", ("training.trained",))
    declare(course, '[[trained]]\nmutant = "training/number-plus-1@3"\nbecause = "It shows in the accuracy."\n')
    found = verified(course, "training/number-plus")
    (verdict,) = found.verdicts
    assert (verdict.fate, verdict.reason) == ("needs_training", "It shows in the accuracy.")
    assert (found.unasked, found.exit_code) == (("training.trained",), 0)


def test_what_is_told_without_training_must_not_be_declared_to_need_it(course: Course) -> None:
    path = declare(course, '[[trained]]\nmutant = "training/number-plus-1@3"\nbecause = "No."\n')
    assert [problem.message for problem in verified(course, "training").problems] == [
        f"{path}:2: 'training/number-plus-1@3' is declared told by training alone, but training.trained takes marks off"
    ]


def test_with_training_a_solution_that_loses_marks_is_an_error(course: Course) -> None:
    assignment = script(course, EPOCHS, 'expect(run.answer("epochs")).to_be(3)')
    found = verified(course, train=True)
    assert [problem.message for problem in found.problems] == [
        f"{assignment.solution}: loses marks: It is trained twice: epochs: found 2, expected 3."
    ]
    assert found.exit_code == 1


def test_a_solution_that_loses_marks_is_an_error(course: Course) -> None:
    assignment = script(course, '"binary_crossentropy"', '"mse"')
    message = verified(course).problems[0].message
    assert message.startswith(f"{assignment.solution}: loses marks: The loss fits: ")


def test_a_solution_that_raises_is_named_by_its_cell_and_nothing_else_is_tried(course: Course) -> None:
    assignment = course.assignment(NAME)
    text = assignment.solution.read_text(encoding="utf-8")
    assignment.solution.write_text(text.replace("epochs = 2", "epochs = 2 + one"), encoding="utf-8")
    release(assignment.solution, assignment.notebook)
    found = verified(course)
    assert {(problem.kind, problem.message) for problem in found.problems} == {
        ("solution", f"{assignment.solution}: cell 4: raises NameError: name 'one' is not defined")
    }
    assert (found.verdicts, found.exit_code) == ((), 1)


def test_marks_for_the_untouched_notebook_are_an_error(course: Course) -> None:
    assignment = script(course, LOSS, "pass")
    assert [problem.message for problem in verified(course).problems] == [
        f"{assignment.notebook}: as given out: compile.loss is passed, 2 points"
    ]


def test_an_exception_in_a_check_is_the_authors_and_named_by_file_and_line(course: Course) -> None:
    assignment = script(course, EPOCHS, "1 / (run.answer('epochs').value - 3)")
    line = next(
        number for number, text in enumerate(assignment.grader.read_text().splitlines(), start=1) if "1 / (" in text
    )
    found = verified(course, "training/number-plus")
    assert [(problem.kind, problem.message) for problem in found.problems] == [
        (
            "exception",
            f"{assignment.grader}:{line}: check training.trained raised ZeroDivisionError: division by zero",
        )
    ]
    assert found.exit_code == 3


def test_what_is_asked_in_a_helper_is_verified_and_its_exception_is_named_by_file_and_line(course: Course) -> None:
    helper = course.root / "graders" / "_epochs.py"
    helper.write_text("def are_two(answer):\n    assert 6 // (answer.value - 3) == -6\n")
    script(course, EPOCHS, "are_two(run.answer('epochs'))")
    script(course, "expect\n", "expect\nfrom _epochs import are_two\n")
    found = verified(course, "training/number-plus")
    said = "check training.trained raised ZeroDivisionError: integer division or modulo by zero"
    assert [problem.message for problem in found.problems] == [f"{helper}:2: {said}"]
    helper.write_text("from fairmark import expect\n\n\ndef are_two(answer):\n    expect(answer).to_be(2)\n")
    assert set(fates(verified(course, "training")).values()) == {"killed"}


def test_a_twin_that_passes_is_counted(course: Course) -> None:
    declare(course, "[[twin]]\nname = 'in parts'\nanswers.compile = \"loss = 'binary' + '_crossentropy'\"\n")
    found = verified(course)
    assert (found.twins, found.failed_twins, found.exit_code) == (1, (), 0)


def test_a_twin_that_loses_marks_says_which(course: Course) -> None:
    declare(course, "[[twin]]\nname = 'short'\nanswers.compile = \"loss = 'bce'\"\n")
    found = verified(course)
    (failed,) = found.failed_twins
    assert (failed.name, failed.mode, found.exit_code) == ("short", "structure", 1)
    assert failed.lost == ("compile.loss: loss: found bce, expected binary_crossentropy.",)


def test_a_twin_that_answers_what_is_not_asked_is_an_error_in_its_file(course: Course) -> None:
    path = declare(course, "[[twin]]\nname = 'odd'\nanswers.layers = 'x = 1'\n")
    assert [problem.message for problem in verified(course).problems] == [
        f"{path}:2: twin 'odd' answers layers, which is not asked"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[twin]\n", "cannot be read: Expected ']]' at the end of an array declaration (at line 1, column 7)"),
        ("[[twin]]\nname = 'x'\n", "twin.0.answers: Field required"),
        (
            "[[equivalent]]\nmutant = 'x'\nbecause = ''\n",
            "equivalent.0.because: String should have at least 1 character",
        ),
        ("[[twins]]\n", "twins: Extra inputs are not permitted"),
    ],
)
def test_a_file_of_declarations_that_cannot_be_read_is_an_error_of_its_author(
    course: Course, text: str, said: str
) -> None:
    path = declare(course, text)
    found = verified(course)
    assert ([problem.message for problem in found.problems], found.exit_code) == ([f"{path}: {said}"], 2)


# --- what does not fit together, seen without a run ---


def problems(course: Course) -> list[str]:
    found = verified(course)
    assert (found.exit_code, found.verdicts) == (2, ())
    return [problem.message for problem in found.problems]


def test_an_exercise_without_a_stub_is_named_by_the_graders_line_and_the_stub_by_its_cell(course: Course) -> None:
    assignment = script(course, 'grader.exercise("training"', 'grader.exercise("fitting"')
    assert problems(course) == [
        f"{assignment.solution}: cell 4: the stub 'training' has no exercise in {assignment.grader}",
        f"{assignment.grader}:6: the exercise 'fitting' has no stub in {assignment.solution}",
    ]


def test_a_check_without_points_is_named_by_file_and_line(course: Course) -> None:
    assignment = script(course, "points=2", "points=0")
    assert problems(course) == [f"{assignment.grader}:9: check 'loss' is worth 0 points"]


def test_an_exercise_without_a_check_is_named_by_file_and_line(course: Course) -> None:
    assignment = script(course, "@fitting.check", "@settings.check")
    assert problems(course) == [f"{assignment.grader}:6: the exercise 'training' has no check"]


def test_an_unknown_data_set_is_named_by_file_and_line(course: Course) -> None:
    assignment = script(course, 'dataset="tiles"', 'dataset="tile"')
    assert problems(course) == [
        f"{assignment.grader}:4: data set 'tile': {course.root}: this course has no data set named 'tile'"
    ]


def test_a_grader_that_cannot_be_loaded_is_named_by_file_and_line(course: Course) -> None:
    assignment = script(course, "grader = Grader", "grader = Gradr")
    assert problems(course) == [f"{assignment.grader}:4: NameError: name 'Gradr' is not defined"]


def test_a_student_notebook_that_is_stale_is_an_error(course: Course) -> None:
    assignment = course.assignment(NAME)
    text = assignment.solution.read_text(encoding="utf-8")
    assignment.solution.write_text(text.replace("# Compile settings", "# Settings"), encoding="utf-8")
    assert problems(course) == [f"{assignment.notebook}: is not what {assignment.solution} releases"]
    release(assignment.solution, assignment.notebook)
    assert verified(course).exit_code == 0
