"""Answer keys: which checks tell, to whoever reads them, what is to be typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark.author.answer_keys import held_back
from fairmark.author.strip_hidden_checks import without_held_back
from fairmark.checks import load_grader
from fairmark.errors import GraderError

BEGINNING = """\
import functools
import fairmark.checks.answers
from fairmark import Grader, expect, part
from fairmark.checks import answers, choices
from fairmark.keras import RunView, compile, history, layers, parameters
from fairmark.checks.answers import is_number as comes_to
import _ours as ours

CURVES = {"loss": [0.5, 0.25]}
STEPS = 8
grader = Grader("rates", title="Rates", dataset="tiles")
rates = grader.exercise("rates", title="Rates", lesson="Eight steps, so that all are seen.")

def ask(run, name, value):
    with part():
        answers.is_number(run, name, value)

def ask_again(run):
    return ask(run, "steps", STEPS)

eight = functools.partial(answers.is_number, tolerance=0.1)
"""

HELPER = """\
from fairmark import expect
from fairmark.checks.answer_key import answered_by_the_run, given_the_answer

def is_steps(run, name):
    expect(run.answer(name)).to_be(8)

@given_the_answer
def is_this(run, name, value):
    expect(run.answer(name)).to_be(value)

@answered_by_the_run
def is_measured(run, name):
    expect(run.answer(name)).to_be(run.training.epochs_run.value)
"""


def loaded(body: str, tmp_path: Path) -> tuple[str, Path]:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    source = f'{BEGINNING}\n@rates.check("It is right", points=1)\ndef right(run: RunView) -> object:\n{lines}\n'
    path = tmp_path / "rates.py"
    path.write_text(source)
    path.with_name("_ours.py").write_text(HELPER)
    return source, path


TELLING = [
    'answers.is_number(run, "steps", 8)',
    'answers.is_number(run, "steps", expected=STEPS)',
    'answers.are_numbers(run, "sides", [298, 149])',
    'answers.is_word(run, "verdict", "overfitting", expected="a word")',
    'choices.is_choice(run, "choose", "A", expected="A, B or C")',
    'choices.are_words(run, "pair", "Ama", "Ben", expected="two names")',
    'return parameters.follows_from(run, "features", 78_400, given="sides", by=lambda sides: sides[-1] ** 2)',
    'comes_to(run, "steps", 8)',
    'fairmark.checks.answers.is_number(run, "steps", 8)',
    'eight(run, "steps", 8)',
    'question = answers.is_number\nquestion(run, "steps", 8)',
    'from fairmark.checks.choices import is_choice as this\nthis(run, "choose", "A", expected="A, B or C")',
    'import fairmark.checks.answers as these\nthese.is_number(run, "steps", 8)',
    'from _ours import is_steps\nis_steps(run, "steps")',
    'import _ours\n_ours.is_steps(run, "steps")',
    'ours.is_steps(run, "steps")',
    'ours.is_this(run, "steps", 8)',
    'for name, value in {"a": 1, "b": 2}.items():\n    with part():\n        answers.is_number(run, name, value)',
    'answers.is_number(run, "steps", 10 if run.model else 8, accept=[STEPS])',
    'answers.is_number(run, "steps", *[8])',
    'ask(run, "steps", 8)',
    "ask_again(run)",
    'expect(run.answer("steps")).to_be(8)',
    'typed = run.answer\nexpect(typed("steps")).to_be(8)',
]

TELLING_NOTHING = [
    "compile.loss_fits_output(run.model)",
    "layers.takes_pictures(run.model, 300, 300)",
    'answers.is_number(run, "epochs_run", run.training.epochs_run)',
    'history.reads(run, run.training.history, "last", "loss")',
    'history.is_best_epoch(run, CURVES, "turning", "loss")',
    'expect(run.model.loss).to_be("binary_crossentropy")',
    '"""Not answers.is_number(run, "steps", 8)."""',
    'ours.is_measured(run, "steps")',
    'from _ours import is_measured\nis_measured(run, "steps")',
    'ours.is_this(run, "epochs_run", run.training.epochs_run.value)',
]


@pytest.mark.parametrize("body", TELLING)
def test_a_check_that_holds_its_key_stays_with_the_teacher(body: str, tmp_path: Path) -> None:
    source, path = loaded(body, tmp_path)
    grader = load_grader(path)
    assert held_back(grader) == {("rates", "right")}
    left = without_held_back(source, grader, path)
    assert 'rates.unseen("It is right", points=1, visibility="always")' in left
    assert body not in left
    assert "Eight steps" not in left
    path.write_text(left)
    [rates] = load_grader(path).exercises
    assert (rates.checks, rates.unseen_checks[0].points, rates.lesson) == ([], 1, None)


@pytest.mark.parametrize("body", TELLING_NOTHING)
def test_a_check_that_holds_no_key_is_handed_out_with_its_lesson(body: str, tmp_path: Path) -> None:
    source, path = loaded(body, tmp_path)
    assert held_back(load_grader(path)) == set()
    assert without_held_back(source, load_grader(path), path) == source


def test_a_key_in_a_check_that_cannot_be_taken_out_is_refused(tmp_path: Path) -> None:
    made = "def ask_for(name, value):\n    @rates.check(name, points=1)\n    def asked(run):\n"
    made += "        ask(run, name, value)"
    source = f'{BEGINNING}\n{made}\n\nask_for("steps", 8)\n'
    path = tmp_path / "rates.py"
    path.write_text(source)
    path.with_name("_ours.py").write_text(HELPER)
    with pytest.raises(GraderError, match=r"rates\.py:\d+: the check 'asked' is held back and cannot be taken out"):
        without_held_back(source, load_grader(path), path)


def test_a_lesson_that_is_not_written_out_where_its_exercise_is_made_is_refused(tmp_path: Path) -> None:
    source, path = loaded('answers.is_number(run, "steps", 8)', tmp_path)
    source = source.replace('lesson="Eight steps, so that all are seen."', '**{"lesson": "Eight."}')
    path.write_text(source)
    with pytest.raises(
        GraderError, match="the lesson of the exercise 'rates', of which a check is held back, cannot be"
    ):
        without_held_back(source, load_grader(path), path)


@pytest.mark.parametrize("lesson", ['("Acht – " "8")', "EIGHT", '"Acht" if STEPS else None'])
def test_a_lesson_goes_however_it_is_written(lesson: str, tmp_path: Path) -> None:
    source, path = loaded('answers.is_number(run, "steps", 8)', tmp_path)
    source = source.replace('lesson="Eight steps, so that all are seen."', f'lesson={lesson}, hints=("Größer?",)')
    source = source.replace("STEPS = 8\n", 'STEPS = 8\nEIGHT = "Acht"\n') if lesson == "EIGHT" else source
    path.write_text(source, encoding="utf-8")
    left = without_held_back(source, load_grader(path), path)
    assert "Acht" not in left
    assert 'hints=("Größer?",))' in left
    path.write_text(left, encoding="utf-8")
    assert load_grader(path).exercises[0].lesson is None
