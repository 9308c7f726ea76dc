"""Pictures that were decoded before, for Keras's generators: the same values without opening the files.

Only the generators' own loading is replaced, as their module sees it; ``load_img`` as a notebook calls it is Keras's.
What is not there, or not for this form, Keras loads as ever; a store that is made while the run goes on is used from
then on.
"""

from __future__ import annotations

import json
import mmap
import os
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from fairmark.keras.recorder import known
from fairmark.keras.recorder.private import legacy

__all__ = ["Decoded", "install"]

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]

_LOOK_EVERY_SECONDS = 0.5
"""For a store that is not there yet."""
_MAPPED_ROWS = 256
"""After so many rows what is mapped is given back, to be mapped again when it is looked at: pages that all runs share
would be counted as each one's memory."""


class Store:
    """The pictures of one form in a file that is mapped and cannot be written to; ``shape`` is pictures, height, width.

    Raises ``OSError`` where there is no such file and ``ValueError`` where it holds something else.
    """

    def __init__(self, path: Path, shape: tuple[object, ...]) -> None:
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError(f"{path}: not a store")
            found, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            if found[:3] != shape or fortran or dtype != np.uint8:
                raise ValueError(f"{path}: holds {found} of {dtype}, not {shape}")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            begins = file.tell()
        self._pixels: Pixels = np.frombuffer(self._map, np.uint8, offset=begins).reshape(found)
        self._looked_at = 0

    def row(self, number: int) -> Pixels:
        """One picture, height x width x channels; not to be written to."""
        self._looked_at += 1
        if self._looked_at % _MAPPED_ROWS == 0 and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
        picture: Pixels = self._pixels[number]
        return picture


class Decoded:
    """The stores in ``folder``, made by :mod:`fairmark.data.decoded` of a data set in ``pictures_folder``; nothing of
    it needs to be there."""

    def __init__(self, folder: Path, pictures_folder: Path) -> None:
        self._folder = folder
        self._pictures_folder = pictures_folder
        self._rows: dict[str, int] = {}
        self._name = ""
        self._own_size: tuple[int, ...] = ()
        self._stores: dict[tuple[object, ...], Store] = {}
        self._look_again: dict[tuple[object, ...], float] = {}

    def find(self, path: object, form: tuple[object, ...]) -> Pixels | None:
        """The picture at ``path`` in a form: height, width, interpolation, colour mode. None where it is not kept."""
        store = self._stores.get(form) or self._open(form)
        if store is None or not isinstance(path, str):
            return None
        row = self._rows.get(path)
        if row is None:
            row = self._rows.get(os.path.realpath(path))
        return store.row(row) if row is not None else None

    def own_form(self) -> tuple[object, ...] | None:
        """The form of the pictures as they are, where all are lossless and of one size; None elsewhere."""
        try:
            self._read_index()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (*self._own_size, "nearest", "rgb") if self._own_size else None

    def _open(self, form: tuple[object, ...]) -> Store | None:
        now = time.monotonic()
        if now < self._look_again.get(form, 0.0):
            return None
        self._look_again[form] = now + _LOOK_EVERY_SECONDS
        try:
            self._read_index()
            height, width, interpolation, color_mode = form
            name = self._name.format(height=height, width=width, interpolation=interpolation, color_mode=color_mode)
            self._stores[form] = Store(self._folder / name, (len(self._rows), height, width))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return self._stores[form]

    def _read_index(self) -> None:
        if self._rows:
            return
        index = json.loads((self._folder / "index.json").read_bytes())
        root = self._pictures_folder / index["dataset"]
        self._name = index["store"]
        sizes = {tuple(size or ()) for size in index["lossless"]}
        self._own_size = sizes.pop() if len(sizes) == 1 else ()
        self._rows = {os.path.join(root, path): row for row, path in enumerate(index["files"])}  # noqa: PTH118 - as Keras joins


def install(decoded: Decoded) -> None:
    """Has Keras's generators take pictures from ``decoded`` where they are there."""
    module = legacy.image_utils
    original = module.load_img

    def load_img(
        path: object,
        color_mode: str = "rgb",
        target_size: Sequence[int] | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> Any:  # noqa: ANN401 - a picture of Pillow's, or its values
        if target_size is not None and not keep_aspect_ratio and module.load_img is original:
            found = decoded.find(path, (*target_size, interpolation, color_mode))
            if found is not None:
                return found  # what comes next is img_to_array, which takes an array for a picture
        return module.load_img(path, color_mode, target_size, interpolation, keep_aspect_ratio)

    # Stands for Keras's module of that name where the generators look functions up.
    looked_up = types.ModuleType(module.__name__, module.__doc__)
    vars(looked_up).update(vars(module), load_img=load_img)
    legacy.image_utils = looked_up
    known.REPLACED.watch(f"{legacy.__name__}.image_utils", vars(looked_up))
