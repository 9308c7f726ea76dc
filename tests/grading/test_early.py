"""Training that ends once its mark is settled, in the real sandbox: on a course small enough to train in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import pytest
from thorough import by_default
from walled import NAME, losses, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.evidence import CellFinished, EpochEnded, Event, FitFinished, FitStarted, ModelExported
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.report import CheckResult
from fairmark.sandbox import Child, ConfinedProcess, Job, Launcher, Limits, NotebookJob

EPOCHS = 8
"""That the small course asks for."""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    course = walled_course(tmp_path_factory.mktemp("early") / "course")
    launcher = ConfinedProcess()
    made = Pipeline(course, course.assignment(NAME), settings=RunSettings(early_stopping=True), launcher=launcher)
    made.prepare()
    yield made
    launcher.close()


def marked(pipeline: Pipeline, folder: Path, before_fit: str = "") -> GradedSubmission:
    """The right answer, with code before its training."""
    edit = {"training": lambda source: source.replace("# Exercise: training", f"# Exercise: training\n{before_fit}")}
    path = folder / "ada.ipynb"
    path.write_bytes(
        with_answers(right_notebook(pipeline.course), edit) if before_fit else right_notebook(pipeline.course)
    )
    return pipeline.mark(path, "ada")


@pytest.fixture(scope="module")
def early(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> GradedSubmission:
    return marked(pipeline, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def to_the_end(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> GradedSubmission:
    return marked(replace(pipeline, settings=RunSettings()), tmp_path_factory.mktemp("other"))


def events(one: GradedSubmission) -> list[Event]:
    return [stamped.event for stamped in one.evidence.run.events]


def training_checks(one: GradedSubmission) -> tuple[CheckResult, ...]:
    [exercise] = [exercise for exercise in one.report.exercises if exercise.id == "training"]
    return exercise.checks


def epochs(one: GradedSubmission) -> int:
    return sum(isinstance(event, EpochEnded) for event in events(one))


def test_it_ends_at_the_epoch_that_settles_it(early: GradedSubmission) -> None:
    decided = early.evidence.run.decided
    assert decided is not None
    assert (decided.reason, decided.asked) == ("reached", EPOCHS)
    assert decided.epoch == epochs(early) < EPOCHS
    [finished] = [event for event in events(early) if isinstance(event, FitFinished)]
    assert finished.epochs == decided.epoch


def test_the_notebook_goes_on_with_the_cells_behind(early: GradedSubmission) -> None:
    assert early.evidence.run.outcome == "completed"
    moments = [event.moment for event in events(early) if isinstance(event, ModelExported)]
    assert moments[-2:] == ["fit", "end"]
    assert set(moments[:-2]) == {"epoch"}


def test_the_report_says_at_which_epoch_and_why(early: GradedSubmission) -> None:
    decided = early.evidence.run.decided
    assert decided is not None
    said = [check.message for exercise in early.report.exercises for check in exercise.checks]
    ended = f"That was clear after epoch {decided.epoch} of {EPOCHS}, and training was ended there."
    assert sum(ended in message for message in said) == 1
    assert any(message.startswith("Hidden pictures named rightly: ") for message in said if ended in message)


def test_the_model_is_asked_once(early: GradedSubmission) -> None:
    probe = early.evidence.probe
    assert probe is not None
    [fit] = [event for event in events(early) if isinstance(event, ModelExported) and event.moment == "fit"]
    assert (probe.digest, probe.problem) == (fit.digest, None)
    assert len(probe.outputs) <= 128
    assert probe.picture_outputs is not None  # the notebook's own picture, too


def test_marks_are_those_of_a_training_to_the_end(early: GradedSubmission, to_the_end: GradedSubmission) -> None:
    assert (epochs(to_the_end), to_the_end.evidence.run.decided) == (EPOCHS, None)
    assert losses(early.report) == losses(to_the_end.report) == {}
    assert early.report.score == to_the_end.report.score == early.report.max_score
    assert [flag.kind for flag in early.report.flags] == [flag.kind for flag in to_the_end.report.flags]


@pytest.mark.thorough
def test_a_loss_that_is_no_number_ends_it_at_once(pipeline: Pipeline, tmp_path: Path) -> None:
    spoil = "model.set_weights([float('nan') * weights for weights in model.get_weights()])\n"
    ended = marked(pipeline, tmp_path, spoil)
    decided = ended.evidence.run.decided
    assert decided is not None
    assert (decided.reason, decided.epoch, decided.asked) == ("not_a_number", 1, EPOCHS)
    assert epochs(ended) == 1
    assert ended.evidence.run.outcome == "completed"
    assert any("training" in lost for lost in losses(ended.report))


@pytest.mark.parametrize("early_stopping", [True, False], ids=["early", "to the end"])
def test_a_model_with_nothing_to_train_is_given_one_epoch_and_the_marks_of_all(
    early_stopping: bool, pipeline: Pipeline, tmp_path: Path
) -> None:
    ended = marked(
        replace(pipeline, settings=RunSettings(early_stopping=early_stopping)), tmp_path, "model.trainable = False\n"
    )
    decided = ended.evidence.run.decided
    assert (decided and (decided.reason, decided.epoch)) == (("untrainable", 1) if early_stopping else None)
    assert epochs(ended) == (1 if early_stopping else EPOCHS)
    assert losses(ended.report) == {"training.learns": 0.5, "training.hidden_accuracy": 2.0}
    [missed] = [check for check in training_checks(ended) if check.id == "hidden_accuracy"]
    taught = "None of the model's weights may change (trainable is False), so training teaches it nothing."
    why = f" Nothing had changed after epoch 1 of {EPOCHS}, and training was ended there." if early_stopping else ""
    assert missed.message.endswith(f"{taught}{why}")


def test_a_notebook_that_forges_a_pause_gains_nothing(pipeline: Pipeline, tmp_path: Path) -> None:
    """It says that an untrained model is to be looked at, with an epoch that never was, over and over."""
    forge = """
