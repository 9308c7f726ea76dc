"""What recorded evidence leaves open is neither passed nor failed: it must be run again, or a person must look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from recorded import TRAINING, hidden, right_answer, view

from fairmark import Grader, expect, part
from fairmark.checks import CheckFailed, Observed
from fairmark.checks.expectation import NeedsRun
from fairmark.evidence import Decided, Evidence, Probe, Rerun
from fairmark.grading.judge import judge
from fairmark.keras import RunView, history
from fairmark.keras.accuracy import measured_accuracy, reaches
from fairmark.keras.callbacks import ends_training_in_time
from fairmark.report import Flag, Report

CERTAIN = hidden(118, 128, thresholds=(0.8,), available=512)
ENDED = "The training was ended after epoch 3 of 15, when 80% was certain"


def ended(reason: str = "reached", probe: Probe | None = CERTAIN, **edits: object) -> Evidence:
    """A run whose training was ended after its third epoch."""
    fields = {"fit": "fit-1", "epoch": 3, "asked": 15, "reason": reason, "threshold": 0.8, **edits}
    seen = right_answer(probe=probe, without=[f"epoch_{number}" for number in range(4, 16)])
    return seen.model_copy(update={"run": seen.run.model_copy(update={"decided": Decided.model_validate(fields)})})


def asked(
    *questions: Callable[[RunView], object],
    accuracy: float | None = 0.8,
    still_epochs: int | None = None,
    decide_early: bool = True,
    dataset: str = "horses_or_humans",
) -> Grader:
    grader = Grader(
        "horses_or_humans",
        title="Horses",
        dataset=dataset,
        hidden_accuracy=accuracy,
        still_epochs=still_epochs,
        decide_early=decide_early,
    )
    fitting = grader.exercise("training", title="Train it", needs_training=True)
    for question in questions:
        fitting.check("Is it so?", points=2)(question)  # type: ignore[arg-type]
    return grader


def outcomes(report: Report) -> list[str]:
    return [check.outcome for exercise in report.exercises for check in exercise.checks]


def reaches_nine_tenths(run: RunView) -> str:
    return reaches(run, 0.9)


def test_a_raised_threshold_asks_for_another_run() -> None:
    report = judge(ended(), asked(reaches_nine_tenths, accuracy=0.9))
    [check] = report.exercises[0].checks
    assert (check.outcome, check.score, check.max_score, check.found, check.expected) == (
        "needs_attention",
        0.0,
        2.0,
        None,
        None,
    )
    assert check.message == f"{ENDED}; whether it reaches 90% needs another run."
    assert (report.outcome, report.flags) == (
        "needs_attention",
        (Flag(kind="run_again", message=check.message, cell=2 * TRAINING, checks=(f"training.{check.id}",)),),
    )


def test_a_lowered_threshold_is_answered() -> None:
    report = judge(ended(), asked(lambda run: reaches(run, 0.7), accuracy=0.7))
    assert (outcomes(report), report.flags) == (["passed"], ())


def test_a_call_that_is_left_open_is_not_said_to_be_close() -> None:
    report = judge(ended(probe=hidden(115, 128)), asked(reaches_nine_tenths, accuracy=0.9))
    assert [flag.kind for flag in report.flags] == ["run_again"]


# --- what an author asks in a way of their own ------------------------------------------------------------------------


def names_nine_tenths(run: RunView) -> None:
    measured = measured_accuracy(run)
    assert measured is not None
    if measured.share <= 0.93:
        raise CheckFailed("the share", expected="more than 93%")


def halves(run: RunView) -> None:
    with part():
        expect(run.training.epochs).to_be(15)
    with part():
        names_nine_tenths(run)


@pytest.mark.parametrize("question", [names_nine_tenths, halves])
@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (ended(), f"{ENDED}; how well it does then needs another run."),
        (
            right_answer(probe=CERTAIN),
            "The trained model was shown 128 hidden images; how well it does needs more of them.",
        ),
        (
            right_answer(probe=None),
            "The trained model has not been tried on hidden images yet; that needs another run.",
        ),
    ],
    ids=["ended", "few images", "no images"],
)
def test_a_question_about_hidden_images_that_fails_on_part_of_them_asks_for_another_run(
    evidence: Evidence, said: str, question: Callable[[RunView], None]
) -> None:
    report = judge(evidence, asked(question))
    assert outcomes(report) == ["needs_attention"]
    assert [(flag.kind, flag.message) for flag in report.flags] == [("run_again", said)]


def test_on_all_images_it_fails() -> None:
    assert outcomes(judge(right_answer(), asked(names_nine_tenths))) == ["failed"]


def test_what_holds_already_holds() -> None:
    for evidence in (ended(probe=hidden(128, 128)), right_answer(probe=hidden(128, 128, available=512))):
        assert outcomes(judge(evidence, asked(names_nine_tenths))) == ["passed"]


def test_hidden_images_of_another_data_set_say_nothing() -> None:
    other = right_answer(probe=hidden(dataset="cats_or_dogs"))
    assert [flag.kind for flag in judge(other, asked(names_nine_tenths)).flags] == ["run_again"]
    same = right_answer(probe=hidden(dataset="horses_or_humans"))
    assert judge(same, asked(names_nine_tenths)).flags == ()


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ({"still_epochs": 3}, "failed"),
        ({"still_epochs": 5}, "needs_attention"),
        ({}, "needs_attention"),
        ({"still_epochs": 3, "decide_early": False}, "needs_attention"),
    ],
    ids=["the same", "more", "any number", "not ended any more"],
)
def test_a_training_that_stood_still_fails_as_long_as_the_author_allows_no_more(
    now: dict[str, int], outcome: str
) -> None:
    stuck = ended("still", hidden(100), still_epochs=3)
    assert outcomes(judge(stuck, asked(lambda run: reaches(run, 0.8), **now))) == [outcome]  # type: ignore[arg-type]


# --- epochs that never ran --------------------------------------------------------------------------------------------


def ran_to_the_end(run: RunView) -> None:
    expect(Observed(run.training.epochs_run, "the epochs")).to_be(15)


def reads_the_last(run: RunView) -> None:
    history.reads(run, run.training.history, "probability", "accuracy")


def last_is_good(run: RunView) -> None:
    if run.training.history["val_accuracy"][-1] < 0.8:
        raise CheckFailed("the last epoch", found="a poor one", expected="a good one")


def improved(run: RunView) -> None:
    curve = run.training.history["val_accuracy"]
    if curve[-1] <= curve[0]:
        raise CheckFailed("the curve", found="no gain", expected="a gain")


def stops_in_time(run: RunView) -> str:
    return ends_training_in_time(run, run.training, key="accuracy", threshold=0.65)


@pytest.mark.parametrize(
    ("question", "whole", "now", "said"),
    [
        (ran_to_the_end, "passed", "needs_attention", f"{ENDED}; how many epochs it takes needs another run."),
        (stops_in_time, "failed", "needs_attention", f"{ENDED}; how many epochs it takes needs another run."),
        (reads_the_last, "failed", "needs_attention", f"{ENDED}; what comes after needs another run."),
        (last_is_good, "passed", "needs_attention", f"{ENDED}; what comes after needs another run."),
        (improved, "passed", "passed", None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_check_that_fails_for_epochs_that_never_ran_asks_for_another_run(
    question: Callable[[RunView], object], whole: str, now: str, said: str | None
) -> None:
    assert outcomes(judge(right_answer(), asked(question))) == [whole]
    report = judge(ended(), asked(question))
    assert outcomes(report) == [now]
    assert [flag.message for flag in report.flags] == ([said] if said else [])


def test_epochs_of_a_training_that_came_to_its_end_are_counted() -> None:
    assert view().training.epochs_run == 15
    with pytest.raises(NeedsRun):
        _ = RunView(ended()).training.epochs_run


def test_a_further_run_that_leaves_a_check_open_says_so() -> None:
    wrong = right_answer(compiled={"learning_rate": 1.0}, probe=hidden(100))
    answers = ("training.reaches_nine_tenths",)
    further = Rerun(replaced=("compile",), answers=answers, training_went_by=True, run=ended().run, probe=CERTAIN)
    grader = asked(reaches_nine_tenths, accuracy=0.9)
    other = Grader("horses_or_humans", title="Horses", dataset="horses_or_humans", hidden_accuracy=0.9)
    other.exercise("compile", title="Compile")
    other.exercises += grader.exercises
    report = judge(wrong.model_copy(update={"reruns": (further,)}), other)
    assert "run_again" in [flag.kind for flag in report.flags]


# --- a model that cannot be rebuilt -----------------------------------------------------------------------------------


def test_a_model_that_cannot_be_rebuilt_waits_for_a_person() -> None:
    problem = "The model is a class of the student's own, which fairmark cannot rebuild to try it on hidden images"
    report = judge(
        right_answer(probe=hidden(0, 0, problem=problem, not_rebuilt=True)), asked(lambda run: reaches(run, 0.8))
    )
    [check] = report.exercises[0].checks
    assert (check.outcome, check.message) == ("needs_attention", f"{problem}; a person should look.")
    assert [(flag.kind, flag.message, flag.cell) for flag in report.flags] == [
        ("not_rebuilt", check.message, 2 * TRAINING)
    ]
