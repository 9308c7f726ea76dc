"""Pictures decoded and resized once, for every run that opens them in that form.

decoded_folder()/NAME-DIGEST/index.json                  which row is which picture
decoded_folder()/NAME-DIGEST/150x150-nearest-rgb.npy     uint8, pictures x height x width x channels

DIGEST is of everything the values depend on, down to the time each picture was written: a set that has changed never
meets an older store. The values are what a framework's ``load_img`` gives; what cannot be kept so (16-bit greys,
damaged files) is not kept at all, and runs decode it themselves. Runs read this folder and cannot write to it; nobody
here reads what is in it but to count bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Literal

import numpy as np
import PIL
from PIL import Image, features
from pydantic import ConfigDict, Field, ValidationError

from fairmark.atomic_write import flush_folder, remove_beyond, replace_file
from fairmark.data.atomic import locked, translated_disk_errors
from fairmark.data.manifest import MANIFEST, Schema, read_manifest
from fairmark.data.picture_form import NotKept, PictureForm
from fairmark.data.places import decoded_folder, set_folder
from fairmark.errors import PicturesDamaged

__all__ = [
    "MOST_BYTES",
    "decoded_bytes",
    "decoded_set",
    "ensure_decoded",
    "own_form",
    "prune_decoded",
]

_GIB = 1 << 30
MOST_BYTES = 6 * _GIB
"""Of all stores together; those not used for longest make room for another. 1,280 pictures take 0.08 GiB at 150 x 150
and 0.32 GiB at 300 x 300."""
_MOST_BYTES_OF_ONE = 2 * _GIB
_LEFT_FREE_BYTES = 2 * _GIB
"""On the disk, which others need."""

_INDEX = "index.json"
_STORE = "{height}x{width}-{interpolation}-{color_mode}.npy"
_MAKING = ".making-"


class _Index(Schema):
    """What lies beside the stores of one set, for runs to find their way. ``files`` are paths in the set's folder, in
    the order of rows; ``store`` is how files are named; ``lossless`` gives height and width of each picture that is a
    PNG of eight bits a channel, red, green and blue: all that decode it agree on its values."""

    schema_: Literal["fairmark.decoded/1"] = Field(default="fairmark.decoded/1", alias="schema")
    dataset: str
    store: str = _STORE
    files: tuple[str, ...]
    lossless: tuple[tuple[int, int] | None, ...]

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


def decoded_set(name: str) -> Path | None:
    """The folder for decoded pictures of data set ``name`` as it is now, whether there are any or not; None where the
    set is not here or damaged."""
    digest = _digest(name)
    return decoded_folder() / f"{name}-{digest}" if digest is not None else None


def ensure_decoded(name: str, forms: Iterable[PictureForm], *, most_bytes: int = MOST_BYTES) -> list[Path]:
    """Sees to it that the pictures of data set ``name`` are kept in these forms; the files, each whole.

    Takes about 2.5 ms of processor time a picture and form, once. Another process that does the same is waited for.
    Stores not used for longest are removed where all together would be more than ``most_bytes``. Raises
    ``NotKept`` where a form is too large, the disk too full or a picture not to be kept in it,
    :class:`fairmark.errors.PicturesDamaged` where one cannot be decoded, and :class:`fairmark.errors.MachineError`
    where the folder cannot be written.
    """
    folder = decoded_set(name)
    if folder is None:
        raise NotKept(f"{name}: its pictures are not here")
    wanted = [(form, folder / _name(form)) for form in dict.fromkeys(forms)]
    with translated_disk_errors(folder):
        for form, path in wanted:
            if not path.exists():
                _make(name, folder, form, most_bytes)
            with suppress(OSError):  # somebody else's may not be touched
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    return [path for _, path in wanted]


def own_form(name: str) -> PictureForm | None:
    """The form of the pictures as they are, where all are lossless RGB of one size; else None.

    What a framework's compiled functions make of such files is decoded alike.
    """
    folder = decoded_set(name)
    if folder is None:
        return None
    with translated_disk_errors(folder):
        sizes = {*_index(name, folder).lossless}
    size = sizes.pop() if len(sizes) == 1 else None
    return PictureForm(*size) if size else None


def _name(form: PictureForm) -> str:
    return _STORE.format_map(vars(form))


def _make(name: str, folder: Path, form: PictureForm, most_bytes: int) -> None:
    with _locked():
        path = folder / _name(form)
        if path.exists():
            return  # by the process that was waited for
        index = _index(name, folder)
        shape = (len(index.files), *form.shape)
        _make_room(shape[0] * shape[1] * shape[2] * shape[3], most_bytes)
        _clear_leftovers(folder)
        descriptor, making = tempfile.mkstemp(prefix=_MAKING, dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for picture in index.files:
                    file.write(_pixels(set_folder(name) / picture, form))
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o444)
            if decoded_set(name) != folder:
                raise NotKept(f"{name}: its pictures have changed meanwhile")
            Path(making).replace(path)
        except BaseException:
            Path(making).unlink(missing_ok=True)
            raise
        flush_folder(folder)


def _pixels(path: Path, form: PictureForm) -> bytes:
    try:
        return form.pixels(path)
    except NotKept:
        raise
    except Exception as problem:  # Pillow's decoders raise all kinds of errors on damaged files
        raise PicturesDamaged(f"{path}: cannot be decoded: {problem}", remedy="Run: fairmark data check") from problem


# --- which pictures ---------------------------------------------------------------------------------------------------


def _digest(name: str) -> str | None:
    found = hashlib.sha256(f"{PIL.__version__} {features.version('jpg')}\n".encode())
    folder = set_folder(name)
    try:
        found.update((folder / MANIFEST).read_bytes())
        for path, status in _files(folder):
            found.update(f"\n{path}\n{status.st_size} {status.st_mtime_ns}".encode())
    except (OSError, PicturesDamaged):
        return None
    return found.hexdigest()[:16]


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The pictures of a set that are there, by their paths in it."""
    manifest = read_manifest(folder)
    for file in manifest.files if manifest is not None else ():
        with suppress(FileNotFoundError):
            status = os.lstat(folder / file.path)
            if stat.S_ISREG(status.st_mode):
                yield file.path, status


