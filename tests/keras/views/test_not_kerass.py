"""Calls that go by the names of Keras's and are no calls of Keras's bear nothing out; honest spellings of these do."""

from __future__ import annotations

import pytest
from pasted import RIGHT, earned, marked, waiting
from recorded import SOURCES

COMPILED = {"compile.loss", "compile.optimizer", "compile.metrics"}
COMPILE = SOURCES["compile"]


@pytest.mark.parametrize(
    "holder",
    [
        "print",
        "foo",
        "np",
        "type('Model', (), {})()",
        "(lambda: 0)",
        "'model'",
        "[model]",
        "dict(model=model)",
        "Fake()",
        "fake",
        "Talks()",
        "types.SimpleNamespace(model=model)",
        "unittest.mock.MagicMock()",
        "random.choice([print, len])",
    ],
)
def test_settings_given_to_what_is_no_model_are_not_borne_out(holder: str) -> None:
    text = (
        "import random, types, unittest.mock\n"
        "class Fake:\n    def compile(self, **settings): pass\nfake = Fake()\n"
        "class Talks:\n    def __call__(self): pass\n"
    )
    report = marked({"compile": text + COMPILE.replace("model.compile", f"{holder}.compile")})
    assert waiting(report) >= COMPILED


@pytest.mark.parametrize(
    ("exercise", "before", "text"),
    [
        ("layers", "", "def Layer(*given, **named): pass\n"),
        ("training", "model.fit", "class Runs:\n    def fit(self, *given, **named): pass\nRuns().fit"),
        ("training", "model.fit", "print.fit"),
        ("generators", "ImageDataGenerator(", "foo.ImageDataGenerator("),
        ("generators", "scaled = ImageDataGenerator(", "def Made(**named): pass\nscaled = Made("),
        ("prediction", "model.predict(", "print.predict("),
        ("prediction", "load_img(", "print.load_img("),
    ],
)
def test_a_call_of_something_else_is_none_of_keras(exercise: str, before: str, text: str) -> None:
    source = {**SOURCES, **RIGHT}[exercise]
    if exercise == "layers":
        for name in ("Conv2D", "MaxPooling2D", "Flatten", "Dense"):
            source = source.replace(f"keras.layers.{name}(", "Layer(")
        source = text + source
    else:
        assert before in source
        source = source.replace(before, text)
    report = marked({exercise: source})
    assert any(one.startswith(f"{exercise}.") for one in waiting(report)), earned(report)


@pytest.mark.parametrize(
    "anew",
    [
        "class Fake:\n    def compile(self, **settings): pass\nmodel = Fake()\n",
        "import types\nmodel = types.SimpleNamespace(compile=print)\n",
        "import unittest.mock\nmodel = unittest.mock.MagicMock()\n",
        "model = None\n",
        "def model(): pass\n",
    ],
)
def test_what_a_name_stood_for_before_is_not_called(anew: str) -> None:
    assert waiting(marked({"compile": anew + COMPILE})) >= COMPILED
    assert waiting(marked({"layers": RIGHT["layers"] + anew})) >= COMPILED
    assert not waiting(marked({"compile": COMPILE + anew})) & COMPILED


@pytest.mark.parametrize("made", ["foo.RMSprop(0.001)", "np.RMSprop(0.001)", "RMSprop(0.001)", "RMSprop"])
def test_an_optimizer_that_is_not_keras_is_not_borne_out(made: str) -> None:
    text = "def RMSprop(rate=0.001): pass\n" if made.startswith("RMSprop") else ""
    before = "keras.optimizers.RMSprop(learning_rate=0.001)"
    report = marked({"compile": text + COMPILE.replace(before, made)})
    assert "compile.optimizer" in waiting(report)


