"""One folder for all that this process needs for the moment, removed at its end; if it is killed, by the next one."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import itertools
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["remove_tree", "shelf"]

_PREFIX = "fairmark-"
_LOCK = "in-use"


def shelf() -> Path:
    """The folder of this process, below the system's folder for temporary files."""
    return _shelf_of(os.getpid())


@cache
def _shelf_of(pid: int) -> Path:
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"{_PREFIX}*"):
        if _is_abandoned(left):
            remove_tree(left)  # what of it cannot be removed must not keep us from starting
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(made / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # held until this process ends, however it ends
    (made / "lock").rename(made / _LOCK)  # named only now: there is no moment at which it looks abandoned
    atexit.register(_remove_own, made, pid)
    return made


def _remove_own(folder: Path, pid: int) -> None:
    if os.getpid() == pid:
        remove_tree(folder)


def _is_abandoned(folder: Path) -> bool:
    """Whether it is a shelf of this user whose process is gone."""
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def remove_tree(folder: Path) -> None:
    """Removes it, whatever a notebook has done to it: links are not followed, rights it has taken away are given back,
    and it may be deeper than a path is long. What cannot be removed stays."""
    if folder.is_symlink() or not folder.is_dir():
        return  # something else was put in its place, which is not ours to touch
    with contextlib.suppress(OSError):  # another process may be removing it too
        parent = os.open(folder.parent, _FOLDER)
        try:
            _remove(parent, folder.name)
        finally:
            os.close(parent)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _remove(parent: int, name: str) -> None:
    """The folder ``name`` in the open folder ``parent``. A folder that holds another is emptied by moving what is in it
    up to its first level, so that no path and no recursion gets long."""
    top = _opened(parent, name)
    try:
        names = (f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
        while True:
            folders = [entry for entry in os.listdir(top) if not _unlink(top, entry)]  # noqa: PTH208 - by descriptor
            if not folders:
                break
            for entry in folders:
                _empty_into(top, entry, names)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _opened(parent: int, name: str) -> int:
    with contextlib.suppress(OSError):
        os.chmod(name, stat.S_IRWXU, dir_fd=parent)  # the notebook may have taken its own rights away
    return os.open(name, _FOLDER, dir_fd=parent)


def _unlink(folder: int, name: str) -> bool:
    """Removes what is no folder; False where it is one."""
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=folder)
    return True


def _empty_into(top: int, name: str, names: Iterator[str]) -> None:
    """Removes the folder ``name`` in ``top``, whose own folders become ``top``'s, under new ``names``."""
    inner = _opened(top, name)
    try:
        folders = [entry for entry in os.listdir(inner) if not _unlink(inner, entry)]  # noqa: PTH208 - by descriptor
        for entry in folders:
            os.chmod(entry, stat.S_IRWXU, dir_fd=inner)  # else it may not be moved
            os.rename(entry, next(names), src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
