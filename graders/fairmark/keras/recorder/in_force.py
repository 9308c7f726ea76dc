"""What Keras will go by: optimizer, loss and metrics as they hang on a model, whoever put them there."""

from __future__ import annotations

import types
import weakref
from collections.abc import Iterable
from typing import Any, NamedTuple

import keras

from fairmark.evidence import Function, InForce, ModelCompiled, PicturesOpened
from fairmark.keras.recorder import describe, known, made
from fairmark.keras.recorder.private import CompileLoss, CompileMetrics, LossFunctionWrapper, TensorFlowTrainer
from fairmark.keras.recorder.recorder import Recorder

__all__ = ["LOSS", "OPTIMIZER", "Settings", "listed"]

LOSS, OPTIMIZER, _METRIC = keras.losses.get, keras.optimizers.get, keras.metrics.get
"""Keras's own look-ups of what is written as text."""
_STEPS = frozenset(
    code for code in TensorFlowTrainer._make_function.__code__.co_consts if isinstance(code, types.CodeType)
)
"""Code of the functions that ``fit`` repeats; Keras makes them from a model's ``train_step``."""
_RELATIVE = 1e-6
"""Keras keeps rates as float32."""


class _Left(NamedTuple):
    """What ``compile`` left on a model, by identity; ``rate`` is the optimizer's then, ``kind`` its class."""

    optimizer: weakref.ref[Any]
    loss: object
    given_loss: object
    metrics: object
    given_metrics: object
    rate: float | None
    kind: type


class Settings:
    """Of all models of a run: what ``compile`` left there, and whether ``fit`` goes by that."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._left: dict[str, _Left] = {}
        self._told: dict[str, InForce] = {}
        self._moved: dict[str, set[str]] = {}
        self._kinds: dict[str, type] = {}

    def compiled(self, model: keras.Model) -> None:
        """``model`` has been compiled just now."""
        self._recorder.tell_replaced()
        loss, metrics = _part(model, "_compile_loss"), _part(model, "_compile_metrics")
        self._left[self._recorder.models.name(model)] = _Left(
            weakref.ref(_part(model, "optimizer")),
            loss,
            _held(loss, "_user_loss"),
            metrics,
            _held(metrics, "_user_metrics"),
            describe.learning_rate_of(describe.inner_optimizer(_part(model, "optimizer"))),
            type(describe.inner_optimizer(_part(model, "optimizer"))),
        )

    def begin(self, model: keras.Model, fit: str, pictures: list[PicturesOpened]) -> None:
        """Sends what is in force as ``fit`` begins, and once more before the first step if that has changed by then."""
        self._recorder.tell_replaced()
        told = self._in_force(model, fit, pictures)
        if told != self._told.get(fit):
            self._told[fit] = told
            self._recorder.send(told)

    def step(self, model: keras.Model, fit: str, *, sets_rate: bool) -> None:
        """Looks at what the next step of ``fit`` goes by; ``sets_rate`` says that Keras's own callbacks may change the
        learning rate."""
        begun = self._told.get(fit)
        if begun is None or begun.compiled is None:
            return
        optimizer, moved = _part(model, "optimizer"), self._moved.setdefault(fit, set())
        if not sets_rate and not _same(
            describe.rate_in(describe.inner_optimizer(optimizer)), begun.compiled.learning_rate
        ):
            moved.add("learning_rate")
        if _replaced(model, self._left.get(begun.model)) - set(begun.replaced):
            moved.add("settings")
        self._recorder.flows.look_at_all()

    def graph(self, model: keras.Model, fit: str) -> None:
        """The steps of ``fit`` are made a graph, which goes by what there is now: that must be what was told."""
        begun = self._told.get(fit)
        if begun is None or begun.compiled is None:
            return
        now = _read(self._recorder, model)
        settings = ("loss", "optimizer", "metrics")
        is_same = now is not None and all(getattr(now, one) == getattr(begun.compiled, one) for one in settings)
        if not is_same or _made_otherwise(model) - set(begun.replaced):
            self._moved.setdefault(fit, set()).add("settings")

    def applied_at(self, fit: str, rates: tuple[float, float] | None) -> None:
        """Gradients were applied by these learning rates, read in the steps; no callback of Keras's is to change it."""
        begun = self._told.get(fit)
        if begun is None or begun.compiled is None or begun.compiled.learning_rate is None or rates is None:
            return
        if not all(_same(rate, begun.compiled.learning_rate) for rate in rates):
            self._moved.setdefault(fit, set()).add("learning_rate")

    def end(self, model: keras.Model, fit: str, pictures: list[PicturesOpened]) -> None:
        """Sends what is in force as ``fit`` ends; ``changed`` says what was not the same in all its steps."""
        self._recorder.tell_replaced()
        told, moved = self._in_force(model, fit, pictures), self._moved.pop(fit, set())
        self._recorder.send(told.model_copy(update={"moment": "end", "changed": sorted(moved)}))

    def _in_force(self, model: keras.Model, fit: str, pictures: list[PicturesOpened]) -> InForce:
        name = self._recorder.models.name(model)
        left, compiled = self._left.get(name), _read(self._recorder, model)
        replaced = _replaced(model, left) | _made_otherwise(model)
        if self._kinds.setdefault(fit, type(model)) is not type(model):  # whose steps may be its own
            replaced.add("train_function")
        changed = left is not None and compiled is not None and not _same(compiled.learning_rate, left.rate)
        return InForce(
            fit=fit,
            model=name,
            cell=self._recorder.cell,
            moment="begin",
            compiled=compiled,
            replaced=sorted(replaced),
            changed=["learning_rate"] if changed else [],
            pictures=pictures,
        )


