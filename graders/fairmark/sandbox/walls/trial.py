"""Puts up every layer of the wall, each in a process of its own, and says on standard output what went wrong.

``python -m fairmark.sandbox.walls.trial FOLDER``: a JSON object of layers and problems, "" where there is none.
``FOLDER`` is where a file system may be mounted for a moment.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.landlock import landlock_abi, restrict
from fairmark.sandbox.walls.layers import Layer
from fairmark.sandbox.walls.namespaces import has_system_rights, leave_namespaces
from fairmark.sandbox.walls.reach import reach_of
from fairmark.sandbox.walls.root import enter_private_root
from fairmark.sandbox.walls.seccomp import refuse_system_calls, seccomp_fits

__all__: list[str] = []


def _try_landlock() -> None:
    abi = landlock_abi()
    if abi == 0:
        raise OSError("this kernel has no Landlock (Linux 5.13), or it is switched off (lsm=)")
    kernel.forbid_new_privileges()
    restrict(readable=["/usr"], listable=[], writable=[], abi=abi)


def _try_mounts() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        child = os.fork()
        if child == 0:
            _end_with(lambda: _enter_root(Path(folder)))
        _, status = os.waitpid(child, 0)
        if status:
            raise OSError("no tree of files of our own can be mounted, with a /proc of its own")


def _enter_root(folder: Path) -> None:
    """In a PID namespace too: in a container that masks part of ``/proc``, no new one can be had."""
    _leave(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    owner, reach = (os.getuid(), os.getgid()), reach_of(folder, [])
    first = os.fork()
    if first == 0:
        _end_with(lambda: enter_private_root(reach, owner=owner, written_bytes=1 << 20, files=9, own_processes=True))
    _, status = os.waitpid(first, 0)
    if status:
        raise OSError("its first process could not enter it")


def _try_seccomp() -> None:
    if not seccomp_fits():
        raise OSError(f"the table of system calls does not know {kernel.MACHINE}")
    kernel.forbid_new_privileges()
    refuse_system_calls(socket_pairs=False)


def _try_privileges() -> None:
    kernel.forbid_new_privileges()
    kernel.drop_capabilities()


def _leave(namespaces: int) -> None:
    leave_namespaces(namespaces, as_root=has_system_rights())


_TRIALS: dict[Layer, Callable[[], None]] = {
    "landlock": _try_landlock,
    "mounts": _try_mounts,
    "processes": lambda: _leave(kernel.CLONE_NEWPID),
    "network": lambda: _leave(kernel.CLONE_NEWNET),
    "ipc": lambda: _leave(kernel.CLONE_NEWIPC),
    "seccomp": _try_seccomp,
    "privileges": _try_privileges,
}


def _end_with(work: Callable[[], None]) -> None:
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
        _end_with(trial)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace").strip()
    _, status = os.waitpid(child, 0)
    return "" if status == 0 else said.splitlines()[0] if said else f"trying it ended with status {status}"


if __name__ == "__main__":
    os.write(1, json.dumps({layer: _problem_with(trial) for layer, trial in _TRIALS.items()}).encode())
