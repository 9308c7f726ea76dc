"""The manifest of a data set: which files it should hold, down to the byte."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from fairmark.errors import PicturesDamaged
from fairmark.regular_file import regular_bytes

__all__ = [
    "MANIFEST",
    "Manifest",
    "PictureFile",
    "Problem",
    "combined_digest",
    "extra_files",
    "file_problem",
    "pictures_by_folder",
    "read_manifest",
    "verify",
]

MANIFEST = "manifest.json"
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""Left by file managers; no generator opens them."""

ProblemKind: TypeAlias = Literal["missing", "changed", "extra", "link", "manifest"]


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise ValueError("leads out of the data set's folder")
    return path


class Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PictureFile(Schema):
    """One file, its path relative to the set's folder with ``/`` between the parts."""

    path: Annotated[str, AfterValidator(_inside)]
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: str, content: bytes) -> Self:
        """The entry of a file with this content."""
        return cls(path=path, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


class Manifest(Schema):
    """What a data set should hold. ``origin`` tells drawn pictures from real ones that were added; ``recipe_sha256`` is
    the recipe's digest then; ``counts`` are pictures by split and class; ``files`` are sorted by path.

    ``pixels_sha256`` is one digest of all decoded pixels (see :func:`combined_digest`): unlike those of the files it
    does not depend on how they are compressed. ``pillow`` is the version they were made or decoded with. ``held_back``
    names the folder of an added set's hidden pictures, and ``held_back_sha256`` is the digest of their labels.
    """

    schema_: Literal["fairmark.pictures/1"] = Field(default="fairmark.pictures/1", alias="schema")
    dataset: str
    origin: Literal["drawn", "added"]
    recipe_sha256: str
    seed: int | None
    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    pixels_sha256: str
    pillow: str
    held_back: str | None = None
    held_back_sha256: str | None = None
    files: tuple[PictureFile, ...]

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Problem(Schema):
    """One thing wrong with a set: ``path`` is relative to its folder, ``message`` a sentence with the path in it."""

    kind: ProblemKind
    path: str
    message: str


def combined_digest(pixels_digests: list[str]) -> str:
    """SHA-256, hexadecimal, of the pictures' own pixel digests (see ``drawing.pixels_digest``), each as its 64
    hexadecimal digits and a newline, in manifest order."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in pixels_digests).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in the folder of a set, or None where there is no such folder.

    Raises :class:`PicturesDamaged` where the folder has none or it cannot be read.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(regular_bytes(path))
    except FileNotFoundError:
        if not folder.exists():
            return None
        reason = "is missing"
    except OSError as error:
        reason = error.strerror or str(error)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = ": ".join(filter(None, (".".join(str(part) for part in first["loc"]), first["msg"])))
    raise PicturesDamaged(
        f"{path}: {reason}",
        remedy=f"Make the pictures anew: fairmark data make {folder.name} --again (or `data add` for real ones).",
    )


def pictures_by_folder(folder: Path) -> dict[str, dict[str, int]]:
    """How many pictures a flow finds in each folder of a set, by the folders in it, which it takes for the classes: in
    that of a split, in the set's own (``.``), where the splits are taken for classes, and in that of a class, which
    holds none. As the manifest has it; nothing if there is no such set. Raises what :func:`read_manifest` does."""
    manifest = read_manifest(folder)
    if manifest is None:
        return {}
    splits = {split: dict(classes) for split, classes in manifest.counts.items()}
    own = {split: sum(classes.values()) for split, classes in splits.items()}
    return {".": own, **splits, **{f"{split}/{name}": {} for split, classes in splits.items() for name in classes}}


def verify(folder: Path) -> list[Problem]:
    """Compare the folder of a set with its manifest, every byte; an empty list says that all is well.

    Raises :class:`PicturesDamaged` where the manifest itself is missing or cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return [Problem(kind="missing", path=".", message=f"{folder} does not exist")]
    expected = {file.path: file for file in manifest.files}
    folders = {str(parent) for path in expected for parent in PurePosixPath(path).parents}
    problems: list[Problem] = []
    for path, kind in _walk(folder):
        if kind == "link":
            problems.append(Problem(kind="link", path=path, message=f"{path} is a link"))
            expected.pop(path, None)
        elif path not in (folders if kind == "folder" else expected) and path != MANIFEST:
            # An empty folder counts: a generator would take it for a class.
            problems.append(Problem(kind="extra", path=path, message=f"{path} is not in the manifest"))
    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter's lock
        found = pool.map(lambda file: file_problem(folder, file), expected.values())
        problems += [problem for problem in found if problem]
    return sorted(problems, key=lambda problem: problem.path)


def file_problem(folder: Path, file: PictureFile) -> Problem | None:
    """What is wrong with one file that should be in ``folder``; None where it is as it should be."""
    try:
        with os.fdopen(os.open(folder / file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as content:
            size_bytes = os.fstat(content.fileno()).st_size
            if size_bytes != file.size_bytes:
                said = f"{file.path} has {size_bytes} bytes, not {file.size_bytes}"
                return Problem(kind="changed", path=file.path, message=said)
            if hashlib.file_digest(content, "sha256").hexdigest() != file.sha256:
                return Problem(kind="changed", path=file.path, message=f"{file.path} has other bytes")
    except FileNotFoundError:
        return Problem(kind="missing", path=file.path, message=f"{file.path} is missing")
    except OSError as error:
        return Problem(kind="changed", path=file.path, message=f"{file.path} cannot be read: {error.strerror}")
    return None


def extra_files(folder: Path, files: Iterable[PictureFile]) -> list[Problem]:
    """What lies in ``folder`` beside ``files``, but for what file managers leave."""
    known = {file.path for file in files}
    others = sorted(path for path, _ in _walk(folder) if path not in known)
    return [Problem(kind="extra", path=path, message=f"{path} is not in the manifest") for path in others]


def _walk(folder: Path, below: str = "") -> Iterator[tuple[str, Literal["file", "folder", "link"]]]:
    """Every entry with its path relative to the set's folder; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_symlink():
                yield path, "link"
            elif entry.is_dir(follow_symlinks=False):
                yield path, "folder"
                yield from _walk(folder / entry.name, f"{path}/")
            elif entry.name not in LITTER:
                yield path, "file"
