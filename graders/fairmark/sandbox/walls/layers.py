"""The layers of the wall: their names, what each confines, and which of them this machine has.

Each is tried by putting it up, in a process that exists for nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.landlock import landlock_abi, restrict
from fairmark.sandbox.walls.namespaces import leave_namespaces
from fairmark.sandbox.walls.reach import reach_of
from fairmark.sandbox.walls.root import enter_private_root
from fairmark.sandbox.walls.seccomp import refuse_system_calls, seccomp_fits

__all__ = ["LAYERS", "Confined", "Layer", "Probed", "confined_by", "probe_layers"]

Layer: TypeAlias = Literal["landlock", "mounts", "processes", "network", "ipc", "seccomp", "privileges"]

LAYERS: dict[Layer, str] = {
    "landlock": "files by an allow-list, no TCP, no signals to the outside",
    "mounts": "a tree of files of its own, limited in size, private /tmp and /dev/shm",
    "processes": "sees and ends no process but its own; all of them end together",
    "network": "no network, not even loopback",
    "ipc": "no shared memory or queues of others",
    "seccomp": "no sockets, no tracing, no way out of the namespaces",
    "privileges": "no capabilities, none to be gained, a user id of its own where the grader runs as root",
}
"""What each layer gives, in the order in which ``doctor`` shows them."""

Confined: TypeAlias = Literal["files", "network", "memory", "time"]

_CONFINED_BY: dict[Confined, frozenset[Layer]] = {
    "files": frozenset({"landlock", "mounts"}),
    "network": frozenset({"network", "seccomp"}),
}
"""Any one of these is enough; memory and time are watched from outside wherever processes can be measured."""


@dataclass(frozen=True)
class Probed:
    """``state`` says how a layer was found; ``on`` whether it can be used."""

    layer: Layer
    on: bool
    state: str


def confined_by(layers: Iterable[Layer]) -> frozenset[Confined]:
    """What a run with these layers cannot get out of."""
    held = frozenset(layers)
    return frozenset({"memory", "time", *(what for what, walls in _CONFINED_BY.items() if walls & held)})


@cache
def probe_layers() -> tuple[Probed, ...]:
    """Every layer, tried on this machine just now."""
    if sys.platform != "linux":
        return tuple(Probed(layer, False, f"Linux only; this is {sys.platform}") for layer in LAYERS)
    tried = subprocess.run(
        [sys.executable, "-P", "-m", "fairmark.sandbox.walls.layers"], capture_output=True, text=True, check=False
    )
    try:
        problems: dict[str, str] = json.loads(tried.stdout)
    except ValueError:
        said = (tried.stderr.strip().splitlines() or ["it said nothing"])[-1]
        problems = dict.fromkeys(LAYERS, f"could not be tried: {said}")
    return tuple(Probed(layer, not problems[layer], problems[layer] or _found(layer)) for layer in LAYERS)


def _found(layer: Layer) -> str:
    return f"on (ABI {landlock_abi()})" if layer == "landlock" else "on"


# --- trying -----------------------------------------------------------------------------------------------------------


def _try_landlock() -> None:
    abi = landlock_abi()
    if abi == 0:
        raise OSError("this kernel has no Landlock (Linux 5.13), or it is switched off (lsm=)")
    kernel.forbid_new_privileges()
    restrict(readable=["/usr"], listable=[], writable=[], abi=abi)


def _try_mounts() -> None:
    with tempfile.TemporaryDirectory(prefix="fairmark-") as folder:
        child = os.fork()
        if child == 0:
            _leave(lambda: _enter_root(Path(folder)))
        _, status = os.waitpid(child, 0)
        if status:
            raise OSError("no tree of files of our own can be mounted")


def _enter_root(folder: Path) -> None:
    leave_namespaces(kernel.CLONE_NEWNS)
    owner = os.getuid(), os.getgid()
    enter_private_root(reach_of(folder, []), owner=owner, written_bytes=1 << 20, files=1000, own_processes=False)


def _try_seccomp() -> None:
    if not seccomp_fits():
        raise OSError(f"the table of system calls does not know {kernel.MACHINE}")
    kernel.forbid_new_privileges()
    refuse_system_calls()


def _try_privileges() -> None:
    kernel.forbid_new_privileges()
    kernel.drop_capabilities()


_TRIALS: dict[Layer, Callable[[], None]] = {
    "landlock": _try_landlock,
    "mounts": _try_mounts,
    "processes": lambda: leave_namespaces(kernel.CLONE_NEWPID),
    "network": lambda: leave_namespaces(kernel.CLONE_NEWNET),
    "ipc": lambda: leave_namespaces(kernel.CLONE_NEWIPC),
    "seccomp": _try_seccomp,
    "privileges": _try_privileges,
}


def _leave(work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as problem:
        os.write(2, f"{problem}\n".encode())
        os._exit(1)
    os._exit(0)


def _problem_with(trial: Callable[[], None]) -> str:
    """Why a layer cannot be put up; empty where it can."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(tell, 2)
        _leave(trial)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace").strip()
    _, status = os.waitpid(child, 0)
    return "" if status == 0 else said.splitlines()[0] if said else f"trying it ended with status {status}"


if __name__ == "__main__":
    sys.stdout.write(json.dumps({layer: _problem_with(trial) for layer, trial in _TRIALS.items()}))
