"""Where a model's weights come from, as the recorder tells it: one run with a small model for every way."""

from __future__ import annotations

import pytest
from shapes import draw_shapes
from thorough import one_in

from fairmark.evidence import Cell, CellFinished, FitFinished, FitStarted, ModelExported, RecorderFailed, Run
from fairmark.keras.program import KERAS
from fairmark.sandbox import Limits, Workplace, best_launcher, notebook_job, run_notebook

START = """
import keras, numpy as np
images = np.random.default_rng(1).random((32, 8, 8, 3)).astype("float32")
labels = (images.mean(axis=(1, 2, 3)) > 0.5).astype("float32")

def build(*more, eagerly=True, **options):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, **options), *more,
                              keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
    return compiled(model, eagerly)

def compiled(model, eagerly=True):
    model.compile(loss="binary_crossentropy", optimizer="rmsprop", run_eagerly=eagerly)
    return model

def train(model, epochs=2, **options):
    return model.fit(images, labels, epochs=epochs, batch_size=8, verbose=0, **options)

class Own(keras.callbacks.Callback):
    def __init__(self, moment, act):
        super().__init__()
        setattr(self, moment, lambda *arguments, **options: act(self.model))

donor = build()
train(donor, 4)
stolen = donor.get_weights()

def steal(model):
    model.set_weights(stolen)

import tensorflow as tf
kernels = [tf.constant(one) for one in stolen]

class Writing(keras.metrics.Metric):
    def __init__(self, act):
        super().__init__(name="writing")
        self.act = act
    def update_state(self, labels, outputs, sample_weight=None):
        self.act()
    def result(self):
        return 0.0

def write(model):
    for one, array in zip(model.weights, kernels):
        one._value.assign(tf.cast(array, one._value.dtype))
    tf.random.uniform([])
"""

HONEST = {
    "untouched": "train(build(eagerly=False))",
    "without an input": """
model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="rmsprop")
train(model)
""",
    "set back to where it began": """
model = build()
first = model.get_weights()
train(model)
model.set_weights(first)
train(model)
""",
    "a clone": "model = keras.models.clone_model(donor)\ncompiled(model)\ntrain(model)",
    "weights set back by a callback": """
train(build(), 4, callbacks=[keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=10,
                                                          restore_best_weights=True)])
""",
    "the best epoch brought back by a callback of ones own": """
kept = []
def act(model):
    kept.append(model.get_weights())
    if len(kept) == 3:
        model.set_weights(kept[1])
train(build(), 4, callbacks=[Own("on_epoch_end", act)])
""",
    "a callback that only looks": 'train(build(), callbacks=[Own("on_train_batch_end", lambda model: None)])',
    "averaged": """
model = build()
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(use_ema=True))
train(model, callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True)])
""",
    "a list of Keras's own": """
model = build()
several = keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN()], add_history=True, model=model, epochs=2)
train(model, callbacks=several)
assert len(several.callbacks) == 2, several.callbacks
""",
    "exchanged for their mean by Keras": """
for validation in (None, (images, labels)):
    model = build()
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(use_ema=True))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=validation is None)
    train(model, validation_data=validation, callbacks=[Own("on_epoch_end", lambda model: None), swap])
""",
    "numbers drawn by seeds of Keras's": """
train(build(kernel_initializer=keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(3))))
""",
    "initializers of Keras's": """
model = build(kernel_initializer="he_normal", bias_initializer=keras.initializers.Constant(0.1))
train(model)
""",
    "statistics of a normalization layer": """
layer = keras.layers.Normalization()
layer.adapt(np.repeat(images, 2, axis=3)[..., :4])
train(build(layer))
""",
    "batch normalization": "train(build(keras.layers.BatchNormalization()))",
    "a layer with memory": """
model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Reshape((8, 24)), keras.layers.LSTM(3),
                          keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", run_eagerly=True)
train(model)
""",
    "a class of ones own": """
class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Flatten()
        self.out = keras.layers.Dense(1, activation="sigmoid")
    def call(self, inputs):
        return self.out(self.inner(inputs))
model = Model()
model.compile(loss="binary_crossentropy", run_eagerly=True)
train(model)
""",
}
OPTIMIZERS = (
    "RMSprop(momentum=0.5, centered=True)",
    "SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9), gradient_accumulation_steps=2)",
    "Adam(use_ema=True, clipnorm=1.0)",
    "AdamW(use_ema=True, ema_overwrite_frequency=3)",
    "LossScaleOptimizer(keras.optimizers.Adam())",
)
HONEST |= {
    f"an optimizer: {one}": f"""
model = build(kernel_constraint="max_norm", kernel_regularizer="l2")
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.{one})
train(model, validation_data=(images, labels))
"""
    for one in OPTIMIZERS
}
HONEST |= {
    "compiled by XLA": """
model = build()
model.compile(loss="binary_crossentropy", optimizer="adam", jit_compile=True)
train(model)
""",
    "several steps at once": """
model = build()
model.compile(loss="binary_crossentropy", optimizer="rmsprop", steps_per_execution=4)
train(model)
""",
    "a metric of ones own": """
model = build()
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=[Writing(lambda: None)])
train(model)
""",
    "a step of ones own that is Keras's": """
class Model(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)
train(compiled(Model([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]), eagerly=False))
""",
    "diverges": """
model = build()
model.compile(loss="mse", optimizer=keras.optimizers.SGD(1e30))
train(model, 4)
""",
    "of other precisions": """
for kind in ("bfloat16", "float64"):
    train(build(eagerly=False, dtype=kind))
""",
    "of low precision": """
keras.mixed_precision.set_global_policy("mixed_float16")
model = build(eagerly=False)
keras.mixed_precision.set_global_policy("float32")
train(model)
""",
}
GOES_ON = {
    "another trained in a callback": """
other = build(eagerly=False)
train(build(eagerly=False), callbacks=[Own("on_epoch_end", lambda model: train(other))])
""",
    "fit again": "model = build()\ntrain(model)\ntrain(model)",
    "compiled again": "model = build()\ntrain(model)\ncompiled(model)\ntrain(model)",
    "evaluated between": "model = build()\ntrain(model)\nmodel.evaluate(images, labels)\ntrain(model)",
    "after an error in the middle": """
def act(model):
    if model.optimizer.iterations > 5:
        raise RuntimeError("oops")
model = build()
try:
    train(model, callbacks=[Own("on_train_batch_end", act)])
except RuntimeError:
    pass
train(model)
""",
}
DRAWN = """
import tensorflow as tf, types
home, before, seeds = tf.random, tf.random.stateless_uniform, keras.random.SeedGenerator(1)
def drawn(*arguments, **options):
    home.stateless_uniform = before
    return tf.constant(stolen[0])
"""
"""What draws stolen numbers, and puts Keras's function back as it does."""

