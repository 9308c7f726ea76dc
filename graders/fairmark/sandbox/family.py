"""Processes by their ancestor, and what they use together. On Linux straight from ``/proc``: it is looked at several
times a second while a model trains."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

__all__ = ["cpu_seconds", "descendants", "resident_bytes"]

_PROC = Path("/proc")
_HAS_CHILDREN = sys.platform == "linux" and Path(f"/proc/self/task/{os.getpid()}/children").exists()
_PAGE = os.sysconf("SC_PAGE_SIZE") if sys.platform != "win32" else 4096
_TICKS = os.sysconf("SC_CLK_TCK") if sys.platform != "win32" else 100


def descendants(ancestor: int) -> list[int]:
    """Children of ``ancestor``, their children, and so on."""
    if not _HAS_CHILDREN:
        try:
            return [process.pid for process in psutil.Process(ancestor).children(recursive=True)]
        except psutil.Error:
            return []
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (thread / "children").read_bytes().split())
    return found


def resident_bytes(pids: Iterable[int], enough: int) -> int:
    """Resident memory of these processes together.

    Pages that several of them share are counted for each, unless that would make ``enough`` of it: then the kernel is
    asked for their shares, which takes it milliseconds.
    """
    alive = list(pids)
    total = sum(map(_resident, alive))
    return sum(map(_share, alive)) if total > enough and len(alive) > 1 else total


def _resident(pid: int) -> int:
    if sys.platform != "linux":
        with contextlib.suppress(psutil.Error):
            resident: int = psutil.Process(pid).memory_info().rss
            return resident
        return 0
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _share(pid: int) -> int:
    """Resident memory, shared pages divided among those that share them (PSS)."""
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:  # gone, or not ours to look into
        pass
    return _resident(pid)


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time of these processes and of those children of theirs that have ended."""
    return sum(map(_cpu_seconds, pids))


def _cpu_seconds(pid: int) -> float:
    if sys.platform != "linux":
        with contextlib.suppress(psutil.Error):
            return sum(psutil.Process(pid).cpu_times()[:4])
        return 0.0
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return 0.0
    # The second field is the program's name, in brackets, which may hold anything; the 14th to 17th are times.
    fields = text.rpartition(b")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS
