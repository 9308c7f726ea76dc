"""Hooks on everything that brings pictures into a notebook: generators, ``tf.data`` pipelines, single files."""

from __future__ import annotations

import inspect
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

import keras
import numpy as np
import PIL.Image
import tensorflow as tf

from fairmark.evidence import BatchSeen, PictureLoaded, PicturesOpened
from fairmark.keras.recorder import known
from fairmark.keras.recorder.describe import is_simple, plain, simple_value
from fairmark.keras.recorder.flows import Flows
from fairmark.keras.recorder.hooks import hook
from fairmark.keras.recorder.passes import Passes
from fairmark.keras.recorder.private import PyDatasetAdapter, legacy
from fairmark.keras.recorder.recorder import Recorder

__all__ = ["as_they_were_made", "install", "register_dataset", "see_scaling"]

_NOT_THE_NOTEBOOK = ("keras.", "fairmark.keras.recorder.")
"""Modules that load pictures of their own: generators load each by ``load_img``."""

_OPENING = ("flow", "flow_from_dataframe", "flow_from_directory")
"""Methods of a generator that open a flow, and have nothing to do with what it draws."""

_AUGMENTATION_DEFAULTS: dict[str, object] = {
    name: parameter.default
    for name, parameter in inspect.signature(legacy.ImageDataGenerator.__init__).parameters.items()
    if name
    not in ("self", "rescale", "data_format", "dtype", "interpolation_order", "fill_mode", "cval", "zca_epsilon")
}


def install(recorder: Recorder) -> None:
    """Hooks the three kinds of generator flow, ``image_dataset_from_directory`` and the ways to open one file."""
    recorder.flows = Flows()
    recorder.passes = Passes()
    _wrap_flow(recorder, legacy.DirectoryIterator, "flow_from_directory")
    _wrap_flow(recorder, legacy.DataFrameIterator, "flow_from_dataframe")
    _wrap_flow(recorder, legacy.NumpyArrayIterator, "flow")
    _wrap_batches(recorder)
    _wrap_dataset(recorder)
    _wrap_files(recorder)


