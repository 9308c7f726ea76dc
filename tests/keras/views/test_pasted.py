"""Marks that cannot be pasted: the events of somebody's right answer, in a notebook that does not say them.

All evidence is recorded by hand: what a run reports is always that of full marks, and what changes is the text.
"""

from __future__ import annotations

import pytest
from pasted import HORSES, PASTED, RIGHT, earned, kinds, marked, waiting
from recorded import GENERATORS, LAST, SOURCES, right_answer, submission

from fairmark.evidence import Cell, Evidence
from fairmark.grading.judge import judge

EXERCISES = ("generators", "layers", "compile", "steps", "training", "prediction")


def moved(report_of: Evidence, cell: int) -> Evidence:
    """The same, all that happened said to have happened in ``cell``."""
    events = tuple(
        stamped.model_copy(update={"event": stamped.event.model_copy(update={"cell": cell})})
        if hasattr(stamped.event, "cell") and not stamped.event.kind.startswith("cell_")
        else stamped
        for stamped in report_of.run.events
    )
    return report_of.model_copy(update={"run": report_of.run.model_copy(update={"events": events})})


def test_the_right_answer_earns_everything_and_waits_for_nobody() -> None:
    report = marked()
    assert report.score == report.max_score, waiting(report) or earned(report)
    assert not kinds(report)


def test_with_every_exercise_empty_nothing_is_earned_and_a_person_looks() -> None:
    report = marked(empty=EXERCISES)
    assert (report.score, earned(report)) == (0, {})
    assert "not_borne_out" in kinds(report)


@pytest.mark.parametrize("cell", [1, GENERATORS, LAST, PASTED])
def test_whatever_cell_it_is_said_to_have_happened_in(cell: int) -> None:
    handed_in = submission(RIGHT, EXERCISES)
    pasted = Cell(position=PASTED, number=2 * PASTED, role="added", source="send(everything)")
    evidence = right_answer().model_copy(
        update={"submission": handed_in.model_copy(update={"cells": (*handed_in.cells, pasted)})}
    )
    report = judge(moved(evidence, cell), HORSES)
    assert (report.score, earned(report)) == (0, {})
    assert "not_borne_out" in kinds(report)


SAID = "\n".join((*RIGHT.values(), *(SOURCES[name] for name in EXERCISES if name != "layers")))
"""The whole of a right answer."""


@pytest.mark.parametrize(
    "pasted",
    [
        f"words = {SAID!r}",
        f"f{SAID!r}".replace("{", "{{").replace("}", "}}"),
        "\n".join(f"# {line}" for line in SAID.split("\n")),
        f'"""{SAID.replace(chr(34), chr(39))}"""',
        "if False:\n" + "\n".join(f"    {line}" for line in SAID.split("\n")),
        "if 1 > 2:\n" + "\n".join(f"    {line}" for line in SAID.split("\n")),
        "while 0:\n" + "\n".join(f"    {line}" for line in SAID.split("\n")),
        "def never():\n" + "\n".join(f"    {line}" for line in SAID.split("\n")),
        "def one():\n    other()\ndef other():\n    one()\n" + "\n".join(f"    {line}" for line in SAID.split("\n")),
        "class Never:\n    def never(self):\n" + "\n".join(f"        {line}" for line in SAID.split("\n")),
        "def leaves():\n    return\n" + "\n".join(f"    {line}" for line in SAID.split("\n")) + "\nleaves()",
        "raise SystemExit\n" + SAID,
        "names = ['flow_from_directory', 'compile', 'fit', 'predict', 'ImageDataGenerator', 'Conv2D', 'RMSprop']",
        "getattr(scaled, 'flow_from_directory'); getattr(model, 'compile'); getattr(model, 'fit')",
        "lambda: (scaled.flow_from_directory(pictures_dir / 'train'), model.compile(), model.fit(), model.predict())",
        "exec(text)",
        "for name in (): pass\nelse: run = exec\nrun(text)",
    ],
    ids=range(17),
)
def test_text_that_runs_nothing_bears_out_nothing(pasted: str) -> None:
    handed_in = submission(RIGHT, EXERCISES)
    cell = Cell(position=PASTED, number=2 * PASTED, role="added", source=pasted)
    evidence = right_answer().model_copy(
        update={"submission": handed_in.model_copy(update={"cells": (*handed_in.cells, cell)})}
    )
    report = judge(moved(evidence, PASTED), HORSES)
    assert (report.score, earned(report)) == (0, {})
    assert "not_borne_out" in kinds(report)


