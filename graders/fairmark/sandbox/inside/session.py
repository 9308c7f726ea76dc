"""One run of a notebook, from the inside: prepare TensorFlow, install the hooks, run the cells, let the model out."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import keras
import tensorflow as tf

from fairmark.evidence import (
    CellFinished,
    CellStarted,
    Event,
    NamesBound,
    PicturesOpened,
    RunFinished,
    Scalar,
    SessionStarted,
)
from fairmark.sandbox.inside import pictures, training
from fairmark.sandbox.inside.cells import Cells, names_bound_in
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.inside.describe import simple_value
from fairmark.sandbox.inside.export import Exporter
from fairmark.sandbox.inside.recorder import Recorder, TrainingSkipped
from fairmark.sandbox.jobs import NotebookJob, SourceCell

__all__ = ["run_notebook", "set_numerics"]

_RENAMED = ("softmax", "log_softmax", "silu")
"""Functions of ``tf.nn`` that call themselves otherwise (``softmax_v2``): Keras writes that name into a model's
configuration and cannot read it back."""


class _RememberingChannel(Channel):
    """A channel that also remembers which picture sources were opened, for pipelines derived from them."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.opened: dict[str, PicturesOpened] = {}

    def send(self, event: Event) -> None:
        if isinstance(event, PicturesOpened):
            self.opened[event.pictures] = event
        self._channel.send(event)

    def settle(self) -> None:
        self._channel.settle()


def run_notebook(job: NotebookJob, channel: Channel) -> None:
    """Runs every cell, whatever those before it did; the working folder is the current one."""
    set_numerics(job.numerics)
    keras.utils.set_random_seed(job.seed)
    for name in _RENAMED:
        getattr(tf.nn, name).__name__ = name
    remembering = _RememberingChannel(channel)
    recorder = Recorder(remembering, Path(job.pictures_folder), train=job.train)
    exporter = Exporter(recorder, Path.cwd() / "export")
    recorder.send(SessionStarted(software=_software(), numerics=job.numerics, seed=job.seed))
    pictures.install(recorder)
    training.install(recorder, exporter, remembering.opened)
    cells = Cells()
    try:
        for cell in job.cells:
            _run_cell(recorder, cells, cell)
    except TrainingSkipped:
        pass
    else:
        exporter.export_at_end()
    recorder.send(RunFinished())


def _run_cell(recorder: Recorder, cells: Cells, cell: SourceCell) -> None:
    recorder.cell = cell.position
    recorder.channel.settle()
    recorder.send(CellStarted(cell=cell.position))
    recorder.channel.settle()
    seconds, error = cells.run(cell.source)
    with recorder.guarded("names"):
        _record_names(recorder, cells.names, cell)
    recorder.send(CellFinished(cell=cell.position, seconds=seconds, error=error))


def _record_names(recorder: Recorder, names: dict[str, object], cell: SourceCell) -> None:
    """What the cell called things; models bound for the first time are described as they stand."""
    values: dict[str, Scalar | list[Scalar]] = {}
    objects: dict[str, str] = {}
    for name in sorted(names_bound_in(cell.source) & names.keys()):
        thing = names[name]
        if isinstance(thing, keras.Model):
            training.describe_model(recorder, thing)
            objects[name] = recorder.models.name(thing)
            continue
        source = recorder.pictures.find(thing)
        if source is not None:
            objects[name] = source
            continue
        try:
            values[name] = simple_value(thing)
        except TypeError:
            continue
    if values or objects:
        recorder.send(NamesBound(cell=cell.position, values=values, objects=objects))


def set_numerics(numerics: str) -> None:
    """``bfloat16`` lets oneDNN multiply in bfloat16 inside the graph; variables and results stay float32."""
    tf.config.optimizer.set_experimental_options(
        {"auto_mixed_precision_onednn_bfloat16": numerics == "bfloat16"},
    )


def _software() -> dict[str, str]:
    names = ("fairmark", "tensorflow", "keras", "numpy", "pillow")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
