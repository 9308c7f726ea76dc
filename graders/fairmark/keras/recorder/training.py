"""Hooks on what a notebook does with a model: compile, fit, evaluate, predict."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from fairmark.evidence import (
    EpochEnded,
    Event,
    FitFinished,
    FitStarted,
    ModelCompiled,
    ModelDescribed,
    ModelEvaluated,
    ModelPredicted,
    PicturesOpened,
    StepsWatched,
)
from fairmark.keras.recorder import callback_trial, describe, in_force, known, pictures
from fairmark.keras.recorder.export import Exporter
from fairmark.keras.recorder.hooks import hook
from fairmark.keras.recorder.pause import Pauser
from fairmark.keras.recorder.recorder import Recorder
from fairmark.keras.recorder.weights import WatchedTraining
from fairmark.keras.recorder.wired import is_rewired
from fairmark.sandbox.inside.skipped import TrainingSkipped

__all__ = ["describe_model", "install"]

_ROWS_KEPT = 16
_CALLBACKS_KEPT = 32
_SET_RATES = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)


def install(
    recorder: Recorder, exporter: Exporter, opened: dict[str, PicturesOpened], pauser: Pauser | None = None
) -> None:
    """Hooks the methods that every model inherits."""
    settings = in_force.Settings(recorder)
    _wrap_compile(recorder, settings)
    _wrap_fit(recorder, exporter, opened, pauser, settings)
    _wrap_evaluate(recorder, opened)
    _wrap_predict(recorder, opened)


def _wrap(name: str, around: Callable[..., Any]) -> inspect.Signature:
    """Has ``around(original, model, *arguments, **options)`` called for a method of ``keras.Model``."""
    method = getattr(keras.Model, name)
    hook(method, around)
    return inspect.signature(method)


def describe_model(recorder: Recorder, model: keras.Model) -> None:
    """Sends the model as it stands now, unless nothing has changed since it was last described."""
    inputs, outputs = describe.asked_of(model, "inputs"), describe.asked_of(model, "outputs")
    described = ModelDescribed(
        model=recorder.models.name(model),
        cell=recorder.cell,
        class_name=known.class_name(type(model)),
        layers=describe.describe_layers(model, recorder.calls),
        input_shape=describe.shape_of(inputs[0].shape) if len(inputs) == 1 else describe.built_shape(model),
        output_shape=describe.shape_of(outputs[0].shape) if len(outputs) == 1 else None,
        parameters=describe.count(describe.asked_of(model, "weights")),
        trainable_parameters=describe.count(describe.asked_of(model, "trainable_weights")) if model.built else None,
        overridden=[*known.overridden(model), *(["call"] if is_rewired(model) else [])],
    )
    before = recorder.described.get(described.model)
    if before is None or before.model_copy(update={"cell": recorder.cell}) != described:
        recorder.described[described.model] = described
        recorder.send(described)


def _wrap_compile(recorder: Recorder, settings: in_force.Settings) -> None:
    def around(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        original(model, *arguments, **options)
        with recorder.guarded("compile"):
            asked = signature.bind(model, *arguments, **options)
            asked.apply_defaults()
            describe_model(recorder, model)
            recorder.send(_compiled(recorder, model, asked.arguments))
            settings.compiled(model)

    signature = _wrap("compile", around)


def _compiled(recorder: Recorder, model: keras.Model, asked: dict[str, Any]) -> ModelCompiled:
    inner = describe.inner_optimizer(model.optimizer)
    optimizer = describe.function_of(inner, in_force.OPTIMIZER)
    assert optimizer is not None
    return ModelCompiled(
        model=recorder.models.name(model),
        cell=recorder.cell,
        loss=describe.function_of(asked["loss"], in_force.LOSS),
        optimizer=optimizer,
        learning_rate=describe.learning_rate_of(inner),
        metrics=in_force.listed(asked["metrics"]),
    )


def _wrap_fit(
    recorder: Recorder,
    exporter: Exporter,
    opened: dict[str, PicturesOpened],
    pauser: Pauser | None,
    settings: in_force.Settings,
) -> None:
    def drawn_from(asked: dict[str, Any]) -> list[PicturesOpened]:
        return pictures.as_they_are(recorder, (asked["x"], asked["validation_data"]), opened)

    def around(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        asked = signature.bind(model, *arguments, **options)
        asked.apply_defaults()
        recorder.fits += 1
        fit = f"fit-{recorder.fits}"
        watched: WatchedTraining | None = None
        with recorder.guarded("weights"):
            if recorder.ledger is not None:
                watched = WatchedTraining(recorder.ledger, model, recorder.models.name(model))
        with recorder.guarded("names"):
            recorder.note_names("fit")
        with recorder.guarded("fit"):
            describe_model(recorder, model)
            started = _started(recorder, model, fit, asked.arguments, opened)
            recorder.flows.begin(asked.arguments["x"], asked.arguments["validation_data"])
            settings.begin(model, fit, drawn_from(asked.arguments))
            recorder.send(started.model_copy(update={"weights": watched and watched.origin}))
        with recorder.guarded("callbacks"):
            callback_trial.try_given(recorder, model, fit, asked.arguments["callbacks"])
        if not recorder.train and tf.executing_eagerly():
            with recorder.guarded("batch"):
                pictures.see_scaling(asked.arguments["x"], asked.arguments["validation_data"])
            raise TrainingSkipped
        # Without training it comes here where there is no eager execution: Keras fails at once, and says why.
        shorter = recorder.rehearsal.changes(recorder.cell, asked.arguments, always=not recorder.train)
        asked.arguments.update(shorter or {})
        watch = Watch(recorder.send, fit, pauser if shorter is None else None)

        watch.before_step = _looking(
            recorder, settings, model, fit, asked.arguments, lambda: drawn_from(asked.arguments)
        )
        watch.in_graph = lambda: settings.graph(model, fit)
        if watched is not None:
            watched.at_apply = lambda: watch.looks_again(recorder, model)
            watch.watched = watched
        with (
            _watched(asked.arguments, model, watch, watched),
            recorder.inside_keras(),
            recorder.training_in(fit),
            recorder.passes.in_training(asked.arguments),
        ):
            history = original(*asked.args, **asked.kwargs)
        with recorder.guarded("fit"):
            describe_model(recorder, model)
            if watched is not None and watched.steps is not None and not _sets_rate(asked.arguments["callbacks"]):
                settings.applied_at(fit, watched.steps.rates())
            settings.end(model, fit, drawn_from(asked.arguments))
            _finished(recorder, exporter, model, history, fit, watched)
        return history

    signature = _wrap("fit", around)


def _finished(
    recorder: Recorder,
    exporter: Exporter,
    model: keras.Model,
    history: object,
    fit: str,
    watched: WatchedTraining | None,
) -> None:
    """Lets out what the training has made. Nothing that a notebook may have a hand in stands between the last look at
    the weights and their export."""
    epochs = len(history.epoch) if isinstance(history, keras.callbacks.History) else 0
    told = FitFinished(fit=fit, cell=recorder.cell, epochs=epochs, iterations=iterations_of(model))
    changed = None
    with recorder.guarded("weights"):
        changed = watched and watched.finish()
    recorder.send(told.model_copy(update={"changed": changed}))
    exporter.export(model, "fit", fit)


def _looking(
    recorder: Recorder,
    settings: in_force.Settings,
    model: keras.Model,
    fit: str,
    asked: dict[str, Any],
    drawn_from: Callable[[], list[PicturesOpened]],
) -> Callable[[bool], None]:
    """Looks at what a step of ``fit`` goes by; at the first it is told."""

    def before_step(is_first: bool) -> None:
        with recorder.guarded("fit"):
            if is_first:
                settings.begin(model, fit, drawn_from())
                recorder.flows.keep(asked["x"], asked["validation_data"])
            settings.step(model, fit, sets_rate=_sets_rate(asked["callbacks"]))

    return before_step


@contextlib.contextmanager
def _watched(
    asked: dict[str, Any], model: keras.Model, watch: Watch, watched: WatchedTraining | None
) -> Iterator[None]:
    """Has ``watch`` called back by the ``fit`` that was asked for, and by no other; ``watched`` looks at the weights
    before and behind the callbacks that it was given."""
    callbacks = asked["callbacks"]
    given: list[Any] = _several(callbacks)
    if isinstance(callbacks, keras.callbacks.CallbackList):
        given = callbacks.callbacks
    ours: list[Any] = [*(given if watched is None else watched.around(given)), watch]
    kept = list(given)
    if given is getattr(callbacks, "callbacks", None):
        watch.set_model(model)  # a list of Keras's own has told the callbacks in it
        given[:] = ours
    else:
        asked["callbacks"] = ours
    try:
        yield
    except BaseException:
        if watched is not None:
            with watched.guarded():
                watched.abandon()
        raise
    finally:
        if given is getattr(callbacks, "callbacks", None):
            given[:] = kept


def _several(callbacks: Any) -> list[Any]:  # noqa: ANN401 - None, one, or several, one in another
    return [] if callbacks is None else list(keras.tree.flatten(callbacks))


def _started(
    recorder: Recorder, model: keras.Model, fit: str, asked: dict[str, Any], opened: dict[str, PicturesOpened]
) -> FitStarted:
    validation = asked["validation_data"]
    return FitStarted(
        fit=fit,
        model=recorder.models.name(model),
        cell=recorder.cell,
        pictures=_source_of(recorder, asked["x"], opened),
        validation_pictures=_source_of(recorder, validation, opened),
        has_validation=validation is not None or bool(asked["validation_split"]),
        epochs=_counted(asked["epochs"]) - _counted(asked["initial_epoch"]),
        initial_epoch=_counted(asked["initial_epoch"]),
        steps_per_epoch=_whole(asked["steps_per_epoch"]),
        validation_steps=_whole(asked["validation_steps"]),
        callbacks=_called_back(asked["callbacks"]),
        trained=recorder.train,
    )


def _given(callbacks: Any) -> list[Any]:  # noqa: ANN401 - None, one, several, or Keras's own list
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    return list(callbacks) if isinstance(callbacks, list | tuple) else [] if callbacks is None else [callbacks]


def _sets_rate(callbacks: Any) -> bool:  # noqa: ANN401 - as above
    """Whether one of Keras's own callbacks is there to change the learning rate."""
    return any(type(callback) in _SET_RATES for callback in _given(callbacks))


