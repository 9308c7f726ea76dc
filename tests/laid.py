"""A data set laid out by hand: pictures of every kind that Keras opens, and the manifest that goes with them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import PIL
from PIL import Image

from fairmark.data.manifest import MANIFEST, Manifest, PictureFile

__all__ = ["KINDS", "lay_out", "noise"]

KINDS = ("colour.png", "clear.png", "grey.png", "grey-clear.png", "bits.png", "palette.png", "palette-clear.png")
KINDS += ("photo.jpg", "grey.jpg", "print.jpg", "plain.bmp")
_MODES = {"clear.png": "RGBA", "grey.png": "L", "grey-clear.png": "LA", "bits.png": "1", "grey.jpg": "L"}
_MODES |= {"print.jpg": "CMYK"}


def noise(size: tuple[int, int], mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A picture in which every pixel counts; ``size`` is width, height."""
    deep = {"L": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}
    through = mode if mode in deep else "RGBA" if mode == "LA" else "RGB"
    data = random.Random(f"{seed}/{size}/{mode}").randbytes(size[0] * size[1] * deep[through])
    return Image.frombytes(through, size, data).convert(mode)


def lay_out(folder: Path, kinds: Iterable[str] = KINDS, *, size: tuple[int, int] = (37, 23), each: int = 1) -> Path:
    """``folder`` with ``each`` pictures of every kind in each of ``train/{dark,light}`` and ``validation/…``."""
    files = []
    for split in ("train", "validation"):
        for name in ("dark", "light"):
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            for number in range(each):
                for kind in kinds:
                    path = folder / split / name / f"{number}-{kind}"
                    _save(noise(size, _MODES.get(kind, "RGB"), seed=len(files)), path)
                    files.append(PictureFile.of(path.relative_to(folder).as_posix(), path.read_bytes()))
    manifest = Manifest(
        dataset=folder.name,
        origin="added",
        recipe_sha256="",
        seed=None,
        classes=("dark", "light"),
        counts={split: dict.fromkeys(("dark", "light"), len(files) // 4) for split in ("train", "validation")},
        pixels_sha256="",
        pillow=PIL.__version__,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    return folder


def _save(picture: Image.Image, path: Path) -> None:
    if "palette" in path.name:
        picture = picture.quantize(16)
    picture.save(path, **({"transparency": 3} if "palette-clear" in path.name else {}))