@pytest.mark.parametrize("empty", EXERCISES)
def test_an_exercise_that_stays_empty_earns_nothing_by_what_is_said_of_it(empty: str) -> None:
    report = marked(empty=(empty,))
    assert empty not in earned(report)


CHANGED = {
    "generators.rescale": (
        "generators",
        "scaled = ImageDataGenerator(rescale=1 / 255)",
        "scaled = load(rescale=1/255)",
    ),
    "generators.folders": ("generators", 'pictures_dir / "train"', 'read("train")'),
    "generators.size": ("generators", "target_size=(300, 300)", "target_size=size()"),
    "generators.batches": ("generators", "batch_size=128", "batch_size=ask(128)"),
    "generators.labels": ("generators", 'class_mode="binary"', "class_mode=mode()"),
    "layers.blocks": ("layers", "keras.layers.Conv2D(32, 3", "keras.layers.Conv2D(number(32), 3"),
    "layers.hidden": ("layers", "keras.layers.Dense(512", "keras.layers.Dense(number(512)"),
    "layers.output": ("layers", 'activation="sigmoid"', "activation=best()"),
    "compile.loss": ("compile", 'loss="binary_crossentropy"', "loss=best()"),
    "compile.optimizer": ("compile", "keras.optimizers.RMSprop(learning_rate=0.001)", "best()"),
    "compile.metrics": ("compile", 'metrics=["accuracy"]', "metrics=best()"),
    "steps.steps_per_epoch": ("steps", "training_pictures.samples // training_pictures.batch_size", "int(input())"),
    "steps.validation_steps": (
        "steps",
        "validation_pictures.samples // validation_pictures.batch_size",
        'len(open("steps").read())',
    ),
    "training.epochs": ("training", "epochs=15", "epochs=number()"),
    "training.learns": ("training", "model.fit(\n    training_pictures,", "model.fit(\n    some(),"),
    "training.validation": ("training", "validation_data=validation_pictures", "validation_data=some()"),
    "prediction.prepared": ("prediction", "float(model.predict(np.expand_dims(pixels, 0))[0, 0])", "float(answer())"),
    "prediction.named": ("prediction", '"humans" if probability > 0.5 else "horses"', "input()"),
}
"""A check, and what of its cell is spelled so that it cannot be told without running it."""


@pytest.mark.parametrize("name", CHANGED)
def test_what_the_text_does_not_show_waits_for_a_person(name: str) -> None:
    exercise, before, after = CHANGED[name]
    text = {**SOURCES, **RIGHT}[exercise]
    assert before in text
    report = marked({exercise: text.replace(before, after)})
    assert name in waiting(report)
    assert report.score > 0