def _called_back(callbacks: Any) -> list[str]:  # noqa: ANN401 - as above
    return [type(callback).__name__[:200] for callback in _given(callbacks)][:_CALLBACKS_KEPT]


def _counted(number: Any) -> int:  # noqa: ANN401 - a whole number of Python's or NumPy's
    """As Python counts by it, whatever a class of the notebook's own says that it is."""
    return int.__index__(number) if isinstance(number, int) else int(number)


def _whole(number: object) -> int | None:
    """Of a number, or a scalar tensor, that is one by its type, not by what it says of itself."""
    try:
        value = describe.simple_value(number)
    except TypeError:
        return None
    return int(value) if isinstance(value, int | float) else None


def _source_of(recorder: Recorder, data: object, opened: dict[str, PicturesOpened]) -> str | None:
    """The registered source behind ``x`` or ``validation_data``; None for arrays and unknown pipelines."""
    if isinstance(data, tf.data.Dataset):
        return pictures.register_dataset(recorder, data, opened)
    return None if data is None else recorder.pictures.find(data)


def iterations_of(model: keras.Model) -> int:
    """Updates over the model's life; 0 where the notebook has switched off eager execution, in which alone a variable
    can be read: Keras cannot train then, and says so itself."""
    return int(np.asarray(model.optimizer.iterations)) if tf.executing_eagerly() else 0


