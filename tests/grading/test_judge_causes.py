"""The judge says the cause first: once in full, and at the exercise whose code raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorded import (
    COMPILE,
    GENERATORS,
    LAST,
    LAYERS,
    PREDICTION,
    SOURCES,
    STEPS,
    events,
    hidden,
    right_answer,
)

from fairmark import Grader, expect
from fairmark.checks import CheckFailed, load_grader
from fairmark.evidence import Cell, CellError, CellFinished, CellStarted, Evidence, Rerun, Run, Stamped
from fairmark.grading.judge import judge
from fairmark.keras import RunView
from fairmark.report import CheckResult, Report

HORSES = load_grader(Path(__file__).resolve().parents[2] / "graders" / "horses_or_humans.py")
MODE = CellError(type="TypeError", message="got an unexpected keyword argument 'clas_mode'", line=5)
SAID = (
    "This cell raised TypeError, line 5: got an unexpected keyword argument 'clas_mode'. There is no argument "
    "`clas_mode` here. Write `class_mode`."
)


def checks(report: Report, exercise: str) -> dict[str, CheckResult]:
    return {check.id: check for one in report.exercises if one.id == exercise for check in one.checks}


def own_cell(evidence: Evidence, position: int, source: str) -> Evidence:
    cell = Cell(position=position, number=2 * position, role="added", source=source)
    cells = tuple(cell if one.position == position else one for one in evidence.submission.cells)
    return evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})


# --- once in full -----------------------------------------------------------------------------------------------------


def missing_validation(error: CellError) -> dict[str, CheckResult]:
    return checks(judge(right_answer(without=["validation"], errors={GENERATORS: error}), HORSES), "generators")


def test_an_error_that_took_a_part_along_is_told_once_in_full() -> None:
    missing = "The validation pictures: found none, expected a generator that labels pictures by their folder."
    brief = f"The TypeError in line 5 has taken a part of this along, too. {missing}"
    assert [one.message for one in missing_validation(MODE).values()] == [f"{SAID} {missing}", *[brief] * 4]


def test_an_error_without_a_line_is_told_briefly_without_one() -> None:
    found = missing_validation(MODE.model_copy(update={"line": None}))
    assert found["size"].message.startswith("The TypeError has taken a part of this along, too. The validation")


def test_a_hint_at_what_is_asked_does_not_stand_beside_an_error() -> None:
    report = judge(right_answer(without=["training", "validation", "names"], errors={GENERATORS: MODE}), HORSES)
    assert {check.hint for check in checks(report, "generators").values()} == {None}
    wrong = judge(right_answer(validation={"directory": "train"}), HORSES)
    assert checks(wrong, "generators")["folders"].hint is not None


def test_a_check_that_not_everybody_sees_tells_of_the_error_and_takes_it_from_nobody() -> None:
    grader = Grader("shapes", title="Shapes", dataset="shapes")
    compiled = grader.exercise("compile", title="Compile")

    @compiled.check("First", points=1, visibility="after_deadline")
    def first(run: RunView) -> None:
        expect(run.model.learning_rate).to_be(5)

    @compiled.check("Second", points=1)
    def second(run: RunView) -> None:
        expect(run.model.learning_rate).to_be(6)

    report = judge(right_answer(without=["compiled"], errors={COMPILE: MODE}), grader)
    assert [check.message for check in checks(report, "compile").values()] == [SAID, SAID]


# --- what is missing of an answer -------------------------------------------------------------------------------------


def test_what_its_own_error_left_out_of_an_answer_is_explained_by_it() -> None:
    report = judge(right_answer(without=["validation"], errors={GENERATORS: MODE}), HORSES)
    rescale = checks(report, "generators")["rescale"]
    missing = "The validation pictures: found none, expected a generator that labels pictures by their folder."
    assert (rescale.outcome, rescale.score, rescale.message) == ("partial", 0.5, f"{SAID} {missing}")


def test_so_is_what_an_error_in_the_cells_below_it_left_out() -> None:
    """The second half of a cell that was split."""
    names = {"objects": {"training_pictures": "pictures-1"}}
    evidence = right_answer(without=["validation"], names=names, errors={LAYERS: MODE})
    report = judge(own_cell(evidence, LAYERS, "validation_pictures = scaled.flow(clas_mode=1)"), HORSES)
    rescale = checks(report, "generators")["rescale"]
    assert (rescale.outcome, rescale.score, rescale.cell) == ("partial", 0.5, 2 * LAYERS)
    assert rescale.message.startswith(SAID)


def test_a_wrong_part_is_not_explained_by_an_error() -> None:
    report = judge(right_answer(training={"directory": "validation"}, errors={GENERATORS: MODE}), HORSES)
    found = checks(report, "generators")["folders"]
    assert found.message.startswith("The folder of the training pictures: found validation/")


def test_an_error_of_a_function_is_explained_at_the_exercise_that_wrote_it() -> None:
    error = MODE.model_copy(update={"through": (LAST, COMPILE), "lines": (1, 3)})
    report = judge(right_answer(without=["compiled"], errors={LAST: error}), HORSES)
    loss = checks(report, "compile")["loss"]
    assert (loss.outcome, loss.cell) == ("error", 2 * COMPILE)
    assert loss.message.startswith("This cell raised TypeError, line 3: got an unexpected")


def test_an_error_below_explains_what_is_wholly_missing() -> None:
    error = CellError(type="NameError", message="name 'make_it' is not defined", line=1)
    evidence = right_answer(without=["compiled"], errors={STEPS: error})
    report = judge(own_cell(evidence, STEPS, "compiled = make_it(model)"), HORSES)
    loss = checks(report, "compile")["loss"]
    assert (loss.outcome, loss.cell) == ("error", 2 * STEPS)
    assert loss.message.startswith("This cell raised NameError, line 1: name 'make_it' is not defined.")


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("found <Sequential object at 0x7f12ab34cd56>", "found <Sequential object>"),
        ("<keras.layers.Dense at 0x7F00000000AA>, twice: 0x7f00000000bb", "<keras.layers.Dense>, twice:"),
        ("the colour 0xff0000 is red", "the colour 0xff0000 is red"),
    ],
)
def test_addresses_in_memory_are_not_told(text: str, shown: str) -> None:
    grader = Grader("shapes", title="Shapes", dataset="shapes")
    compiled = grader.exercise("compile", title="Compile")

    @compiled.check("Asked", points=1)
    def asked(run: RunView) -> None:
        raise CheckFailed("it", found=text, message=text)

    found = checks(judge(right_answer(), grader), "compile")["asked"]
    assert (found.message, found.found) == (shown, shown)


# --- what a quick check reached ---------------------------------------------------------------------------------------


def ended_at(cell: int, model: str = "model-0") -> Evidence:
    """A run that ended at a ``fit`` in ``cell``: nothing behind it is there."""
    fit = events()["fit"].model_copy(update={"cell": cell, "trained": False, "model": model, "steps_per_epoch": 2})
    whole = right_answer(without=["fit"], training_skipped=True)
    behind = ("epoch_ended", "model_exported")
    kept = [one for one in whole.run.events if getattr(one.event, "cell", 0) < cell and one.event.kind not in behind]
    begun = [CellStarted(cell=cell), fit]
    stamped = (*kept, *(Stamped(at_seconds=99, event=event) for event in begun))
    called = "model.fit(x, epochs=15, steps_per_epoch=2, validation_steps=8)"
    texts = {cell: f"{whole.submission.cells[cell - 1].source}\n{called}"}
    submission = whole.submission.with_sources(texts)
    run = whole.run.model_copy(update={"events": stamped})
    return whole.model_copy(update={"submission": submission, "run": run, "probe": None})


def test_what_a_quick_check_did_not_reach_is_not_checked() -> None:
    report = judge(ended_at(COMPILE), HORSES)
    assert [one.id for one in report.exercises] == ["generators", "layers"]
    assert (report.score, report.max_score, report.outcome) == (9, 9, "passed")
    assert report.not_checked == (
        "compile.loss",
        "compile.optimizer",
        "compile.metrics",
        "steps.steps_per_epoch",
        "steps.validation_steps",
        "training.learns",
        "training.epochs",
        "training.validation",
        "training.hidden_accuracy",
        "prediction.prepared",
        "prediction.named",
    )


def test_what_a_trial_had_before_the_answers_says_nothing_of_them() -> None:
    """Not even where it would be right: the cell that answers has not run."""
    report = judge(own_cell(ended_at(LAYERS), LAYERS, "trial.fit(...)"), HORSES)
    assert "steps.steps_per_epoch" in report.not_checked
    assert "compile.loss" in report.not_checked


def test_what_was_wrong_before_the_fit_in_its_own_cell_is_wrong() -> None:
    report = judge(ended_at(STEPS), HORSES)
    assert [one.id for one in report.exercises] == ["generators", "layers", "compile", "steps"]
    assert [check.outcome for check in checks(report, "steps").values()] == ["failed", "passed"]


def test_a_stub_behind_the_fit_is_not_attempted() -> None:
    evidence = ended_at(COMPILE)
    cells = tuple(cell.model_copy(update={"touched": cell.exercise != "compile"}) for cell in evidence.submission.cells)
    stub = evidence.model_copy(update={"submission": evidence.submission.model_copy(update={"cells": cells})})
    found = checks(judge(stub, HORSES), "compile")
    assert [check.message for check in found.values()] == ["Not attempted yet."] * 3


def test_what_a_run_that_went_on_can_answer_is_checked() -> None:
    whole = right_answer(training_skipped=True)
    rerun = Rerun(replaced=(), answers=("compile.loss", "compile.optimizer", "steps.steps_per_epoch"), run=whole.run)
    evidence = own_cell(ended_at(LAYERS), LAYERS, f"{SOURCES['layers']}\ntrial.fit(...)")
    report = judge(evidence.model_copy(update={"reruns": (rerun,)}), HORSES)
    assert set(checks(report, "compile")) == {"loss", "optimizer"}
    assert set(checks(report, "steps")) == {"steps_per_epoch"}
    assert report.not_checked[:2] == ("compile.metrics", "steps.validation_steps")
    assert report.flags == ()
    assert {check.message for check in (*checks(report, "compile").values(), *checks(report, "steps").values())} == {""}


def test_what_is_wrong_in_it_is_said() -> None:
    steps = "steps_per_epoch = 3"
    whole = right_answer(training_skipped=True, steps={"values": {"steps_per_epoch": 3}}, sources={"steps": steps})
    rerun = Rerun(replaced=(), answers=("steps.steps_per_epoch",), run=whole.run)
    first = ended_at(LAYERS).model_copy(update={"submission": whole.submission, "reruns": (rerun,)})
    found = checks(judge(own_cell(first, LAYERS, "trial.fit(...)"), HORSES), "steps")["steps_per_epoch"]
    assert (found.outcome, found.found, found.score) == ("failed", "3", 0)


# --- an old name ------------------------------------------------------------------------------------------------------


def test_a_run_with_an_old_name_respelled_answers_what_the_error_took_along() -> None:
    error = CellError(
        type="ValueError",
        message="Argument(s) not recognized: {'lr': 0.001}",
        line=1,
        through=(LAST, COMPILE),
        lines=(1, 2),
    )
    first = right_answer(without=["compiled"], errors={LAST: error})
    respelled = Rerun(
        replaced=(),
        answers=("compile.loss", "compile.metrics"),
        sources={COMPILE: "model.compile(loss='binary_crossentropy', metrics=['accuracy'])"},
        run=right_answer().run,
        probe=hidden(),
    )
    found = checks(judge(first.model_copy(update={"reruns": (respelled,)}), HORSES), "compile")
    note = "Marked with the call of an older Keras put right, which has lost its marks."
    assert [(check.score, check.outcome) for check in found.values()] == [(1, "passed"), (0, "error"), (1, "passed")]
    assert (found["loss"].message, found["metrics"].message) == (note, note)
    assert found["optimizer"].message.startswith("This cell raised ValueError, line 2: Argument(s) not recognized")


# --- flags ------------------------------------------------------------------------------------------------------------


def killed(source: str, *, behind: bool = True) -> Report:
    """A run that died in its last cell, ``behind`` all that answers an exercise or while the last of those had not
    ended."""
    evidence = right_answer(outcome="crashed", reason="the process died of SIGKILL")
    ended = [Stamped(at_seconds=98, event=CellFinished(cell=PREDICTION, seconds=1))] if behind else []
    stamped = (*evidence.run.events, *ended, Stamped(at_seconds=99, event=CellStarted(cell=LAST)))
    run: Run = evidence.run.model_copy(update={"events": stamped})
    return judge(own_cell(evidence.model_copy(update={"run": run}), LAST, source), HORSES)


@pytest.mark.parametrize(
    "source", ["import os\nos.kill(os.getpid(), 9)", "os._exit(0)", "os.abort()", "signal.raise_signal(9)"]
)
def test_a_notebook_that_ends_itself_behind_its_answers_is_no_crash_for_a_person(source: str) -> None:
    report = killed(source)
    assert (report.flags, report.run.outcome, report.score) == ((), "completed", 20)


def test_another_crash_is() -> None:
    assert [flag.kind for flag in killed("print(1)").flags] == ["crashed"]


def test_one_before_an_answer_is() -> None:
    assert "crashed" in [flag.kind for flag in killed("os.kill(os.getpid(), 9)", behind=False).flags]
