"""Circles and squares of 30 x 30 pixels, a notebook that does one small thing in each cell, and two real runs of it.

The runs are made once, side by side, by the worker that all tests share, and many tests look at what they left.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image, ImageDraw

from fairmark.evidence import Cell, CellFinished, CellStarted, Evidence, Run, Stamped, Submission
from fairmark.keras.program import KERAS
from fairmark.sandbox import Child, Files, Job, Launcher, Limits, Workplace, best_launcher, notebook_job, run_notebook
from fairmark.sandbox.program import Program

__all__ = ["CELLS", "CODE_CELLS", "Finished", "Watching", "draw_shapes", "finished", "position", "shape_picture"]

E = TypeVar("E")

CELLS = {
    "imports": """
import os, sys
from pathlib import Path
import numpy as np
import keras
import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator, img_to_array, load_img
shapes = Path(os.environ["FAIRMARK_DATA"]) / "shapes"
""",
    "generators": """
training = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
    shapes / "train", target_size=(30, 30), batch_size=8, class_mode="binary")
validation = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
    str(shapes / "validation"), (30, 30), "rgb", None, "binary", 4)
whole = ImageDataGenerator().flow_from_directory(shapes, batch_size=2)
print("drawn", training[0][0].shape)
""",
    "model": """
model = keras.Sequential([
    keras.Input((30, 30, 3)),
    keras.layers.Conv2D(4, 3, activation="relu"),
    keras.layers.MaxPooling2D(2),
    keras.layers.Flatten(),
    keras.layers.Dense(1, activation="sigmoid"),
])
first_weights = [float(array.sum()) for array in model.get_weights()]
""",
    "compile": """
other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
other.compile("rmsprop", "bce", None, ["acc"])
other.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.RMSprop(), metrics=["accuracy"])
other.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.001), loss=keras.losses.BinaryCrossentropy(),
              metrics=[keras.metrics.BinaryAccuracy()])
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(0.01), metrics=["acc"])
""",
    "fit": """
history = model.fit(training, None, None, 2, 0, None, 0.0, validation, steps_per_epoch=5, validation_steps=2)
""",
    "fit again": """
again = model.fit(x=training, epochs=1, verbose=0)
again.history["acc"] = [1.0]
again.history["loss"] = [0.0]
""",
    "raises": """
fine = 1

fine / 0
""",
    "no such syntax": """
fine = 2
fine = = 3
""",
    "exits": """
sys.exit(3)
""",
    "quits": """
exit()
""",
    "not text": """
raise FileNotFoundError("caf\\udce9.png")
""",
    "shell": """
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.show()
!echo a shell said this
%time print("a magic said this")
""",
    "asks": """
answer = input("Your name? ")
""",
    "names": """
count, names = 3, ["circles", "squares"]
share = np.float32(0.5)
same = training
for index in range(2):
    with open(os.devnull) as nothing:
        late = index
def inner():
    hidden = 1
thing = object()
""",
    "pipeline": """
dataset = keras.utils.image_dataset_from_directory(shapes / "train", image_size=(30, 30), batch_size=8, verbose=False)
scaled = dataset.map(lambda pictures, labels: (pictures / 255, labels)).prefetch(1)
results = model.evaluate(scaled, verbose=0)
""",
    "pictures": """
from PIL import Image
path = sorted((shapes / "validation" / "circles").iterdir())[0]
picture = load_img(path, target_size=(30, 30))
opened = Image.open(path)
batch = np.expand_dims(img_to_array(picture) / 255, axis=0)
predicted = float(model.predict(batch, verbose=0)[0, 0])
called = float(model(batch)[0, 0])
""",
    "changes": """
other.fit(np.zeros((4, 4)), np.zeros(4), verbose=0)
other.set_weights([array + 1 for array in other.get_weights()])
""",
    "configurations": """
inputs = keras.Input((30, 30, 3))
middle = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(keras.layers.RandomFlip()(inputs)))
functional = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(middle))
several = keras.Model(inputs, [keras.layers.Dense(1)(middle), keras.layers.Dense(2)(middle)])
class Doubling(keras.layers.Layer):
    def call(self, values):
        return 2 * values
made = {
    "sequential": model,
    "functional": functional,
    "several outputs": several,
    "nested": keras.Sequential([keras.Input((30, 30, 3)), functional]),
    "function of TensorFlow": keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=tf.nn.softmax)]),
    "batch normalisation": keras.Sequential(
        [keras.Input((30, 30, 3)), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5),
         keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1), kernel_initializer="he_normal")]),
    "lambda": keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda values: values)]),
    "own layer": keras.Sequential([keras.Input((3,)), Doubling()]),
}
from fairmark.keras.recorder.describe import spelled_as_keras
for name, one in made.items():
    with spelled_as_keras():  # as models are exported
        Path("tmp", f"{name}.json").write_text(one.to_json())
""",
}
"""Source by name, in running order; a cell's position is its place here, counted from 1."""


