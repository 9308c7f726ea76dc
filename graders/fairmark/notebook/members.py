"""Names inside zips, which anyone may write as he likes, as parts of a path that leads nowhere else."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from fairmark.untrusted_zip import DRIVE, SEPARATORS, is_hidden

__all__ = [
    "MAX_PARTS",
    "MAX_PART_CHARACTERS",
    "Listing",
    "Parts",
    "is_notebook",
    "is_zip",
    "listed",
    "named",
    "stem_of",
    "without_copy_mark",
]

Parts: TypeAlias = tuple[str, ...]

MAX_PARTS = 8
MAX_PART_CHARACTERS = 100
"""Deeper and longer names are cut, so that no path grows beyond what systems take (4,096 bytes on Linux)."""

NOTEBOOK = re.compile(r"(.*)\.ipynb(?:\.json|\.txt)?\s*", re.IGNORECASE | re.DOTALL)
"""The longer suffixes are what Safari and some mail programs make of a notebook that is downloaded."""

COPY = re.compile(r"(?:-Copy\d+| \(\d+\)| copy(?: \d+)?| - Copy)+$", re.IGNORECASE)
"""What Jupyter, browsers, macOS and Windows put behind the name of a copy."""


def is_notebook(name: str) -> bool:
    """Whether a file of this name is taken for a notebook; case and white space at the end make no difference, nor does
    what a browser puts behind: ``work.ipynb.json``, ``work.ipynb.txt``."""
    return NOTEBOOK.fullmatch(name) is not None


def is_zip(name: str) -> bool:
    """Whether a file of this name is taken for a zip."""
    return name.strip().lower().endswith(".zip")


def stem_of(name: str) -> str:
    """``name`` without the suffix of a notebook or zip; another name as it is."""
    match = NOTEBOOK.fullmatch(name)
    if match is not None:
        return match[1]
    return name.rstrip().rpartition(".")[0] if is_zip(name) else name


def without_copy_mark(stem: str) -> str:
    """``work`` for ``work (1)``, ``work-Copy1`` and ``work copy 2``."""
    return COPY.sub("", stem) if len(stem) <= MAX_PART_CHARACTERS else stem


@dataclass(frozen=True)
class Listing:
    """What a zip holds, hidden members aside: ``members`` are notebooks and zips by the parts of their names,
    ``others`` the further files with their sizes in bytes, None for a folder that has nothing in it."""

    members: dict[Parts, zipfile.ZipInfo]
    others: list[tuple[Parts, int | None]]


def named(infos: Iterable[zipfile.ZipInfo]) -> dict[Parts, zipfile.ZipInfo]:
    """The members of :func:`listed` alone."""
    return listed(infos).members


def listed(infos: Iterable[zipfile.ZipInfo]) -> Listing:
    """What there is among the members of a zip, by the parts of their names.

    The parts hold no separators, no ``..`` and no zero bytes. Where several notebooks or zips would have the same
    parts, the second has `` (2)`` put before its suffix, and so on.
    """
    found: dict[Parts, zipfile.ZipInfo] = {}
    others: list[tuple[Parts, int | None]] = []
    folders: dict[Parts, None] = {}
    seen: Counter[Parts] = Counter()
    for info in infos:
        parts, is_folder = _parts(info.orig_filename)
        if not parts or any(is_hidden(part) for part in parts):
            continue
        if is_folder:
            folders[parts] = None
            continue
        if not (is_notebook(parts[-1]) or is_zip(parts[-1])):
            others.append((parts, info.file_size))
            continue
        own = parts
        while own in found:
            seen[parts] += 1
            stem, dot, suffix = parts[-1].rpartition(".")
            own = (*parts[:-1], f"{stem} ({seen[parts] + 1}){dot}{suffix}")
        found[own] = info
    above = {parts[:end] for parts in (*found, *folders, *(one for one, _ in others)) for end in range(1, len(parts))}
    others += [(parts, None) for parts in folders if parts not in above]
    return Listing(found, others)


def _parts(name: str) -> tuple[Parts, bool]:
    """And whether it is a folder."""
    *folders, last = SEPARATORS.split(name.replace("\0", "_"))
    kept = [part for part in folders if part not in ("", ".", "..") and not DRIVE.fullmatch(part)]
    if not last:
        *kept, last = kept or [""]
    kept = kept if len(kept) < MAX_PARTS else [kept[0], *kept[2 - MAX_PARTS :]]
    if not last:
        return (), True
    stem, dot, suffix = last.rpartition(".")
    is_folder = SEPARATORS.fullmatch(name[-1:]) is not None
    return (*map(_cut, kept), f"{_cut(stem)}{dot}{suffix[:MAX_PART_CHARACTERS]}"), is_folder


def _cut(part: str) -> str:
    return part if len(part) <= MAX_PART_CHARACTERS else f"{part[: MAX_PART_CHARACTERS - 1]}…"
