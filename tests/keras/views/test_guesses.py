"""Several answers at once: what a text leaves open says less and less, and honest trials lose nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pasted import HORSES, waiting
from recorded import SOURCES, right_answer

from fairmark.grading.judge import judge
from fairmark.report import Report


def marked(texts: Mapping[str, str]) -> Report:
    return judge(right_answer(sources=texts), HORSES)


RMSPROP = "keras.optimizers.RMSprop(learning_rate=0.001)"
RIGHT = f'model.compile(loss="binary_crossentropy", optimizer={RMSPROP}, metrics=["accuracy"])\n'
TRIAL = 'model.compile(loss="mse", optimizer="adam", metrics=["accuracy"])\n'
FIT = SOURCES["training"]

HONEST = {
    "another compile first": {"compile": TRIAL + RIGHT},
    "three compiles": {"compile": TRIAL + TRIAL.replace("mse", "hinge") + RIGHT},
    "a loop over optimizers": {
        "compile": f'for one in ("adam", {RMSPROP}):\n'
        '    model.compile(loss="binary_crossentropy", optimizer=one, metrics=["accuracy"])\n'
    },
    "a choice": {"compile": f"if pictures_dir:\n    {RIGHT}else:\n    {TRIAL}"},
    "a compile that tries, then a training, then as asked": {
        "compile": f"{TRIAL}model.fit(training_pictures, epochs=1)\n{RIGHT}"
    },
    "many metrics": {"compile": RIGHT.replace('"accuracy"', '"accuracy", "mae"')},
    "two sizes of batches": {
        "generators": SOURCES["generators"] + "tried = scaled.flow_from_directory(pictures_dir / 'train')\n"
    },
    "a short training first": {"training": FIT.replace("15", "1") + FIT},
    "two short trainings first": {"training": FIT.replace("15", "1") + FIT.replace("15", "2") + FIT},
    "epochs by a condition": {"training": FIT.replace("15", "15 if steps_per_epoch else 1")},
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_trial_beside_the_answer_loses_nothing(name: str) -> None:
    report = marked(HONEST[name])
    assert report.score == report.max_score, waiting(report)


def looped(argument: str, values: str, text: str) -> str:
    return f"for one in {values}:\n    " + text.strip().replace(argument, "one").replace("\n", "\n    ") + "\n"


GUESSED = {
    "four losses": ("compile", {"loss"}, looped('"binary_crossentropy"', "('mse', 'bce', 'mae', 'hinge')", RIGHT)),
    "four optimizers": ("compile", {"optimizer"}, looped(RMSPROP, "('adam', 'rmsprop', 'sgd', 'nadam')", RIGHT)),
    "three of each": (
        "compile",
        {"loss", "optimizer"},
        looped(RMSPROP, "('adam', 'rmsprop', 'sgd')", RIGHT.replace('"binary_crossentropy"', "('mse','bce','mae')[i]")),
    ),
    "the last of several compiles is another": ("compile", {"loss", "optimizer"}, RIGHT + TRIAL),
    "four numbers of epochs": ("training", {"epochs"}, looped("15", "(5, 10, 15, 20)", FIT)),
    "another training of that many epochs": (
        "training",
        {"epochs"},
        "model.fit(training_pictures, steps_per_epoch=1, epochs=15)\n" + FIT.replace("15", "1"),
    ),
    "pictures of another training": (
        "training",
        {"learns"},
        "model.fit(training_pictures, epochs=1)\n" + FIT.replace("    training_pictures,", "    validation_pictures,"),
    ),
    "sizes and batches of everything": (
        "generators",
        {"size", "batches"},
        looped(
            "(300, 300)",
            "((300, 300), (150, 150), (75, 75))",
            SOURCES["generators"].replace("128", "(128, 64, 32)[place]"),
        ),
    ),
    "the size of the other folder": (
        "generators",
        {"size"},
        SOURCES["generators"].replace('"train", target_size=(300, 300)', '"train", target_size=(150, 150)'),
    ),
}
"""Of an exercise, checks that must wait, and a text that says the right answer among others."""


LAYERS = SOURCES["layers"]
BLOCK = '    keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(2),\n'


def test_more_layers_than_the_network_has_show_none_of_them() -> None:
    more = LAYERS.replace(BLOCK, BLOCK * 4)
    assert {"layers.blocks", "layers.hidden"} <= waiting(marked({"layers": more}))
    several = LAYERS.replace("Dense(512", "Dense(256") + LAYERS.replace("Dense(512", "Dense(128") + LAYERS
    report = marked({"layers": several})
    assert report.score == report.max_score, waiting(report)


def test_values_that_stand_nowhere_in_the_network_are_few() -> None:
    units = "(8, 24, 48, 96, 512)"
    assert "layers.hidden" in waiting(
        marked({"layers": f"n = {units}[place]\n" + LAYERS.replace("Dense(512", "Dense(n")})
    )


@pytest.mark.parametrize("name", GUESSED)
def test_a_text_that_says_several_answers_says_none(name: str) -> None:
    exercise, checks, text = GUESSED[name]
    report = marked({exercise: text})
    assert {f"{exercise}.{check}" for check in checks} <= waiting(report), report.score