def _index(name: str, folder: Path) -> _Index:
    """What ``index.json`` says; written where it is not there yet."""
    path = folder / _INDEX
    with suppress(FileNotFoundError, ValidationError):
        return _Index.model_validate_json(path.read_bytes())
    files = tuple(file for file, _ in _files(set_folder(name)))
    lossless = tuple(_size_of_lossless(set_folder(name) / file) for file in files)
    index = _Index(dataset=name, files=files, lossless=lossless)
    for made in (folder.parent, folder):
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(0o755)
    replace_file(path, index.model_dump_json().encode(), mode=0o444)
    return index


def _size_of_lossless(path: Path) -> tuple[int, int] | None:
    """Height and width of a PNG of eight bits a channel, red, green and blue."""
    with suppress(Exception), Image.open(path) as picture:
        if picture.format == "PNG" and picture.mode == "RGB" and picture.tile[0][3] == "RGB":
            return picture.height, picture.width
    return None


# --- room -------------------------------------------------------------------------------------------------------------


def decoded_bytes() -> int:
    """Of all stores together."""
    return sum(path.stat().st_size for path in decoded_folder().glob("*/*.npy"))


def prune_decoded(most_bytes: int) -> int:
    """Removes stores, those not used for longest first, until at most ``most_bytes`` are left; how many. Runs that have
    one open keep it to their end. Raises :class:`fairmark.errors.MachineError` where one cannot be removed."""
    if not decoded_folder().is_dir():
        return 0
    with translated_disk_errors(decoded_folder()), _locked():
        removed = _remove_oldest(most_bytes)
        for folder in decoded_folder().glob("*/"):
            if not any(folder.glob("*.npy")):
                shutil.rmtree(folder)
    return removed


def _make_room(needed_bytes: int, most_bytes: int) -> None:
    if needed_bytes > min(_MOST_BYTES_OF_ONE, most_bytes):
        raise NotKept(f"{needed_bytes / _GIB:.1f} GiB is more than is kept in one form")
    _remove_oldest(most_bytes - needed_bytes)
    if shutil.disk_usage(decoded_folder()).free < needed_bytes + _LEFT_FREE_BYTES:
        raise NotKept("the disk is nearly full")


def _remove_oldest(most_bytes: int) -> int:
    return remove_beyond(most_bytes, decoded_folder().glob("*/*.npy"), lambda stat: stat.st_atime_ns)


def _locked() -> AbstractContextManager[int]:
    """One lock for all stores: whoever makes one may have to remove others."""
    return locked(decoded_folder() / "stores")


def _clear_leftovers(folder: Path) -> None:
    """Of a process that was killed; the caller holds the lock."""
    for leftover in folder.glob(f"{_MAKING}*"):
        leftover.unlink(missing_ok=True)
