"""Tries the notebook's own callbacks on made-up logs, to see when they end a training.

What a callback does cannot always be read off its text, and is soon seen: it is given epochs in which one measured
number moves and the others hardly do, once for each number, and whether it stops the training is written down. Each
trial is a process of its own (a fork, killed when it takes too long), so that nothing of it stays: the notebook's
objects are as they were, nothing is printed and no file is written.

The trial runs among the notebook's own code and can be forged like anything else that is recorded in here. What it
shows decides nothing alone: see :mod:`fairmark.keras.callbacks`.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import select
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import keras

from fairmark.evidence import CallbackAnswer, CallbackTried
from fairmark.keras.recorder import known
from fairmark.keras.recorder.recorder import Recorder
from fairmark.notebook.magics import python_source

__all__ = ["try_classes", "try_given"]

_SECONDS_EACH = 2.0
_SECONDS_ALL = 6.0
"""Of one callback; what has not been tried by then is not."""
_CALLBACKS_TRIED = 4
_FITS_TRIED = 3
"""Calls of ``fit`` in one cell."""
_KEYS_TRIED = 8
_SHARES = (
    *(number / 100 for number in range(50, 98)),
    *(0.98, 0.985, 0.9875),
    *(number / 10_000 for number in range(9900, 10_001, 5)),
)
"""What an accuracy goes through when it moves, epoch by epoch: closely where thresholds are."""
_AT_ONCE = (0.5, 0.5, 1.0, 1.0)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN = ("os.", "shutil.", "subprocess.", "socket.", "tempfile.")


_FITS: WeakKeyDictionary[Recorder, Counter[int]] = WeakKeyDictionary()
"""How many calls of ``fit`` with callbacks of the notebook's own each cell has made."""


def try_given(recorder: Recorder, model: keras.Model, fit: str, given: object) -> None:
    """Tries those of the callbacks given to the call ``fit`` (None, one, several, or Keras's own list) that are not
    Keras's own."""
    given = getattr(given, "callbacks", given)
    several = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
    own = [one for one in several if isinstance(one, keras.callbacks.Callback) and _is_own(type(one))]
    counted = _FITS.setdefault(recorder, Counter())
    counted[recorder.cell] += bool(own)
    if counted[recorder.cell] > _FITS_TRIED:
        return  # a loop over epochs
    for callback in own[:_CALLBACKS_TRIED]:
        _send(recorder, type(callback), partial(_itself, callback), model, fit)


def _itself(callback: keras.callbacks.Callback) -> keras.callbacks.Callback:
    return callback


def try_classes(recorder: Recorder, names: Mapping[str, object], source: str) -> None:
    """Tries the callback classes that the cell which has just run defines, where they can be made without arguments."""
    if "class " not in source:
        return
    models = [thing for thing in names.values() if isinstance(thing, keras.Model) and thing.compiled]
    for name in _classes_in(source):
        kind = names.get(name)
        if isinstance(kind, type) and issubclass(kind, keras.callbacks.Callback) and _is_own(kind):
            _send(recorder, kind, kind, models[-1] if models else None, None)


def _classes_in(source: str) -> list[str]:
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(python_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)][:_CALLBACKS_TRIED]


def _is_own(kind: type) -> bool:
    """Whether what a callback does is the notebook's to say: its class, or the functions that it was made with."""
    return known.is_own(kind) or issubclass(kind, keras.callbacks.LambdaCallback)


def _send(recorder: Recorder, kind: type, make: Callable[[], Any], model: keras.Model | None, fit: str | None) -> None:
    latest = time.monotonic() + _SECONDS_ALL
    answers = []
    for moved, at_once in _trials(model):
        seconds = min(_SECONDS_EACH, latest - time.monotonic())
        answer = _in_a_copy(partial(_answer, make, model, moved, at_once), seconds)
        if answer is None:
            return  # one that was not tried to the end says nothing
        answers.append(CallbackAnswer(moved=moved, at_once=at_once, **answer))
    recorder.send(CallbackTried(cell=recorder.cell, class_name=kind.__name__[:200], fit=fit, answers=answers))


# --- the made-up logs -------------------------------------------------------------------------------------------------


def _trials(model: keras.Model | None) -> Iterator[tuple[str, bool]]:
    """Which number moves, and whether it does so at once."""
    measured = _measured(model)
    for key in ("loss", *measured):
        yield key, False
        yield f"val_{key}", False
    for key in measured:
        yield key, True


