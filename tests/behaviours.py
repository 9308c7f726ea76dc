"""What Keras and TensorFlow do that a student may see, each as a function that gives data: to be compared between a
process that is watched and one that is not.

:mod:`behaving` runs them all.
"""

# ruff: noqa: ANN401 - Keras has no types, and what a behaviour gives is only compared

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

__all__ = ["BEHAVIOURS"]

Behaviour = Callable[[], Any]

BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__] = function
    return function


def pictures() -> tuple[Any, Any]:
    import numpy as np

    return np.linspace(0, 1, 8 * 6 * 6 * 3).reshape(8, 6, 6, 3).astype("float32"), np.arange(8) % 2


def compiled(**options: Any) -> Any:
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((6, 6, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(**{"loss": "binary_crossentropy", "optimizer": "rmsprop", "metrics": ["accuracy"], **options})
    return model


def state(model: Any) -> Any:
    """What can be told of a model's compilation, and what it answers."""
    return {
        "compiled": model.compiled,
        "compile_config": json.loads(json.dumps(model.get_compile_config(), default=str)),
        "optimizer": type(getattr(model, "optimizer", None)).__name__,
        "evaluated": raised(lambda: model.evaluate(*pictures(), verbose=0)),
    }


def raised(call: Callable[[], object]) -> list[Any]:
    """The numbers that came, or the error: its type, its message and the functions that its traceback names."""
    import numpy as np

    try:
        return [round(float(number), 4) for number in np.ravel(call())]
    except Exception as problem:
        frames = [f"{Path(frame.filename).name}:{frame.name}" for frame in traceback.extract_tb(problem.__traceback__)]
        return [type(problem).__name__, str(problem), *frames]


# --- saving and copying -----------------------------------------------------------------------------------------------


@behaviour
def saved_as_keras() -> Any:
    import keras

    model = compiled()
    model.fit(*pictures(), verbose=0)
    model.save("one.keras")
    return state(keras.models.load_model("one.keras"))


@behaviour
def saved_as_h5() -> Any:
    import keras

    model = compiled(optimizer=keras.optimizers.Adam(0.01))
    model.fit(*pictures(), verbose=0)
    model.save("one.h5")
    return state(keras.models.load_model("one.h5"))


@behaviour
def loaded_without_compiling() -> Any:
    import keras

    compiled().save("two.keras")
    return state(keras.models.load_model("two.keras", compile=False))


@behaviour
def weights_saved() -> Any:
    model, other = compiled(), compiled()
    model.fit(*pictures(), verbose=0)
    model.save_weights("only.weights.h5")
    other.load_weights("only.weights.h5")
    return state(other)


@behaviour
def cloned() -> Any:
    import keras

    return state(keras.models.clone_model(compiled()))


@behaviour
def from_its_configuration() -> Any:
    import keras

    model = compiled()
    return state(type(model).from_config(model.get_config())), state(keras.models.model_from_json(model.to_json()))


@behaviour
def compiled_from_its_configuration() -> Any:
    import keras

    model = compiled(metrics=[keras.metrics.BinaryAccuracy()])
    other = keras.models.clone_model(model)
    other.compile_from_config(model.get_compile_config())
    return state(other)


@behaviour
def pickled() -> Any:
    return state(pickle.loads(pickle.dumps(compiled())))


@behaviour
def deeply_copied() -> Any:
    return state(copy.deepcopy(compiled()))


@behaviour
def functions_are_pickled_by_their_names() -> Any:
    import keras
    import PIL.Image
    import tensorflow as tf

    functions = [keras.utils.load_img, keras.utils.image_dataset_from_directory, PIL.Image.open, keras.Model.fit]
    return [pickle.loads(pickle.dumps(function)) is function for function in functions], tf.io.read_file.__module__


# --- classes of one's own ---------------------------------------------------------------------------------------------


def own(**methods: Callable[..., Any]) -> Any:
    """A model of a class with these methods, saved and loaded."""
    import keras

    own_class = keras.saving.register_keras_serializable("tests")(
        type("Own", (keras.Model,), {"build": lambda self, shape: None, **methods})
    )
    inputs = keras.Input((6, 6, 3))
    model = own_class(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(inputs)))
    model.compile(loss="binary_crossentropy", optimizer="sgd", metrics=["accuracy"])
    model.save("own.keras")
    return keras.models.load_model("own.keras")


@behaviour
def with_a_compile_of_its_own() -> Any:
    import keras

    def compile_(self: Any, *arguments: Any, **options: Any) -> None:
        keras.Model.compile(self, *arguments, **options)

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = own(compile=compile_)
    return state(model), [str(one.message) for one in said]


@behaviour
def with_a_fit_of_its_own() -> Any:
    import keras

    def fit(self: Any, *arguments: Any, **options: Any) -> Any:
        return keras.Model.fit(self, *arguments, **{**options, "epochs": 2})

    model = own(fit=fit)
    return state(model), len(model.fit(*pictures(), verbose=0).epoch)


@behaviour
def with_a_train_step_of_its_own() -> Any:
    import keras

    model = own(train_step=lambda self, data: {**keras.Model.train_step(self, data), "constant": 1.0})
    return model.fit(*pictures(), verbose=0).history["constant"]


@behaviour
def with_a_call_of_its_own() -> Any:
    import keras

    class Calling(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = keras.layers.Dense(1, activation="sigmoid")

        def call(self, values: Any, training: bool = False) -> Any:
            return self.last(keras.ops.mean(values, axis=(1, 2)))

    model = Calling()
    model.compile(loss="binary_crossentropy", optimizer="sgd", metrics=["accuracy"])
    return list(model.fit(*pictures(), verbose=0).history), model(pictures()[0][:1]).shape.as_list()


@behaviour
def mixed_into_another_class() -> Any:
    import keras

    class Louder:
        def __call__(self, values: Any) -> Any:
            return "louder"

    class Mixed(keras.Model, Louder):
        """Keras's own comes first."""

    return Mixed.__call__ is keras.layers.Layer.__call__, "__call__" in vars(keras.Model)


# --- what functions are -----------------------------------------------------------------------------------------------


def watched_functions() -> dict[str, Any]:
    import keras
    import PIL.Image
    import tensorflow as tf
    from keras.src.legacy.preprocessing import image

    methods = ("compile", "fit", "evaluate", "predict", "predict_on_batch", "__call__")
    return {
        **{name: getattr(keras.Model, name) for name in methods},
        "flow": image.DirectoryIterator.__init__,
        "draw": image.Iterator.__getitem__,
        "load_img": keras.utils.load_img,
        "dataset": keras.utils.image_dataset_from_directory,
        "read_file": tf.io.read_file,
        "open": PIL.Image.open,
        "iterate": tf.data.Dataset.__iter__,
    }


@behaviour
def signatures_and_names() -> Any:
    return {
        name: [
            str(inspect.signature(function)),
            function.__name__,
            function.__qualname__,
            function.__module__,
            sorted(vars(function)),
            len(function.__doc__ or ""),
            str(function.__defaults__),
            str(function.__kwdefaults__),
        ]
        for name, function in watched_functions().items()
    }


@behaviour
def sources() -> Any:
    return {name: inspect.getsource(function) for name, function in watched_functions().items()}


@behaviour
def what_is_overridden() -> Any:
    import keras
    from keras.src.backend.tensorflow.trainer import TensorFlowTrainer
    from keras.src.trainers.trainer import Trainer
    from keras.src.utils.python_utils import is_default

    model = compiled()
    return (
        [is_default(getattr(model, name)) for name in ("build", "get_config", "compute_mask", "fit", "compile")],
        keras.Model.compile is Trainer.compile,
        keras.Model.fit is TensorFlowTrainer.fit,
        model.fit.__func__ is keras.Sequential.fit,
        sorted(vars(keras.Model)),
    )


@behaviour
def one_function_under_all_its_names() -> Any:
    import keras
    import tensorflow as tf
    from tensorflow.keras.preprocessing.image import load_img

    names = (keras.preprocessing.image.load_img, tf.keras.utils.load_img, load_img)
    return [name is keras.utils.load_img for name in names]


@behaviour
def wrong_arguments() -> Any:
    import keras

    model = compiled()
    return (
        raised(lambda: model.compile(lr=0.1)),
        raised(lambda: model.fit(*pictures(), epoch=2)),
        raised(model.predict),
        raised(lambda: keras.utils.load_img("no such.png", target=3)),
    )


@behaviour
def errors_and_where_they_come_from() -> Any:
    import keras
    import PIL.Image

    model = compiled()
    return (
        raised(lambda: model.fit(pictures()[0][:, :3], pictures()[1], verbose=0)),
        raised(lambda: model(pictures()[0][0])),
        raised(lambda: keras.utils.load_img("no such.png")),
        raised(lambda: PIL.Image.open("no such.png")),
        raised(lambda: keras.utils.image_dataset_from_directory("no such folder")),
        raised(lambda: compiled(metrics="accuracy")),
    )


@behaviour
def errors_without_keras_filter() -> Any:
    import keras

    keras.config.disable_traceback_filtering()
    try:
        found = raised(lambda: compiled(metrics="accuracy"))
    finally:
        keras.config.enable_traceback_filtering()
    return found


# --- callbacks --------------------------------------------------------------------------------------------------------


@behaviour
def a_checkpoint_is_loaded() -> Any:
    import keras

    keep = keras.callbacks.ModelCheckpoint("best.keras", monitor="loss", save_best_only=True)
    compiled().fit(*pictures(), epochs=2, verbose=0, callbacks=[keep])
    again = keras.models.load_model("best.keras")
    return state(again), again.fit(*pictures(), initial_epoch=2, epochs=3, verbose=0).epoch


@behaviour
def a_training_is_resumed() -> Any:
    import keras

    for _ in range(2):
        restore = keras.callbacks.BackupAndRestore("backup", delete_checkpoint=False)
        epochs = compiled().fit(*pictures(), epochs=2, verbose=0, callbacks=[restore]).epoch
    return epochs, sorted(path.name for path in Path("backup").iterdir())


@behaviour
def callbacks_are_the_students_own() -> Any:
    import keras

    model, told = compiled(), []
    several = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: told.append(sorted(logs)))]
    listed = keras.callbacks.CallbackList(several, add_history=True, model=model)
    model.fit(*pictures(), verbose=0, callbacks=several)
    model.fit(*pictures(), verbose=0, callbacks=listed)
    model.fit(*pictures(), verbose=0, callbacks=listed)
    return told, len(several), [type(callback).__name__ for callback in listed.callbacks]


