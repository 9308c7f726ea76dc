"""What lies in a folder that somebody handed in: every file and every empty folder, links never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fairmark.notebook.kinds import EMPTY_FOLDER, LINK, NO_REASON, NOT_A_FILE, Reason, why_left_out
from fairmark.notebook.members import is_notebook, is_zip
from fairmark.untrusted_zip import is_hidden

__all__ = ["MAX_DEPTH", "MAX_ENTRIES", "Entry", "entries_of", "entry_of", "is_folder", "walk"]

MAX_DEPTH = 12
"""Folders inside each other below what one student handed in; what lies deeper is left out, and said to be."""

MAX_ENTRIES = 20_000
"""Files and folders of one student; of more the rest is left out, and said to be. A virtual environment that was
handed in along with the notebook has about as many."""

_TOO_DEEP = Reason(f"lies {MAX_DEPTH} folders deep, and deeper folders are not looked into", "Move its notebook up.")
_TOO_MANY = Reason(f"is beyond the first {MAX_ENTRIES:,} files of this folder", "Hand in the notebooks alone.")


@dataclass(frozen=True)
class Entry:
    """One thing that was handed in. ``may_be_notebook`` is what is called one or cannot be looked into: reading it says
    what is wrong with it. ``reason`` says why anything else is left out."""

    path: Path
    kind: Literal["may_be_notebook", "zip", "link", "other"]
    reason: Reason = NO_REASON


class _Count:
    """Entries that may still be looked at."""

    def __init__(self) -> None:
        self.left = MAX_ENTRIES


def walk(folder: Path) -> Iterator[Entry]:
    """All that ``folder`` holds, hidden names aside; nothing where it is empty. A folder that is a link or cannot be
    listed stands for itself; where it can be listed but not entered, all that is in it may be a notebook."""
    yield from _walk(folder, MAX_DEPTH, _Count())


def _walk(folder: Path, depth: int, count: _Count) -> Iterator[Entry]:
    try:
        entries = None if folder.is_symlink() else entries_of(folder)
    except OSError:
        entries = None
    if entries is None:
        yield Entry(folder, "may_be_notebook")
        return
    may_enter = os.access(folder, os.X_OK)
    for entry in entries:
        count.left -= 1
        if count.left < 0:
            yield Entry(entry, "other", _TOO_MANY)
            return
        if not may_enter:
            yield Entry(entry, "may_be_notebook")
        elif is_folder(entry):
            yield from _below(entry, depth - 1, count)
        else:
            yield entry_of(entry)


def _below(folder: Path, depth: int, count: _Count) -> Iterator[Entry]:
    """A folder in a folder. What is called a notebook and has nothing in it is a notebook that went wrong."""
    if depth == 0:
        yield Entry(folder, "other", _TOO_DEEP)
        return
    found = list(_walk(folder, depth, count))
    if found:
        yield from found
    elif is_notebook(folder.name):
        yield Entry(folder, "may_be_notebook")
    else:
        yield Entry(folder, "other", EMPTY_FOLDER)


def entry_of(path: Path) -> Entry:
    """Anything but a folder."""
    if is_notebook(path.name):
        return Entry(path, "may_be_notebook")  # links and pipes too
    if is_zip(path.name):
        return Entry(path, "zip")
    try:
        seen = path.lstat()
    except OSError:
        return Entry(path, "other", why_left_out(path.name))
    if stat.S_ISLNK(seen.st_mode):
        return Entry(path, "link", LINK)
    if not stat.S_ISREG(seen.st_mode):
        return Entry(path, "other", NOT_A_FILE)
    return Entry(path, "other", why_left_out(path.name, size_bytes=seen.st_size))


def entries_of(folder: Path) -> list[Path]:
    """What lies in ``folder``, hidden names aside, in order. Raises ``OSError``."""
    return sorted(entry for entry in folder.iterdir() if not is_hidden(entry.name))


def is_folder(path: Path) -> bool:
    """Whether it is a folder itself, and no link to one."""
    return os.path.isdir(path) and not path.is_symlink()  # noqa: PTH112 - unlike Path.is_dir it never raises