def _measured(model: keras.Model | None) -> list[str]:
    """Names under which ``fit`` logs what the metrics of ``model`` measure."""
    found: list[object] = []
    with contextlib.suppress(Exception):  # a metric of the notebook's own that cannot be described
        waiting = [model.get_compile_config()["metrics"]] if model is not None else []
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, list | tuple):
                waiting[:0] = one
            elif isinstance(one, dict) and "class_name" not in one:
                waiting[:0] = one.values()
            elif isinstance(one, dict):
                found.append(one["config"]["name"] if isinstance(one["config"], dict) else one["config"])
            else:
                found.append(one)
    return [name[:100] for name in found if isinstance(name, str)][:_KEYS_TRIED] or ["accuracy"]


def _path(moved: str, at_once: bool) -> list[float]:
    if at_once:
        return list(_AT_ONCE)
    return [1 - share for share in _SHARES] if moved.endswith("loss") else list(_SHARES)


def _logs(moved: str, value: float, epoch: int, measured: list[str]) -> dict[str, float]:
    """What ``fit`` would log: everything gets a little better from epoch to epoch, and ``moved`` is ``value``."""
    shares = {key: 0.5 + epoch / 1000 for name in measured for key in (name, f"val_{name}")}
    losses = {"loss": 0.7 * 0.995**epoch, "val_loss": 0.75 * 0.995**epoch}
    return {**shares, **losses, moved: value}


def _answer(
    make: Callable[[], keras.callbacks.Callback], model: keras.Model | None, moved: str, at_once: bool
) -> dict[str, Any]:
    """After which epoch, and at which value of ``moved``, the callback that ``make`` gives stops its network."""
    network = _Network(model)
    measured, before = _measured(model), None
    try:
        callback = make()
        callback.set_params({"verbose": 0, "epochs": len(_SHARES), "steps": 8})
        callback.set_model(network)
        callback.on_train_begin({})
        for epoch, value in enumerate(_path(moved, at_once)):
            callback.on_epoch_begin(epoch, {})
            callback.on_epoch_end(epoch, _logs(moved, value, epoch, measured))
            elsewhere = not network.stop_training and getattr(model, "stop_training", None) is True
            if network.stop_training or elsewhere:
                return {"stopped_at": value, "before": before, "epoch": epoch + 1, "elsewhere": elsewhere}
            before = value
    except Exception:
        return {"before": before, "failed": True}
    return {"before": before}


class _Network:
    """Stands in for the network that is trained, so that only what is set on it is taken for a stop; for all else it is
    that network."""

    def __init__(self, model: keras.Model | None) -> None:
        self._model = model
        self.stop_training = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the network has
        if name in ("save", "save_weights", "export"):
            return lambda *arguments, **options: None
        return getattr(self._model, name)


# --- a process of its own ---------------------------------------------------------------------------------------------


def _in_a_copy(work: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any] | None:
    """What ``work`` returns in a copy of this process; None where that ends without a word or takes too long."""
    if seconds <= 0:
        return None
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or replaced by the notebook
            stream.flush()
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings(action="ignore"):  # Python warns of threads: TensorFlow's do nothing in the copy
            child = os.fork()
    except OSError:  # as many processes as there may be
        os.close(reading)
        os.close(writing)
        return None
    if child == 0:
        _work_and_end(work, writing)
    os.close(writing)
    try:
        return _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _work_and_end(work: Callable[[], dict[str, Any]], writing: int) -> None:
    try:
        _leave_no_trace()
        os.write(writing, json.dumps(work()).encode())
    finally:
        os._exit(0)


def _leave_no_trace() -> None:
    """Nothing is printed, and nothing written or started, in this process from here on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdout = sys.stderr = os.fdopen(nowhere, "w")
    allowed = os.getpid()

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if os.getpid() != allowed:
            return
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if (writes and arguments[0] != os.devnull) or event.startswith(_FORBIDDEN):
            raise PermissionError("a callback that is tried writes no files and starts no programs")

    sys.addaudithook(refuse)


def _read(descriptor: int, latest: float) -> dict[str, Any] | None:
    ready, _, _ = select.select([descriptor], [], [], max(0.0, latest - time.monotonic()))
    text = os.read(descriptor, 4096) if ready else b""
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
