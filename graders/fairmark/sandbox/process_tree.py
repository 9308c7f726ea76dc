"""Processes by their ancestor, and what they use together. On Linux straight from ``/proc``: it is looked at several
times a second while a model trains."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

__all__ = ["CpuTimes", "cpu_seconds", "descendants", "resident_bytes", "stop_descendants"]

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


def stop_descendants(ancestor: int) -> None:
    """Stops whatever is below ``ancestor``, so that it can be ended without making more of itself meanwhile."""
    stopped: set[int] = set()
    while found := set(descendants(ancestor)) - stopped:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= found


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
        resident = int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
        return resident + _page_tables(pid)
    except (OSError, IndexError):
        return 0


def _page_tables(pid: int) -> int:
    """What the kernel needs to map its memory: little, unless a process maps far more than it uses."""
    for line in (_PROC / str(pid) / "status").read_bytes().splitlines():
        if line.startswith(b"VmPTE:"):
            return int(line.split()[1]) * 1024
    return 0


def _share(pid: int) -> int:
    """Resident memory, shared pages divided among those that share them (PSS)."""
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024 + _page_tables(pid)
    except OSError:  # gone, or not ours to look into
        pass
    return _resident(pid)


class CpuTimes:
    """Processor time of a family that is looked at now and then: of those alive, of the children they have waited for,
    and of those that were seen alive and are gone, whether anybody waited for them or not."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}

    def seconds(self, pids: Iterable[int]) -> float:
        """All of it so far, these being alive now."""
        times = {pid: _cpu_seconds(pid) for pid in pids}
        for pid, (own, _) in times.items():
            self._seen[pid] = max(own, self._seen.get(pid, 0.0))
        return max(sum(self._seen.values()), sum(own + waited_for for own, waited_for in times.values()))


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time of these processes and of those children of theirs that they have waited for."""
    return CpuTimes().seconds(pids)


def _cpu_seconds(pid: int) -> tuple[float, float]:
    """Its own, and that of the children it has waited for."""
    if sys.platform != "linux":
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            return times.user + times.system, times.children_user + times.children_system
        return 0.0, 0.0
    try:
        text = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return 0.0, 0.0
    # The second field is the program's name, in brackets, which may hold anything; the 14th to 17th are times.
    fields = text.rpartition(b")")[2].split()
    user, system, waited_user, waited_system = map(int, fields[11:15])
    return (user + system) / _TICKS, (waited_user + waited_system) / _TICKS