def _part(model: keras.Model, name: str) -> Any:  # noqa: ANN401 - whatever hangs there
    return getattr(model, name, None)


def _held(thing: object, name: str) -> object:
    return vars(thing).get(name) if isinstance(thing, CompileLoss | CompileMetrics) else None


def _same(rate: float | None, other: float | None) -> bool:
    if rate is None or other is None:
        return rate is other
    return abs(rate - other) <= _RELATIVE * max(abs(rate), abs(other))


def _replaced(model: keras.Model, left: _Left | None) -> set[str]:
    """What is not what the last ``compile`` left."""
    found: set[str] = set()
    loss, metrics = _part(model, "_compile_loss"), _part(model, "_compile_metrics")
    if left is not None:
        optimizer = _part(model, "optimizer")
        if optimizer is not left.optimizer() or type(describe.inner_optimizer(optimizer)) is not left.kind:
            found.add("optimizer")
        if loss is not left.loss or _held(loss, "_user_loss") is not left.given_loss:
            found.add("loss")
        if metrics is not left.metrics or _held(metrics, "_user_metrics") is not left.given_metrics:
            found.add("metrics")
    steps = vars(model).get("train_function")
    if steps is not None and not (isinstance(steps, types.FunctionType) and steps.__code__ in _STEPS):
        found.add("train_function")
    return found


def _made_otherwise(model: keras.Model) -> set[str]:
    """Where something of the notebook's own stands in what Keras has made of what ``compile`` was given."""
    loss, metrics = made.of_loss(_part(model, "_compile_loss")), made.of_metrics(_part(model, "_compile_metrics"))
    rate = made.of_rate(describe.inner_optimizer(_part(model, "optimizer")))
    tracker = vars(model).get("_loss_tracker")  # which every step goes through
    is_own = tracker is not None and (type(tracker) is not keras.metrics.Mean or bool(known.overridden(tracker)))
    found = {"loss": loss, "metrics": metrics, "optimizer": rate, "train_function": is_own}
    return {name for name, own in found.items() if own}


def _read(recorder: Recorder, model: keras.Model) -> ModelCompiled | None:
    optimizer = _part(model, "optimizer")
    if optimizer is None:
        return None
    inner = describe.inner_optimizer(optimizer)
    told, loss = describe.function_of(inner, OPTIMIZER), _loss(_part(model, "_compile_loss"))
    own_in_metrics = made.of_metrics(_part(model, "_compile_metrics"))
    assert told is not None
    return ModelCompiled(
        model=recorder.models.name(model),
        cell=recorder.cell,
        loss=loss and _touched(loss, made.of_loss(_part(model, "_compile_loss"))),
        optimizer=_touched(told, made.of_rate(inner)),
        learning_rate=describe.learning_rate_of(inner) if isinstance(inner, keras.Optimizer) else None,
        metrics=[_touched(one, own_in_metrics) for one in _metrics(_part(model, "_compile_metrics"))],
    )


def _touched(told: Function, by: set[str]) -> Function:
    """``told``, with what of the notebook's own stands in what Keras has made of it."""
    return told.model_copy(update={"overridden": sorted({*told.overridden, *by})[:32]}) if by else told


def _loss(holder: object) -> Function | None:
    if holder is None:
        return None
    if type(holder) is not CompileLoss:
        return describe.function_of(holder, LOSS)
    given = describe.function_of(vars(holder).get("_user_loss"), LOSS)
    losses = vars(holder).get("_flat_losses") or []
    used = getattr(losses[0], "loss", None) if len(losses) == 1 else None
    if used is None or given is None or used is vars(holder).get("_user_loss"):
        return given
    if type(used) is not LossFunctionWrapper:
        return describe.function_of(used, LOSS)
    inside = describe.function_of(used.fn, LOSS)
    by_keras = given.name == "crossentropy" or given.config  # resolved by the shapes; options given beforehand
    return given if by_keras or inside is None or inside.name == given.name else inside


def _metrics(holder: object) -> list[Function]:
    if holder is None:
        return []
    if type(holder) is not CompileMetrics:
        told = describe.function_of(holder, _METRIC)
        return [] if told is None else [told]
    return listed(vars(holder).get("_user_metrics"))


def listed(metrics: object) -> list[Function]:
    """The metrics that ``compile`` was given in a list, a dictionary, or a list of lists."""
    several: Iterable[Any] = metrics.values() if isinstance(metrics, dict) else metrics or []  # type: ignore[assignment]
    flat = [one for entry in several for one in (entry if isinstance(entry, list | tuple) else [entry])]
    return [told for one in flat if (told := describe.function_of(one, _METRIC)) is not None]