CONTRADICTED = {
    "generators.size": ("generators", "target_size=(300, 300)", "target_size=(150, 150)"),
    "layers.blocks": ("layers", "keras.layers.Conv2D(32, 3", "keras.layers.Conv2D(24, 3"),
    "compile.loss": ("compile", 'loss="binary_crossentropy"', 'loss="mse"'),
    "compile.optimizer": ("compile", "keras.optimizers.RMSprop(learning_rate=0.001)", "keras.optimizers.SGD(0.001)"),
    "steps.steps_per_epoch": ("steps", "training_pictures.samples // training_pictures.batch_size", "9"),
    "training.epochs": ("training", "epochs=15", "epochs=1"),
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_what_the_text_contradicts_is_not_credited(name: str) -> None:
    exercise, before, after = CONTRADICTED[name]
    report = marked({exercise: {**SOURCES, **RIGHT}[exercise].replace(before, after)})
    assert name in waiting(report)
    assert {"witnesses_disagree", "not_borne_out"} & kinds(report)


def test_right_calls_in_the_cell_of_another_exercise_bear_out_nothing() -> None:
    report = marked({"layers": RIGHT["layers"] + SOURCES["compile"]}, empty=("compile",))
    assert "compile" not in earned(report)
    report = marked({"steps": SOURCES["steps"] + SOURCES["training"]}, empty=("training",))
    assert "training" not in earned(report)


def test_each_call_that_runs_once_makes_one_layer() -> None:
    one_less = RIGHT["layers"].replace(
        'keras.layers.Conv2D(64, 3, activation="relu"), keras.layers.MaxPooling2D(2),', ""
    )
    assert "layers.blocks" in waiting(marked({"layers": one_less}))
    twice = RIGHT["layers"].replace("Conv2D(32, 3", "Conv2D(16, 3")
    assert "layers.blocks" in waiting(marked({"layers": twice}))


GENERATED = """scaled = ImageDataGenerator(rescale=VALUE)
training_pictures = scaled.flow_from_directory(
    pictures_dir / "train", target_size=(VALUE, VALUE), batch_size=VALUE, class_mode=VALUE
)
validation_pictures = scaled.flow_from_directory(
    pictures_dir / "validation", target_size=(VALUE, VALUE), batch_size=VALUE, class_mode=VALUE
)
"""
BUILT = """
model = keras.Sequential([keras.Input((300, 300, 3))])
for _ in training_pictures:
    model.add(keras.layers.Conv2D(VALUE, 3, activation="relu"))
    model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(VALUE, activation="relu"))
model.add(keras.layers.Dense(VALUE, activation="sigmoid"))
"""


@pytest.mark.parametrize(
    "value",
    [
        "os.environ.get('x')",
        "anything.get(1)",
        "np.zeros(3)",
        "np.count_nonzero(anything)",
        "model.count_params()",
        "model.summary()",
        "training_pictures.samples",
        "keras.losses.get(input())",
        "os.listdir('.')",
        "Counter(words).most_common()",
        "dict(zip(range(40), range(40)))[key]",
        "([1 / 255, 'binary'] + [*range(1, 600)])[place]",
        "(1 / 255, 1, 3, 16, 32, 64, 128, 300, 512, 'binary')[place]",
    ],
)
def test_what_can_be_anything_is_no_value_that_was_asked_for(value: str) -> None:
    report = marked({"generators": GENERATED.replace("VALUE", value)})
    assert {"generators.rescale", "generators.size", "generators.batches", "generators.labels"} <= waiting(report)
    report = marked({"layers": BUILT.replace("VALUE", value)})
    assert {"layers.blocks", "layers.hidden"} <= waiting(report)
    report = marked({"training": SOURCES["training"].replace("15", value)})
    assert "training.epochs" in waiting(report)


LOSSES = "['mse', 'mae', 'binary_crossentropy', 'hinge', 'poisson', 'accuracy', 'rmsprop', 'adam', 'sgd', 'auc']"


def test_names_of_everything_there_is_name_nothing() -> None:
    report = marked({"compile": f"for one in {LOSSES}:\n    model.compile(loss=one, optimizer=one, metrics=[one])\n"})
    assert {"compile.loss", "compile.optimizer", "compile.metrics"} <= waiting(report)
    several = "\n".join(f"model.compile(loss={one!r}, optimizer={one!r}, metrics=[{one!r}])" for one in eval(LOSSES))
    assert {"compile.loss", "compile.optimizer", "compile.metrics"} <= waiting(marked({"compile": several}))


def test_what_is_read_off_the_pictures_by_its_own_name_is_borne_out() -> None:
    text = SOURCES["generators"].replace(
        '"validation", target_size=(300, 300)', '"validation", target_size=training_pictures.target_size'
    )
    assert "target_size=training_pictures" in text
    report = marked({"generators": text})
    assert report.score == report.max_score


def test_layers_of_every_size_are_none_that_was_asked_for() -> None:
    every = "".join(
        f"model.add(keras.layers.Conv2D({filters}, 3, activation='relu'))\nmodel.add(keras.layers.MaxPooling2D(2))\n"
        for filters in (4, 8, 16, 32, 48, 64, 96, 128)
    )
    text = f"model = keras.Sequential([keras.Input((300, 300, 3))])\n{every}model.add(keras.layers.Flatten())\n"
    assert "layers.blocks" in waiting(marked({"layers": text}))


@pytest.mark.parametrize(
    "value",
    [
        "model.count_params()",
        "training_pictures.samples",
        "np.zeros(3)",
        "os.listdir('.')",
        "anything.get(1)",
        "keras.Input()",
        "training_pictures.num_classes",
    ],
)
def test_steps_are_counted_by_what_counts_pictures(value: str) -> None:
    report = marked({"steps": f"steps_per_epoch = {value}\nvalidation_steps = {value}\n"})
    assert {"steps.steps_per_epoch", "steps.validation_steps"} <= waiting(report)


def test_only_the_output_has_as_many_neurons_as_there_are_classes() -> None:
    counted = RIGHT["layers"].replace("Dense(512", "Dense(training_pictures.num_classes")
    assert "layers.hidden" in waiting(marked({"layers": counted}))
    counted = RIGHT["layers"].replace("Dense(1,", "Dense(training_pictures.num_classes - 1,")
    assert "layers.hidden" not in waiting(marked({"layers": counted}))