# --- pictures ---------------------------------------------------------------------------------------------------------


def folder() -> Path:
    import keras

    root = Path("pictures")
    for name in ("cats", "dogs"):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(3):
            keras.utils.save_img(root / name / f"{number}.png", pictures()[0][number])
    return root


@behaviour
def generators() -> Any:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    made = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    again = pickle.loads(pickle.dumps(made))
    flow = again.flow_from_directory(folder(), (6, 6), batch_size=2, class_mode="binary", shuffle=False)
    return (
        str(inspect.signature(ImageDataGenerator.flow_from_directory)),
        len(flow),
        flow[0][0].shape,
        next(flow)[1].tolist(),
        flow.class_indices,
        sorted(vars(flow)),
        made.flow(*pictures(), batch_size=3)[0][0].shape,
    )


@behaviour
def trainings_from_flows() -> Any:
    import numpy as np
    from tensorflow.keras.preprocessing.image import DirectoryIterator, ImageDataGenerator

    class Sorted(DirectoryIterator):
        def on_epoch_end(self) -> None:
            super().on_epoch_end()
            self.index_array = np.arange(self.n)[:: self.total_batches_seen % 2 * 2 - 1]

    def trained(flow: Any, **options: Any) -> Any:
        drawn.clear()
        found = compiled().fit(flow, epochs=3, verbose=0, **options).history
        return found, list(drawn), float(np.random.random())

    def flow(kind: Any = DirectoryIterator, **options: Any) -> Any:
        made = kind(folder(), ImageDataGenerator(**options), target_size=(6, 6), batch_size=2, class_mode="binary")
        original = made._get_batches_of_transformed_samples
        made._get_batches_of_transformed_samples = lambda places: drawn.append(places.tolist()) or original(places)
        return made

    drawn: list[Any] = []
    return (
        trained(flow()),
        trained(flow(horizontal_flip=True, rotation_range=30), steps_per_epoch=3),
        trained(flow(), validation_data=flow(), validation_steps=3),
        trained(flow(Sorted), shuffle=False),
    )


