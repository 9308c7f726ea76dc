"""Training that ends once its mark is settled, in the real sandbox: on a course small enough to train in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from walled import NAME, losses, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.batch.journey import Journey, Marked
from fairmark.evidence import EpochEnded, Event, FitFinished, ModelExported
from fairmark.report import CheckResult
from fairmark.sandbox import ConfinedProcess

EPOCHS = 8
"""That the small course asks for."""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    course = walled_course(tmp_path_factory.mktemp("early") / "course")
    launcher = ConfinedProcess()
    made = Journey(course, course.assignment(NAME), launcher=launcher, decide_early=True)
    made.prepare()
    yield made
    launcher.close()


def marked(journey: Journey, folder: Path, before_fit: str = "") -> Marked:
    """The right answer, with code before its training."""
    edit = {"training": lambda source: source.replace("# Exercise: training", f"# Exercise: training\n{before_fit}")}
    path = folder / "ada.ipynb"
    path.write_bytes(
        with_answers(right_notebook(journey.course), edit) if before_fit else right_notebook(journey.course)
    )
    return journey.mark(path, "ada")


@pytest.fixture(scope="module")
def early(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    return marked(journey, tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def to_the_end(journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Marked:
    return marked(replace(journey, decide_early=False), tmp_path_factory.mktemp("other"))


def events(one: Marked) -> list[Event]:
    return [stamped.event for stamped in one.evidence.run.events]


def training_checks(one: Marked) -> tuple[CheckResult, ...]:
    [exercise] = [exercise for exercise in one.report.exercises if exercise.id == "training"]
    return exercise.checks


def epochs(one: Marked) -> int:
    return sum(isinstance(event, EpochEnded) for event in events(one))


def test_it_ends_at_the_epoch_that_settles_it(early: Marked) -> None:
    decided = early.evidence.run.decided
    assert decided is not None
    assert (decided.reason, decided.asked) == ("reached", EPOCHS)
    assert decided.epoch == epochs(early) < EPOCHS
    [finished] = [event for event in events(early) if isinstance(event, FitFinished)]
    assert finished.epochs == decided.epoch


def test_the_notebook_goes_on_with_the_cells_behind(early: Marked) -> None:
    assert early.evidence.run.outcome == "completed"
    moments = [event.moment for event in events(early) if isinstance(event, ModelExported)]
    assert moments[-2:] == ["fit", "end"]
    assert set(moments[:-2]) == {"epoch"}


def test_the_report_says_at_which_epoch_and_why(early: Marked) -> None:
    decided = early.evidence.run.decided
    assert decided is not None
    said = [check.message for exercise in early.report.exercises for check in exercise.checks]
    ended = f"That was clear after epoch {decided.epoch} of {EPOCHS}, and training was ended there."
    assert sum(ended in message for message in said) == 1
    assert any(message.startswith("Hidden pictures named rightly: ") for message in said if ended in message)


def test_the_model_is_asked_once(early: Marked) -> None:
    probe = early.evidence.probe
    assert probe is not None
    [fit] = [event for event in events(early) if isinstance(event, ModelExported) and event.moment == "fit"]
    assert (probe.digest, probe.problem) == (fit.digest, None)
    assert len(probe.outputs) <= 128
    assert probe.picture_outputs is not None  # the notebook's own picture, too


def test_marks_are_those_of_a_training_to_the_end(early: Marked, to_the_end: Marked) -> None:
    assert (epochs(to_the_end), to_the_end.evidence.run.decided) == (EPOCHS, None)
    assert losses(early.report) == losses(to_the_end.report) == {}
    assert early.report.score == to_the_end.report.score == early.report.max_score
    assert [flag.kind for flag in early.report.flags] == [flag.kind for flag in to_the_end.report.flags]


@pytest.mark.thorough
def test_a_loss_that_is_no_number_ends_it_at_once(journey: Journey, tmp_path: Path) -> None:
    spoil = "model.set_weights([float('nan') * weights for weights in model.get_weights()])\n"
    ended = marked(journey, tmp_path, spoil)
    decided = ended.evidence.run.decided
    assert decided is not None
    assert (decided.reason, decided.epoch, decided.asked) == ("not_a_number", 1, EPOCHS)
    assert epochs(ended) == 1
    assert ended.evidence.run.outcome == "completed"
    assert any("training" in lost for lost in losses(ended.report))


@pytest.mark.parametrize("decide_early", [True, False], ids=["early", "to the end"])
def test_a_model_with_nothing_to_train_is_given_one_epoch_and_the_marks_of_all(
    decide_early: bool, journey: Journey, tmp_path: Path
) -> None:
    ended = marked(replace(journey, decide_early=decide_early), tmp_path, "model.trainable = False\n")
    decided = ended.evidence.run.decided
    assert (decided and (decided.reason, decided.epoch)) == (("untrainable", 1) if decide_early else None)
    assert epochs(ended) == (1 if decide_early else EPOCHS)
    assert losses(ended.report) == {"training.learns": 0.5, "training.hidden_accuracy": 2.0}
    [missed] = [check for check in training_checks(ended) if check.id == "hidden_accuracy"]
    taught = "None of the model's weights may change (trainable is False), so training teaches it nothing."
    why = f" Nothing had changed after epoch 1 of {EPOCHS}, and training was ended there." if decide_early else ""
    assert missed.message.endswith(f"{taught}{why}")


def test_a_notebook_that_forges_a_pause_gains_nothing(journey: Journey, tmp_path: Path) -> None:
    """It says that an untrained model is to be looked at, with an epoch that never was, over and over."""
    forge = """
import gc
from fairmark.evidence import EpochEnded
from fairmark.sandbox.inside.export import Exporter
[exporter] = [one for one in gc.get_objects() if type(one) is Exporter]
for number in range(3):
    exporter._recorder.send(EpochEnded(fit="fit-1", epoch=1, steps=8, validation_steps=8, seconds=1.0, logs={}))
    exporter.export(model, "epoch")
"""
    forged = marked(journey, tmp_path, forge)
    assert forged.evidence.run.outcome == "completed"
    assert epochs(forged) > 3  # it was trained all the same
    assert forged.evidence.probe is not None
    [fit] = [event for event in events(forged) if isinstance(event, ModelExported) and event.moment == "fit"]
    assert forged.evidence.probe.digest == fit.digest
