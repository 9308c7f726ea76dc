"""Namespaces: a view of the machine in which only the run's own things exist."""

from __future__ import annotations

import os
from pathlib import Path

from fairmark.sandbox.walls import kernel

__all__ = ["has_system_rights", "leave_namespaces"]

_CAP_SYS_ADMIN = 21


def has_system_rights() -> bool:
    """Whether this process may mount and unshare as it is: root, and not merely root of a container."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> _CAP_SYS_ADMIN & 1)


def leave_namespaces(flags: int, *, as_root: bool) -> None:
    """Leaves the namespaces named by ``flags``; unless ``as_root``, in a user namespace of its own, in which this
    process is still who it was."""
    if not flags:
        return
    if as_root:
        kernel.unshare(flags)
        return
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(flags | kernel.CLONE_NEWUSER)
    # Only a process that has given up changing its groups may map its own group (user_namespaces(7)).
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
