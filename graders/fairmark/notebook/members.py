"""Names inside zips, which anyone may write as he likes, as parts of a path that leads nowhere else."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

__all__ = ["MAX_PARTS", "MAX_PART_CHARACTERS", "Parts", "is_hidden", "is_notebook", "is_zip", "named", "points_outside"]

Parts: TypeAlias = tuple[str, ...]

MAX_PARTS = 8
MAX_PART_CHARACTERS = 100
"""Deeper and longer names are cut, so that no path grows beyond what systems take (4,096 bytes on Linux)."""

DRIVE = re.compile(r"[A-Za-z]:")
SEPARATORS = re.compile(r"[/\\]")
"""Both: what was packed on Windows may have either."""


def is_notebook(name: str) -> bool:
    """Whether a file of this name is taken for a notebook; case and white space at the end make no difference."""
    return name.strip().lower().endswith(".ipynb")


def is_zip(name: str) -> bool:
    """Whether a file of this name is taken for a zip."""
    return name.strip().lower().endswith(".zip")


def is_hidden(name: str) -> bool:
    """Whether systems hide it, or leave it behind unasked."""
    return name.startswith((".", "__MACOSX"))


def points_outside(name: str) -> bool:
    """Whether unpacking a member of this name would put it somewhere outside the folder that it is unpacked to."""
    return name.startswith(("/", "\\")) or DRIVE.match(name) is not None or ".." in SEPARATORS.split(name)


def named(infos: Iterable[zipfile.ZipInfo]) -> dict[Parts, zipfile.ZipInfo]:
    """The notebooks and zips among the members, hidden ones aside, by the parts of their names.

    The parts hold no separators, no ``..`` and no zero bytes. Where several members would have the same parts, the
    second has `` (2)`` put before its suffix, and so on.
    """
    found: dict[Parts, zipfile.ZipInfo] = {}
    seen: Counter[Parts] = Counter()
    for info in infos:
        parts = _parts(info.orig_filename)
        if not parts or any(is_hidden(part) for part in parts) or not (is_notebook(parts[-1]) or is_zip(parts[-1])):
            continue
        own = parts
        while own in found:
            seen[parts] += 1
            stem, dot, suffix = parts[-1].rpartition(".")
            own = (*parts[:-1], f"{stem} ({seen[parts] + 1}){dot}{suffix}")
        found[own] = info
    return found


def _parts(name: str) -> Parts:
    """None for a folder."""
    *folders, last = SEPARATORS.split(name.replace("\0", "_"))
    if not last:
        return ()
    kept = [part for part in folders if part not in ("", ".", "..") and not DRIVE.fullmatch(part)]
    kept = kept if len(kept) < MAX_PARTS else [kept[0], *kept[2 - MAX_PARTS :]]
    stem, dot, suffix = last.rpartition(".")
    return (*map(_cut, kept), f"{_cut(stem)}{dot}{suffix[:MAX_PART_CHARACTERS]}")


def _cut(part: str) -> str:
    return part if len(part) <= MAX_PART_CHARACTERS else f"{part[: MAX_PART_CHARACTERS - 1]}…"
