"""Show that a drawn data set needs a convolutional net, and rewards one.

A data set teaches convolution only if nothing simpler solves it. This command draws the train, validation and
hidden pictures in memory and measures three kinds of classifier on the hidden ones, which come from another seed:
a linear model on the pixels, a linear model on the colour histogram, and the lesson's reference net over several
seeds. The linear models should stay near chance; the net should climb over its epochs and pass in every seed.
Where the classes are not equally common, the linear models are fitted as if they were, and the balanced accuracy
(the mean of the classes' recalls, for which naming the commonest class is worth no more than chance) is shown too.

    python tests/benchmarks/separability.py --dataset horses_or_humans --seeds 3 --size 150
    python tests/benchmarks/separability.py --dataset happy_or_sad --batch 10 --filters "16 32 32" --until 0.999
    python tests/benchmarks/separability.py --dataset cassava_leaves --seeds 3 --batch 20 --epochs 12
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from math import sqrt
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fairmark.cli.option_groups import option_groups

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
BATCH = 128  # pictures per prediction; per update unless told otherwise: 1,024 make the lesson's 8 steps per epoch
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # L2 penalties, for features of mean 0 and kernel of mean diagonal 1

Pixels = npt.NDArray[np.uint8]  # (pictures, size, size, 3), 0..255
Labels = npt.NDArray[np.float32]  # (pictures,), the class's position in the alphabet
Features = npt.NDArray[np.float32]  # (pictures, features)


class Split(NamedTuple):
    """Pictures with their labels."""

    pixels: Pixels
    labels: Labels


class Splits(NamedTuple):
    """The three splits; nothing is fitted to the hidden one."""

    train: Split
    validation: Split
    hidden: Split


class Numerics(StrEnum):
    """How the net's arithmetic runs while it trains; it always predicts in float32."""

    float32 = "float32"
    bfloat16 = "bfloat16"


class Lesson(NamedTuple):
    """How the reference net is built and trained."""

    filters: tuple[int, ...]
    dense: int  # neurons before the output
    batch: int  # pictures per update
    epochs: int
    until: float | None  # training accuracy, as measured during an epoch, after which training stops
    numerics: Numerics


class Run(NamedTuple):
    """One training of the reference net."""

    training_accuracy: list[float]  # in each epoch
    validation_accuracy: list[float]  # after each epoch
    hidden_accuracy: float
    hidden_recalls: list[float]  # of each class
    wall_seconds: float


# ------------------------------------------------------------------------------------------------ pictures


