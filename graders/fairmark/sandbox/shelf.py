"""One folder for all that this process needs for the moment, removed at its end; if it is killed, by the next one."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
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
            remove_tree(left)
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
    """Removes it, whatever a notebook has done to it; links are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return  # something else was put in its place, which is not ours to touch
    with contextlib.suppress(FileNotFoundError):  # another process may be removing it too
        folder.chmod(stat.S_IRWXU)
        for parent, folders, _ in os.walk(folder):
            for name in folders:
                path = Path(parent, name)
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)  # the notebook may have taken its own rights away
    shutil.rmtree(folder, ignore_errors=True)
