"""What a notebook's text can do: how honest notebooks spell networks, generators and training, and read them off."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.keras.facts.computing import COMPUTING
from fairmark.notebook.possible.reading import CallSite, Possible, Reading, read_possible

IMPORTS = """\
import math
import os
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import Conv2D, Dense
from tensorflow.keras.preprocessing.image import ImageDataGenerator
"""


def reading(*sources: str) -> Reading:
    return read_possible(
        [
            Cell(position=position, number=position, role="added", source=source)
            for position, source in enumerate((IMPORTS, *sources), start=1)
        ],
        COMPUTING,
    )


def calls(name: str, *sources: str) -> list[CallSite]:
    """Calls of ``name`` that the last cell reaches."""
    return [call for call in reading(*sources).calls_from([len(sources) + 1]) if name in call.names]


def filters(*sources: str) -> set[object]:
    """What the convolutional layers that the last cell makes can have as ``filters``."""
    found: set[object] = set()
    for call in calls("Conv2D", *sources):
        given = call.argument("filters", 0)
        assert given is not None
        found |= given.constants
    return found


@pytest.mark.parametrize(
    "sources",
    [
        ("model = Sequential([Conv2D(16, 3), Conv2D(32, 3)])",),
        ("model = keras.Sequential([keras.layers.Conv2D(16, 3), tf.keras.layers.Conv2D(filters=32, kernel_size=3)])",),
        ("model = Sequential()\nmodel.add(Conv2D(16, 3))\nmodel.add(Conv2D(32, 3))",),
        ("model = Sequential()\nfor n in (16, 32):\n    model.add(Conv2D(n, 3))",),
        ("model = Sequential()\nfor n in [16, 32]:\n    model.add(layers.Conv2D(n, (3, 3), activation='relu'))",),
        ("model = Sequential()\nfor i in range(2):\n    model.add(Conv2D(16 * 2 ** i, 3))",),
        ("model = Sequential()\nn = 16\nfor _ in range(2):\n    model.add(Conv2D(n, 3))\n    n *= 2",),
        ("model = Sequential([Conv2D(n, 3) for n in (16, 32)])",),
        ("model = Sequential([keras.Input((1,)), *[Conv2D(n, 3) for n in (16, 32)], Dense(1)])",),
        (
            "blocks = []\nfor n in (16, 32):\n    blocks += [Conv2D(n, 3), layers.MaxPooling2D(2)]\n"
            "model = Sequential(blocks)",
        ),
        (
            "def build(filters, size=300):\n    return Sequential([Conv2D(n, 3) for n in filters])\n"
            "model = build((16, 32))",
        ),
        (
            "def block(model, n):\n    model.add(Conv2D(n, 3))\nmodel = Sequential()\nblock(model, 16)\n"
            "block(model, 32)",
        ),
        ("def block(n): return [Conv2D(n, 3), layers.MaxPooling2D()]\nmodel = Sequential(block(16) + block(32))",),
        ("settings = {'filters': [16, 32]}\nmodel = Sequential([Conv2D(n, 3) for n in settings['filters']])",),
        (
            "first = dict(filters=16, kernel_size=3)\n"
            "model = Sequential([Conv2D(**first), Conv2D(**{**first, 'filters': 32})])",
        ),
        (
            "from functools import partial\nconv = partial(Conv2D, kernel_size=3)\n"
            "model = Sequential([conv(16), conv(filters=32)])",
        ),
        ("C = layers.Conv2D\nmodel = Sequential([C(16, 3), C(32, 3)])",),
        ("L = keras.layers\nmodel = Sequential([L.Conv2D(16, 3), L.Conv2D(32, 3)])",),
        (
            "x = inputs = keras.Input((300, 300, 3))\nx = Conv2D(16, 3)(x)\nx = Conv2D(32, 3)(x)\n"
            "model = keras.Model(inputs, x)",
        ),
        ("x = keras.Input((3,))\nfor n in (16, 32):\n    x = Conv2D(n, 3)(x)\n    x = layers.MaxPooling2D()(x)",),
        (
            "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
            "        self.one = Conv2D(16, 3)\n"
            "        self.two = Conv2D(32, 3)\n    def call(self, x):\n        return self.two(self.one(x))\n"
            "model = Net()",
        ),
        (
            "class Net(keras.Model):\n    def __init__(self, filters):\n        super().__init__()\n"
            "        self.convs = [Conv2D(n, 3) for n in filters]\nmodel = Net([16, 32])",
        ),
        (
            "class Block(layers.Layer):\n    def __init__(self, n, **kwargs):\n        super().__init__(**kwargs)\n"
            "        self.conv = Conv2D(n, 3)\nmodel = Sequential([Block(16), Block(32)])",
        ),
        (
            "class Block(layers.Layer):\n    def __init__(self, n):\n        super().__init__()\n        self.n = n\n"
            "    def build(self, shape):\n        self.conv = Conv2D(self.n, 3)\n"
            "model = Sequential([Block(16), Block(32)])",
        ),
        ("class Config:\n    FILTERS = (16, 32)\nmodel = Sequential([Conv2D(n, 3) for n in Config.FILTERS])",),
        ("FILTERS = (16, 32)", "model = Sequential([Conv2D(n, 3) for n in FILTERS])"),
        (
            "def build():\n    model = Sequential()\n    for n in (16, 32):\n"
            "        model.add(Conv2D(n, 3))\n    return model",
            "model = build()",
        ),
        (
            "specification = [('conv', 16), ('pool', 2), ('conv', 32)]\nfor kind, n in specification:\n"
            "    if kind == 'conv':\n        model.add(Conv2D(n, 3))",
        ),
        ("makers = {'conv': layers.Conv2D}\nfor kind, n in [('conv', 16), ('conv', 32)]:\n    makers[kind](n, 3)",),
        ("[getattr(layers, 'Conv2D')(n, 3) for n in (16, 32)]",),
        ("list(map(lambda n: Conv2D(n, 3), [16, 32]))",),
        ("conv = lambda n, k=3: layers.Conv2D(n, k, activation='relu')\nmodel = Sequential([conv(16), conv(32)])",),
        ("with tf.distribute.MirroredStrategy().scope():\n    model = Sequential([Conv2D(16, 3), Conv2D(32, 3)])",),
        (
            "import itertools\n"
            "blocks = ((Conv2D(n, 3), layers.MaxPooling2D()) for n in (16, 32))\n"
            "model = Sequential(itertools.chain.from_iterable(blocks))",
        ),
        ("sizes = iter((16, 32))\nmodel = Sequential([Conv2D(next(sizes), 3), Conv2D(next(sizes), 3)])",),
        ("a, b = 16, 32\nmodel = Sequential([Conv2D(a, 3), Conv2D(b, 3)])",),
        (
            "@tf.keras.utils.register_keras_serializable()\nclass Mine(layers.Conv2D):\n    pass\n"
            "model = Sequential([Mine(16, 3), Mine(32, 3)])",
        ),
        (
            "class Mine(layers.Conv2D):\n    def __init__(self, filters):\n        super().__init__(filters, 3)\n"
            "model = Sequential([Mine(16), Mine(32)])",
        ),
    ],
)
def test_a_network_says_its_filters_however_it_is_built(sources: tuple[str, ...]) -> None:
    assert {16, 32} <= filters(*sources)


def test_a_layer_and_what_it_is_called_on_are_two_calls() -> None:
    found = reading("x = Conv2D(16, 3)(inputs)").calls_from([2])
    assert sorted(sorted(call.names) for call in found) == [["Conv2D"], ["__call__"]]


def only(possible: Possible | None) -> Possible:
    assert possible is not None
    return possible


@pytest.mark.parametrize(
    "text",
    [
        "model.compile('rmsprop', 'binary_crossentropy', ['accuracy'])",
        "model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])",
        "settings = dict(loss='binary_crossentropy')\nmodel.compile('rmsprop', **settings)",
        "def train(model, loss='binary_crossentropy'):\n    model.compile('adam', loss=loss)\ntrain(model)",
        "loss = 'binary_crossentropy' if classes == 2 else 'categorical_crossentropy'\nmodel.compile(loss=loss)",
        "class Net(keras.Model):\n    def compile(self, **kwargs):\n        super().compile(**kwargs)\n"
        "Net().compile(loss='binary_crossentropy')",
    ],
)
def test_a_loss_by_name(text: str) -> None:
    losses = [call.argument("loss", 1) for call in calls("compile", text)]
    assert "binary_crossentropy" in set().union(*(one.constants for one in losses if one is not None))


def test_a_loss_that_is_made_or_handed_on() -> None:
    (call,) = calls("compile", "model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))")
    (made,) = only(call.argument("loss")).made
    assert made.names == {"BinaryCrossentropy"}
    assert only(made.call.argument("from_logits", 0)).constants == {True}
    (call,) = calls("compile", "model.compile(loss=keras.losses.binary_crossentropy)")
    assert only(call.argument("loss")).functions == {"binary_crossentropy"}
    (call,) = calls("compile", "def binary_crossentropy(a, b): return 0\nmodel.compile(loss=binary_crossentropy)")
    assert not only(call.argument("loss")).functions
    assert only(call.argument("loss")).own == {"binary_crossentropy"}


def test_an_optimizer_bound_elsewhere() -> None:
    (call,) = calls("compile", "rate = 1e-3\nopt = keras.optimizers.RMSprop(rate)", "model.compile(optimizer=opt)")
    (made,) = only(call.argument("optimizer", 0)).made
    assert (made.names, made.call.argument("learning_rate", 0)) == ({"RMSprop"}, Possible(constants=frozenset({1e-3})))


def test_a_list_that_holds_more_than_constants() -> None:
    (call,) = calls("compile", "model.compile(metrics=['accuracy', keras.metrics.AUC()])")
    ((name, made),) = only(call.argument("metrics")).sequences
    assert name.constants == {"accuracy"}
    assert {one.names for one in made.made} == {frozenset({"AUC"})}


FLOW = "train = ImageDataGenerator(rescale=1 / 255).flow_from_directory('data', batch_size=128)\n"
FIT = "history = model.fit(train, epochs=15)\n"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (FIT + "found = history.history['val_accuracy'][-1]", "fit"),
        (FIT + "found = max(history.history['val_accuracy'])", "fit"),
        (FIT + "found = np.max(history.history['val_accuracy'])", "fit"),
        (FIT + "found = int(np.argmax(history.history['val_accuracy'])) + 1", "fit"),
        (FIT + "found = history.history['val_accuracy'].index(max(history.history['val_accuracy']))", "fit"),
        (FIT + "h = history.history\nacc = h.get('accuracy')\nfound = acc[-1]", "fit"),
        (FIT + "acc, loss = history.history['accuracy'], history.history['loss']\nfound = round(acc[-1], 3)", "fit"),
        (FIT + "found = pd.DataFrame(history.history)['val_accuracy'].iloc[-1]", "fit"),
        (FIT + "def last(h, key): return h.history[key][-1]\nfound = last(history, 'accuracy')", "fit"),
        (FIT + "found = sorted(history.history['accuracy'])[-1]", "fit"),
        (FIT + "found = [one for one in history.history['accuracy']][-1]", "fit"),
        (FIT + "for epoch, value in enumerate(history.history['accuracy']): found = value", "fit"),
        (FIT + "found = f\"{history.history['accuracy'][-1]:.3f}\"", "fit"),
        (FIT + "found = len(history.epoch)", "fit"),
        (FIT + "found = history.history['accuracy'][-1] > 0.9", "fit"),
        ("found = model.fit(train).history['accuracy'][-1]", "fit"),
        (FLOW + "found = train.samples // train.batch_size", "flow_from_directory"),
        (FLOW + "found = math.ceil(train.samples / 128)", "flow_from_directory"),
        (FLOW + "found = len(train)", "flow_from_directory"),
        (FLOW + "found = train.class_indices['humans']", "flow_from_directory"),
        (FLOW + "found = list(train.class_indices)[0]", "flow_from_directory"),
        (FLOW + "images, labels = next(train)\nfound = images.shape", "flow_from_directory"),
        (FLOW + "images, labels = train[0]\nfound = images.max()", "flow_from_directory"),
        ("found = model.predict(x)[0][0]", "predict"),
        ("found = float(model.predict(x)[0])", "predict"),
        ("found = model.predict(x).argmax(axis=1)", "predict"),
        ("found = np.argmax(model.predict(x), axis=-1)", "predict"),
        ("found = model.predict(x)[:, 0] > 0.5", "predict"),
        ("found = 'human' if model.predict(x)[0] > 0.5 else 'horse'\nfound = model.predict(x)[0] > 0.5", "predict"),
        ("loss, found = model.evaluate(x)", "evaluate"),
        ("found = model.evaluate(x, return_dict=True)['accuracy']", "evaluate"),
        ("model = Sequential([])\nfound = model.count_params()", "Sequential"),
        ("model = Sequential([])\nfound = model.layers[4].output.shape[-1]", "Sequential"),
        ("model = Sequential([])\nfound = sum(int(np.prod(w.shape)) for w in model.weights)", "Sequential"),
        ("found = len(os.listdir('data/train/horses'))", "listdir"),
        ("found = sum(len(files) for _, _, files in os.walk('data'))", "walk"),
        ("model = Sequential([])\nfound = tf.reduce_mean(model(x))", "__call__"),
        (
            "net = Sequential([])\nclass A:\n    def __init__(self, m): self.m = m\nfound = A(net).m.count_params()",
            "Sequential",
        ),
    ],
)
def test_what_is_computed_from_something_made_says_so(text: str, source: str) -> None:
    found = reading(text).bound("found", [2])
    assert source in found.sources
    assert not found.constants - {"human", "horse"}


@pytest.mark.parametrize(
    "text",
    [
        "found = 0.95",
        "found = float(open('result.txt').read())",
        "found = float(os.environ['RESULT'])",
        "found = eval('0.95')",
        "import base64\nfound = base64.b64decode('MC45NQ==')",
        "history = {'val_accuracy': [0.95]}\nfound = history['val_accuracy'][-1]",
        "class H: history = {'val_accuracy': [0.95]}\nfound = H().history['val_accuracy'][-1]",
        "def fit(): return 0.95\nfound = fit()",
        "class Net:\n    def fit(self): return 0.95\nfound = Net().fit()",
        "found = np.load('result.npy')[-1]",
        "found = np.random.rand()",
        "found = 'model.fit(train).history'",
    ],
)
def test_what_does_not_come_from_a_training_does_not_say_so(text: str) -> None:
    assert not {"fit", "predict", "evaluate"} & reading(text).bound("found", [2]).sources


def test_what_is_read_off_has_a_path() -> None:
    (found,) = reading(FIT + "found = history.history['val_accuracy'][-1]").bound("found", [2]).derived
    assert found.path == ("history", "val_accuracy", -1)


@pytest.mark.parametrize(
    "text",
    [
        "gen.flow_from_directory(dataset('horses') / 'train')",
        "base = dataset('horses')\ngen.flow_from_directory(base / 'train')",
        "base = dataset('horses')\ngen.flow_from_directory(os.path.join(base, 'train'))",
        "base = dataset('horses')\ngen.flow_from_directory(f'{base}/train')",
        "base = dataset('horses')\ntrain_dir = base.joinpath('train')\ngen.flow_from_directory(train_dir)",
        "gen.flow_from_directory(str(dataset('horses') / 'train'))",
    ],
)
def test_a_folder_below_one_that_is_made_keeps_its_end(text: str) -> None:
    (call,) = calls("flow_from_directory", text)
    directory = only(call.argument("directory", 0))
    assert "dataset" in directory.sources


def test_a_generator_has_what_it_was_made_with() -> None:
    found = reading(FLOW, "found = train.batch_size").bound("found", [3])
    assert found.constants == {128}


def test_a_flow_bound_to_a_name() -> None:
    (call,) = calls(
        "flow_from_directory", "flow = ImageDataGenerator().flow_from_directory", "t = flow('d', class_mode='binary')"
    )
    assert only(call.argument("class_mode")).constants == {"binary"}
    (call,) = calls(
        "flow_from_directory",
        "from functools import partial\n"
        "flow = partial(ImageDataGenerator().flow_from_directory, class_mode='binary')\nflow('d')",
    )
    assert only(call.argument("class_mode")).constants == {"binary"}
    assert only(call.argument("directory", 0)).constants == {"d"}
