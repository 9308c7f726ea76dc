"""A control group for one run, where this user may make one: the kernel then holds the limit on memory itself.

Version 2: below our own group or beside it, where memory is handed down and the folder is ours, as in a systemd session
(``Delegate=``). Version 1: below our own group of the memory controller, as root. Everywhere else memory is watched
from outside, several times a second. Files are those of the kernel's ``admin-guide/cgroup-v2.rst`` and
``cgroup-v1/memory.rst``.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["MemoryGroup", "memory_groups"]

_MOUNTED = Path("/sys/fs/cgroup")
_PREFIX = "fairmark-"
_NUMBERS = itertools.count(1)
_END_SECONDS = 5.0


class MemoryGroup:
    """A group whose processes may use ``memory_bytes`` together; beyond that the kernel ends the largest of them.

    Raises ``OSError`` where it cannot be made.
    """

    def __init__(self, parent: Path, memory_bytes: int) -> None:
        self.folder = parent / f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        self.folder.mkdir()
        try:
            if (self.folder / "memory.max").exists():
                self._write("memory.max", memory_bytes)
                with contextlib.suppress(OSError):  # no swap here
                    self._write("memory.swap.max", 0)
            else:
                self._write("memory.limit_in_bytes", memory_bytes)
        except OSError:
            self.folder.rmdir()
            raise

    def _write(self, name: str, value: int) -> None:
        (self.folder / name).write_text(str(value), encoding="ascii")

    @property
    def procs(self) -> Path:
        """A process that writes 0 into this file joins the group, and so do all it starts."""
        return self.folder / "cgroup.procs"

    def ran_out(self) -> bool:
        """Whether the kernel has ended a process of the group for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                counted = dict(line.split() for line in (self.folder / name).read_text(encoding="ascii").splitlines())
                return int(counted.get("oom_kill", 0)) > 0
        return False

    def remove(self) -> None:
        """Removes the group, whose processes have ended; the kernel may need a moment to notice."""
        latest = time.monotonic() + _END_SECONDS
        while self.folder.exists():
            try:
                self.folder.rmdir()
            except OSError:
                if time.monotonic() > latest:
                    return
                time.sleep(0.01)


@cache
def memory_groups() -> Path | None:
    """The folder in which groups can be made, or None. Groups that a killed grader has left are removed."""
    if sys.platform != "linux":
        return None
    for parent in _candidates():
        with contextlib.suppress(OSError):
            MemoryGroup(parent, 1 << 30).remove()
            for left in filter(_is_abandoned, parent.glob(f"{_PREFIX}*")):
                with contextlib.suppress(OSError):
                    left.rmdir()  # fails while there are processes in it
            return parent
    return None


def _is_abandoned(group: Path) -> bool:
    """Whether the grader that has made it is gone; a group may be empty only because its run is about to begin."""
    maker = group.name.removeprefix(_PREFIX).partition("-")[0]
    return not Path("/proc", maker).exists()


def _candidates() -> Iterator[Path]:
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        number, controllers, path = line.split(":", 2)
        below = path.lstrip("/")
        if number == "0":
            own = _MOUNTED / below
            yield from (place for place in (own, own.parent) if _hands_memory_down(place))
        elif "memory" in controllers.split(","):
            yield _MOUNTED / "memory" / below


def _hands_memory_down(folder: Path) -> bool:
    try:
        return "memory" in (folder / "cgroup.subtree_control").read_text(encoding="ascii").split()
    except OSError:
        return False
