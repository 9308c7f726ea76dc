"""The layers of the wall: their names, what each confines, and which of them this machine has.

Each is tried by putting it up, in a process that exists for nothing else: :mod:`fairmark.sandbox.walls.trial`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from fairmark.sandbox.temporary_directories import shelf
from fairmark.sandbox.walls.landlock import landlock_abi

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

_CONFINED_BY: dict[Confined, tuple[frozenset[Layer], ...]] = {
    # Without a PID namespace a private root shows the machine's /proc, where the root of every process is a way out.
    "files": (frozenset({"landlock"}), frozenset({"mounts", "processes"})),
    "network": (frozenset({"network"}), frozenset({"seccomp"})),
}
"""Any one of these sets is enough; memory and time are watched from outside wherever processes can be measured.
Without a PID namespace a notebook that forks as fast as it can is ended, but holds up the machine for minutes."""


@dataclass(frozen=True)
class Probed:
    """``state`` says how a layer was found; ``on`` whether it can be used."""

    layer: Layer
    on: bool
    state: str


def confined_by(layers: Iterable[Layer]) -> frozenset[Confined]:
    """What a run with these layers cannot get out of."""
    held = frozenset(layers)
    enough = (what for what, walls in _CONFINED_BY.items() if any(wall <= held for wall in walls))
    return frozenset({"memory", "time", *enough})


@cache
def probe_layers() -> tuple[Probed, ...]:
    """Every layer, tried on this machine just now."""
    if sys.platform != "linux":
        return tuple(Probed(layer, False, f"Linux only; this is {sys.platform}") for layer in LAYERS)
    tried = subprocess.run(
        [sys.executable, "-P", "-m", "fairmark.sandbox.walls.trial", str(shelf())],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        problems: dict[str, str] = json.loads(tried.stdout)
    except ValueError:
        said = (tried.stderr.strip().splitlines() or ["it said nothing"])[-1]
        problems = dict.fromkeys(LAYERS, f"could not be tried: {said}")
    return tuple(Probed(layer, not problems[layer], problems[layer] or _found(layer)) for layer in LAYERS)


def _found(layer: Layer) -> str:
    return f"on (ABI {landlock_abi()})" if layer == "landlock" else "on"
