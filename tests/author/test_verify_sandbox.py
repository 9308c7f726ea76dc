"""Verify in the real sandbox: a few mutants of the built-in assignment, made small, each noticed where it should be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from walled import NAME, walled_course

from fairmark.author.verify import Verification, verify_assignment
from fairmark.grading.pipeline import Pipeline
from fairmark.sandbox import ConfinedProcess

pytestmark = pytest.mark.thorough
WANTED = {
    "generators/folder-deeper@6": ("killed", "structure"),
    "compile/optimizer-adam@5": ("killed", "structure"),
    "compile/argument-dropped-optimizer@5": ("equivalent", "rehearsal"),
    "training/split-training_pictures@7": ("killed", "structure"),
    "training/epochs-doubled@6": ("killed", "rehearsal"),
    "training/epochs-one@6": ("needs_training", "rehearsal"),
    "prediction/picture-unscaled@4": ("killed", "rehearsal"),
}
DECLARED = """
[[twin]]
name = "by name"
answers.compile = 'model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["acc"])'

[[equivalent]]
mutant = "compile/argument-dropped-optimizer@5"
because = "RMSprop at 0.001 is Keras's default."

[[trained]]
mutant = "training/epochs-one@6"
because = "Whether one epoch was enough, hidden pictures say."
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verification]:
    course = walled_course(tmp_path_factory.mktemp("verified") / "course")
    (course.root / "graders" / f"{NAME}.verify.toml").write_text(DECLARED)
    launcher = ConfinedProcess()
    pipeline = Pipeline(course, course.assignment(NAME), launcher=launcher)
    yield verify_assignment(pipeline, only=lambda mutant: mutant.id in WANTED)
    launcher.close()


def test_each_mutant_has_its_fate_in_the_cheapest_run_that_decides_it(found: Verification) -> None:
    assert {verdict.mutant.id: (verdict.fate, verdict.mode) for verdict in found.verdicts} == WANTED


def test_a_check_of_the_exercise_that_was_changed_notices_it_and_no_other(found: Verification) -> None:
    caught = {verdict.mutant.id: verdict.own for verdict in found.verdicts if verdict.fate == "killed"}
    assert caught["compile/optimizer-adam@5"] == ("compile.optimizer",)
    assert caught["training/split-training_pictures@7"] == ("training.validation",)
    assert caught["prediction/picture-unscaled@4"] == ("prediction.prepared",)
    assert {verdict.others for verdict in found.verdicts} == {()}


def test_what_waits_for_training_names_its_check(found: Verification) -> None:
    (waiting,) = (verdict for verdict in found.verdicts if verdict.fate == "needs_training")
    assert waiting.open == ("training.hidden_accuracy",)
    assert found.unasked == ("training.hidden_accuracy",)


def test_the_solution_the_untouched_notebook_and_the_twin_are_as_they_should_be(found: Verification) -> None:
    assert (found.problems, found.failed_twins, found.twins, found.exit_code) == ((), (), 1, 0)
