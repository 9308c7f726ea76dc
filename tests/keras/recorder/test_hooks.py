"""Hooks change nothing that Keras, Python's own tools or a student can see."""

# ruff: noqa: ANN401 - hooks stand in for functions of any kind

from __future__ import annotations

import inspect
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from behaviours import BEHAVIOURS

from fairmark.keras.recorder.hooks import code_of, hook
from fairmark.keras.recorder.private import SEEN_ON

WAYS = ("plain", "live", "recorder")


def behave(how: str, folder: Path) -> dict[str, Any]:
    script = Path(__file__).parents[2] / "behaving.py"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": str(folder), "IPYTHONDIR": str(folder / how)}
    finished = subprocess.run(
        [sys.executable, str(script), how], env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


@pytest.fixture(scope="module")
def behaved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("behaved")
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(WAYS, pool.map(lambda how: behave(how, folder), WAYS), strict=True))


@pytest.mark.thorough
@pytest.mark.parametrize("name", BEHAVIOURS)
@pytest.mark.parametrize("how", ["live", "recorder"])
def test_keras_does_the_same_watched_or_not(behaved: dict[str, dict[str, Any]], how: str, name: str) -> None:
    assert not str(behaved["plain"][name]).startswith("Traceback"), behaved["plain"][name]
    assert behaved[how][name] == behaved["plain"][name]


@pytest.mark.thorough
def test_a_loaded_model_is_compiled(behaved: dict[str, dict[str, Any]]) -> None:
    for how, found in behaved.items():
        for name in ("saved_as_keras", "saved_as_h5", "pickled", "deeply_copied", "compiled_from_its_configuration"):
            assert found[name]["compiled"], (how, name)


HOMES = {
    "keras.src.trainers.trainer": ("Trainer.compile",),
    "keras.src.backend.tensorflow.trainer": tuple(
        f"TensorFlowTrainer.{name}" for name in ("fit", "evaluate", "predict", "predict_on_batch")
    ),
    "keras.src.layers.layer": ("Layer.__call__",),
    "keras.src.utils.image_utils": ("load_img",),
    "keras.src.utils.image_dataset_utils": ("image_dataset_from_directory",),
    "keras.src.legacy.preprocessing.image": (
        "DirectoryIterator.__init__",
        "DataFrameIterator.__init__",
        "NumpyArrayIterator.__init__",
        "Iterator.__getitem__",
        "Iterator.__next__",
    ),
    "keras.src.trainers.data_adapters.py_dataset_adapter": ("PyDatasetAdapter._standardize_batch",),
}
"""Where the functions that are hooked were found on the versions of Keras in ``SEEN_ON``."""


def test_keras_is_as_it_was_when_the_hooks_were_written() -> None:
    import keras
    from keras.src.legacy.preprocessing import image
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    moved = f"Keras {keras.__version__} is not among {SEEN_ON}, the versions that the hooks were seen on. "
    found: dict[str, list[str]] = {}
    methods = ("compile", "fit", "evaluate", "predict", "predict_on_batch", "__call__")
    functions = [
        *(getattr(keras.Model, name) for name in methods),
        *(keras.utils.load_img, keras.utils.image_dataset_from_directory),
        *(kind.__init__ for kind in (image.DirectoryIterator, image.DataFrameIterator, image.NumpyArrayIterator)),
        *(image.Iterator.__getitem__, image.Iterator.__next__, PyDatasetAdapter._standardize_batch),
    ]
    for function in functions:
        ends_in = code_of(function)
        found.setdefault(ends_in.__module__, []).append(ends_in.__qualname__)
    assert {home: tuple(names) for home, names in found.items()} == HOMES, (
        f"{moved}It has moved a function that is hooked: see that training.py and pictures.py still hook the one that "
        "every model, or every notebook's call, ends in."
    )
    assert keras.__version__.startswith(SEEN_ON["keras"]), (
        f"{moved}Where the other tests of this file pass, add it to SEEN_ON in keras/recorder/private.py."
    )


# --- the mechanism ----------------------------------------------------------------------------------------------------


class Base:
    def greet(self, name: str) -> str:
        return f"hello {name}"


class Derived(Base):
    def greet(  # type: ignore[override]
        self, name: str, /, mark: str = "!", *more: str, loud: bool = False, **rest: str
    ) -> str:
        """Greets."""
        if name == "nobody":
            raise ValueError(name)
        said = super().greet(name) + mark + "".join(more) + "".join(f"{key}={value}" for key, value in rest.items())
        return said.upper() if loud else said


def plain(first: int, second: int = 2, *, third: int = 3) -> tuple[int, int, int]:
    return first, second, third


def test_a_hook_is_called_around_the_original_with_all_arguments() -> None:
    calls: list[Any] = []

    def around(original: Any, *arguments: Any, **options: Any) -> Any:
        calls.append((arguments, options))
        return original(*arguments, **options)

    signature, source = inspect.signature(plain), inspect.getsource(plain)
    hook(plain, around)
    assert plain(1) == (1, 2, 3)
    assert plain(1, third=5) == (1, 2, 5)
    assert calls == [((1, 2), {"third": 3}), ((1, 2), {"third": 5})]
    assert (inspect.signature(plain), inspect.getsource(plain)) == (signature, source)
    assert pickle.loads(pickle.dumps(plain)) is plain
    with pytest.raises(TypeError, match=r"^plain\(\) missing 1 required positional argument: 'first'$"):
        plain()


def test_a_method_keeps_super_and_every_kind_of_parameter_and_its_errors_their_place() -> None:
    method = Derived.greet
    seen: list[str] = []

    def around(original: Any, self: Derived, name: str, *arguments: Any, **options: Any) -> Any:
        seen.append(name)
        return original(self, name, *arguments, **options)

    hook(Derived.greet, around)
    assert Derived.greet is method
    assert Derived().greet("ada", "?", "!", loud=True, to="you") == "HELLO ADA?!TO=YOU"
    with pytest.raises(ValueError, match=r"^nobody$") as caught:
        Derived().greet("nobody")
    assert [entry.name for entry in caught.traceback] == [inspect.currentframe().f_code.co_name, "greet"]  # type: ignore[union-attr]
    assert seen == ["ada", "nobody"]


def test_an_error_of_the_hook_itself_is_told_from_the_hook() -> None:
    def function() -> int:
        return 1

    def around(original: Any) -> Any:
        raise KeyError("the hook's own")

    hook(function, around)
    with pytest.raises(KeyError) as caught:
        function()
    assert caught.traceback[-1].name == "around"


def test_two_hooks_on_one_function_are_both_called() -> None:
    def function(number: int) -> int:
        return number

    hook(function, lambda original, number: original(number) + 1)
    hook(function, lambda original, number: original(number) * 10)
    assert function(1) == 20


def test_what_has_no_code_cannot_be_hooked() -> None:
    def numbers() -> Any:
        yield 1

    for function in (len, numbers):
        with pytest.raises(TypeError, match="no code that a hook could stand in for"):
            hook(function, lambda original: None)