def _wrap_flow(recorder: Recorder, iterator_class: type[Any], made_by: str) -> None:
    def around(original: Callable[..., Any], flow: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        original(flow, *arguments, **options)
        with recorder.guarded(made_by):
            recorder.listed[recorder.pictures.name(flow)] = _listed(flow)
            recorder.send(_flow_opened(recorder, flow, made_by))

    hook(iterator_class.__init__, around)


def _flow_opened(recorder: Recorder, flow: Any, made_by: str) -> PicturesOpened:  # noqa: ANN401 - a Keras iterator
    return PicturesOpened(
        pictures=recorder.pictures.name(flow), cell=recorder.cell, made_by=made_by, **_fields(recorder, flow)
    )


def _fields(recorder: Recorder, flow: Any) -> dict[str, Any]:  # noqa: ANN401 - a Keras iterator
    """What a flow says of its pictures, from the values that it draws by."""
    held = vars(flow)
    generator, directory, size = held.get("image_data_generator"), held.get("directory"), held.get("target_size")
    return {
        "directory": None if directory is None else recorder.relative(directory),
        "found": _whole(held.get("samples", held["n"])),
        "classes": [str(name)[:200] for name in held.get("class_indices", {})],
        "target_size": None if size is None else (_whole(size[0]), _whole(size[1])),
        "batch_size": _whole(held["batch_size"]),
        "class_mode": held.get("class_mode"),
        "color_mode": str(held.get("color_mode", "rgb")),
        "interpolation": str(held.get("interpolation", "nearest")),
        "shuffle": bool(held["shuffle"]),
        "rescale": float(getattr(generator, "rescale", None) or 1.0),
        "augmentation": _augmentation(generator),
        "overridden": _overridden(flow, generator),
    }


def _whole(number: object) -> int:
    """A number that is one by its type, not by what it says of itself; raises ``TypeError`` for anything else."""
    value = simple_value(number)
    if not isinstance(value, int | float):
        raise TypeError(type(number).__name__)
    return int(value)


def _overridden(flow: object, generator: object) -> list[str]:
    """Methods of the flow or its generator that stand in the place of Keras's: put on them, or of a class of the
    notebook's own."""
    of_generator: set[str] = set()
    if generator is not None:
        of_class = known.overridden(generator, by_class=True)
        of_generator = {*known.overridden(generator), *(name for name in of_class if name not in _OPENING)}
        of_generator |= _not_plain(generator, "rescale")
    of_flow = {*known.overridden(flow, by_class=True), *_not_plain(flow, "class_mode", "color_mode", "shuffle")}
    return [*sorted(of_flow), *(f"image_data_generator.{name}" for name in sorted(of_generator))]


def _not_plain(thing: object, *names: str) -> set[str]:
    """Settings that are no numbers or words by their type, whatever they say that they are."""
    return {name for name in names if not is_simple(vars(thing).get(name))}


def _listed(flow: object) -> bytes:
    """Tells which files with which labels a flow draws from: another list gives another."""
    held = vars(flow)
    files, labels = held.get("_filepaths"), held.get("classes")
    digest = blake2b(digest_size=16)
    digest.update("\0".join(map(str, files)).encode() if type(files) is list else repr(type(files)).encode())
    digest.update(labels.tobytes() if type(labels) is np.ndarray else repr(type(labels)).encode())
    return digest.digest()


def as_they_are(
    recorder: Recorder, sources: Iterable[object], opened: Mapping[str, PicturesOpened]
) -> list[PicturesOpened]:
    """The sources as they are now: what they were opened as, with what their flows say of themselves by now."""
    found = []
    for source in sources:
        name = None if source is None else recorder.pictures.find(source)
        if name is not None and name in opened:
            is_flow = isinstance(source, legacy.Iterator)
            fields = _fields(recorder, source) if is_flow else {}
            if is_flow and _listed(source) != recorder.listed.get(name):
                fields["overridden"] = [*fields["overridden"], "filepaths"]
            if is_flow and recorder.flows.have_moved(source):
                fields["overridden"] = [*fields["overridden"], "settings"]
            found.append(opened[name].model_copy(update=fields))
    return found


def _augmentation(generator: object) -> dict[str, Any]:
    """The generator's options that change pictures and are not at their defaults."""
    asked: dict[str, Any] = {}
    for name, default in _AUGMENTATION_DEFAULTS.items():
        # The generator keeps validation_split under a private name, and turns a zoom of z into [1 - z, 1 + z].
        value = getattr(generator, "_validation_split" if name == "validation_split" else name, default)
        if name == "zoom_range" and value in ([1.0, 1.0], [1, 1]):
            continue
        if value is not default and value != default:
            asked[name] = plain(value)
    return asked


def _wrap_batches(recorder: Recorder) -> None:
    """The first batch of each flow is measured, and the first that each call of ``fit`` draws from it: it is what the
    model is really given."""
    seen: set[tuple[str, str | None]] = set()
    measured: dict[str, tuple[weakref.ref[object], BatchSeen]] = {}

    def see(flow: Any, batch: Any, fit: str | None) -> None:  # noqa: ANN401 - a Keras iterator, arrays or tensors
        name = recorder.pictures.find(flow)
        if name is None or (name, fit) in seen:
            return
        seen.add((name, fit))
        last, told = measured.get(name, (None, None))
        pixels = batch[0] if type(batch) is tuple else batch
        if last is None or told is None or last() is not pixels or known.overridden(flow, by_class=True):
            told = _batch_seen(name, batch)
            measured[name] = weakref.ref(pixels), told
        recorder.send(told.model_copy(update={"fit": fit}))

    def around(original: Callable[..., Any], flow: Any, *arguments: Any) -> Any:  # noqa: ANN401 - a Keras iterator
        if recorder.fit is not None:
            with recorder.guarded("batch"):
                recorder.flows.look(flow)
        batch = original(flow, *arguments)
        with recorder.guarded("batch"):
            see(flow, batch, None)
            if recorder.fit is not None:
                recorder.flows.drawn(flow, batch)
                if _listed(flow) != recorder.listed.get(recorder.pictures.find(flow) or ""):
                    recorder.flows.moved(flow)
        return batch

    def given_to_fit(original: Callable[..., Any], adapter: Any, batch: Any) -> Any:  # noqa: ANN401 - Keras's adapter
        if recorder.fit is not None:
            with recorder.guarded("batch"):
                see(adapter.py_dataset, batch, recorder.fit)
        return original(adapter, batch)

    hook(legacy.Iterator.__getitem__, around)
    hook(legacy.Iterator.__next__, around)
    hook(PyDatasetAdapter._standardize_batch, given_to_fit)


def see_scaling(*sources: object) -> None:
    """Draws a batch where only the pictures themselves can tell how they are scaled, and no training would draw one."""
    for source in sources:
        generator = getattr(source, "image_data_generator", None)
        if isinstance(source, legacy.Iterator) and getattr(generator, "preprocessing_function", None) is not None:
            source[0]  # the hook on it does the rest


def _batch_seen(name: str, batch: Any) -> BatchSeen:  # noqa: ANN401 - arrays or tensors
    pictures, labels = (batch[0], batch[1]) if isinstance(batch, tuple) else (batch, None)
    values = np.asarray(pictures)
    return BatchSeen(
        pictures=name,
        shape=list(values.shape),
        dtype=str(values.dtype),
        minimum=float(values.min()) if values.size else 0.0,
        maximum=float(values.max()) if values.size else 0.0,
        labels_shape=[] if labels is None else list(np.asarray(labels).shape),
    )


def _wrap_dataset(recorder: Recorder) -> None:
    signature = inspect.signature(keras.utils.image_dataset_from_directory)

    def around(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        made = original(*arguments, **options)
        with recorder.guarded("image_dataset_from_directory"):
            asked = signature.bind(*arguments, **options)
            asked.apply_defaults()
            for dataset in made if isinstance(made, tuple | list) else [made]:
                recorder.send(_dataset_opened(recorder, dataset, asked.arguments))
        return made

    hook(keras.utils.image_dataset_from_directory, around)


def _dataset_opened(recorder: Recorder, dataset: Any, asked: dict[str, Any]) -> PicturesOpened:  # noqa: ANN401
    size = asked["image_size"]
    mode = asked["label_mode"]
    return PicturesOpened(
        pictures=recorder.pictures.name(dataset),
        cell=recorder.cell,
        made_by="image_dataset_from_directory",
        directory=recorder.relative(asked["directory"]),
        found=len(dataset.file_paths),
        classes=[str(name)[:200] for name in dataset.class_names],
        target_size=(int(size[0]), int(size[1])),
        batch_size=asked["batch_size"],
        # One vocabulary for both: what tf.data calls "int" are the generators' "sparse" labels.
        class_mode="sparse" if mode == "int" else mode,
        color_mode=str(asked["color_mode"]),
        interpolation=str(asked["interpolation"]),
        shuffle=bool(asked["shuffle"]),
        augmentation={}
        if asked["validation_split"] is None
        else {"validation_split": plain(asked["validation_split"])},
    )


def register_dataset(recorder: Recorder, dataset: Any, opened: dict[str, PicturesOpened]) -> str | None:  # noqa: ANN401
    """The name of a ``tf.data`` pipeline that ``fit`` or ``predict`` was given, None where it has no known source.

    A pipeline derived from a known one (``map``, ``prefetch``, ``cache`` ...) is opened under its own name, and its
    first batch measured, since ``map`` may have scaled the pixels.
    """
    name = recorder.pictures.find(dataset)
    if name is not None and name in opened:
        return name
    parent = _known_ancestor(recorder, dataset, opened)
    if parent is None:
        return None
    name = recorder.pictures.name(dataset)
    batch = next(iter(dataset.take(1)), None)
    if batch is None:
        return None
    seen = _batch_seen(name, batch)
    recorder.send(opened[parent].model_copy(update={"pictures": name, "parent": parent, "cell": recorder.cell}))
    recorder.send(seen)
    return name


def as_they_were_made(names: dict[str, object], wanted: list[str]) -> list[str]:
    """Of the names ``wanted``, those of pipelines behind the names of those they were made from."""
    return sorted(wanted, key=lambda name: _steps_behind(names[name]))


def _steps_behind(thing: object) -> int:
    """How many steps a pipeline is from what it was made from; 0 for anything else."""
    steps, waiting = 0, [thing]
    while waiting := [one for above in waiting if isinstance(above, tf.data.Dataset) for one in _made_from(above)]:
        steps += 1
    return steps


def _made_from(dataset: tf.data.Dataset) -> list[object]:
    try:
        return list(dataset._inputs())  # tf.data has no public way to ask
    except Exception:  # a class of the notebook's own
        return []


def _known_ancestor(recorder: Recorder, dataset: Any, opened: dict[str, PicturesOpened]) -> str | None:  # noqa: ANN401
    waiting = [dataset]
    while waiting:
        current = waiting.pop()
        name = recorder.pictures.find(current)
        if name is not None and name in opened:
            return name
        # tf.data has no public way to ask what a pipeline was made from.
        waiting.extend(current._inputs() if isinstance(current, tf.data.Dataset) else ())
    return None


def _wrap_files(recorder: Recorder) -> None:
    def loaded(path: object, made_by: str, size: object = None) -> None:
        if recorder.depth or not isinstance(path, str | bytes | os.PathLike):
            return  # an open file, a tensor of a graph, or a generator at work
        with recorder.guarded(made_by):
            target = tuple(int(side) for side in size) if isinstance(size, tuple | list) else None
            recorder.send(
                PictureLoaded(
                    cell=recorder.cell,
                    path=recorder.relative(path),
                    made_by=made_by,
                    target_size=(target[0], target[1]) if target is not None and len(target) == 2 else None,
                )
            )

    def load(original: Callable[..., Any], path: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        called_from = str(sys._getframe(2).f_globals.get("__name__"))  # above this, what the hook adds, and load_img
        picture = original(path, *arguments, **options)
        if not called_from.startswith(_NOT_THE_NOTEBOOK):
            asked = signature.bind(path, *arguments, **options)
            loaded(path, "load_img", asked.arguments["target_size"])
        return picture

    def open_(original: Callable[..., Any], fp: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        picture = original(fp, *arguments, **options)
        loaded(fp, "Image.open")
        return picture

    def read(original: Callable[..., Any], filename: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        loaded(filename, "read_file")
        return original(filename, *arguments, **options)

    signature = inspect.signature(keras.utils.load_img)
    hook(keras.utils.load_img, load)
    hook(PIL.Image.open, open_)
    hook(tf.io.read_file, read)