class Watch(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Counts the steps that really run, by the optimizer's own counter, and passes each epoch on as it ends."""

    def __init__(self, send: Callable[[Event], None], fit: str, pauser: Pauser | None) -> None:
        super().__init__()
        self._send = send
        self._fit = fit
        self._pauser = pauser
        self._began = self._told = time.monotonic()
        self._epoch = 0
        self._iterations = 0
        self._batches = 0
        self._steps_begun = 0
        self._validation_steps = 0
        self._all_batches = 0
        self.before_step: Callable[[bool], None] | None = None
        self.in_graph: Callable[[], None] | None = None
        self.watched: WatchedTraining | None = None

    def _steps(self) -> int:
        """Of this epoch so far. An optimizer that scales the loss counts no step whose gradients were not finite."""
        scaled = isinstance(self.model.optimizer, keras.optimizers.LossScaleOptimizer)
        return self._batches if scaled else self._iterations_now() - self._iterations

    def _iterations_now(self) -> int:
        return iterations_of(self.model)

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._epoch = epoch + 1
        self._began = self._told = time.monotonic()
        self._iterations = self._iterations_now()
        self._batches = self._validation_steps = 0

    def looks_again(self, recorder: Recorder, model: keras.Model) -> bool:
        """Gradients are about to be applied. Whether the step goes through the layers of ``model``."""
        if self.before_step is not None:
            self.before_step(False)
        if self.in_graph is not None and not model.run_eagerly:
            self.in_graph()
        recorder.tell_replaced()
        return not is_rewired(model)

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        if self.before_step is not None:
            self.before_step(self._steps_begun == 0)
        self._steps_begun += 1

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        now, self._batches = time.monotonic(), batch + 1
        if now - self._told >= 1.0:
            self._told = now
            self._send(StepsWatched(fit=self._fit, epoch=self._epoch, step=batch + 1))

    def on_test_batch_end(self, batch: int, logs: object = None) -> None:
        self._validation_steps = batch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        numbers = _numbers(logs or {})
        self._all_batches += self._batches
        if self.watched is not None:
            with self.watched.guarded():
                self.watched.ended_epoch(self._all_batches)
        self._send(
            EpochEnded(
                fit=self._fit,
                epoch=epoch + 1,
                steps=self._steps(),
                validation_steps=self._validation_steps,
                seconds=time.monotonic() - self._began,
                logs=numbers,
            )
        )
        if self._pauser is not None and self._pauser.ends(self.model, self._fit, numbers):
            self.model.stop_training = True


def _numbers(logs: dict[str, Any]) -> dict[str, float]:
    """Those that are single numbers: a metric may give one for each class, as ``F1Score`` does."""
    found = {}
    for key, value in logs.items():
        with contextlib.suppress(TypeError, ValueError):
            found[str(key)[:100]] = float(value)
    return found


def _wrap_evaluate(recorder: Recorder, opened: dict[str, PicturesOpened]) -> None:
    def around(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        with recorder.inside_keras():
            results = original(model, *arguments, **options)
        if recorder.depth == 0:
            with recorder.guarded("evaluate"):
                values = list(results.values()) if isinstance(results, dict) else np.atleast_1d(results).tolist()
                data = options.get("x", arguments[0] if arguments else None)
                recorder.send(
                    ModelEvaluated(
                        model=recorder.models.name(model),
                        cell=recorder.cell,
                        pictures=_source_of(recorder, data, opened),
                        results=[float(value) for value in values],
                    )
                )
        return results

    _wrap("evaluate", around)


def _wrap_predict(recorder: Recorder, opened: dict[str, PicturesOpened]) -> None:
    def around(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        with recorder.inside_keras():
            outputs = original(model, *arguments, **options)
        answered(model, outputs, arguments, options)
        return outputs

    def around_call(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if not isinstance(model, keras.Model):  # one of its layers: they have the method from the same class
            return recorder.calls.call(original, model, *arguments, **options)
        with recorder.inside_keras():
            outputs = recorder.calls.call(original, model, *arguments, **options)
        answered(model, outputs, arguments, options)
        return outputs

    def answered(model: keras.Model, outputs: Any, arguments: Any, options: dict[str, Any]) -> None:  # noqa: ANN401
        if recorder.depth == 0:
            with recorder.guarded("predict"):
                _predicted(recorder, model, options.get("x", arguments[0] if arguments else None), outputs, opened)

    _wrap("predict", around)
    _wrap("predict_on_batch", around)
    _wrap("__call__", around_call)


def _predicted(
    recorder: Recorder,
    model: keras.Model,
    data: Any,  # noqa: ANN401 - array, tensor, pipeline or generator
    outputs: Any,  # noqa: ANN401 - array or tensor
    opened: dict[str, PicturesOpened],
) -> None:
    if isinstance(outputs, keras.KerasTensor) or (tf.is_tensor(outputs) and not hasattr(outputs, "numpy")):
        return  # the model is being built into another, or traced
    rows = np.asarray(outputs, dtype="float64")
    source = _source_of(recorder, data, opened)
    values = np.asarray(data) if source is None and not isinstance(data, tf.data.Dataset) else None
    measured = values is not None and values.size > 0 and values.dtype.kind in "fiu"
    recorder.send(
        ModelPredicted(
            model=recorder.models.name(model),
            cell=recorder.cell,
            pictures=source,
            input_shape=list(values.shape) if values is not None else [],
            minimum=float(values.min()) if measured and values is not None else 0.0,
            maximum=float(values.max()) if measured and values is not None else 0.0,
            mean=float(values.mean()) if measured and values is not None else 0.0,
            outputs=rows.reshape(len(rows), -1)[:_ROWS_KEPT, :_ROWS_KEPT].tolist() if rows.ndim else [],
        )
    )
