"""Pictures come in one order for each pass over them, whether the training is slower than what draws them or faster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from laid import lay_out

from fairmark.data.places import set_folder
from fairmark.evidence import Cell, NamesBound
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Workplace, notebook_job, run_notebook

pytestmark = pytest.mark.thorough

TRAINED = """
import os, time
from pathlib import Path
import keras
import numpy as np
from tensorflow.keras.preprocessing.image import DirectoryIterator, ImageDataGenerator

class Slow(DirectoryIterator):
    pause = 0.0
    def _get_batches_of_transformed_samples(self, places):
        time.sleep(self.pause)
        drawn.append(places.tolist())
        return super()._get_batches_of_transformed_samples(places)

def flow(name):
    folder = Path(os.environ["FAIRMARK_DATA"]) / "shapes" / name
    moved = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    made = Slow(folder, moved, target_size=(6, 6), batch_size=2, class_mode="binary")
    made.pause = pause
    return made

def trained(steps, epochs, **more):
    drawn.clear()
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    rest = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.05 - pause))
    model.fit(flow("train"), steps_per_epoch=steps, epochs=epochs, verbose=0, callbacks=[rest], **more)
    return str([weight.tobytes().hex() for weight in model.get_weights()])

def of_each_pass():
    batches = drawn[2:]  # by the first two Keras learns of what form batches are
    return str([sorted(sum(batches[at : at + 4], [])) for at in range(0, len(batches) - 3, 4)])

drawn = []
"""


@pytest.fixture(scope="module", autouse=True)
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_DATA", str(tmp_path_factory.mktemp("pictures")))
        lay_out(set_folder("shapes"), ["colour.png"], each=4)  # 8 pictures, in four batches
        yield


def values(*sources: str) -> dict[str, object]:
    cells = [
        Cell(position=place, number=place, role="added", source=source, touched=True)
        for place, source in enumerate(sources, start=1)
    ]
    with Workplace() as workplace, closing(ConfinedProcess()) as launcher:
        found = run_notebook(
            notebook_job(cells, set_folder("shapes").parent, program=KERAS), workplace, launcher=launcher
        )
    assert found.outcome == "completed", found.printed
    events = [stamped.event for stamped in found.events]
    return {name: value for event in events if isinstance(event, NamesBound) for name, value in event.values.items()}


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    asked = """
{0}_whole = trained(4, 3)
{0}_half = trained(2, 6)
{0}_passes = of_each_pass()
{0}_most = trained(3, 8)
{0}_validated = trained(1, 6, validation_data=flow("validation"), validation_steps=3)
"""
    slow, fast = asked.format("slow"), asked.format("fast")
    return values(TRAINED, "pause = 0.05", slow, "pause = 0.0", fast)


@pytest.mark.parametrize("steps", ["whole", "half", "most", "validated"])
def test_a_training_is_the_same_however_far_ahead_batches_are_drawn(found: dict[str, object], steps: str) -> None:
    assert found[f"slow_{steps}"] == found[f"fast_{steps}"]


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_each_pass_goes_over_all_pictures_once(found: dict[str, object], how: str) -> None:
    assert found[f"{how}_passes"] == str([list(range(8))] * 3)