@pytest.mark.parametrize(
    "text",
    [
        "compile_it = model.compile\n" + COMPILE.replace("model.compile", "compile_it"),
        "models = [model]\n" + COMPILE.replace("model.compile", "models[0].compile"),
        "models = {'first': model}\n" + COMPILE.replace("model.compile", "models['first'].compile"),
        "def settle(network):\n    network.compile(loss='binary_crossentropy', metrics=['accuracy'],\n"
        "        optimizer=keras.optimizers.RMSprop(learning_rate=0.001))\nsettle(model)",
        "from functools import partial\nsettle = partial(model.compile, loss='binary_crossentropy')\n"
        "settle(optimizer=keras.optimizers.RMSprop(learning_rate=0.001), metrics=['accuracy'])",
        "class Trainer:\n    def __init__(self, model): self.model = model\n"
        "    def compile(self, **settings): self.model.compile(**settings)\n"
        "trainer = Trainer(model)\n" + COMPILE.replace("model.compile", "trainer.compile"),
        "class Wraps:\n    def __init__(self, inner): self.inner = inner\n"
        "    def __getattr__(self, name): return getattr(self.inner, name)\n"
        + COMPILE.replace("model.compile", "Wraps(model).compile"),
        "import copy\nmodel = copy.deepcopy(model)\n" + COMPILE,
        "import random\nmodel = random.choice([model])\n" + COMPILE,
        "import types\nheld = types.SimpleNamespace(model=model)\n" + COMPILE.replace("model.", "held.model."),
        "import importlib\nmodel = importlib.import_module('keras').models.clone_model(model)\n" + COMPILE,
        "model = globals()['model']\n" + COMPILE,
        "model = keras.models.clone_model(model)\n" + COMPILE,
        "class Own(keras.Model):\n    pass\nmodel = Own(model.inputs, model.outputs)\n" + COMPILE,
        "from tensorflow.keras.optimizers import *\n"
        + COMPILE.replace("keras.optimizers.RMSprop(learning_rate=0.001)", "RMSprop(0.001)"),
    ],
)
def test_a_model_by_whatever_way_it_comes_is_compiled(text: str) -> None:
    assert not waiting(marked({"compile": text})) & COMPILED


RATE = COMPILE.replace("RMSprop(learning_rate=0.001)", "RMSprop(learning_rate=0.1)")


@pytest.mark.parametrize(
    "given",
    [
        "print.learning_rate = 0.001",
        "class Any: pass\nAny().learning_rate = 0.001",
        "import types\nx = types.SimpleNamespace()\nx.learning_rate = 0.001",
        "setattr(np, 'learning_rate', 0.001)",
        "foo.learning_rate.assign(0.001)",
        "class Any: pass\nx = Any()\nx.optimizer = Any()\nx.optimizer.learning_rate = 0.001",
        "model.learning_rate = 0.001",
        "keras.optimizers.Adam(0.1).learning_rate = 0.001",
        "def never(): model.optimizer.learning_rate = 0.001",
        "if False: model.optimizer.learning_rate = 0.001",
    ],
)
def test_a_rate_given_to_anything_else_is_none_of_the_optimizers(given: str) -> None:
    assert "compile.optimizer" in waiting(marked({"compile": f"{RATE}\n{given}\n"}))


@pytest.mark.parametrize(
    "given",
    [
        "model.optimizer.learning_rate = 0.001",
        "model.optimizer.learning_rate.assign(0.001)",
        "setattr(model.optimizer, 'learning_rate', 0.001)",
        "optimizer = model.optimizer\noptimizer.learning_rate = 1e-3",
        "def slower(optimizer, rate):\n    optimizer.learning_rate = rate\nslower(model.optimizer, 0.001)",
        "for rate in (0.01, 0.001):\n    model.optimizer.learning_rate.assign(rate)",
        "class Slower(keras.callbacks.Callback):\n"
        "    def on_train_begin(self, logs=None): self.model.optimizer.learning_rate = 0.001\nslower = Slower()",
    ],
)
def test_a_rate_given_to_the_optimizer_is_borne_out(given: str) -> None:
    assert "compile.optimizer" not in waiting(marked({"compile": f"{RATE}\n{given}\n"}))