CODE_CELLS = tuple(
    Cell(position=place, number=place, role="added", source=source.strip())
    for place, source in enumerate(CELLS.values(), start=1)
)


def position(name: str) -> int:
    return list(CELLS).index(name) + 1


def draw_shapes(folder: Path) -> Path:
    """``folder/shapes`` with 24 pictures to train on and 12 to validate."""
    dice = random.Random(30)
    for split, count in (("train", 12), ("validation", 6)):
        for name in ("circles", "squares"):
            place = folder / "shapes" / split / name
            place.mkdir(parents=True)
            for number in range(count):
                shape_picture(name, dice).save(place / f"{name}-{number:02}.png")
    return folder


def shape_picture(name: str, dice: random.Random) -> Image.Image:
    """A white shape on black; circles are hollow, so that brightness alone tells them apart."""
    picture = Image.new("RGB", (30, 30))
    left, top = dice.randrange(8), dice.randrange(8)
    box = (left, top, left + 20, top + 20)
    pencil = ImageDraw.Draw(picture)
    if name == "circles":
        pencil.ellipse(box, outline=(255, 255, 255))
    else:
        pencil.rectangle(box, fill=(255, 255, 255))
    return picture


@dataclass(frozen=True)
class Finished:
    """What the runs left. ``quick`` is of the same cells with training left out; ``left`` is a copy of what the full
    one had written at its end."""

    run: Run
    quick: Run
    left: Path
    pictures_folder: Path

    def all(self, kind: type[E], cell: str | None = None, run: Run | None = None) -> list[E]:
        """Events of one class, in order; only those of the cell named ``cell`` where one is."""
        events = [stamped.event for stamped in (run or self.run).events]
        wanted = None if cell is None else position(cell)
        return [event for event in events if isinstance(event, kind) and wanted in (None, getattr(event, "cell", None))]

    def one(self, kind: type[E], cell: str | None = None) -> E:
        found = self.all(kind, cell)
        assert len(found) == 1, found
        return found[0]

    def printed(self, cell: str) -> str:
        return self.run.printed.get(position(cell), "")

    def error(self, cell: str) -> tuple[str, str, int | None]:
        """Type, message and line of what the cell raised."""
        error = self.one(CellFinished, cell).error
        assert error is not None
        return error.type, error.message, error.line

    def evidence_before(self, name: str) -> Evidence:
        """What there would be, had the notebook ended before the cell ``name`` and opened no pictures but those it
        trained on."""
        cells = tuple(cell for cell in CODE_CELLS if cell.position < position(name))
        submission = Submission(student="sam", assignment="shapes", notebook_sha256="", cells=cells)
        run = self.run.model_copy(update={"events": tuple(self._events_before(position(name)))})
        folders = {"train": {"circles": 12, "squares": 12}, "validation": {"circles": 6, "squares": 6}}
        return Evidence(submission=submission, run=run, folders=folders)

    def _events_before(self, place: int) -> Iterator[Stamped]:
        for stamped in self.run.events:
            if isinstance(stamped.event, CellStarted) and stamped.event.cell == place:
                return
            if getattr(stamped.event, "pictures", None) in ("pictures-1", "pictures-2", None):
                yield stamped

    @contextmanager
    def workplace_again(self) -> Iterator[Workplace]:
        """A copy of the folder that the notebook ran in, which is gone by now."""
        with Workplace() as again:
            shutil.copytree(self.left, again.folder, dirs_exist_ok=True)
            yield again


class Watching:
    """Passes a launcher on, and knows where its last child has written."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._written: Files | None = None
        self.isolation = launcher.isolation
        self.confines = launcher.confines

    def warm_up(self, program: Program) -> None:
        pass

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        child = self._launcher.start(job, folder, limits)
        self._written = child.files
        return child

    @property
    def written(self) -> Files:
        """To be looked at while the workplace is there."""
        assert self._written is not None
        return self._written


_made: list[Finished] = []


def finished(factory: pytest.TempPathFactory) -> Finished:
    """Both runs, made when first asked for."""
    if not _made:
        _made.append(_run_both(factory))
    return _made[0]


def _run_both(factory: pytest.TempPathFactory) -> Finished:
    pictures_folder = draw_shapes(factory.mktemp("pictures"))
    workplace, other, watching = Workplace(), Workplace(), Watching(best_launcher())
    jobs = [
        notebook_job(CODE_CELLS, pictures_folder, numerics="float32", seed=7, train=train, program=KERAS)
        for train in (True, False)
    ]
    limits = Limits(run_seconds=300)
    with workplace, other, ThreadPoolExecutor(2) as pool:
        full = pool.submit(run_notebook, jobs[0], workplace, limits=limits, launcher=watching)
        quick = pool.submit(run_notebook, jobs[1], other, limits=limits)
        run, quick_run = full.result(), quick.result()
        left = shutil.copytree(watching.written.path, factory.mktemp("left"), dirs_exist_ok=True)
    return Finished(run, quick_run, left, pictures_folder)