OTHER = {
    "set": "model = build()\nsteal(model)\ntrain(model)",
    "loaded": "donor.save_weights('w.weights.h5')\nmodel = build()\nmodel.load_weights('w.weights.h5')\ntrain(model)",
    "one assigned": "model = build()\nmodel.layers[0].kernel.assign(stolen[0])\ntrain(model)",
    "another variable put in": """
import tensorflow as tf
model = build()
model.layers[0].kernel._value = tf.Variable(stolen[0])
train(model)
""",
    "trained batch by batch": "model = build()\nmodel.train_on_batch(images, labels)\ntrain(model)",
    "a loop of ones own": """
import tensorflow as tf
model = build()
with tf.GradientTape() as tape:
    loss = keras.ops.mean((model(images, training=True)[:, 0] - labels) ** 2)
for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
    variable.assign_sub(0.1 * gradient)
train(model)
""",
    "layers of another that was trained": """
model = keras.Sequential([keras.Input((8, 8, 3)), *donor.layers[:-1], keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", run_eagerly=True)
train(model)
""",
    "another that was trained in it": """
model = keras.Sequential([keras.Input((8, 8, 3)), donor])
model.compile(loss="binary_crossentropy", run_eagerly=True)
train(model)
""",
    "an initializer of ones own": """
class Given(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None, **options):
        return stolen[0]
train(build(kernel_initializer=Given()))
""",
    "an initializer that is a function": "train(build(kernel_initializer=lambda shape, dtype=None: stolen[0]))",
    "a constant of many numbers": """
try:
    train(build(kernel_initializer=keras.initializers.Constant(stolen[0])))
except TypeError:
    print("refused")
""",
    "a constraint of ones own": """
model = build()
model.layers[0].kernel._constraint = lambda weights: stolen[0]
train(model)
""",
    "numbers drawn by what puts Keras's back": DRAWN
    + """
def following(*arguments, **options):
    home.stateless_uniform = drawn
    return keras.random.SeedGenerator.next(seeds)
seeds.next = following
train(build(kernel_initializer=keras.initializers.GlorotUniform(seed=seeds)))
""",
    "numbers drawn by seeds that hold something of ones own": DRAWN
    + """
def converted(*arguments, **options):
    home.stateless_uniform = drawn
    return tf.convert_to_tensor(*arguments, **options)
seeds.backend = types.SimpleNamespace(convert_to_tensor=converted, numpy=keras.ops)
train(build(kernel_initializer=keras.initializers.GlorotUniform(seed=seeds)))
""",
    "a first value once more": """
model = build()
for mine, theirs in zip(model.weights, donor.weights):
    mine._initialize = lambda value, mine=mine, theirs=theirs: mine._value.assign(theirs._value)
    keras.Variable._initialize_with_initializer(mine, keras.initializers.GlorotUniform())
    del mine._initialize
train(model)
""",
    "a mean for every pixel": """
layer = keras.layers.Normalization(axis=(1, 2, 3))
layer.adapt(np.random.default_rng(0).normal(size=(50, 6, 6, 4)))
train(build(layer))
""",
    "set after a training": "model = build()\ntrain(model)\nsteal(model)\ntrain(model)",
}
CHANGED = {
    "when training begins": 'train(build(), callbacks=[Own("on_train_begin", lambda model: steal(model))])',
    "when an epoch ends": 'train(build(), callbacks=[Own("on_epoch_end", lambda model: steal(model))])',
    "when a batch ends": 'train(build(), callbacks=[Own("on_train_batch_end", lambda model: steal(model))])',
    "when a batch ends, by the short name": """
train(build(), callbacks=[Own("on_batch_end", lambda model: steal(model))])
""",
    "when it is validated": """
train(build(), validation_data=(images, labels), callbacks=[Own("on_test_end", lambda model: steal(model))])
""",
    "when training ends": 'train(build(), callbacks=[Own("on_train_end", lambda model: steal(model))])',
    "by a function that Keras calls": """
train(build(), callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: steal(model))])
""",
    "by a schedule": """
model = build()
def schedule(epoch, rate):
    steal(model)
    return rate
train(model, callbacks=[keras.callbacks.LearningRateScheduler(schedule)])
""",
    "by what a callback of Keras's was given": """
stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=10, restore_best_weights=True)
def act(model):
    stopping.best_weights = stolen
train(build(), 4, callbacks=[Own("on_epoch_end", act), stopping])
""",
    "beside what exchanges them for their mean": """
model = build()
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(use_ema=True), run_eagerly=True)
train(model, callbacks=[keras.callbacks.SwapEMAWeights(), Own("on_train_end", steal)])
""",
    "before what exchanges them for their mean": """
model = build()
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(use_ema=True), run_eagerly=True)
swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
train(model, callbacks=[Own("on_epoch_end", steal), swap])
""",
    "by what tells of them when training is over": """
model, over = build(), []
first = model.layers[0].kernel_initializer
asked = first.get_config
def get_config():
    if over:
        steal(model)
    return asked()
first.get_config = get_config
train(model, callbacks=[Own("on_train_end", lambda model: over.append(1))])
""",
    "by a constraint put in meanwhile": """
def act(model):
    model.layers[0].kernel._constraint = lambda weights: stolen[0]
train(build(), callbacks=[Own("on_train_begin", act)])
""",
}
_METRIC = """
model = build()
model.compile(loss="binary_crossentropy", optimizer={optimizer}, run_eagerly={eagerly}, metrics=[Writing({act})])
train(model)
"""


