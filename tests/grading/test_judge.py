"""The judge: evidence and a grader in, a report out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from recorded import (
    COMPILE,
    GENERATORS,
    LAST,
    LAYERS,
    LOGITS,
    PREDICTION,
    SOURCES,
    STEPS,
    TRAINING,
    dense,
    events,
    hidden,
    layers,
    right_answer,
    unreadable,
    untouched,
)

from fairmark import Grader, expect, part
from fairmark.checks import CheckFailed, ConflictingEvidence, NoEvidence, load_grader
from fairmark.evidence import (
    EVENT,
    CellError,
    CellStarted,
    EpochEnded,
    Evidence,
    Flag,
    Function,
    NamesBound,
    RecorderFailed,
    Rerun,
    Run,
    RunOutcome,
    Stamped,
    Submission,
)
from fairmark.grading.judge import judge, put_off
from fairmark.keras import RunView
from fairmark.keras.views.vouched import binds_of, calls_of
from fairmark.report import CheckResult, ExerciseResult, Report

ROOT = Path(__file__).resolve().parents[2]
HORSES = load_grader(ROOT / "graders" / "horses_or_humans.py")

TYPO = CellError(type="NameError", message="name 'kears' is not defined", line=3)


def exercise(report: Report, name: str) -> ExerciseResult:
    return next(result for result in report.exercises if result.id == name)


def check(report: Report, name: str) -> CheckResult:
    """A result by ``exercise.check``."""
    exercise_id, _, check_id = name.partition(".")
    return next(result for result in exercise(report, exercise_id).checks if result.id == check_id)


def marked(**edits: Any) -> Report:  # noqa: ANN401 - as recorded.right_answer takes them
    return judge(right_answer(**edits), HORSES)


def kinds(report: Report) -> list[str]:
    return [flag.kind for flag in report.flags]


def asking(*questions: Callable[[RunView], object], points: float = 1, accuracy: float | None = None) -> Grader:
    """A grader with one exercise, ``compile``, and a check for each question."""
    grader = Grader("shapes", title="Shapes", dataset="shapes", hidden_accuracy=accuracy)
    compiled = grader.exercise("compile", title="Compile")
    for question in questions:
        compiled.check(f"Is it {question.__name__}?", points=points, hint="Look again.")(question)  # type: ignore[arg-type]
    return grader


def answer(question: Callable[[RunView], object], evidence: Evidence | None = None, points: float = 1) -> CheckResult:
    """What comes of one question, asked of a right answer unless told otherwise."""
    return judge(evidence or right_answer(), asking(question, points=points)).exercises[0].checks[0]


# --- marks ------------------------------------------------------------------------------------------------------------


def test_a_right_answer_has_full_marks_and_no_flags() -> None:
    report = marked()
    assert (report.outcome, report.score, report.max_score, report.flags) == ("passed", 20.0, 20.0, ())
    assert {result.outcome for result in report.exercises} == {"passed"}


def test_the_report_says_whose_it_is_and_how_it_ran() -> None:
    report = marked()
    assert (report.student, report.assignment, report.notebook_sha256) == ("ada", "horses_or_humans", "3f" * 32)
    assert (report.run.outcome, report.run.isolation, report.run.software) == (
        "completed",
        ("fake",),
        {"fairmark": "fake"},
    )


def test_what_is_passed_has_no_hint_and_may_have_a_remark() -> None:
    def right(run: RunView) -> str:
        return "All of them, too."

    result = answer(right)
    assert (result.outcome, result.score, result.message, result.hint) == ("passed", 1.0, "All of them, too.", None)


def test_what_failed_carries_found_expected_hint_and_the_cell_of_the_file() -> None:
    def wrong(run: RunView) -> None:
        expect(run.model.optimizer).to_be("adam")

    result = answer(wrong, points=2)
    assert (result.outcome, result.score, result.max_score) == ("failed", 0.0, 2.0)
    assert result.message == "The optimizer: found rmsprop, expected adam."
    assert (result.found, result.expected, result.hint) == ("rmsprop", "adam", "Look again.")
    assert result.cell == 2 * COMPILE


def test_parts_share_the_points_and_all_that_failed_are_told() -> None:
    def thirds(run: RunView) -> None:
        for expected in ("adam", "rmsprop", "sgd"):
            with part():
                expect(run.model.optimizer).to_be(expected)

    result = answer(thirds, points=2)
    assert (result.outcome, result.score) == ("partial", 2 / 3)
    assert result.message == (
        "The optimizer: found rmsprop, expected adam. The optimizer: found rmsprop, expected sgd."
    )
    assert (result.found, result.expected) == ("rmsprop", "adam; sgd")


def test_parts_that_all_fail_are_a_failure() -> None:
    def halves(run: RunView) -> None:
        for expected in ("adam", "sgd"):
            with part():
                expect(run.model.optimizer).to_be(expected)

    assert (answer(halves).outcome, answer(halves).score) == ("failed", 0.0)


def test_two_parts_that_say_the_same_say_it_once() -> None:
    def twice(run: RunView) -> None:
        for _ in range(2):
            with part():
                expect(run.model.optimizer).to_be("adam")

    assert answer(twice).message == "The optimizer: found rmsprop, expected adam."


def test_points_that_are_thirds_add_up() -> None:
    def right(run: RunView) -> None: ...
    def too(run: RunView) -> None: ...
    def three(run: RunView) -> None: ...

    report = judge(right_answer(), asking(right, too, three, points=2 / 3))
    assert report.score == report.max_score == 2
    assert put_off(right_answer(), asking(right, too, three, points=2 / 3), "").max_score == 2


def test_an_exercise_is_partial_where_some_of_it_is_right() -> None:
    report = marked(compiled={"metrics": []})
    assert exercise(report, "compile").outcome == report.outcome == "partial"
    assert (exercise(report, "compile").score, report.score) == (2.0, 19.0)


def test_visibility_is_passed_on() -> None:
    grader = asking()
    grader.exercises[0].check("Secret", points=1, visibility="after_deadline")(lambda run: None)
    assert judge(right_answer(), grader).exercises[0].checks[0].visibility == "after_deadline"


def test_a_structure_only_run_is_asked_for_structure_only() -> None:
    report = marked(until="fit", training_skipped=True, probe=None, fit={"trained": False})
    assert [result.id for result in report.exercises] == ["generators", "layers", "compile", "steps"]
    assert (report.outcome, report.score, report.max_score) == ("passed", 14.0, 14.0)


# --- untouched --------------------------------------------------------------------------------------------------------


def test_a_notebook_as_it_was_given_out_is_unattempted_without_a_word_of_blame() -> None:
    report = judge(untouched(), HORSES)
    assert (report.outcome, report.score, report.max_score, report.flags) == ("unattempted", 0.0, 20.0, ())
    for result in report.exercises:
        assert result.outcome == "unattempted"
        for one in result.checks:
            assert (one.outcome, one.message, one.found, one.expected) == (
                "unattempted",
                "Not attempted yet.",
                None,
                None,
            )


def test_an_untouched_exercise_names_its_cell() -> None:
    report = marked(untouched=["compile"])
    assert exercise(report, "compile").outcome == "unattempted"
    assert check(report, "compile.loss").cell == 2 * COMPILE


def test_an_untouched_exercise_costs_its_own_marks_once() -> None:
    fit = {"training": "model.fit(training_pictures, epochs=15, validation_data=validation_pictures)"}
    report = marked(untouched=["steps"], sources=fit, fit={"steps_per_epoch": None, "validation_steps": None})
    assert {result.id for result in report.exercises if result.outcome != "passed"} == {"steps"}
    assert (exercise(report, "steps").outcome, report.score) == ("unattempted", 18.0)


def test_an_exercise_whose_cell_is_gone_is_unattempted() -> None:
    evidence = right_answer(without=["compiled"])
    cells = tuple(cell for cell in evidence.submission.cells if cell.exercise != "compile")
    evidence = evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})
    result = check(judge(evidence, HORSES), "compile.loss")
    assert (result.outcome, result.message, result.cell) == ("unattempted", "Not attempted yet.", None)


def test_an_answer_given_in_another_cell_counts() -> None:
    compiled = events()["compiled"].model_copy(update={"cell": LAST})
    report = marked(
        untouched=["compile"], also=[compiled], sources={"last": "model.compile('rmsprop', 'bce', metrics=['acc'])"}
    )
    assert exercise(report, "compile").outcome == "passed"


@pytest.mark.parametrize(
    ("edits", "outcome", "check_hint", "exercise_hint"),
    [
        ({"untouched": ["compile"]}, "unattempted", None, "Begin here."),
        ({"errors": {COMPILE: TYPO}}, "error", None, None),
        ({}, "failed", "Look again.", "Begin here."),
    ],
)
def test_a_hint_is_given_to_code_that_ran_and_is_not_right_yet(
    edits: dict[str, Any], outcome: str, check_hint: str | None, exercise_hint: str | None
) -> None:
    def wrong(run: RunView) -> None:
        expect(run.model.optimizer).to_be("adam")

    grader = asking(wrong)
    grader.exercises[0] = replace(grader.exercises[0], hints=("Begin here.",))
    result = judge(right_answer(**edits), grader).exercises[0]
    assert (result.outcome, result.checks[0].hint, result.hint) == (outcome, check_hint, exercise_hint)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_cell_that_raised_is_named_by_its_number_with_line_and_cause() -> None:
    result = check(marked(without=["compiled"], errors={COMPILE: TYPO}), "compile.loss")
    assert result.outcome == "error"
    assert result.message.startswith("This cell raised NameError, line 3: name 'kears' is not defined. ")
    assert result.found == "NameError: name 'kears' is not defined"
    assert result.cell == 2 * COMPILE


def test_an_error_without_a_line_has_none() -> None:
    error = CellError(type="KeyboardInterrupt", message="")
    result = check(marked(without=["compiled"], errors={COMPILE: error}), "compile.loss")
    assert result.message == "This cell raised KeyboardInterrupt: "


def test_what_a_cell_did_before_it_raised_is_marked() -> None:
    report = marked(errors={COMPILE: TYPO})
    assert report.score == 20.0
    assert report.run.outcome == "student_error"


def test_what_could_not_be_seen_for_an_earlier_error_says_so() -> None:
    result = check(marked(without=["compiled"], errors={LAYERS: TYPO}), "compile.loss")
    assert result.outcome == "error"
    assert result.message == (
        "An earlier cell raised NameError, so this could not be seen: name 'kears' is not defined"
    )
    assert result.cell == 2 * LAYERS


def test_a_later_error_explains_nothing() -> None:
    result = check(marked(without=["compiled"], errors={TRAINING: TYPO}), "compile.loss")
    assert (result.outcome, result.cell) == ("failed", 2 * COMPILE)
    assert result.message == "The compile settings: found no call of compile, expected model.compile(...)."


def test_a_wrong_answer_is_wrong_whatever_else_raised() -> None:
    result = check(marked(compiled={"metrics": []}, errors={LAYERS: TYPO}), "compile.metrics")
    assert result.outcome == "failed"


# --- limits -----------------------------------------------------------------------------------------------------------

CUT: dict[str, Any] = {"until": "epoch_3", "outcome": "timeout", "probe": None}
SAID = "the notebook ran longer than 600 seconds"


@pytest.mark.parametrize("outcome", ["timeout", "out_of_memory", "output_limit", "crashed"])
def test_what_was_not_reached_says_which_limit(outcome: RunOutcome) -> None:
    report = marked(**{**CUT, "outcome": outcome}, reason=SAID)
    result = check(report, "prediction.named")
    assert (result.outcome, result.message) == ("limit", f"This was not reached: {SAID}.")
    assert result.cell == 2 * PREDICTION
    assert report.flags == (Flag(kind=outcome, message=SAID),)
    assert report.outcome == "limit"


def test_a_limit_costs_nothing_that_was_done_before() -> None:
    report = marked(**CUT, reason=SAID)
    assert {result.id: result.score for result in report.exercises} == {
        "generators": 4.0,
        "layers": 5.0,
        "compile": 3.0,
        "steps": 2.0,
        "training": 1.5,  # what fit was given, as far as it was seen
        "prediction": 0.0,
    }
    assert check(report, "training.epochs").outcome == "limit"


def test_a_limit_is_the_reason_even_where_an_earlier_cell_raised() -> None:
    report = marked(**CUT, reason=SAID, errors={LAYERS: TYPO})
    assert check(report, "prediction.named").outcome == "limit"


def test_a_cell_that_ended_before_the_limit_was_reached() -> None:
    report = marked(**CUT, without=["compiled"])
    assert check(report, "compile.loss").outcome == "failed"


def test_a_limit_without_a_reason_is_named() -> None:
    assert check(marked(**CUT), "prediction.named").message == "This was not reached: timeout."


# --- ours -------------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_an_error_in_every_exercise_with_the_reason() -> None:
    report = judge(unreadable("ada.ipynb: not JSON"), HORSES)
    assert (report.outcome, report.score, report.max_score, report.run.outcome) == ("error", 0.0, 20.0, "unreadable")
    assert {one.message for result in report.exercises for one in result.checks} == {"ada.ipynb: not JSON"}
    assert {one.cell for result in report.exercises for one in result.checks} == {None}


def test_witnesses_that_disagree_need_attention_and_are_flagged_with_the_cell() -> None:
    generators = "a = ImageDataGenerator()\na.flow_from_directory(b, (300, 300), batch_size=64, class_mode='binary')"
    report = marked(sources={"generators": generators})
    said = "the run reports batch_size = 128, but the text says 64"
    result = check(report, "generators.batches")
    assert (result.outcome, result.score, result.message, result.cell) == ("needs_attention", 0.0, said, 2 * GENERATORS)
    [flag] = [flag for flag in report.flags if flag.message == said]
    assert (flag.kind, flag.cell) == ("witnesses_disagree", 2 * GENERATORS)
    assert "generators.batches" in flag.checks
    assert report.outcome == "needs_attention"
    assert len(report.flags) == len(set(report.flags))


@pytest.mark.parametrize("problem", [KeyError("loss"), RecursionError(), SystemExit(1), AssertionError()])
def test_a_check_that_raises_is_the_authors_fault_and_needs_attention(problem: BaseException) -> None:
    def broken(run: RunView) -> None:
        raise problem

    report = judge(right_answer(), asking(broken))
    result = report.exercises[0].checks[0]
    assert (result.outcome, result.message) == ("needs_attention", "This check could not be made; a person will look.")
    (flag,) = report.flags
    assert flag.kind == "grader_failed"
    line = broken.__code__.co_firstlineno + 1
    assert flag.message == f"check 'broken' raised {type(problem).__name__}: {problem} (broken, line {line})"


def test_the_other_checks_of_a_broken_grader_are_still_made() -> None:
    def broken(run: RunView) -> None:
        raise KeyError

    def right(run: RunView) -> None: ...

    report = judge(right_answer(), asking(broken, right))
    assert [one.outcome for one in report.exercises[0].checks] == ["needs_attention", "passed"]


def test_what_the_recorder_missed_needs_attention() -> None:
    failed = RecorderFailed(cell=COMPILE, where="compile", message="KeyError: 'optimizer'")
    report = marked(without=["compiled"], also=[failed])
    result = check(report, "compile.loss")
    assert (result.outcome, result.message) == ("needs_attention", "This could not be observed; a person will look.")
    about = ("compile.loss", "compile.optimizer", "compile.metrics")
    assert Flag(kind="recorder_failed", message="KeyError: 'optimizer'", checks=about) in report.flags


def test_where_the_recorder_stumbled_but_the_evidence_is_there_nothing_is_wrong() -> None:
    report = marked(also=[RecorderFailed(cell=COMPILE, where="names", message="KeyError")])
    assert (report.score, report.flags) == (20.0, ())


def test_putting_off_costs_nothing_and_says_why() -> None:
    report = put_off(right_answer(), HORSES, "no space left on device")
    assert (report.outcome, report.max_score) == ("needs_attention", 20.0)
    assert report.flags == (Flag(kind="not_marked", message="no space left on device"),)
    assert {one.message for result in report.exercises for one in result.checks} == {
        "This could not be marked yet; a person will look."
    }
    assert [result.id for result in report.exercises] == [asked.id for asked in HORSES.exercises]


# --- precedence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "edits", "outcome"),
    [
        (None, {}, "passed"),
        (None, {"untouched": ["compile"]}, "passed"),
        (CheckFailed("it", found="x"), {}, "failed"),
        (CheckFailed("it", found="x"), {"untouched": ["compile"]}, "unattempted"),
        (CheckFailed("it", found="x"), {"errors": {COMPILE: TYPO}}, "error"),
        (CheckFailed("it", found="x"), {"errors": {LAYERS: TYPO}}, "failed"),
        (NoEvidence("it", found="x"), {}, "failed"),
        (NoEvidence("it", found="x"), {"untouched": ["compile"]}, "unattempted"),
        (NoEvidence("it", found="x"), {"untouched": ["compile"], "errors": {LAYERS: TYPO}}, "unattempted"),
        (NoEvidence("it", found="x"), {"errors": {LAYERS: TYPO}}, "error"),
        (NoEvidence("it", found="x"), {"until": "model_name", "outcome": "timeout"}, "limit"),
        (
            NoEvidence("it", found="x"),
            {"until": "model_name", "outcome": "timeout", "untouched": ["compile"]},
            "unattempted",
        ),
        (ConflictingEvidence("two stories"), {}, "needs_attention"),
        (ConflictingEvidence("two stories"), {"errors": {COMPILE: TYPO}}, "needs_attention"),
        (ValueError(), {"until": "model_name", "outcome": "timeout"}, "needs_attention"),
    ],
)
def test_of_several_outcomes_that_apply_one_is_said(
    raised: Exception | None, edits: dict[str, Any], outcome: str
) -> None:
    def asked(run: RunView) -> None:
        if raised is not None:
            raise raised

    assert answer(asked, right_answer(**edits)).outcome == outcome


# --- flags ------------------------------------------------------------------------------------------------------------


def test_flags_found_while_reading_are_kept() -> None:
    flag = Flag(kind="locked_cell_changed", message="restored", cell=4)
    assert marked(flags=(flag,)).flags == (flag,)


def test_weights_changed_after_training_are_flagged_and_cost_nothing() -> None:
    report = marked(exported_at_end={"digest": "bb"})
    assert report.flags == (
        Flag(kind="weights_changed", message="the model's weights were changed after its last training"),
    )
    assert report.score == 20.0


def test_weights_of_another_model_may_change() -> None:
    assert marked(exported_at_end={"digest": "bb", "model": "model-2"}).flags == ()


def test_a_close_call_is_flagged_on_either_side() -> None:
    said = "hidden pictures named rightly: 160 of 200 (80.0%, 95% interval 73.9%-85.0%)"
    assert marked(probe=hidden(160)).flags == (Flag(kind="close_call", message=said),)
    assert kinds(marked(probe=hidden(155))) == ["close_call"]
    assert kinds(marked(probe=hidden(100))) == []


def test_a_close_call_is_counted_as_the_mark_is() -> None:
    generators = SOURCES["generators"].replace("class_mode=", "classes=['humans', 'horses'], class_mode=")
    linear = SOURCES["layers"].replace(', activation="sigmoid"', "")
    loss = "keras.losses.BinaryCrossentropy(from_logits=True)"
    logits = SOURCES["compile"].replace('"binary_crossentropy"', loss)
    edits: dict[str, Any] = {
        "training": {"classes": ["humans", "horses"]},
        "model": {"layers": [*layers()[:-1], dense(1, "linear")]},
        "compiled": LOGITS,
        "sources": {"generators": generators, "layers": linear, "compile": logits},
    }
    outputs = tuple((0.4 - output,) for (output,) in hidden(160).outputs)
    report = marked(probe=hidden(outputs=outputs), **edits)
    assert check(report, "training.hidden_accuracy").outcome == "passed"
    assert kinds(report) == ["close_call"]


def test_where_accuracy_is_not_asked_for_no_call_is_close() -> None:
    assert judge(right_answer(probe=hidden(160)), asking(accuracy=None)).flags == ()
    assert kinds(judge(right_answer(probe=hidden(160)), asking(accuracy=0.8))) == ["close_call"]


def test_a_probe_that_does_not_add_up_needs_attention() -> None:
    report = marked(probe=hidden(truth=(0,)))
    assert check(report, "training.hidden_accuracy").outcome == "needs_attention"
    assert kinds(report) == ["grader_failed"]


# --- an error costs its own marks once --------------------------------------------------------------------------------

WRONG_RATE: dict[str, Any] = {
    "sources": {"compile": "model.compile(loss='bce', optimizer=keras.optimizers.RMSprop(1.0), metrics=['accuracy'])"},
    "compiled": {"learning_rate": 1.0},
    "probe": hidden(100),
}
ALL_CHECKS = tuple(f"{exercise.id}.{one.id}" for exercise in HORSES.exercises for one in exercise.checks)


def again(*replaced: str, answers: tuple[str, ...] = ALL_CHECKS, **edits: Any) -> Rerun:  # noqa: ANN401
    """A further run with the exercises in ``replaced`` put right, in which everything else was right as well."""
    right = right_answer(**edits)
    return Rerun(
        replaced=replaced,
        answers=answers,
        training_went_by=True,
        run=right.run,
        probe=right.probe,
        calls=calls_of(right.submission.cells, replaced),
        binds=binds_of(right.submission.cells, replaced),
    )


def test_what_is_carried_forward_is_credited_and_flagged() -> None:
    report = marked(**WRONG_RATE, reruns=(again("compile"),))
    result = check(report, "training.hidden_accuracy")
    assert (result.outcome, result.score) == ("passed", 2.0)
    # No count of hidden pictures: of a run with the reference's answers nothing leaves but the outcome.
    assert (result.message, result.found, result.expected, result.cell) == (
        "Marked as if “Compile the model” were correct; “Compile the model” lost its own marks.",
        None,
        None,
        None,
    )
    assert check(report, "compile.optimizer").outcome == "partial"
    assert report.flags == (
        Flag(kind="carried_forward", message="run again with the reference's compile, to judge what follows"),
    )


def test_a_further_run_that_did_not_help_is_flagged_as_well() -> None:
    report = marked(**WRONG_RATE, reruns=(again("compile", probe=hidden(100)),))
    assert check(report, "training.hidden_accuracy").outcome == "failed"
    assert kinds(report) == ["carried_forward"]


def test_a_further_run_says_nothing_of_what_was_put_right_in_it_or_stands_before() -> None:
    wrong = {**WRONG_RATE, "model": {"layers": layers()[:-1]}}
    report = marked(**wrong, reruns=(again("compile"),))
    assert check(report, "layers.output").outcome == "failed"
    assert check(report, "compile.optimizer").outcome == "partial"


def test_a_further_run_answers_only_what_its_kind_can_answer() -> None:
    report = marked(**WRONG_RATE, reruns=(again("compile", answers=("steps.steps_per_epoch",)),))
    assert check(report, "training.hidden_accuracy").outcome == "failed"


def test_what_went_wrong_by_itself_is_said_rather_than_that_something_before_it_did() -> None:
    raised = {COMPILE: CellError(type="NameError", message="name 'model' is not defined", line=1)}
    first: dict[str, Any] = {"untouched": ["layers"], "without": ["model", "compiled"], "errors": raised}
    rerun = again("layers", compiled={"metrics": []})
    report = marked(**first, reruns=(rerun,))
    result = check(report, "compile.metrics")
    assert (result.outcome, result.message, result.found, result.expected) == (
        "failed",
        "Not right yet. Marked as if “Build the network” were correct; “Build the network” lost its own marks.",
        None,
        None,
    )
    assert (result.hint, result.cell) == ("The loss is for the optimizer; what do people want to read?", 2 * COMPILE)
    assert check(report, "compile.loss").outcome == "passed"


def test_what_a_cell_raised_over_an_earlier_fault_is_not_told_where_the_further_run_earned_everything() -> None:
    raised = {COMPILE: CellError(type="NameError", message="name 'model' is not defined", line=1)}
    first: dict[str, Any] = {"untouched": ["layers"], "without": ["model", "compiled"], "errors": raised}
    last = check(marked(**first, reruns=(again("layers"),)), "compile.metrics")
    assert (last.outcome, last.message) == (
        "passed",
        "Marked as if “Build the network” were correct; “Build the network” lost its own marks.",
    )


def test_cells_that_were_put_right_need_no_witness() -> None:
    sources = {"generators": "raise SystemError"}
    rerun = again("generators")
    report = marked(sources=sources, without=["training", "validation", "batch"], reruns=(rerun,))
    assert check(report, "training.learns").outcome == "passed"


# --- what cannot be forged --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1.0, 0.0, math.nan])
@pytest.mark.parametrize("right", [180, 100])
def test_a_history_that_was_edited_moves_no_mark(value: float, right: int) -> None:
    logs = {"accuracy": value, "val_accuracy": value, "loss": value}
    edited = {f"epoch_{number}": {"logs": logs} for number in range(1, 16)}
    assert marked(probe=hidden(right), **edited) == marked(probe=hidden(right))


def test_what_a_notebook_prints_of_its_marks_is_nothing() -> None:
    printed = {TRAINING: '{"score": 20}', LAST: "outcome: passed"}
    assert marked(printed=printed, compiled={"metrics": []}) == marked(compiled={"metrics": []})


# --- whatever the evidence --------------------------------------------------------------------------------------------

CELLS = st.integers(0, 9)
ODD_FLOATS = st.sampled_from([0.0, 1.0, -1.0, 1 / 255, 255.0, 1e-310, 1e308, math.nan, math.inf, -math.inf])
ODD_INTS = st.sampled_from([0, 1, -1, 8, 128, 300, 1024, 10**18, 10**400])
ODD_SHAPES = st.lists(st.none() | st.integers(-1, 301), max_size=5)
ODD_CONFIGS = st.dictionaries(
    st.sampled_from(["units", "filters", "kernel_size", "activation", "scale", "padding", "pool_size", "strides"]),
    st.none()
    | st.booleans()
    | st.integers(0, 600)
    | st.sampled_from(
        ["relu", "sigmoid", "softmax", "valid", "", {"class_name": "function", "config": "relu"}, [3, 3]]
    ),
    max_size=4,
)
ODD_LAYERS = st.builds(
    lambda layer, class_name, config, shape: layer.model_copy(
        update={"class_name": class_name, "config": config, "output_shape": shape}
    ),
    st.sampled_from(layers()),
    st.sampled_from(["Conv2D", "MaxPooling2D", "Flatten", "Dense", "Rescaling", "Activation", "Mine", ""]),
    ODD_CONFIGS,
    st.none() | ODD_SHAPES,
)
ODD_FUNCTIONS = st.builds(
    Function,
    name=st.sampled_from(["accuracy", "binary_crossentropy", "rmsprop", ""]),
    class_name=st.none() | st.sampled_from(["RMSprop", "Adam", ""]),
    module=st.sampled_from(["keras", "__main__", ""]),
    config=st.sampled_from([{}, {"from_logits": True}, {"from_logits": "no"}]),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "cell": CELLS,
    "found": ODD_INTS,
    "batch_size": st.none() | ODD_INTS,
    "target_size": st.none() | st.tuples(ODD_INTS, ODD_INTS),
    "directory": st.none() | st.sampled_from(["", ".", "train", "/", "train/horses", "\x00"]),
    "classes": st.lists(st.sampled_from(["horses", "humans", ""]), max_size=3),
    "class_mode": st.none() | st.just("binary"),
    "rescale": ODD_FLOATS,
    "parent": st.none() | st.sampled_from(["pictures-1", "pictures-2"]),
    "made_by": st.sampled_from(["flow_from_directory", "image_dataset_from_directory", "flow", "mine"]),
    "pictures": st.none() | st.sampled_from(["pictures-1", "pictures-2", "pictures-3"]),
    "validation_pictures": st.none() | st.sampled_from(["pictures-1", "pictures-2"]),
    "minimum": ODD_FLOATS,
    "maximum": ODD_FLOATS,
    "layers": st.lists(ODD_LAYERS, max_size=6),
    "input_shape": st.none() | ODD_SHAPES,
    "loss": st.none() | ODD_FUNCTIONS,
    "optimizer": ODD_FUNCTIONS,
    "metrics": st.lists(ODD_FUNCTIONS, max_size=2),
    "learning_rate": st.none() | ODD_FLOATS,
    "model": st.sampled_from(["model-1", "model-2"]),
    "epochs": ODD_INTS,
    "steps": ODD_INTS,
    "steps_per_epoch": st.none() | ODD_INTS,
    "validation_steps": st.none() | ODD_INTS,
    "has_validation": st.booleans(),
    "outputs": st.lists(st.lists(ODD_FLOATS, max_size=3), max_size=2),
    "values": st.dictionaries(
        st.sampled_from(["steps_per_epoch", "validation_steps", "predicted_class"]),
        st.none() | st.booleans() | ODD_INTS | ODD_FLOATS | st.text(max_size=5) | st.lists(ODD_INTS, max_size=2),
    ),
    "objects": st.dictionaries(st.sampled_from(["train", "val", "x"]), st.sampled_from(["pictures-1", "model-1"])),
    "digest": st.sampled_from(["aa", "bb"]),
}


@st.composite
def wild_events(draw: st.DrawFn) -> tuple[Stamped, ...]:
    """Events in any order and number, each well formed and with some of its fields changed."""
    known = [*events().values(), RecorderFailed(cell=1, where="fit", message=""), CellStarted(cell=1)]
    chosen = draw(st.lists(st.sampled_from(known), max_size=20))
    told = []
    for event in chosen:
        fields = sorted(FIELDS.keys() & type(event).model_fields.keys())
        edited = draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)) if fields else []
        changed = event.model_copy(update={field: draw(FIELDS[field]) for field in edited})
        with contextlib.suppress(ValidationError):  # what is not well formed does not cross
            told.append(Stamped(at_seconds=0.0, event=EVENT.validate_json(changed.model_dump_json(warnings=False))))
    return tuple(told)


@st.composite
def wild_evidence(draw: st.DrawFn) -> Evidence:
    """Evidence of any such run, after its way through a file."""
    handed_in = draw(st.sampled_from([right_answer().submission, untouched().submission]))
    run = Run(
        outcome=draw(st.sampled_from(["completed", "student_error", "timeout", "crashed", "unreadable", "not_run"])),
        reason=draw(st.none() | st.just("for a reason")),
        events=draw(wild_events()),
        printed=draw(st.dictionaries(CELLS, st.sampled_from(["", "horses", "human"]), max_size=2)),
        training_skipped=draw(st.booleans()),
    )
    probes = st.none() | st.sampled_from(
        [hidden(), hidden(160), hidden(0, 0), hidden(problem="Lambda"), hidden(truth=(7,)), hidden(classes=())]
    )
    reruns = st.builds(
        Rerun, replaced=st.just(("layers",)), answers=st.just(ALL_CHECKS), run=st.just(run), probe=probes
    )
    evidence = Evidence(
        submission=handed_in, run=run, probe=draw(probes), reruns=tuple(draw(st.lists(reruns, max_size=2)))
    )
    return Evidence.model_validate_json(evidence.model_dump_json())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(wild_evidence())
def test_any_evidence_is_judged_within_its_marks_and_the_same_way_twice(evidence: Evidence) -> None:
    report = judge(evidence, HORSES)
    assert judge(evidence, HORSES) == report
    assert judge(Evidence.model_validate_json(evidence.model_dump_json()), HORSES) == report
    assert Report.model_validate_json(report.model_dump_json()).model_dump() == report.model_dump()
    for result in (report, *report.exercises, *(one for each in report.exercises for one in each.checks)):
        assert 0 <= result.score <= result.max_score
    assert all((one.outcome == "passed") == (one.score == one.max_score) for e in report.exercises for one in e.checks)
    assert kinds(report).count("grader_failed") <= (evidence.probe is not None)  # only what does not add up


def test_evidence_without_cells_is_judged() -> None:
    submission = Submission(student="ada", assignment="horses_or_humans", notebook_sha256="")
    report = judge(Evidence(submission=submission, run=Run(outcome="completed")), HORSES)
    assert (report.outcome, report.score) == ("unattempted", 0.0)


def test_judging_leaves_the_evidence_as_it_was() -> None:
    evidence = right_answer(also=[EpochEnded(fit="x", epoch=1, steps=1, validation_steps=0, seconds=1.0, logs={})])
    before = evidence.model_dump_json()
    judge(evidence, HORSES)
    assert evidence.model_dump_json() == before


def test_a_value_in_a_named_list_is_no_answer_to_a_question_for_a_number() -> None:
    report = marked(also=[NamesBound(cell=STEPS, values={"steps_per_epoch": [8]})])
    assert check(report, "steps.steps_per_epoch").found == "8"
