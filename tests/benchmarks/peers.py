"""The same class in the hands of two tools in wide use: nbgrader, and otter-grader without its containers.

Both get the students' notebooks with the pictures' folder written into them, and a test for each exercise that asks
what our checks ask, as far as assertions in the student's process can. They run one interpreter a notebook and every
epoch of it.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measured import Cost, measure
from school import NAME

__all__ = ["Marks", "Peers"]

Marks = dict[str, tuple[float, float]]
"""Score and most possible score, by student."""

_POINTS = {"generators": 4, "layers": 5, "compile": 3, "steps": 2, "training": 4, "prediction": 2}
_NBGRADER_CONFIG = "c = get_config()\nc.Execute.timeout = 7200\nc.ExecutePreprocessor.timeout = 7200\n"
_ALL_AT_ONCE = """
import subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
at_once, *notebooks = sys.argv[1:]
def run(notebook):
    out = Path("graded", Path(notebook).stem)
    out.mkdir(parents=True)
    command = [sys.executable, "-m", "otter", "run", "--no-logo", "-a", "autograder.zip", "-o", str(out), notebook]
    return subprocess.run(command, check=True)
with ThreadPoolExecutor(int(at_once)) as pool:
    list(pool.map(run, notebooks))
"""


@dataclass(frozen=True)
class Peers:
    """The tools in the environment of ``python``. ``size`` is that of the pictures, ``trains`` whether the assignment
    does, for ``epochs`` epochs with ``steps`` steps; ``data`` is the folder of data sets."""

    python: Path
    size: int
    trains: bool
    epochs: int
    steps: tuple[int, int]
    data: Path

    def installed(self) -> list[str]:
        """Which of the two there are."""
        return [
            name
            for name, module in (("nbgrader", "nbgrader"), ("otter-grader", "otter"))
            if subprocess.run([self.python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
        ]

    def grade(
        self, tool: str, solution: bytes, notebooks: Mapping[str, bytes], folder: Path, *, at_once: int
    ) -> tuple[Cost, Marks]:
        """What grading ``notebooks`` in ``folder``, which is made, costs, and what they get. Preparing is not counted.

        otter-grader, whose containers run several at once, does ``at_once``; nbgrader knows no such thing.
        """
        folder.mkdir(parents=True)
        with_cells = tool == "nbgrader"
        written = {name: self._rewritten(notebook, with_cells) for name, notebook in notebooks.items()}
        if with_cells:
            return self._nbgrader(self._rewritten(solution, with_cells), written, folder)
        return self._otter(written, folder, at_once)

    # --- nbgrader ---

    @property
    def _path(self) -> dict[str, str]:
        """Its environment's programs first: it calls some of them by name."""
        return {"PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"}

    def _nbgrader(self, solution: str, notebooks: Mapping[str, str], folder: Path) -> tuple[Cost, Marks]:
        (folder / "nbgrader_config.py").write_text(_NBGRADER_CONFIG)
        _write(folder / "source" / NAME / f"{NAME}.ipynb", solution)
        for student, notebook in notebooks.items():
            _write(folder / "submitted" / student / NAME / f"{NAME}.ipynb", notebook)
        log = folder / "log"
        tool = [self.python, "-m", "nbgrader"]
        measure([*tool, "generate_assignment", NAME], log=log, cwd=folder, env=self._path)
        # 1 says that a notebook could not be run to its end by anybody, which is shown as no marks.
        cost = measure([*tool, "autograde", NAME], log=log, cwd=folder, env=self._path, accepted=(0, 1))
        measure([*tool, "export", "--to", "grades.csv"], log=log, cwd=folder, env=self._path)
        with (folder / "grades.csv").open(newline="") as rows:
            marks = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(rows)}
        return cost, {student: marks[student] for student in notebooks}

    # --- otter-grader ---

    def _otter(self, notebooks: Mapping[str, str], folder: Path, at_once: int) -> tuple[Cost, Marks]:
        for exercise, code in self._tests().items():
            case = {"code": "".join(f">>> {line}\n" for line in code), "hidden": False, "locked": False}
            suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
            test = {"name": exercise, "points": _POINTS[exercise], "suites": [suite]}
            _write(folder / "tests" / f"{exercise}.py", f"OK_FORMAT = True\ntest = {test!r}\n")
        log = folder / "log"
        generate = [self.python, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip"]
        measure([*generate, "--no-requirements", "--no-environment", "--no-config"], log=log, cwd=folder)
        places = [folder / "submitted" / f"{student}.ipynb" for student in notebooks]
        for place, notebook in zip(places, notebooks.values(), strict=True):
            _write(place, notebook)
        cost = measure([self.python, "-c", _ALL_AT_ONCE, str(at_once), *places], log=log, cwd=folder)
        return cost, {student: _otter_marks(folder / "graded" / student / "results.json") for student in notebooks}

    # --- notebooks and tests ---

    def _rewritten(self, notebook: bytes, with_cells: bool) -> str:
        """With the folder of the pictures in it, and a test after each exercise: a cell of its own, or its name."""
        content = json.loads(notebook)
        tests = self._tests()
        cells: list[dict[str, Any]] = []
        for cell in content["cells"]:
            source = "".join(cell["source"]).replace(
                "from fairmark import check, dataset\n", "from pathlib import Path\n"
            )
            cell["source"] = source.replace(f'dataset("{NAME}")', f"Path({str(self.data / NAME)!r})")
            cells.append(cell)
            exercise = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if exercise in tests and with_cells:
                cells.append(_test_cell(exercise, tests[exercise]))
            elif exercise in tests:
                cell["metadata"]["otter"] = {"tests": [exercise]}
        content["cells"] = cells
        content["metadata"] = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        return json.dumps(content, indent=1)

    def _tests(self) -> dict[str, list[str]]:
        steps, validation_steps = self.steps
        picture = (self.size, self.size, 3)
        tests = {
            "generators": [
                line
                for name, batch in (("training_pictures", 128), ("validation_pictures", 32))
                for line in (
                    f"assert {name}.image_shape == {picture} and {name}.batch_size == {batch}",
                    f"assert {name}.class_mode == 'binary' and {name}.class_indices == {{'horses': 0, 'humans': 1}}",
                    f"assert abs({name}.image_data_generator.rescale * 255 - 1) < 1e-6",
                )
            ],
            "layers": [
                f"assert model.input_shape == {(None, *picture)} and model.output_shape == (None, 1)",
                "assert [layer.filters for layer in model.layers if hasattr(layer, 'filters')] == [16, 32, 64]",
                f"assert model.count_params() == {_parameters(self.size)}",
                "assert model.layers[-1].activation.__name__ == 'sigmoid'",
            ],
            "compile": [
                "assert getattr(model.loss, 'name', model.loss) == 'binary_crossentropy'",
                "assert type(model.optimizer).__name__ == 'RMSprop'",
                "assert abs(float(model.optimizer.learning_rate) - 0.001) < 1e-7",
                "assert model.get_compile_config()['metrics'] in (['accuracy'], ['acc'])",
            ],
            "steps": [f"assert steps_per_epoch == {steps} and validation_steps == {validation_steps}"],
        }
        if self.trains:
            tests["training"] = [
                f"assert len(history.history['loss']) <= {self.epochs}",
                "measured = history.history.get('val_accuracy') or history.history['val_acc']",
                "assert max(measured[-3:]) >= 0.8",
            ]
            tests["prediction"] = [
                "assert abs(float(np.max(pixels)) - 0.5) <= 0.5 and 0 <= probability <= 1",
                "assert predicted_class == ['horses', 'humans'][int(probability > 0.5)]",
            ]
        return tests


def _parameters(size: int) -> int:
    side = (((size - 2) // 2 - 2) // 2 - 2) // 2
    return 448 + 4_640 + 18_496 + (side * side * 64 + 1) * 512 + 513


def _test_cell(exercise: str, code: list[str]) -> dict[str, Any]:
    about = {
        "grade": True,
        "grade_id": f"test-{exercise}",
        "locked": True,
        "points": _POINTS[exercise],
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return {
        "cell_type": "code",
        "id": f"test-{exercise}",
        "execution_count": None,
        "metadata": {"nbgrader": about},
        "outputs": [],
        "source": "\n".join(code),
    }


def _otter_marks(results: Path) -> tuple[float, float]:
    tests = [test for test in json.loads(results.read_text())["tests"] if test.get("max_score")]
    return sum(test.get("score", 0.0) for test in tests), sum(test["max_score"] for test in tests)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