def load_renderer(folder: Path) -> ModuleType:
    """Return the data set's render.py as a module; it belongs to no package, so it is loaded from its path."""
    specification = importlib.util.spec_from_file_location("render", folder / "render.py")
    if specification is None or specification.loader is None:
        raise FileNotFoundError(folder / "render.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def draw_some(folder: Path, class_name: str, keys: list[str], size: int) -> Pixels:
    """Return one picture for each key; runs in a worker."""
    render = load_renderer(folder)
    pictures = [render.draw(class_name, Random(key)) for key in keys]
    if pictures[0].width % size == 0:
        pictures = [picture.reduce(picture.width // size) for picture in pictures]
    else:
        pictures = [picture.resize((size, size), Image.Resampling.NEAREST) for picture in pictures]  # as Keras does
    return np.stack([np.asarray(picture) for picture in pictures])


def draw_split(pool: ProcessPoolExecutor, folder: Path, split: str, seed: str, counts: dict[str, int], size: int
               ) -> Split:  # fmt: skip
    """Return a split, drawn with the same keys as the engine's."""
    jobs, labels = [], []
    for label, (class_name, count) in enumerate(counts.items()):
        keys = [f"{seed}/{split}/{class_name}/{index}" for index in range(count)]
        jobs += [pool.submit(draw_some, folder, class_name, keys[at : at + 32], size) for at in range(0, count, 32)]
        labels += [float(label)] * count
    return Split(np.concatenate([job.result() for job in jobs]), np.array(labels, np.float32))


def draw_all(folder: Path, settings: dict[str, Any], hidden_seed: str, size: int) -> Splits:
    """Return all three splits."""
    seed, counts = str(settings["seed"]), settings["splits"]
    # Spawned workers, because a fork would copy whatever threads the libraries have started by now.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        return Splits(
            draw_split(pool, folder, "train", seed, counts["train"], size),
            draw_split(pool, folder, "validation", seed, counts["validation"], size),
            draw_split(pool, folder, "hidden", hidden_seed, settings["hidden"], size),
        )


# ------------------------------------------------------------------------------------------------ linear models


def shrunk_pixels(pixels: Pixels) -> Features:
    """Return each picture averaged down to about 60 x 60 and flattened, which costs a linear model only noise."""
    count, size = pixels.shape[:2]
    step = max(1, size // 60)
    side = size // step
    blocks = pixels[:, : side * step, : side * step].reshape(count, side, step, side, step, 3)
    shrunk: Features = blocks.mean((2, 4), dtype=np.float32).reshape(count, -1)
    return shrunk


def all_pixels(pixels: Pixels) -> Features:
    """Return every pixel."""
    return pixels.reshape(len(pixels), -1).astype(np.float32)


def joint_histogram(pixels: Pixels) -> Features:
    """Return how often each of 8 x 8 x 8 colours occurs; the root keeps the common ones from drowning the rare."""
    codes = (pixels >> 5).astype(np.int64) @ np.array([64, 8, 1])
    counts = np.stack([np.bincount(code.ravel(), minlength=512) for code in codes])
    roots: Features = np.sqrt(counts).astype(np.float32)
    return roots


def channel_histograms(pixels: Pixels) -> Features:
    """Return 32 bins for each of red, green and blue."""
    bins = (pixels >> 3).astype(np.int64) + np.array([0, 32, 64])
    counts = np.stack([np.bincount(each.ravel(), minlength=96) for each in bins])
    roots: Features = np.sqrt(counts).astype(np.float32)
    return roots


def linear_accuracy(splits: Splits, features: Callable[[Pixels], Features]) -> tuple[float, float, float]:
    """Return the train, validation and hidden balanced accuracy of logistic regression, at the best L2 for validation.

    With fewer pictures than features the weights are a mix of the pictures, so Newton's method on the mix finds
    the exact optimum: nobody can say that the linear model was trained too little.
    """
    train, validation, hidden = (features(split.pixels) for split in splits)
    mean, deviation = train.mean(0), train.std(0)
    train, validation, hidden = ((each - mean) / (deviation + 1e-3) for each in (train, validation, hidden))
    kernel = (train @ train.T).astype(np.float64)
    unit = np.trace(kernel) / len(kernel)
    kernel /= unit
    classes = int(splits.train.labels.max()) + 1
    best = (0.0, 0.0, 0.0)
    for strength in STRENGTHS:
        margins = [
            class_margins(kernel, splits.train.labels == label, strength, train, unit, (train, validation, hidden))
            for label in range(1 if classes == 2 else 0, classes)
        ]
        found = []
        for index, split in enumerate(splits):
            scores = np.stack([each[index] for each in margins], 1)
            guesses = (scores[:, 0] > 0).astype(int) if classes == 2 else scores.argmax(1)
            found.append(float(np.mean(recalls(guesses, split.labels))))
        if found[1] > best[1]:
            best = (found[0], found[1], found[2])
    return best


def class_margins(kernel: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], strength: float, train: Features,
                  unit: float, wanted: tuple[Features, ...]) -> list[Features]:  # fmt: skip
    """Return how far on the class's side each of the wanted pictures lies; the class and the rest weigh the same."""
    share = positive.mean()
    weights = np.where(positive, 0.5 / share, 0.5 / (1 - share))
    mix, bias = fit_logistic(kernel, positive.astype(np.float32), strength, weights)
    direction = (train.T @ mix / unit).astype(np.float32)
    return [each @ direction + bias for each in wanted]


def recalls(guesses: npt.NDArray[np.int64], labels: Labels) -> list[float]:
    """Return the share of each class's pictures that are named rightly."""
    return [float((guesses[labels == label] == label).mean()) for label in np.unique(labels)]


def fit_logistic(kernel: npt.NDArray[np.float64], labels: Labels, strength: float, weights: npt.NDArray[np.float64]
                 ) -> tuple[Any, float]:  # fmt: skip
    """Return the mix of training pictures and the bias that minimise mean log loss + strength / 2 * |weights|^2."""
    count = len(labels)
    # A constant column in the kernel is a bias; its weight of 10 leaves it all but free of the penalty.
    kernel = kernel + 10.0
    mix = np.zeros(count)
    for _ in range(30):
        margin = kernel @ mix
        chance = 1 / (1 + np.exp(-np.clip(margin, -30, 30)))
        curvature = np.maximum(chance * (1 - chance), 1e-6)
        target = margin + (labels - chance) / curvature
        step = np.linalg.solve(kernel + np.diag(count * strength / (weights * curvature)), target) - mix
        mix = mix + step
        if np.abs(step).max() < 1e-6 * np.abs(mix).max():
            break
    return mix, float(10.0 * mix.sum())


# ------------------------------------------------------------------------------------------------ the reference net


def build_net(size: int, classes: int, lesson: Lesson) -> Any:  # noqa: ANN401  Keras has no types
    """Return the lesson's reference solution: three convolutions, then two dense layers."""
    import keras  # heavy, and the workers that draw need none of it

    layers = keras.layers
    net = keras.Sequential([keras.Input((size, size, 3))])
    for filters in lesson.filters:
        net.add(layers.Conv2D(filters, 3, activation="relu"))
        net.add(layers.MaxPooling2D(2))
    output = layers.Dense(1, activation="sigmoid") if classes == 2 else layers.Dense(classes, activation="softmax")
    for layer in (layers.Flatten(), layers.Dense(lesson.dense, activation="relu"), output):
        net.add(layer)
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    net.compile(optimizer=keras.optimizers.RMSprop(0.001), loss=loss, metrics=["accuracy"])
    return net


def stop_at(accuracy: float) -> Any:  # noqa: ANN401  Keras has no types
    """Return a callback that ends the training after an epoch in which the training accuracy was above this."""
    import keras

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, _epoch: int, logs: dict[str, float] | None = None) -> None:
            if (logs or {})["accuracy"] > accuracy:
                self.model.stop_training = True

    return Stop()


def set_numerics(numerics: Numerics) -> None:
    """Let oneDNN compute in bfloat16, or not."""
    import tensorflow as tf

    on = numerics is Numerics.bfloat16
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": on})


def train_net(splits: Splits, seed: int, lesson: Lesson) -> Run:
    """Train the reference net once and measure it on the hidden pictures."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    started, size, classes = time.monotonic(), splits.train.pixels.shape[1], int(splits.train.labels.max()) + 1
    train, validation, hidden = (split.pixels.astype(np.float32) / 255 for split in splits)
    set_numerics(lesson.numerics)
    net = build_net(size, classes, lesson)
    callbacks = [] if lesson.until is None else [stop_at(lesson.until)]
    history = net.fit(train, splits.train.labels, batch_size=lesson.batch, epochs=lesson.epochs, verbose=0,
                      validation_data=(validation, splits.validation.labels), callbacks=callbacks).history  # fmt: skip
    set_numerics(Numerics.float32)
    judge = build_net(size, classes, lesson)  # a fresh graph: the trained one was rewritten for the training's numerics
    judge.set_weights(net.get_weights())
    outputs = judge.predict(hidden, batch_size=BATCH, verbose=0)
    guesses = (outputs[:, 0] > 0.5).astype(int) if classes == 2 else outputs.argmax(1)
    accuracy = float((guesses == splits.hidden.labels).mean())
    of_classes = recalls(guesses, splits.hidden.labels)
    return Run(history["accuracy"], history["val_accuracy"], accuracy, of_classes, time.monotonic() - started)


# ------------------------------------------------------------------------------------------------ the report


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share seen in `count` trials (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - half, middle + half


def with_interval(share: float, count: int) -> str:
    """Return the share with its interval, as the tables show it."""
    low, high = wilson(share, count)
    return f"{share:.3f} [{low:.3f}, {high:.3f}]"


def linear_table(splits: Splits, size: int) -> Table:
    """Return the linear models' accuracies."""
    models: dict[str, Callable[[Pixels], Features]] = {
        "pixels, averaged to 60 x 60 or 75 x 75": shrunk_pixels,
        f"pixels, all {size} x {size}": all_pixels,
        "colour histogram, 8 x 8 x 8": joint_histogram,
        "colour histogram, 3 x 32 bins": channel_histograms,
    }
    table = Table("logistic regression on", "train", "validation", "hidden [95 %]", title="Linear models")
    for name, features in track(models.items(), "fitting linear models", transient=True):
        train, validation, hidden = linear_accuracy(splits, features)
        interval = with_interval(hidden, len(splits.hidden.labels)).replace("[", r"\[")
        table.add_row(name, f"{train:.3f}", f"{validation:.3f}", interval)
    return table


def net_tables(runs: dict[int, Run], hidden_count: int) -> tuple[Table, Table]:
    """Return the accuracy by epoch, and the final accuracy by seed."""
    curve = Table("epoch", "mean", "lowest", "highest", title="Reference net: validation accuracy by epoch")
    for epoch, all_values in enumerate(zip_longest(*(run.validation_accuracy for run in runs.values())), 1):
        values = [value for value in all_values if value is not None]  # some trainings may have stopped
        curve.add_row(str(epoch), f"{np.mean(values):.3f}", f"{min(values):.3f}", f"{max(values):.3f}")
    final = Table("seed", "validation", "hidden [95 %]", "seconds", title="Reference net: after the last epoch")
    for seed, run in runs.items():
        interval = with_interval(run.hidden_accuracy, hidden_count).replace("[", r"\[")
        final.add_row(str(seed), f"{run.validation_accuracy[-1]:.3f}", interval, f"{run.wall_seconds:.0f}")
    hidden = [run.hidden_accuracy for run in runs.values()]
    final.add_section()
    final.add_row("all", "", f"mean {np.mean(hidden):.3f}, lowest {min(hidden):.3f}", "")
    return curve, final


def remarks(run: Run, classes: list[str], lesson: Lesson) -> list[str]:
    """Return what there is to say of a training beyond two classes, or of one that stops by itself."""
    said = []
    if lesson.until is not None:
        steps = " ".join(f"{accuracy:.3f}" for accuracy in run.training_accuracy)
        stopped = run.training_accuracy[-1] > lesson.until
        said.append(
            f"training accuracy {steps}: {'stopped' if stopped else 'not reached'} after {steps.count(' ') + 1}"
        )
    if len(classes) > 2:
        each = ", ".join(f"{name} {share:.2f}" for name, share in zip(classes, run.hidden_recalls, strict=True))
        said.append(f"balanced {np.mean(run.hidden_recalls):.3f}; {each}")
    return said


@dataclass(frozen=True)
class _Pictures:
    """What is drawn."""

    dataset: Annotated[str, typer.Option(help="Name of the folder under datasets/.")] = "horses_or_humans"
    size: Annotated[int | None, typer.Option(help="Width and height in pixels; else the data set's own.")] = None
    hidden_seed: Annotated[str, typer.Option(help="Seed of the hidden pictures.")] = "benchmark-hidden"


@dataclass(frozen=True)
class _Net:
    """How the reference net is built and trained: a :class:`Lesson`, as it is typed."""

    epochs: Annotated[int, typer.Option(help="Passes over the training pictures.")] = 15
    batch: Annotated[int, typer.Option(help="Training pictures per update.")] = BATCH
    filters: Annotated[str, typer.Option(help="Filters of each convolution.")] = "16 32 64"
    dense: Annotated[int, typer.Option(help="Neurons of the layer before the output.")] = 512
    until: Annotated[float | None, typer.Option(help="Stop once the training accuracy is above this.")] = None
    numerics: Annotated[Numerics, typer.Option(help="Arithmetic while training; bfloat16 is faster on newer CPUs.")] = (
        Numerics.float32
    )

    def lesson(self) -> Lesson:
        filters = tuple(map(int, self.filters.split()))
        return Lesson(filters, self.dense, self.batch, self.epochs, self.until, self.numerics)


@option_groups
def main(
    *,
    seeds: Annotated[int, typer.Option(help="How many times to train the reference net; 0 for none.")] = 3,
    first_seed: Annotated[int, typer.Option(help="Seed of the first training; the others follow.")] = 0,
    linear: Annotated[bool, typer.Option(help="Also fit the linear models.")] = True,
    pictures: _Pictures,
    net: _Net,
) -> None:
    """Measure how well simple models and the reference net separate the classes of a drawn data set."""
    console, folder, lesson = Console(), DATASETS / pictures.dataset, net.lesson()
    settings = tomllib.loads((folder / "dataset.toml").read_text(encoding="utf-8"))
    started, size = time.monotonic(), pictures.size or settings["picture_size"][0]
    with console.status("drawing the pictures"):
        splits = draw_all(folder, settings, pictures.hidden_seed, size)
    count = sum(len(split.labels) for split in splits)
    console.print(f"{count} pictures drawn in {time.monotonic() - started:.1f} seconds")
    if linear:
        console.print(linear_table(splits, size))
    runs = {}
    for seed in range(first_seed, first_seed + seeds):
        with console.status(f"training the reference net, seed {seed}"):
            run = runs[seed] = train_net(splits, seed, lesson)
        steps = " ".join(f"{accuracy:.2f}" for accuracy in run.validation_accuracy)
        console.print(f"seed {seed}: {steps}; hidden {run.hidden_accuracy:.3f}; {run.wall_seconds:.0f} seconds")
        for line in remarks(run, settings["classes"], lesson):
            console.print(f"  {line}")
    if runs:
        console.print(*net_tables(runs, len(splits.hidden.labels)))


if __name__ == "__main__":
    typer.run(main)
