"""Putting up the wall, in the three processes that a run consists of.

warden      outside: leaves the namespaces, starts ``init``, ends everything when told to
└── init    first process of the run's PID namespace: private root, no privileges; waits for the others
    └── run the notebook: Landlock, system calls, limits; only then is its job read

Each function here is called by one of them, in that order.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fairmark.sandbox.limits import Limits
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.landlock import landlock_abi, restrict
from fairmark.sandbox.walls.layers import Layer
from fairmark.sandbox.walls.namespaces import leave_namespaces
from fairmark.sandbox.walls.reach import Reach
from fairmark.sandbox.walls.root import enter_private_root
from fairmark.sandbox.walls.seccomp import refuse_system_calls

__all__ = ["Wall"]

_NAMESPACES: dict[Layer, int] = {
    "mounts": kernel.CLONE_NEWNS,
    "processes": kernel.CLONE_NEWPID,
    "network": kernel.CLONE_NEWNET,
    "ipc": kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP,
}

_FIRST_ID, _IDS = 61184, 4336
"""User ids that belong to nobody: those that systemd gives to services for the time of one run (systemd.exec(5))."""

_CAP_DAC_READ_SEARCH = 1 << 2
"""Kept by a run that was started by root where root alone may read its pictures: it opens what Landlock and the private
root leave, whoever owns it. The call that would get around those with it (``open_by_handle_at``) is refused."""
_READ_BY_OTHERS = 0o004
_OPEN_FILES = 1024
_SPARE_THREADS = 64 + 16 * (os.cpu_count() or 1)
"""``RLIMIT_NPROC`` counts threads, of which a framework starts about ten for every core."""
_NICENESS = 10
"""So that however many processes a run starts, whoever is to end them gets a turn (nice(2): a tenth of the weight).
It has no way back: no priority that a user may have been granted (``limits.conf``) is left."""


@dataclass(frozen=True)
class Wall:
    """Around one run: which layers, what it can reach, how much it may use. ``as_root`` says that this process may
    mount and unshare as it is, and change its user; else a user namespace is what gives it the right. ``grouped`` says
    that a control group counts its memory."""

    layers: frozenset[Layer]
    reach: Reach
    limits: Limits
    as_root: bool
    grouped: bool = False

    # --- the warden ---

    def leave_namespaces(self) -> None:
        """For the warden: its next child is the first process of the new namespaces."""
        flags = 0
        for layer in self.layers:
            flags |= _NAMESPACES.get(layer, 0)
        leave_namespaces(flags, as_root=self.as_root)

    # --- init ---

    def owner(self) -> tuple[int, int]:
        """For the warden: user and group id of the run, its own where we are root, else ours."""
        if "privileges" in self.layers and self.as_root:
            own = _FIRST_ID + os.getpid() % _IDS
            return own, own
        return os.geteuid(), os.getegid()

    def close_in(self, owner: tuple[int, int]) -> None:
        """For init: the private root, then no more privileges. The current folder is the run's own afterwards."""
        folder = self.reach.folder
        if "mounts" in self.layers:
            enter_private_root(
                self.reach,
                owner=owner,
                written_bytes=self.limits.written_bytes,
                files=self.limits.files,
                own_processes="processes" in self.layers,
            )
        else:
            os.chown(folder, *owner)
            if owner[0] != os.geteuid():
                for above in (folder.parent, folder.parent.parent):
                    above.chmod(0o711)  # the shelf: to be passed through by the user that the run becomes
            os.chdir(folder)
        if "ipc" in self.layers:
            socket.sethostname("sandbox")  # its namespace has been left too
        if "privileges" in self.layers:
            self._give_up_privileges(owner)

    def _give_up_privileges(self, owner: tuple[int, int]) -> None:
        uid, gid = owner
        keep = 0
        kernel.bar_capabilities()
        if uid != os.geteuid():
            keep = 0 if self._readable_by_all() else _CAP_DAC_READ_SEARCH
            kernel.keep_capabilities_over_next_change_of_user()
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
        kernel.drop_capabilities(keep)
        kernel.forbid_new_privileges()

    def _readable_by_all(self) -> bool:
        """Whether any user could read what the run is given; without a private root, its way there counts too."""
        if "mounts" not in self.layers:
            return False
        return all(path.stat().st_mode & _READ_BY_OTHERS == _READ_BY_OTHERS for path in _folders(self.reach.given))

    # --- the run ---

    def lock(self) -> None:
        """For the run: limits, Landlock and the filter of system calls. Nothing of the notebook has been read yet."""
        kernel.show_own_memory(True)
        self._limit()
        if "landlock" in self.layers or "seccomp" in self.layers:
            kernel.forbid_new_privileges()
        if "landlock" in self.layers:
            self._restrict_files()
        if "seccomp" in self.layers:
            refuse_system_calls(socket_pairs=self.grouped)

    def _limit(self) -> None:
        limits = self.limits
        os.nice(_NICENESS)
        tasks = limits.processes + _SPARE_THREADS + (0 if self._counted_alone() else _tasks_of_ours())
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, limits.written_bytes),
            (resource.RLIMIT_NOFILE, _OPEN_FILES),
            (resource.RLIMIT_NPROC, tasks),
            (resource.RLIMIT_DATA, 2 * limits.memory_bytes),  # a backstop: the supervisor looks a few times a second
            (resource.RLIMIT_MEMLOCK, 1 << 20),
            (resource.RLIMIT_NICE, 0),
            (resource.RLIMIT_RTPRIO, 0),
            (resource.RLIMIT_CPU, int(limits.cpu_seconds) + 1),
        ):
            _, hard = resource.getrlimit(kind)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (allowed, allowed))
        with contextlib.suppress(OSError):  # where memory runs out all the same, the run goes first
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")

    def _counted_alone(self) -> bool:
        """Whether the run's user id is its own, or counted in a user namespace of its own (Linux 5.14)."""
        return "privileges" in self.layers if self.as_root else bool(self.layers & _NAMESPACES.keys())

    def _restrict_files(self) -> None:
        whole, split = self.reach.pieces()
        own_mounts = "mounts" in self.layers
        writable = [self.reach.folder, *self.reach.devices]
        writable += self.reach.private() if own_mounts else []
        proc = [Path("/proc")] if "processes" in self.layers and _is_own_proc() else _harmless_in_proc()
        restrict(
            readable=map(str, [*whole, *self.reach.given, *proc, *([Path("/etc")] if own_mounts else [])]),
            listable=map(str, split),
            writable=map(str, writable),
            abi=landlock_abi(),
        )


def _folders(given: Iterable[Path]) -> Iterator[Path]:
    """What is given, and the folders of a data set down to those of the classes."""
    for path in given:
        yield path
        if path.is_dir():
            yield from (below for pattern in ("*/", "*/*/", "*/*/*/") for below in path.glob(pattern))


def _is_own_proc() -> bool:
    """Whether ``/proc`` shows the PID namespace of this process, and so no other's processes."""
    return Path("/proc/self").readlink() == Path(str(os.getpid()))


def _harmless_in_proc() -> list[Path]:
    """What programs look for about the machine and themselves, in a ``/proc`` that shows other processes too."""
    own = Path("/proc/self").readlink()  # its number there, which need not be what it is to itself
    return [Path("/proc", name) for name in ("cpuinfo", "meminfo", "stat", "filesystems", own)]


def _tasks_of_ours() -> int:
    """Threads of this user now, roughly: what ``RLIMIT_NPROC`` counts before the run has started one."""
    count, uid = 0, os.getuid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                count += sum(1 for _ in (entry / "task").iterdir()) if entry.stat().st_uid == uid else 0
    return count