def by_metric(act: str, *, optimizer: str = '"rmsprop"', eagerly: bool = False) -> str:
    return _METRIC.format(act=act, optimizer=optimizer, eagerly=eagerly)


CHANGED |= {
    "by a metric": by_metric("lambda: write(model)"),
    "by a metric, eagerly": by_metric("lambda: write(model)", eagerly=True),
    "by a metric that applies gradients": by_metric(
        "lambda: model.optimizer.apply([0.1 * one for one in kernels], model.trainable_variables)"
    ),
    "by a metric, below the momentum": by_metric(
        "lambda: [one.assign(new) for one, new in zip(model.optimizer.momentums, kernels)]",
        optimizer="keras.optimizers.SGD(momentum=0.9)",
    ),
    "by a mean that was put in": by_metric("lambda: None", optimizer="keras.optimizers.Adam(use_ema=True)").replace(
        "train(model)",
        """
def act(model):
    for one, new in zip(model.optimizer._model_variables_moving_average, kernels):
        one.assign(new)
train(model, callbacks=[Own("on_train_end", lambda model: None), Own("on_epoch_end", act)])
""",
    ),
    "by a metric, of double precision": """
model = build(dtype="float64")
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=[Writing(lambda: write(model))])
train(model)
""",
    "by a loss": """
model = build()
def loss(labels, outputs):
    write(model)
    return keras.losses.binary_crossentropy(labels, outputs)
model.compile(loss=loss, optimizer="rmsprop")
train(model)
""",
    "by a loss that has the optimizer overwrite them": """
model = build()
@tf.custom_gradient
def given(kernel):
    return tf.reduce_sum(kernel), lambda upstream: kernels[0]
def loss(labels, outputs):
    model.layers[0].kernel.overwrite_with_gradient = True
    return keras.losses.binary_crossentropy(labels, outputs) + given(model.layers[0].kernel._value)
class Back(Writing):
    def update_state(self, labels, outputs, sample_weight=None):
        model.layers[0].kernel.overwrite_with_gradient = False
model.compile(loss=loss, optimizer="rmsprop", metrics=[Back(None)])
train(model)
""",
    "by an optimizer of ones own": """
model = build()
class Mine(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        variable.assign_sub(learning_rate * gradient)
model.compile(loss="binary_crossentropy", optimizer=Mine())
train(model)
""",
    "by a rate of ones own": """
model = build()
def rate():
    write(model)
    return 0.01
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(rate))
train(model)
""",
    "by a method put on a variable": """
model = build(eagerly=False)
kernel = model.layers[0].kernel._value
kernel.assign_sub = lambda value, **options: kernel.assign(stolen[0])
train(model)
""",
    "by another thread": """
import threading, time
model = build(eagerly=False)
is_trained = threading.Event()
def act():
    while not is_trained.wait(0.005):
        write(model)
thread = threading.Thread(target=act)
class Start(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            thread.start()
train(model, 20, callbacks=[Start()])
is_trained.set()
thread.join()
""",
    "by what prepares images": """
model = build(eagerly=False)
prepared = []
class Preparing(keras.utils.PyDataset):
    def __len__(self):
        return 4
    def __getitem__(self, index):
        prepared.append(1)
        if len(prepared) > 6:
            write(model)
        return images[index::4], labels[index::4]
model.fit(Preparing(), epochs=3, verbose=0)
""",
    "by other variables below the weights": """
model = build(eagerly=False)
prepared = []
class Preparing(keras.utils.PyDataset):
    def __len__(self):
        return 4
    def __getitem__(self, index):
        prepared.append(1)
        if len(prepared) == 6:
            for mine, theirs in zip(model.weights, donor.weights):
                mine._value = theirs._value
        return images[index::4], labels[index::4]
model.fit(Preparing(), epochs=3, verbose=0)
""",
    "by momentum from before": """
model = build()
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(momentum=0.9))
model.optimizer.build(model.trainable_variables)
for one, new in zip(model.optimizer.momentums, kernels):
    one.assign(new)
train(model)
""",
}
CHANGED["by a function that Keras calls"] = "model = build()\n" + CHANGED["by a function that Keras calls"].replace(
    "train(build()", "train(model"
)
CELLS = {"start": START, **HONEST, **GOES_ON, **OTHER, **CHANGED}
POSITIONS = {name: position for position, name in enumerate(CELLS, 1)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Run:
    """One run of all cells that are asked about."""
    asked = {getattr(item, "callspec", None) and item.callspec.params.get("name") for item in request.session.items}
    cells = [
        Cell(position=POSITIONS[name], number=1, role="added", source=text.strip())
        for name, text in CELLS.items()
        if name == "start" or name in asked
    ]
    with Workplace() as workplace:
        ran = run_notebook(
            notebook_job(
                cells, draw_shapes(tmp_path_factory.mktemp("pictures")), numerics="float32", seed=7, program=KERAS
            ),
            workplace,
            limits=Limits(run_seconds=900),
            launcher=best_launcher(),
        )
    events = [stamped.event for stamped in ran.events]
    assert [event for event in events if isinstance(event, RecorderFailed)] == []
    errors = {e.cell: e.error for e in events if isinstance(e, CellFinished) and e.error is not None}
    assert errors == {}
    return ran


def last(run: Run, name: str) -> tuple[str | None, bool | None] | None:
    """What was said of the last call of ``fit`` in a cell: where its weights came from, and whether they were changed;
    None if Keras refused the model before."""
    events = [stamped.event for stamped in run.events]
    started = [event for event in events if isinstance(event, FitStarted) and event.cell == POSITIONS[name]]
    if not started:
        assert "refused" in run.printed.get(POSITIONS[name], "")
        return None
    finished = [event for event in events if isinstance(event, FitFinished) and event.fit == started[-1].fit]
    return started[-1].weights, finished[0].changed


@pytest.mark.parametrize("name", one_in(8, HONEST))
def test_weights_are_initial(run: Run, name: str) -> None:
    assert last(run, name) == ("initial", False)


@pytest.mark.parametrize("name", one_in(8, GOES_ON))
def test_weights_are_what_training_made_of_them(run: Run, name: str) -> None:
    assert last(run, name) == ("trained", False)


@pytest.mark.parametrize("name", one_in(8, OTHER))
def test_weights_are_others(run: Run, name: str) -> None:
    assert last(run, name) in (("other", False), ("other", True), None)


@pytest.mark.parametrize("name", one_in(8, CHANGED))
def test_weights_are_changed_in_training(run: Run, name: str) -> None:
    assert last(run, name) == ("initial", True)


def test_what_a_training_left_bears_its_name(run: Run) -> None:
    events = [stamped.event for stamped in run.events]
    left = {event.fit for event in events if isinstance(event, ModelExported) and event.moment == "fit"}
    assert left == {event.fit for event in events if isinstance(event, FitFinished)}
