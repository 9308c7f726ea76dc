"""How close grading comes to the floor: ours against a bare script that does nothing but train.

    python tests/benchmarks/floor.py [--size 150] [--students 6]

Ours is `fairmark grade` on a class of right notebooks, no two of the same code, with default settings and nothing kept
from earlier but the pictures: sandbox, decoding, looks at hidden pictures, reports and all. The floor trains the same
networks one after another in one process, from arrays that are in its memory before the clock starts, with the same
numerics and for as many epochs as ours took until each was decided. TensorFlow is imported once by either.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from measured import FAIRMARK, measure
from PIL import Image
from rich.console import Console
from rich.table import Table
from school import NAME, Variant, class_of, hand_in, variant_course

from fairmark.classroom.regrade import evidence_files, read_evidence
from fairmark.data import load_recipe, make, set_folder
from fairmark.evidence import EpochEnded
from fairmark.sandbox import choose_numerics

SCRIPT = """
import json, sys, time
import numpy as np
folder, numerics, asked, result = sys.argv[1:]
train, validation = ((np.load(f"{folder}/{split}.npy"), np.load(f"{folder}/{split}_labels.npy"))
                     for split in ("train", "validation"))
began, cpu_began = time.perf_counter(), time.process_time()
import tensorflow as tf
from tensorflow import keras
imported = time.perf_counter() - began
tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": numerics == "bfloat16"})
for epochs in json.loads(asked):
    keras.utils.set_random_seed(1)
    layers = [keras.Input(train[0].shape[1:])]
    for filters in (16, 32, 64):
        layers += [keras.layers.Conv2D(filters, 3, activation="relu"), keras.layers.MaxPooling2D(2)]
    dense = [keras.layers.Dense(512, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential([*layers, keras.layers.Flatten(), *dense])
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(*train, batch_size=128, epochs=epochs, validation_data=validation, validation_batch_size=32, verbose=2)
    keras.backend.clear_session()
costs = {"imported": imported, "wall": time.perf_counter() - began, "cpu": time.process_time() - cpu_began}
open(result, "w").write(json.dumps(costs))
"""


def arrays(size: int, folder: Path) -> None:
    """All pictures as a generator gives them: scaled to 0-1, resized to the nearest pixel."""
    folder.mkdir()
    for split in ("train", "validation"):
        paths = sorted((set_folder(NAME) / split).glob("*/*.*"))
        pixels = np.empty((len(paths), size, size, 3), dtype=np.float32)
        for place, path in enumerate(paths):
            with Image.open(path) as picture:
                pixels[place] = picture.convert("RGB").resize((size, size), Image.Resampling.NEAREST)
        pixels /= 255
        np.save(folder / f"{split}.npy", pixels)
        np.save(folder / f"{split}_labels.npy", np.array([path.parent.name == "humans" for path in paths], np.float32))


def epochs_of(out: Path) -> list[int]:
    """How many each of a class was trained for."""
    runs = [read_evidence(path).run for path in evidence_files([out])]
    return [
        max((one.event.epoch for one in run.events if isinstance(one.event, EpochEnded)), default=0) for run in runs
    ]


def main(
    *,
    size: Annotated[int, typer.Option(help="Of the pictures: 150 or 300.")] = 150,
    students: Annotated[int, typer.Option(help="All of them right.")] = 6,
    epochs: Annotated[int, typer.Option(help="Asked of fit.")] = 15,
    one_in: Annotated[int, typer.Option(help="Draws one picture in so many: 8 for a quick look.")] = 1,
) -> None:
    console = Console(width=120)
    variant: Variant = "150" if size == 150 else "300"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        os.environ |= {"FAIRMARK_DATA": f"{root}/data", "FAIRMARK_SECRET": f"{root}/secret"}
        course = variant_course(root / "course", variant, epochs=epochs, one_in=one_in)
        make(load_recipe(course.dataset_folder(NAME)))
        right = [one for one in class_of(3 * students, variant, copies=False) if one.kind == "right"]
        hand_in(course, right, root / "submitted")
        grade = [*FAIRMARK, "grade", root / "submitted", "--out", root / "out", "--course", course.root]
        ours = measure(grade, log=root / "log", accepted=(0, 1))
        decided = epochs_of(root / "out")
        arrays(size, root / "arrays")
        with console.status("The floor"):
            floor = bare(root, decided)
    console.print(f"{len(right)} notebooks, {size} x {size}; {os.cpu_count()} cores; {choose_numerics()}")
    console.print(f"epochs until decided, of {epochs}: {', '.join(map(str, decided))}")
    table = Table("", "ours, cold", "floor", "ours / floor", box=None)
    table.add_row(
        "seconds", f"{ours.wall_seconds:.1f}", f"{floor['wall']:.1f}", _ratio(ours.wall_seconds, floor["wall"])
    )
    table.add_row(
        "CPU seconds", f"{ours.cpu_seconds:.1f}", f"{floor['cpu']:.1f}", _ratio(ours.cpu_seconds, floor["cpu"])
    )
    console.print(table)
    console.print(f"of the floor, importing TensorFlow: {floor['imported']:.1f} s")


def bare(root: Path, epochs: list[int]) -> dict[str, Any]:
    """What the floor costs: ``wall`` and ``cpu`` seconds with what ``imported`` took."""
    trained = json.dumps([count for count in epochs if count])
    words = [*FAIRMARK[:1], "-c", SCRIPT, root / "arrays", choose_numerics(), trained, root / "floor.json"]
    measure(words, log=root / "log", env={"TF_CPP_MIN_LOG_LEVEL": "3"})
    costs: dict[str, Any] = json.loads((root / "floor.json").read_text())
    return costs


def _ratio(ours: float, floor: float) -> str:
    return f"{ours / floor:.2f}"


if __name__ == "__main__":
    typer.run(main)
