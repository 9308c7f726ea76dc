"""Pictures drawn from a generator, decoded by each run against decoded once: seconds and processor time of an epoch.

    python tests/benchmarks/decode.py [--pictures 1024] [--rounds 3]

No model is trained. Both kinds of run alternate in one warm worker behind the wall, so that the ratios hold though the
machine is busy; of each kind the cheapest round counts. ``store`` is what making the store costs, once.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fairmark.course import Course
from fairmark.data import load_recipe, make, set_folder
from fairmark.data.decoded import decoded_set, ensure_decoded
from fairmark.data.picture_form import PictureForm
from fairmark.evidence import Cell, NamesBound
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Workplace, notebook_job, run_notebook

ROOT = Path(__file__).resolve().parents[2]
NAME = "horses_or_humans"
MOVED = "rotation_range=40, width_shift_range=0.2, height_shift_range=0.2, zoom_range=0.2, horizontal_flip=True"

GENERATOR = """
import os, time
from pathlib import Path
from tensorflow.keras.preprocessing.image import ImageDataGenerator
folder = Path(os.environ["FAIRMARK_DATA"]) / "horses_or_humans" / "train"
flow = ImageDataGenerator(rescale=1 / 255, OPTIONS).flow_from_directory(
    folder, target_size=(SIDE, SIDE), batch_size=128, class_mode="binary", seed=1)
"""
PIPELINE = """
import os, time
from pathlib import Path
import keras
folder = Path(os.environ["FAIRMARK_DATA"]) / "horses_or_humans" / "train"
flow = keras.utils.image_dataset_from_directory(
    folder, image_size=(SIDE, SIDE), batch_size=128, label_mode="binary", seed=1, verbose=False)
"""
EPOCH = """
warming = next(iter(flow))
began, cpu_began = time.perf_counter(), time.process_time()
for place, batch in zip(range(len(flow)), flow):
    pass
wall, cpu = time.perf_counter() - began, time.process_time() - cpu_began
"""


def set_of(pictures: int, folder: Path) -> None:
    """The built-in set with so many pictures to train on."""
    course = Course(folder / "course")
    shutil.copytree(ROOT / "datasets" / NAME, course.root / "datasets" / NAME)
    recipe = course.root / "datasets" / NAME / "dataset.toml"
    counts = iter([pictures // 2] * 2 + [2] * 4)
    recipe.write_text(re.sub(r"(?m)^(horses|humans) = \d+$", lambda m: f"{m[1]} = {next(counts)}", recipe.read_text()))
    make(load_recipe(course.root / "datasets" / NAME))


def drawn(source: str, decoded: Path | None, launcher: ConfinedProcess) -> tuple[float, float]:
    """Wall and processor seconds of one epoch."""
    cell = Cell(position=1, number=1, role="added", source=source, touched=True)
    with Workplace() as workplace:
        run = run_notebook(
            notebook_job([cell], set_folder(NAME).parent, decoded=decoded, program=KERAS), workplace, launcher=launcher
        )
    values = {}
    for stamped in run.events:
        if isinstance(stamped.event, NamesBound):
            values |= stamped.event.values
    if "cpu" not in values:
        raise SystemExit(f"The run failed: {run.outcome} {run.printed}")
    return float(values["wall"]), float(values["cpu"])


def main(
    pictures: Annotated[int, typer.Option(help="Pictures of an epoch.")] = 1024,
    rounds: Annotated[int, typer.Option(help="Runs of each kind.")] = 3,
) -> None:
    table = Table("an epoch of", "own: s", "CPU s", "once: s", "CPU s", "ratio", "CPU", "store: CPU s", box=None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"FAIRMARK_DATA": f"{folder}/data", "FAIRMARK_SECRET": f"{folder}/secret"}
        set_of(pictures, Path(folder))
        launcher = ConfinedProcess()
        kinds = [("generator", GENERATOR, ""), ("moved about", GENERATOR, MOVED), ("tf.data", PIPELINE, "")]
        stores = {}
        for side in (150, 300):  # both before either is drawn: tf.data resizes from the pictures as they are
            began = time.process_time()
            ensure_decoded(NAME, [PictureForm(side, side)])
            stores[side] = time.process_time() - began
        for side, store in stores.items():
            for name, opening, options in kinds:
                source = opening.replace("SIDE", str(side)).replace("OPTIONS", options) + EPOCH
                pairs = [
                    (drawn(source, None, launcher), drawn(source, decoded_set(NAME), launcher)) for _ in range(rounds)
                ]
                (own, own_cpu), (once, once_cpu) = (
                    tuple(min(pair[kind][what] for pair in pairs) for what in (0, 1)) for kind in (0, 1)
                )
                table.add_row(
                    f"{pictures} at {side} x {side}, {name}",
                    *(f"{seconds:.2f}" for seconds in (own, own_cpu, once, once_cpu)),
                    f"{own / once:.1f}",
                    f"{own_cpu / once_cpu:.1f}",
                    f"{store:.2f}",
                )
        launcher.close()
    Console(width=150).print(table)


if __name__ == "__main__":
    typer.run(main)
