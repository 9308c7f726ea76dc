"""A further run never earns what the notebook's own run could have earned: no second try for an accuracy, and none for
parts that were shown to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded import TRAINING, hidden, right_answer

from fairmark.checks import load_grader
from fairmark.evidence import CellError, Evidence, Probe, Rerun
from fairmark.grading.judge import judge
from fairmark.report import CheckResult

HORSES = load_grader(Path(__file__).resolve().parents[2] / "graders" / "horses_or_humans.py")
ALL = tuple(f"{exercise.id}.{check.id}" for exercise in HORSES.exercises for check in exercise.checks)
ACCURACY = "training.hidden_accuracy"


def found(evidence: Evidence, name: str) -> CheckResult:
    exercise, _, wanted = name.partition(".")
    [result] = [
        check
        for one in judge(evidence, HORSES).exercises
        if one.id == exercise
        for check in one.checks
        if check.id == wanted
    ]
    return result


def rerun(*replaced: str, went_by: bool, **edits: Any) -> Rerun:  # noqa: ANN401 - as recorded.right_answer takes them
    right = right_answer(**edits)
    return Rerun(replaced=replaced, answers=ALL, training_went_by=went_by, run=right.run, probe=right.probe)


def unlucky(right: int = 100, /, *, reruns: tuple[Rerun, ...], **edits: Any) -> Evidence:  # noqa: ANN401 - likewise
    return right_answer(probe=hidden(right), reruns=reruns, **edits)


def test_a_wrong_metric_buys_no_second_try_for_the_accuracy() -> None:
    evidence = unlucky(reruns=(rerun("compile", went_by=False),), compiled={"metrics": []})
    assert (found(evidence, ACCURACY).score, found(evidence, ACCURACY).found) == (
        0.0,
        "100 of 200 (50.0%, 95% interval 43.1%-56.9%)",
    )


def test_what_the_training_went_by_does() -> None:
    text = "model.compile('bce', optimizer=keras.optimizers.RMSprop(1.0), metrics=['accuracy'])"
    wrong: dict[str, Any] = {"compiled": {"learning_rate": 1.0}, "sources": {"compile": text}}
    assert found(unlucky(reruns=(rerun("compile", went_by=True),), **wrong), ACCURACY).score == 2.0


@pytest.mark.parametrize(("right", "score"), [(159, 0.0), (150, 0.0), (140, 0.0), (130, 2.0)])
def test_a_near_miss_is_not_tried_again_whatever_is_put_right(right: int, score: float) -> None:
    # 140 of 200 are at most 75.9% by their interval, 130 at most 71.3%: a twentieth below the 80% that are asked.
    evidence = unlucky(right, reruns=(rerun("compile", went_by=True),), compiled={"metrics": []})
    assert found(evidence, ACCURACY).score == score


def test_a_training_that_raises_when_it_is_unlucky_has_had_its_try() -> None:
    error = CellError(type="RuntimeError", message="not good enough", line=1)
    first: dict[str, Any] = {
        "without": ["epoch_15", "fitted", "exported", "exported_at_end"],
        "errors": {TRAINING: error},
        "compiled": {"metrics": []},
    }
    no_probe: Probe | None = None
    evidence = right_answer(probe=no_probe, reruns=(rerun("compile", went_by=False),), **first)
    assert found(evidence, ACCURACY).score == 0.0


def test_a_part_that_was_shown_to_be_wrong_stands_and_one_that_is_missing_does_not() -> None:
    wrong: dict[str, Any] = {"fit": {"pictures": "pictures-2"}, "compiled": {"metrics": []}}
    epochs = [f"epoch_{number}" for number in range(1, 16)]
    alone = right_answer(without=[*epochs, "fitted"], **wrong)
    assert found(alone, "training.learns").score == 0.0
    evidence = alone.model_copy(update={"reruns": (rerun("compile", went_by=False),)})
    assert (found(evidence, "training.learns").outcome, found(evidence, "training.learns").score) == ("partial", 0.5)