import gc
from fairmark.evidence import EpochEnded
from fairmark.keras.recorder.export import Exporter
[exporter] = [one for one in gc.get_objects() if type(one) is Exporter]
for number in range(3):
    exporter._recorder.send(EpochEnded(fit="fit-1", epoch=1, steps=8, validation_steps=8, seconds=1.0, logs={}))
    exporter.export(model, "epoch")
"""
    forged = marked(pipeline, tmp_path, forge)
    assert forged.evidence.run.outcome == "completed"
    assert epochs(forged) > 3  # it was trained all the same
    assert forged.evidence.probe is not None
    [fit] = [event for event in events(forged) if isinstance(event, ModelExported) and event.moment == "fit"]
    assert forged.evidence.probe.digest == fit.digest


# --- cells behind that raise ------------------------------------------------------------------------------------------


@dataclass
class Counting:
    """Counts the runs of notebooks: ``r`` for one that is a rehearsal."""

    launcher: Launcher
    runs: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.launcher, name)

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        if isinstance(job, NotebookJob):
            self.runs.append("r" if job.rehearse else "run")
        return self.launcher.start(job, folder, limits)


def marked_with(pipeline: Pipeline, folder: Path, *cells: str) -> tuple[GradedSubmission, list[str]]:
    """The right answer, with cells of the student's own behind it; and which runs it took."""
    notebook = nbformat.reads(right_notebook(pipeline.course).decode(), as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    path = folder / "ada.ipynb"
    nbformat.write(notebook, path)
    launcher = Counting(pipeline.launcher)
    ended = replace(pipeline, launcher=launcher).mark(path, "ada")  # type: ignore[arg-type]
    return ended, launcher.runs


PLOT = """
import matplotlib.pyplot as plt
plt.plot(range(8), history.history["accuracy"])
"""
ASSERTION = 'assert len(history.history["accuracy"]) == 8'
LEARNED = 'assert history.history["accuracy"][-1] > 0.5, "too low"'
TYPO = 'print(histroy.history["accuracy"])'
MISSING = 'open("weights.h5")'
UNCALLED = """
other = keras.Sequential([keras.layers.Dense(1)])
outputs = [layer.output for layer in other.layers]
"""
SYNTAX = "print('never ends)"


@pytest.mark.parametrize(
    ("source", "runs"),
    by_default(
        lambda case: case[0] is TYPO,
        [
            (PLOT, ["run", "r", "run"]),
            (ASSERTION, ["run", "r", "run"]),
            (LEARNED, ["run"]),
            (TYPO, ["run", "r"]),
            (MISSING, ["run", "r"]),
            (UNCALLED, ["run", "r"]),
            (SYNTAX, ["run"]),
        ],
    ),
    ids=["plot", "assertion", "what was learned", "typo", "missing file", "model never called", "no Python"],
)
def test_a_notebook_runs_again_to_its_last_epoch_only_for_an_error_that_is_new(
    source: str, runs: list[str], pipeline: Pipeline, tmp_path: Path
) -> None:
    ended, made = marked_with(pipeline, tmp_path, source)
    assert made == runs
    is_whole = runs.count("run") == 2
    assert epochs(ended) == EPOCHS if is_whole else epochs(ended) < EPOCHS
    assert losses(ended.report) == {}
    raised = [event.cell for event in events(ended) if isinstance(event, CellFinished) and event.error]
    assert bool(raised) == (source in (TYPO, MISSING, UNCALLED, SYNTAX))


# --- experiments after the answers ------------------------------------------------------------------------------------

EXPERIMENT = """
trial = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
trial.compile(loss="mse", optimizer="adam", metrics=["mae"])
tried = trial.fit(training_pictures, epochs=30, validation_data=validation_pictures, verbose=0)
"""


@pytest.mark.thorough
def test_an_experiment_neither_resets_the_decision_nor_takes_the_place_of_the_model(
    pipeline: Pipeline, early: GradedSubmission, tmp_path: Path
) -> None:
    ended, made = marked_with(pipeline, tmp_path, EXPERIMENT, "assert len(tried.history['val_mae']) == 30")
    assert (made, losses(ended.report), [flag.kind for flag in ended.report.flags]) == (["run"], {}, [])
    assert ended.evidence.run.decided is not None
    assert ended.evidence.run.decided.fit == "fit-1"
    assert ended.evidence.probe is not None
    assert ended.evidence.probe.model == "model-1"
    assert epochs(early) == sum(isinstance(one, EpochEnded) and one.fit == "fit-1" for one in events(ended))


@pytest.mark.thorough
def test_an_experiment_does_all_its_epochs_with_a_single_step_of_each(pipeline: Pipeline, tmp_path: Path) -> None:
    ended, _ = marked_with(pipeline, tmp_path, EXPERIMENT)
    tried = [event for event in events(ended) if isinstance(event, EpochEnded) and event.fit == "fit-2"]
    assert [(one.epoch, one.steps, one.validation_steps) for one in tried] == [(n, 1, 1) for n in range(1, 31)]
    asked = [event for event in events(ended) if isinstance(event, FitStarted) and event.fit == "fit-2"]
    assert [fit.epochs for fit in asked] == [30]  # as the notebook asked


@pytest.mark.thorough
def test_to_the_last_epoch_an_experiment_is_trained_as_it_is(pipeline: Pipeline, tmp_path: Path) -> None:
    ended, _ = marked_with(replace(pipeline, settings=RunSettings()), tmp_path, EXPERIMENT.replace("30", "2"))
    tried = [event for event in events(ended) if isinstance(event, EpochEnded) and event.fit == "fit-2"]
    assert [one.steps for one in tried] == [4, 4]


# --- answers that look like experiments -------------------------------------------------------------------------------

RIGHT = """
history = model.fit(
    training_pictures,
    steps_per_epoch=steps_per_epoch,
    epochs=8,
    validation_data=validation_pictures,
    validation_steps=validation_steps,
)
"""
RAISING = """
class Raising(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        raise OSError("no space left")
"""


@pytest.mark.thorough
def test_a_training_behind_one_that_raised_is_no_experiment(pipeline: Pipeline, tmp_path: Path) -> None:
    raising = RIGHT.replace("epochs=8,", "epochs=8, callbacks=[Raising()],")
    first = f"{RAISING}\n{raising}"
    edit = {"training": lambda source: f"# Exercise: training\n{first}"}
    notebook = nbformat.reads(with_answers(right_notebook(pipeline.course), edit).decode(), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(RIGHT))
    path = tmp_path / "ada.ipynb"
    nbformat.write(notebook, path)
    ended = pipeline.mark(path, "ada")
    accuracy = next(check for check in training_checks(ended) if check.id == "hidden_accuracy")
    assert (accuracy.outcome, accuracy.message[:29]) == ("passed", "Hidden pictures named rightly")
