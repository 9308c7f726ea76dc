"""What a command costs: seconds, processor time while it runs, and the most memory of its own process."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import typer

__all__ = ["FAIRMARK", "Cost", "measure"]

FAIRMARK = [sys.executable, "-c", "from fairmark.cli import main; main()"]
"""The command, from the interpreter that the benchmark runs in."""

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_EVERY_SECONDS = 0.02
_STRAGGLERS_SECONDS = 10.0


@dataclass(frozen=True)
class Cost:
    """``peak_bytes`` is the most that the first process held resident, without those it started."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    accepted: Sequence[int] = (0,),
) -> Cost:
    """Runs ``command``, whose words go into the file ``log``.

    Whatever it leaves behind is waited for, and counts. Ends the benchmark where it ends with another code than the
    ``accepted`` ones.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = _cpu_seconds()
    with log.open("ab") as words:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            time.sleep(_LOOK_EVERY_SECONDS)
        wall = time.perf_counter() - began
    _wait_for_stragglers()
    if process.returncode not in accepted:
        typer.echo(f"{command[0]} … ended with {process.returncode}; its words are in {log}", err=True)
        typer.echo("\n".join(log.read_text(errors="replace").splitlines()[-30:]), err=True)
        raise typer.Exit(1)
    return Cost(wall, _cpu_seconds() - before, peak)


def _cpu_seconds() -> float:
    """Of the whole machine, which has nothing else to do: what ends with its PID namespace is in nobody's account."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def _peak_bytes(pid: int) -> int:
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _wait_for_stragglers() -> None:
    until = time.monotonic() + _STRAGGLERS_SECONDS
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(_LOOK_EVERY_SECONDS)
