"""A tiny recipe in a course of its own, and folders for its pictures, all below the test's temporary folder."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

import fairmark.errors
from fairmark.data import Recipe, load_recipe

TOML = """\
name = "shapes"
title = "Shapes"
classes = ["rings", "squares"]
picture_size = [24, 16]
seed = 4
licence = "CC0-1.0"

[splits.train]
rings = 12
squares = 20

[splits.validation]
rings = 4
squares = 4

[hidden]
rings = 40
squares = 60

[real]
title = "Real shapes"
author = "Nobody"
licence = "CC0-1.0"
pictures = { train = 7, validation = 10 }
how = "Take photographs."
"""

RENDER = """\
from PIL import Image, ImageDraw

def draw(class_name, random):
    picture = Image.new("RGB", (24, 16), tuple(random.randrange(256) for _ in range(3)))
    pencil = ImageDraw.Draw(picture)
    left = random.randrange(8)
    if class_name == "rings":
        pencil.ellipse((left, 2, left + 11, 13), outline=(255, 255, 255))
    else:
        pencil.rectangle((left, 2, left + 11, 13), fill=(0, 0, 0))
    return picture
"""

Files = Mapping[str, bytes]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Points both folders below ``tmp_path``."""
    monkeypatch.setenv("FAIRMARK_DATA", str(tmp_path / "pictures"))
    monkeypatch.setenv("FAIRMARK_SECRET", str(tmp_path / "secret"))
    return tmp_path


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with the data set ``shapes``."""
    root = tmp_path / "course"
    for part in ("assignments", "solutions", "graders", "datasets/shapes"):
        (root / part).mkdir(parents=True)
    (root / "datasets/shapes/dataset.toml").write_text(TOML)
    (root / "datasets/shapes/render.py").write_text(RENDER)
    return root


@pytest.fixture
def recipe(course: Path) -> Recipe:
    return load_recipe(course / "datasets" / "shapes")


@pytest.fixture
def edited(course: Path) -> Callable[..., Recipe]:
    """Changes a text in ``dataset.toml`` or all of ``render.py``, and loads the recipe again."""
    folder = course / "datasets" / "shapes"

    def edit(old: str = "", new: str = "", *, render: str | None = None) -> Recipe:
        text = (folder / "dataset.toml").read_text()
        assert old in text
        (folder / "dataset.toml").write_text(text.replace(old, new, 1))
        if render is not None:
            (folder / "render.py").write_text(render)
        return load_recipe(folder)

    return edit


@pytest.fixture
def start(course: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Starts a Python program, after lines that load the recipe; its standard streams are pipes."""
    head = (
        "import sys\nfrom pathlib import Path\nfrom fairmark.data import *\n"
        f"recipe = load_recipe(Path({str(course / 'datasets' / 'shapes')!r}))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(fairmark.errors.__file__).parents[1])}

    def begin(program: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, "-c", head + program], **pipes, text=True, env=environment)

    return begin


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """An encoded picture; each ``shade`` gives another."""

    def encode(shade: int = 0, form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (12, 8)) -> bytes:
        buffer = io.BytesIO()
        Image.new("L", size, shade).convert(mode).save(buffer, form)
        return buffer.getvalue()

    return encode


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[str, Files], Path]:
    """Packs files as a zip archive."""

    def write(name: str, files: Files) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, content in files.items():
                archive.writestr(member, content)
        return tmp_path / name

    return write


@pytest.fixture
def archives(pack: Callable[[str, Files], Path], picture: Callable[..., bytes]) -> dict[str, Path]:
    """Real pictures of both splits, 3 + 4 and 5 + 5, all different."""
    train = {f"rings/r{i}.jpg": picture(i, "JPEG") for i in range(3)}
    train |= {f"squares/s{i}.png": picture(50 + i) for i in range(4)}
    validation = {f"all/rings/r{i}.png": picture(100 + i) for i in range(5)}
    validation |= {f"all/squares/s{i}.png": picture(150 + i) for i in range(5)}
    return {"train": pack("train.zip", train), "validation": pack("validation.zip", validation)}
