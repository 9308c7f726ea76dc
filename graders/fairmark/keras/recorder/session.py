"""One run of a notebook, from the inside: prepare TensorFlow, install the hooks, run the cells, let the model out."""

from __future__ import annotations

import contextlib
import platform
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from fairmark.evidence import (
    CellFinished,
    CellStarted,
    Event,
    NamesBound,
    PicturesOpened,
    RunFinished,
    SessionStarted,
    Value,
)
from fairmark.keras.recorder import callback_trial, decoded, decoded_pipelines, known, pictures, training
from fairmark.keras.recorder.absent import do_without_tensorboard, do_without_windows
from fairmark.keras.recorder.describe import simple_value
from fairmark.keras.recorder.export import Exporter
from fairmark.keras.recorder.pause import Pauser
from fairmark.keras.recorder.pipelines import leave_untuned
from fairmark.keras.recorder.recorder import Recorder
from fairmark.keras.recorder.rehearsal import Rehearsal
from fairmark.keras.recorder.unfilled import leave_unfilled
from fairmark.keras.recorder.weights import Ledger
from fairmark.sandbox.inside.cells import Cells, binds_unnamed, names_bound_in, names_read_in
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.inside.silence import silence_check
from fairmark.sandbox.inside.skipped import TrainingSkipped
from fairmark.sandbox.jobfile import Replies
from fairmark.sandbox.jobs import NotebookJob, SourceCell

__all__ = ["record_names", "run_notebook", "set_numerics"]


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


def run_notebook(job: NotebookJob, channel: Channel, replies: Replies) -> None:
    """Runs every cell, whatever those before it did; the working folder is the current one."""
    silence_check()
    sys.path.insert(0, "")  # modules that the notebook writes are imported from the working folder, as in Jupyter
    set_numerics(job.numerics)
    if job.threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(job.threads)
        tf.config.threading.set_inter_op_parallelism_threads(job.threads)
    keras.utils.set_random_seed(job.seed)
    leave_untuned()
    do_without_tensorboard()
    do_without_windows()
    remembering = _RememberingChannel(channel)
    recorder = Recorder(
        remembering, Path(job.pictures_folder), dataset=job.dataset, train=job.train, rehearsal=Rehearsal(job)
    )
    exporter = Exporter(recorder, Path.cwd() / "export")
    recorder.send(SessionStarted(software=_software(), numerics=job.numerics, seed=job.seed))
    unfilled = None if job.train else leave_unfilled()
    pictures.install(recorder)
    if job.decoded is not None:
        kept = decoded.Decoded(Path(job.decoded), Path(job.pictures_folder))
        decoded.install(kept)
        decoded_pipelines.install(kept)
    pauser = Pauser(job.pauses, exporter, replies) if job.pauses is not None else None
    training.install(recorder, exporter, remembering.opened, pauser)
    if job.train:
        recorder.ledger = Ledger()
        recorder.ledger.watch()
    known.REPLACED.accept()
    recorder.look_for_replaced = known.REPLACED.new
    cells = Cells({"tensorflow_version": "Colab chose a version of TensorFlow by it, and there is one only"})
    try:
        for cell in job.cells:
            _run_cell(recorder, cells, cell, remembering.opened)
    except TrainingSkipped:
        pass
    else:
        recorder.tell_replaced()
        exporter.export_at_end()
    recorder.send(RunFinished(weights_read=unfilled is not None and unfilled.were_read()))


def _run_cell(recorder: Recorder, cells: Cells, cell: SourceCell, opened: dict[str, PicturesOpened]) -> None:
    recorder.cell = cell.position
    recorder.channel.settle()
    recorder.send(CellStarted(cell=cell.position))
    recorder.channel.settle()
    before = dict(cells.names) if binds_unnamed(cell.source) else cells.names
    recorder.note_names = _names_so_far(recorder, cells, cell.source)
    seconds, error = cells.run(cell.source, cell.position)
    with recorder.guarded("names"):
        record_left_behind(recorder, cells.left_behind, opened)
        cells.left_behind = []
        unnamed = [name for name, value in cells.names.items() if name not in before or before[name] is not value]
        record_names(recorder, cells.names, cell.source, opened, unnamed=unnamed)
    recorder.send(CellFinished(cell=cell.position, seconds=seconds, error=error))


def _names_so_far(recorder: Recorder, cells: Cells, source: str) -> Callable[[Literal["compile", "fit"]], None]:
    """Sends, when it is called, what a cell with this text has bound by then: it may bind the same names anew below."""
    bound = sorted(names_bound_in(source))
    before = {name: cells.names.get(name) for name in bound}

    def note(moment: Literal["compile", "fit"]) -> None:
        values: dict[str, Value] = {}
        objects: dict[str, str] = {}
        for name in bound:
            thing = cells.names.get(name)
            known = recorder.models.find(thing) or recorder.pictures.find(thing)
            if name not in cells.names or thing is before[name]:
                continue
            if known is not None:
                objects[name] = known
                continue
            with contextlib.suppress(TypeError):
                values[name] = simple_value(thing)
        if values or objects:
            recorder.send(NamesBound(cell=recorder.cell, moment=moment, values=values, objects=objects))

    return note


def record_left_behind(recorder: Recorder, things: list[object], opened: dict[str, PicturesOpened]) -> None:
    """Models and pictures that functions had made when one of them raised: no name is left that leads to them."""
    for thing in things:
        if isinstance(thing, keras.Model):
            training.describe_model(recorder, thing)
        elif isinstance(thing, tf.data.Dataset):
            pictures.register_dataset(recorder, thing, opened)


def record_names(
    recorder: Recorder,
    names: dict[str, object],
    source: str,
    opened: dict[str, PicturesOpened] | None = None,
    *,
    unnamed: Iterable[str] = (),
) -> None:
    """What the cell that has just run called things. Models bound for the first time are described as they stand, and
    those known by then where it has changed them without binding them (``model.add(...)``); pipelines that come from
    pictures in ``opened`` are opened under their own name. ``unnamed`` are names that it has bound without spelling
    them, those of IPython's own excepted."""
    bound = names_bound_in(source) | {name for name in unnamed if not name.startswith("_")}
    values: dict[str, Value] = {}
    objects: dict[str, str] = {}
    for name in pictures.as_they_were_made(names, sorted(bound & names.keys())):
        thing = names[name]
        if isinstance(thing, keras.Model):
            training.describe_model(recorder, thing)
            objects[name] = recorder.models.name(thing)
            continue
        pictures_name = recorder.pictures.find(thing)
        if opened is not None and isinstance(thing, tf.data.Dataset):
            pictures_name = pictures.register_dataset(recorder, thing, opened)
        if pictures_name is not None:
            objects[name] = pictures_name
            continue
        try:
            values[name] = simple_value(thing)
        except TypeError:
            continue
    if values or objects:
        recorder.send(NamesBound(cell=recorder.cell, values=values, objects=objects))
    for name in sorted(names_read_in(source) & names.keys() - bound):
        thing = names[name]
        if isinstance(thing, keras.Model) and recorder.models.find(thing) in recorder.described:
            training.describe_model(recorder, thing)
    callback_trial.try_classes(recorder, names, source)


def set_numerics(numerics: str) -> None:
    """``bfloat16`` lets oneDNN multiply in bfloat16 inside the graph; variables and results stay float32."""
    tf.config.optimizer.set_experimental_options(
        {"auto_mixed_precision_onednn_bfloat16": numerics == "bfloat16"},
    )


def _software() -> dict[str, str]:
    names = ("fairmark", "tensorflow", "keras", "numpy", "pillow")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
