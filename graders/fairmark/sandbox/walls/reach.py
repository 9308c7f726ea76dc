"""What a run can reach: the Python installation, the system's programs and libraries, its pictures, its own folder.

The engine's own folder is not part of it: everything of it that runs inside has been imported before, and beside it lie
the grader scripts and the solutions.
"""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["ENGINE", "Reach", "reach_of"]

_PARTS_OF_AN_INSTALLATION = ("bin", "lib", "lib64", "include", "share/jupyter", "share/fonts", "pyvenv.cfg")
"""Of ``sys.prefix``: the rest of it may be anybody's."""

_SYSTEM = (
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/sys/devices/system",  # how many processors there are, and what they can do
)
"""Programs, libraries and what they need to know of the system; nothing that names its users or its network."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")

_PRIVATE = (Path("/tmp"), Path("/dev/shm"))
_OF_HOSTS = (Path("/content"), Path("/kaggle/working"))
"""Where notebooks of Colab and Kaggle keep what they write."""

ENGINE = Path(__file__).resolve().parents[2]
"""The folder of the package itself; where it is installed, the built-in course lies in it."""


@dataclass(frozen=True)
class Reach:
    """Everything is a real path that is there, but for links of the system's such as ``/lib``.

    ``installed`` is readable but for what lies in ``hidden``; ``given`` is readable, wherever it lies; ``folder`` is
    the run's own, and ``devices`` can be read and written.
    """

    installed: tuple[Path, ...]
    hidden: tuple[Path, ...]
    given: tuple[Path, ...]
    folder: Path
    devices: tuple[Path, ...]

    def private(self) -> list[Path]:
        """Folders that are empty and the run's own, where it has a tree of files to itself. In none of them but in
        ``/tmp`` lies anything that is shown or hidden."""
        shown = (*self.installed, *self.hidden, *self.given, self.folder)
        free = [place for place in _OF_HOSTS if not any(path.is_relative_to(place) for path in shown)]
        return [*_PRIVATE, *free]

    def pieces(self) -> tuple[list[Path], list[Path]]:
        """``installed`` for a wall that can only allow: what is readable with all that is in it, and the folders on
        the way to something hidden, in which names may be listed."""
        whole: list[Path] = []
        split: list[Path] = []
        waiting = list(self.installed)
        while waiting:
            path = waiting.pop()
            if path in self.hidden:
                continue
            if any(hidden.is_relative_to(path) for hidden in self.hidden):
                split.append(path)
                waiting += path.iterdir()
            else:
                whole.append(path)
        return whole, split


def reach_of(folder: Path, reads: Iterable[Path]) -> Reach:
    """What a run in ``folder`` can reach when it is given ``reads``."""
    return Reach(
        installed=_installation(),
        hidden=(ENGINE,),
        given=tuple(path.resolve() for path in reads if path.exists()),
        folder=folder.resolve(),
        devices=tuple(path for path in (*map(Path, _DEVICES), *_accelerators()) if path.exists()),
    )


@cache
def _installation() -> tuple[Path, ...]:
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    parts = [Path(prefix, part) for prefix in prefixes for part in _PARTS_OF_AN_INSTALLATION]
    known = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    packages = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    found = {path.resolve() for path in (*parts, *known, *map(Path, packages)) if path.exists()}
    found |= {Path(path) for path in _SYSTEM if Path(path).exists()}
    return tuple(sorted(path for path in found if found.isdisjoint(path.parents)))


def _accelerators() -> list[Path]:
    """Devices of NVIDIA's driver, where there are any: a framework computes on what it finds."""
    return sorted(Path("/dev").glob("nvidia*"))
