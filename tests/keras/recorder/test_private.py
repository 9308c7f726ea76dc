"""What the recorder reaches for inside Keras and TensorFlow is where it was seen."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import fairmark.keras.recorder
from fairmark.keras.recorder import private

PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"
RECORDER = Path(fairmark.keras.recorder.__file__).parent


@pytest.mark.parametrize("name", private.SEEN_ON)
def test_it_was_seen_on_the_versions_that_are_here(name: str) -> None:
    assert version(name).startswith(private.SEEN_ON[name]), (
        f"{name} {version(name)} is not among {private.SEEN_ON[name]}: if the tests beside this one "
        "pass with it, add it to SEEN_ON in keras/recorder/private.py and raise the ceiling"
    )


@pytest.mark.parametrize("name", private.SEEN_ON)
def test_no_version_that_nobody_has_seen_is_installed_beside_fairmark(name: str) -> None:
    asked = map(Requirement, tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["dependencies"])
    allowed = next(one.specifier for one in asked if one.name == name)
    major, minor = max(tuple(map(int, one.split("."))) for one in private.SEEN_ON[name])
    assert f"{major}.{minor}.99" in allowed
    assert f"{major}.{minor + 1}.0" not in allowed


def test_modules_that_draw_numbers_are_there() -> None:
    assert [name for name in private.DRAWN_BY if name not in sys.modules] == []


def test_no_other_module_of_the_recorder_imports_what_is_private() -> None:
    others = [path for path in RECORDER.glob("*.py") if path.name != "private.py"]
    found = [path.name for path in others if "import" in path.read_text(encoding="utf-8") and _imports(path)]
    assert found == []


def _imports(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(line.lstrip().startswith(("from keras.src", "from tensorflow.python")) for line in lines)