@behaviour
def single_files() -> Any:
    import keras
    import PIL.Image
    import tensorflow as tf

    path = folder() / "cats" / "0.png"
    with PIL.Image.open(path) as picture:
        size = picture.size
    return keras.utils.load_img(path, target_size=(3, 3)).size, size, len(tf.io.read_file(str(path)).numpy())


@behaviour
def pipelines() -> Any:
    import keras
    import tensorflow as tf

    dataset = keras.utils.image_dataset_from_directory(
        folder(), image_size=(6, 6), batch_size=2, label_mode="binary", shuffle=False
    )
    made = dataset.map(lambda pixels, labels: (pixels / 255, labels)).cache().shuffle(4, seed=1).prefetch(1)
    files = tf.data.Dataset.list_files(str(folder() / "*" / "*.png"), shuffle=False)
    decoded = files.map(tf.io.read_file).map(lambda data: tf.io.decode_png(data, 3)).batch(2)
    model = compiled()
    return (
        dataset.class_names,
        [labels.numpy().ravel().tolist() for _, labels in dataset],
        str(made.element_spec),
        [batch.shape.as_list() for batch in decoded],
        len(model.fit(made, epochs=2, verbose=0).epoch),
        model.predict(made, verbose=0).shape,
    )


@behaviour
def in_functions_of_tensorflow() -> Any:
    import keras
    import tensorflow as tf

    model = compiled()
    twice = tf.function(lambda values: model(values) + model(values))
    layered = keras.Sequential([keras.Input((6, 6, 3)), model, keras.layers.Rescaling(2.0)])
    return twice(pictures()[0]).shape.as_list(), layered(pictures()[0]).shape.as_list()


@behaviour
def activations_of_tensorflow() -> Any:
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=tf.nn.softmax)])
    return model.layers[0].get_config()["activation"], tf.nn.softmax.__name__


# --- told -------------------------------------------------------------------------------------------------------------


@behaviour
def printed() -> Any:
    model = compiled()
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        model.summary()
        model.fit(*pictures(), epochs=2, verbose=2)
        model.evaluate(*pictures(), verbose=2)
    lines = [line for line in out.getvalue().splitlines() if "/step" not in line]
    return lines, err.getvalue(), str(model), repr(model.fit)[:40]


@behaviour
def warned() -> Any:
    import keras

    model = compiled()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.compile(loss="mse", optimizer="sgd", run_eagerly=True, jit_compile=True)
        model.layers[-1].trainable = False
        model.fit(*pictures(), verbose=0)
        keras.layers.Dense(1, input_shape=(3,))
        compiled().fit((one for one in [pictures()]), steps_per_epoch=3, verbose=0)
    return [[one.category.__name__, str(one.message), "fairmark" in one.filename] for one in said]
