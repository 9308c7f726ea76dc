"""bubblewrap as the outer wall, where it may make namespaces and we may not: its program can be set-user-id root, or
named in a security policy (AppArmor on Ubuntu). Debian: ``apt install bubblewrap``.

Inside it a fresh worker serves one run, behind those layers that need no namespaces. Two traps of bubblewrap 0.8:
``--unshare-all`` run by root does not leave the user namespace, ``--unshare-user`` does; and ``--die-with-parent`` is
about the *thread* that starts it, which here is the one that supervises the run to its end.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from fairmark.sandbox.child import Child
from fairmark.sandbox.confined import ConfinedChild, Handed, order_for
from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.process_tree import descendants
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import LAYERS, Confined, Layer, probe_layers
from fairmark.sandbox.walls.reach import ENGINE, reach_of
from fairmark.sandbox.worker import Worker, font_cache

__all__ = ["BubblewrapProcess", "bubblewrap"]

_INNER: frozenset[Layer] = frozenset({"landlock", "seccomp", "privileges"})
_OURS_INSIDE = 4
"""bubblewrap's own first process, the worker, the warden and init."""

_COURSE = ENGINE / "builtin"
"""The built-in course, where the engine was installed from its wheel."""

_UNSHARED = ("user", "pid", "net", "ipc", "uts")


@cache
def bubblewrap() -> str | None:
    """Where its program is; None where it is not installed, or may not make namespaces either."""
    program = shutil.which("bwrap")
    if program is None or sys.platform != "linux":
        return None
    unshared = [f"--unshare-{kind}" for kind in _UNSHARED]
    tried = subprocess.run([program, *unshared, "--ro-bind", "/", "/", "true"], capture_output=True, check=False)
    return program if tried.returncode == 0 else None


class BubblewrapProcess:
    """A fresh interpreter for every run, inside bubblewrap. ``without`` names inner layers to leave out."""

    def __init__(self, *, without: frozenset[Layer] = frozenset()) -> None:
        self.layers = frozenset(probed.layer for probed in probe_layers() if probed.on) & _INNER - without

    @property
    def isolation(self) -> tuple[str, ...]:
        inner = [layer for layer in LAYERS if layer in self.layers]
        return ("bubblewrap", *inner, "clean environment", "own folder", "watched limits")

    @property
    def confines(self) -> frozenset[Confined]:
        return frozenset({"files", "network", "memory", "time"} if bubblewrap() else {"memory", "time"})

    def warm_up(self, program: Program) -> None:
        """There is nothing to keep warm: every run has its own worker, which lives inside bubblewrap."""

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        worker = Worker(job.program, wrapped_in=_command(job, folder, limits))
        try:
            handed = Handed(worker, order_for(job, folder, limits, self.layers), job)
            return _WrappedChild(handed, folder, worker)
        except BaseException:
            worker.close()
            raise


class _WrappedChild(ConfinedChild):
    """A run whose worker is its own, and ends with it."""

    def __init__(self, handed: Handed, folder: Path, worker: Worker) -> None:
        super().__init__(handed, folder, mounted=False, end_together=True)
        self._worker = worker

    def processes(self) -> list[int]:
        return descendants(self._worker.pid)[_OURS_INSIDE:] if self._worker.pid is not None else []

    def kill(self) -> None:
        try:
            super().kill()
        finally:
            self._worker.close()


def _command(job: Job, folder: Path, limits: Limits) -> tuple[str, ...]:
    """bubblewrap and its options, up to the program it is to run."""
    reach = reach_of(folder, job.reads)
    size = ("--size", str(limits.written_bytes))
    return (
        bubblewrap() or "bwrap",
        *(f"--unshare-{kind}" for kind in _UNSHARED),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *(*size, "--tmpfs", "/tmp"),
        *_shown(reach.installed),
        *_shown((ENGINE, font_cache())),  # it is imported in there; Landlock hides it before the job is read
        *(("--tmpfs", str(_COURSE)) if _COURSE.is_dir() else ()),
        *_shown(reach.given),
        *("--proc", "/proc", "--dir", "/dev", *size, "--tmpfs", "/dev/shm"),
        *(word for device in reach.devices for word in ("--dev-bind", str(device), str(device))),
        *("--bind", str(folder), str(folder), "--chdir", "/", "--"),
    )


def _shown(paths: tuple[Path, ...]) -> list[str]:
    """Read-only, in the same places; a link stays a link."""
    words: list[str] = []
    for path in paths:
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        else:
            words += ["--ro-bind", str(path), str(path)]
    return words
