"""Every submission of the corpus gets the verdict it must get: run in the real sandbox, with few pictures.

Wrong answers lose exactly the marks they should and no others; right answers in other spellings lose none. What needs
no training is looked at with ``--quick``. What does is rehearsed, a step for each ``fit``; some right answers are
trained for two epochs and shown hidden pictures. Whether those reach the accuracy is chance, so that check is left out.
What notebooks make up about themselves is in ``test_corpus_hostile.py``.
"""

from __future__ import annotations

import pytest
from submissions import Case, Corpus, cases
from thorough import one_in

from fairmark.report import Report


def losses(report: Report) -> dict[str, float]:
    """Marks lost, by ``exercise.check``."""
    return {
        f"{exercise.id}.{check.id}": check.max_score - check.score
        for exercise in report.exercises
        for check in exercise.checks
        if check.score < check.max_score
    }


def message(report: Report, name: str) -> str:
    exercise_id, _, check_id = name.partition(".")
    return next(
        check.message
        for exercise in report.exercises
        if exercise.id == exercise_id
        for check in exercise.checks
        if check.id == check_id
    )


CHANCE = "training.hidden_accuracy"


def losses_but_for_chance(report: Report) -> dict[str, float]:
    return {name: points for name, points in losses(report).items() if name != CHANCE}


STRUCTURE = [(case, True) for case in cases("wrong", "generators", "layers", "compile", "steps")]
TRAINED = [(case, False) for case in cases("wrong", "training", "prediction")]
RIGHT = [(case, False) for case in cases("right")]


def name_of(value: object) -> str:
    return getattr(value, "name", "")


@pytest.mark.parametrize(("case", "quick"), [*STRUCTURE, *one_in(len(TRAINED), TRAINED)], ids=name_of)
def test_a_wrong_answer_loses_its_own_marks_and_says_why(case: Case, quick: bool, corpus: Corpus) -> None:
    report = corpus.report(case, quick=quick).report
    assert losses_but_for_chance(report) == case.lost
    for name, parts in case.says.items():
        for part in parts:
            assert part in message(report, name)


@pytest.mark.parametrize(("case", "quick"), one_in(40, RIGHT), ids=name_of)
def test_a_right_answer_in_another_spelling_loses_nothing(case: Case, quick: bool, corpus: Corpus) -> None:
    marked = corpus.report(case, quick=quick)
    assert losses_but_for_chance(marked.report) == {}
    probe = marked.evidence.probe
    assert (probe is not None and probe.problem is None) == case.full
