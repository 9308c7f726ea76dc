"""The strongest launcher this machine has, and what it cannot hold."""

from __future__ import annotations

import atexit
import sys
from functools import cache
from pathlib import Path

from fairmark.errors import NotConfined
from fairmark.sandbox.bubblewrap import BubblewrapProcess
from fairmark.sandbox.child import Child, Launcher
from fairmark.sandbox.confined import ConfinedProcess
from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.plain import PlainProcess
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Confined, probe_layers

__all__ = ["Trusted", "best_launcher", "grading_launcher", "not_confined"]

_ALL: tuple[Confined, ...] = ("files", "network", "memory", "time")


@cache
def best_launcher() -> Launcher:
    """One for this whole process, so that its worker is warm for everybody.

    Our own wall where the kernel lets us build one; bubblewrap where that is installed and may do what we may not;
    else as many layers as there are, which on anything but Linux is none.
    """
    if sys.platform != "linux":
        return PlainProcess()
    own = ConfinedProcess()
    if not not_confined(own):
        atexit.register(own.close)
        return own
    wrapped = BubblewrapProcess()
    if not not_confined(wrapped):
        return wrapped
    atexit.register(own.close)
    return own


def not_confined(launcher: Launcher) -> tuple[Confined, ...]:
    """What a run started by ``launcher`` could get out of."""
    return tuple(what for what in _ALL if what not in launcher.confines)


def grading_launcher(*, trust: bool = False) -> Launcher:
    """One that may be given notebooks of strangers.

    Raises :class:`NotConfined` where this machine has none, unless ``trust`` says that they may run all the same.
    """
    launcher = best_launcher()
    missing = not_confined(launcher)
    if not missing:
        return launcher
    if not trust:
        off = [f"{probed.layer}: {probed.state}" for probed in probe_layers() if not probed.on]
        raise NotConfined(missing, off)
    return Trusted(launcher)


class Trusted:
    """A launcher that does not confine everything, used on somebody's word; every report says so."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self.confines = launcher.confines
        open_to_it = (f"{what} not confined" for what in not_confined(launcher))
        self.isolation = (*launcher.isolation, *open_to_it, "trusted (--trust)")

    def warm_up(self, program: Program) -> None:
        self._launcher.warm_up(program)

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        return self._launcher.start(job, folder, limits)
