"""The probe, from the inside: rebuild a model from its configuration and weights, and predict pictures.

It runs in a sandbox of its own because Keras executes what a configuration asks for; the labels are not there.
"""

from __future__ import annotations

import time
from pathlib import Path

import keras
import numpy as np
import PIL.Image

from fairmark.evidence import Prediction, Preparation, RunFinished
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.jobs import ProbeJob

__all__ = ["run_probe"]

_TOLERANCE = 1e-3
"""How far the two answers may be apart: the order of float32 sums moves them by millionths."""


def run_probe(job: ProbeJob, channel: Channel) -> None:
    """Predictions go out batch by batch; those for ``job.picture``, if any, come first, with ``start`` -1."""
    model = rebuild(Path(job.model_folder))
    if job.picture is not None:
        outputs = _outputs(model, [job.picture], job.preparation)
        channel.send(Prediction(start=-1, outputs=outputs, size=_size_of(job.picture)))
    for start in range(0, len(job.pictures), job.batch_size):
        paths = list(job.pictures[start : start + job.batch_size])
        answered = Prediction(start=start, outputs=_outputs(model, paths, job.preparation))
        channel.send(answered if start else _asked_again(answered, model, paths, job.preparation))
    channel.send(RunFinished())


def rebuild(folder: Path) -> keras.Model:
    """The model exported into ``folder``. Arrays are plain ``.npy`` files and never unpickled."""
    model = keras.models.model_from_json((folder / "config.json").read_text(encoding="utf-8"))
    files = sorted(folder.glob("weights-*.npy"), key=lambda path: int(path.stem.partition("-")[2]))
    weights = [np.load(path, allow_pickle=False, mmap_mode="r") for path in files]
    if not model.built:
        raise ValueError("the model has no input shape")
    model.set_weights(weights)
    return model


def _outputs(model: keras.Model, paths: list[str], preparation: Preparation) -> list[list[float]]:
    batch = np.stack([prepare(path, preparation) for path in paths])
    outputs = np.asarray(model.predict_on_batch(batch), dtype="float64")
    rows: list[list[float]] = outputs.reshape(len(paths), -1).tolist()
    return rows


def _asked_again(answered: Prediction, model: keras.Model, paths: list[str], preparation: Preparation) -> Prediction:
    """``answered``, and whether two of the pictures, the one with the least answer and the one with the greatest, get
    the same by themselves, in a batch of nothing but copies: what a picture is told to be must not depend on what else
    is in its batch. The time is that of these two batches, for whose shape everything has been prepared."""
    first = np.nan_to_num(np.asarray(answered.outputs)[:, 0])
    same, took, timed = True, 0.0, 0
    for number in sorted({int(first.argmin()), int(first.argmax())}):
        picture = prepare(paths[number], preparation)
        batch = np.repeat(picture[None], max(2, len(paths)), axis=0)
        began = time.process_time()
        outputs = np.asarray(model.predict_on_batch(batch), dtype="float64")
        took += time.process_time() - began
        again = outputs.reshape(len(batch), -1)[0]
        same &= np.allclose(again, answered.outputs[number], rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True)
        timed += len(batch)
    return answered.model_copy(update={"varies": not same, "cpu_seconds": took, "timed": timed})


def _size_of(path: str) -> tuple[int, int]:
    with PIL.Image.open(path) as picture:
        return picture.height, picture.width


def prepare(path: str, preparation: Preparation) -> np.ndarray:
    """A picture file as the model's input: (height, width, channels), float32."""
    picture = keras.utils.load_img(
        path,
        color_mode=preparation.color_mode,
        target_size=preparation.target_size,
        interpolation=preparation.interpolation,
    )
    return np.asarray(keras.utils.img_to_array(picture) * preparation.scale + preparation.offset, dtype="float32")
