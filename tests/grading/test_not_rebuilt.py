"""Models that fairmark cannot rebuild, in the real sandbox: what was seen counts, the rest waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from walled import NAME, losses, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.grading.pipeline import Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.report import Report
from fairmark.sandbox import ConfinedProcess

SEQUENTIAL = """
model = keras.Sequential(
    [
        keras.Input((32, 32, 3)),
        keras.layers.Conv2D(16, 3, activation=FIRST),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(64, 3, activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),MORE
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
"""
SUBCLASS = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(1, activation="sigmoid")
        self.hidden = keras.layers.Dense(64, activation="relu")
        self.spare = keras.layers.Dense(3)
        self.convolutions = [keras.layers.Conv2D(filters, 3, activation="relu") for filters in (16, 32, 64)]
        self.pool, self.flatten = keras.layers.MaxPooling2D(2), keras.layers.Flatten()

    def call(self, pictures):
        for convolution in self.convolutions:
            pictures = self.pool(convolution(pictures))
        return self.head(self.hidden(self.flatten(pictures)))

model = Net()
"""
BUILT = SUBCLASS + "model.build((None, 32, 32, 3))\n"
BLOCKS = """
class Block(keras.layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.convolution = keras.layers.Conv2D(filters, 3, activation="relu")
        self.pool = keras.layers.MaxPooling2D(2)

    def call(self, pictures):
        return self.pool(self.convolution(pictures))

model = keras.Sequential([
    keras.Input((32, 32, 3)), Block(16), Block(32), Block(64), keras.layers.Flatten(),
    keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1, activation="sigmoid"),
])
"""
DOUBLING = """
class Doubling(keras.layers.Layer):
    def __init__(self, factor=2.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, numbers):
        return self.factor * numbers

"""
CONFIG = """
    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

"""


def sequential(more: str = "", first: str = "'relu'") -> str:
    return SEQUENTIAL.replace("MORE", f"\n        {more}," if more else "").replace("FIRST", first)


OWN = "The model holds Doubling, which is not one of Keras's own classes"
KINDS = {
    "class that is built": (BUILT, "The model is a class of the student's own"),
    "class that training builds": (SUBCLASS, "The model is a class of the student's own"),
    "Lambda": (sequential("keras.layers.Lambda(lambda numbers: 2 * numbers)"), "The model holds a Lambda layer"),
    "Activation": (
        sequential("keras.layers.Activation(lambda numbers: 2 * numbers)"),
        "The model holds a Python function, as an activation or an initializer for instance",
    ),
    "layer": (DOUBLING + sequential("Doubling()"), OWN),
    "layer with a configuration": (DOUBLING.rstrip() + "\n" + CONFIG + sequential("Doubling(3.0)"), OWN),
    "registered layer": (
        f"@keras.utils.register_keras_serializable()\n{DOUBLING.strip()}\n{CONFIG}{sequential('Doubling()')}",
        OWN,
    ),
    "layer of a function": (
        DOUBLING + sequential("Doubling(factor=tf.Variable(2.0))"),
        "The model is one that cannot be written down as data (NotImplementedError: ",
    ),
    "blocks": (BLOCKS, "The model holds Block, which is not one of Keras's own classes"),
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    course = walled_course(tmp_path_factory.mktemp("rebuilt") / "course")
    launcher = ConfinedProcess()
    made = Pipeline(course, course.assignment(NAME), settings=RunSettings(early_stopping=True), launcher=launcher)
    made.prepare()
    yield made
    launcher.close()


def marked(pipeline: Pipeline, folder: Path, answer: str) -> Report:
    path = folder / "ada.ipynb"
    answers = {"layers": lambda source: f"# Exercise: layers\n{answer}"}
    path.write_bytes(with_answers(right_notebook(pipeline.course), answers))
    return pipeline.mark(path, "ada").report


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_cannot_be_rebuilt_costs_nothing_but_the_wait_for_a_person(
    kind: str, pipeline: Pipeline, tmp_path: Path
) -> None:
    answer, why = KINDS[kind]
    report = marked(pipeline, tmp_path, answer)
    # Nobody outside can say either what such a model answers to the picture that it was asked about.
    assert losses(report) == {"training.hidden_accuracy": 2.0, "prediction.prepared": 1.0, "prediction.named": 1.0}
    check, *asked = [check for one in report.exercises for check in one.checks if check.outcome != "passed"]
    assert {one.outcome for one in (check, *asked)} == {"needs_attention"}
    assert check.message.startswith(why)
    assert check.message.endswith(", which fairmark cannot rebuild to try it on hidden images; a person should look.")
    assert (report.flags[0].kind, report.flags[0].message) == ("not_rebuilt", check.message)
    assert {flag.kind for flag in report.flags[1:]} == {"not_borne_out"}


@pytest.mark.thorough
def test_what_is_wrong_in_such_a_model_is_seen(pipeline: Pipeline, tmp_path: Path) -> None:
    wrong = SUBCLASS.replace("(16, 32, 64)", "(16, 12, 64)").replace("Dense(64", "Dense(12")
    report = marked(pipeline, tmp_path, wrong)
    wanting = [check for one in report.exercises for check in one.checks if check.outcome in ("failed", "partial")]
    assert {check.id: check.found for check in wanting} == {"blocks": "12 filters", "hidden": "12 neurons with relu"}


@pytest.mark.thorough
def test_what_a_function_does_in_the_place_of_an_activation_is_left_to_a_person(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    report = marked(pipeline, tmp_path, sequential(first="lambda numbers: tf.nn.relu(numbers)"))
    left = {check.id: check.message for one in report.exercises for check in one.checks if check.outcome != "passed"}
    assert left.keys() == {"blocks", "hidden_accuracy", "prepared", "named"}
    assert {name: left[name] for name in ("blocks", "hidden_accuracy")} == {
        "blocks": "The activation of convolution block 1 is a Python function, and what that does cannot be told "
        "without running it; a person should look.",
        "hidden_accuracy": "The model holds a Python function, as an activation or an initializer for instance, which "
        "fairmark cannot rebuild to try it on hidden images; a person should look.",
    }
    assert {check.outcome for one in report.exercises for check in one.checks} == {"passed", "needs_attention"}
