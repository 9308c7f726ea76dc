"""Finds the class folders in an archive of pictures, whatever folders they are wrapped in."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TypeAlias

from fairmark.data.archive import Archive, Entry
from fairmark.data.pictures import UNREAD_SUFFIXES, picture_suffixes
from fairmark.errors import UsageError

__all__ = ["Listing", "list_pictures", "safe_name", "unused_name"]

Folder: TypeAlias = tuple[str, ...]
"""Parts of a folder's path in the archive; empty for its top."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of each class that have a picture's ending, of those that are not read too, by class name, sorted by
    name; and all other files."""

    pictures: dict[str, tuple[Entry, ...]]
    other_files: tuple[str, ...]


def list_pictures(archive: Archive, classes: Sequence[str]) -> Listing:
    """Sort the archive's files by class: that is, by the folder named like the class (in upper or lower case, and with
    its accents in one character or two, as macOS writes them), with any folders above and below.

    Raises :class:`UsageError` where there is no picture, no folder for a class (with the nearest name there is), one
    that is no class's, or there are several sets of class folders.
    """
    suffixes = picture_suffixes() | UNREAD_SUFFIXES.keys()
    candidates = [entry for entry in archive.entries if PurePosixPath(entry.name).suffix.lower() in suffixes]
    if not candidates:
        raise UsageError(f"{archive.path}: holds no pictures", remedy="Check that it is the archive you meant.")
    top = _level_of(archive, candidates, classes)
    names = {_folded(name): name for name in classes}
    found: dict[str, list[Entry]] = {name: [] for name in classes}
    taken = set()
    for entry in candidates:
        parts = tuple(entry.name.split("/"))
        if parts[: len(top)] == top and len(parts) > len(top) + 1:
            found[names[_folded(parts[len(top)])]].append(entry)
            taken.add(entry.name)
    return Listing(
        pictures={name: tuple(sorted(entries, key=lambda entry: entry.name)) for name, entries in found.items()},
        other_files=tuple(sorted(entry.name for entry in archive.entries if entry.name not in taken)),
    )


def _level_of(archive: Archive, candidates: Sequence[Entry], classes: Sequence[str]) -> Folder:
    """The folder whose subfolders are the classes."""
    wanted = {_folded(name) for name in classes}
    levels: defaultdict[Folder, Counter[str]] = defaultdict(Counter)
    for entry in candidates:
        parts = tuple(entry.name.split("/"))
        for depth in range(len(parts) - 1):
            levels[parts[:depth]][parts[depth]] += 1
    complete = [level for level, folders in levels.items() if wanted <= {_folded(name) for name in folders}]
    if not complete:
        raise _no_level(archive, candidates, classes)
    shallowest = min(map(len, complete))
    tops = sorted(level for level in complete if len(level) == shallowest)
    if len(tops) > 1:
        places = " and ".join(repr("/".join(level) + "/") for level in tops[:3])
        raise UsageError(
            f"{archive.path}: holds the classes several times: in {places}",
            remedy="Unpack it, and hand over the folder of each split by itself.",
        )
    others = sorted(name for name in levels[tops[0]] if _folded(name) not in wanted)
    if others:
        raise UsageError(
            f"{archive.path}: folder {others[0]!r} stands beside the classes ({', '.join(classes)}) but is none",
            remedy="Take the folder out, or add the class to the recipe.",
        )
    return tops[0]


def _no_level(archive: Archive, candidates: Sequence[Entry], classes: Sequence[str]) -> UsageError:
    folders = sorted({part for entry in candidates for part in entry.name.split("/")[:-1]})
    plain = {_folded(name): name for name in folders}
    missing = [name for name in classes if _folded(name) not in plain]
    free = [name for name in plain if name not in {_folded(class_name) for class_name in classes}]
    renamed = [
        f"{plain[near[0]]!r} to {name!r}" for name in missing if (near := get_close_matches(_folded(name), free, 1))
    ]
    if not missing:
        said = f"the folders {', '.join(map(repr, classes))} do not stand side by side"
    else:
        shown = ", ".join(map(repr, folders[:8])) if folders else "no folders"
        said = f"has no folder for {', '.join(map(repr, missing))}; pictures lie in {shown}"
    return UsageError(
        f"{archive.path}: {said}",
        remedy=f"Rename {' and '.join(renamed)}." if renamed else "Put each class's pictures in a folder of its name.",
    )


def _folded(name: str) -> str:
    """Equal for names that people take for the same folder."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()).casefold()


def safe_name(name: str, suffix: str) -> str:
    """A file name with this suffix that any file system takes, as near to ``name`` (its last part) as it can be."""
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem.encode("utf-8", "replace").decode())
    stem = re.sub(r"[^\w.()+ -]", "_", stem).lstrip(" .-")
    while len(stem.encode()) > 120:  # of the 255 bytes that file systems give
        stem = stem[:-1]
    stem = stem.rstrip(" .-")
    return f"{stem or 'picture'}{suffix}"


def unused_name(name: str, used: set[str]) -> str:
    """``name``, or with ``-2``, ``-3``, … where it is in ``used`` but for upper and lower case; adds it there."""
    path, number, chosen = PurePosixPath(name), 1, name
    while chosen.casefold() in used:
        number += 1
        chosen = f"{path.stem}-{number}{path.suffix}"
    used.add(chosen.casefold())
    return chosen
