"""Zips of pictures as instructors really have them: 16-bit greys, packed by Windows, from a NAS, by iPhones."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

__all__ = ["odd_zips"]

HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 64


def odd_zips(folder: Path, classes: Sequence[str]) -> dict[str, Path]:
    """Writes the zips below ``folder``, each with five pictures of each of two ``classes``, by name."""
    first = classes[0]
    plain = {f"{kind}/{number}.png": _png(_picture(f"{kind}{number}")) for kind in classes for number in range(5)}
    thumbnails = {
        f"{first}/@eaDir/{n}.png/SYNOPHOTO_THUMB_M.png": _png(_picture(f"{first}{n}", (48, 48))) for n in range(5)
    }
    photographs = {f"{kind}/IMG_{number}.HEIC": HEIC for kind in classes for number in range(5)}
    some = {f"{first}/IMG_{number}.HEIC": HEIC for number in range(5)}
    zips = {
        "good": plain,
        "sixteen_bits": plain | {f"{first}/sixteen.png": _png(_sixteen_bits())},
        "backslashes": {path.replace("/", "\\"): content for path, content in plain.items()},
        "nas_thumbnails": plain | thumbnails,
        "iphone_only": photographs,
        "iphone_some": plain | some | {"about.txt": b"x"},
        "named_jpeg_by_hand": plain
        | {f"{first}/IMG_9.jpg": HEIC, f"{first}/empty.jpg": b"", f"{first}/p.jpg": b"<html>"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    return {name: _write(folder / f"{name}.zip", files) for name, files in zips.items()}


def _picture(seed: str, size: tuple[int, int] = (96, 96)) -> Image.Image:
    chance = random.Random(seed)
    tiny = Image.new("RGB", (6, 6))
    tiny.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(36)])
    return tiny.resize(size, Image.Resampling.BICUBIC)


def _sixteen_bits() -> Image.Image:
    grey = _picture("grey").convert("L")
    return Image.frombytes("I;16", grey.size, b"".join(bytes((value, value)) for value in grey.tobytes()))


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _write(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name  # ZipInfo itself would turn no backslash round, but some do
            archive.writestr(info, content)
    return path
