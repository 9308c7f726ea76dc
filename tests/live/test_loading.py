"""In a kernel in which ``check`` is imported Keras loads a compiled model compiled; it is the same model to look at."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .kernels import in_kernel

SCRIPT = Path(__file__).resolve().parent.parent / "corpus" / "cases" / "live_load_model.py"

BEGIN = """import numpy as np
from tensorflow import keras
pictures, labels = np.zeros((8, 6, 6, 3)), np.arange(8) % 2
model = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])"""

AGAIN = {
    "keras": 'model.save("a.keras"); again = keras.models.load_model("a.keras")',
    "h5": 'model.save("a.h5"); again = keras.models.load_model("a.h5")',
    "checkpoint": (
        'keep = keras.callbacks.ModelCheckpoint("b.keras"); model.fit(pictures, labels, verbose=0, callbacks=[keep])\n'
        'again = keras.models.load_model("b.keras")'
    ),
    "pickle": "import pickle; again = pickle.loads(pickle.dumps(model))",
    "copy": "import copy; again = copy.deepcopy(model)",
}


@pytest.mark.thorough
def test_a_loaded_model_can_be_evaluated(tmp_path: Path) -> None:
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / ".ipython"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    finished = subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    numbers = next(json.loads(line) for line in finished.stdout.splitlines() if re.match(r"\[\d", line))
    assert len(numbers) == 2
    assert finished.stdout.count("-> ok") == 3


@pytest.mark.thorough
def test_however_it_comes_back_it_is_compiled(tmp_path: Path) -> None:
    asked = "(again.compiled, len(again.evaluate(pictures, labels, verbose=0)))"
    cells = [f"from fairmark import check\n{BEGIN}"]
    cells += [f"{code}\n{asked}" for code in AGAIN.values()]
    shown = in_kernel(tmp_path, cells)
    assert [cell.error for cell in shown] == [None] * len(cells)
    assert {cell.text for cell in shown[1:]} == {"(True, 2)"}
