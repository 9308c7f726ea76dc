"""System calls that Python 3.11 does not offer. Every failure is an ``OSError`` that names the call.

Numbers and constants are those of the Linux UAPI headers (``linux/mount.h``, ``linux/prctl.h``, ``asm/unistd.h``).
"""

from __future__ import annotations

import ctypes
import os
import platform

__all__ = [
    "CLONE_NEWCGROUP",
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWPID",
    "CLONE_NEWUSER",
    "CLONE_NEWUTS",
    "MACHINE",
    "bar_capabilities",
    "bind_read_only",
    "bind_writable",
    "close_all_but",
    "die_with_parent",
    "drop_capabilities",
    "forbid_new_privileges",
    "keep_capabilities_over_next_change_of_user",
    "keep_mounts_private",
    "mount",
    "pivot_into",
    "prctl",
    "reap_orphans",
    "show_own_memory",
    "syscall",
    "unshare",
]

MACHINE = platform.machine()

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 0x1, 0x2, 0x4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP = 1, 4, 8, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SIGKILL = 9
_CAPABILITY_VERSION_3 = 0x20080522

_NUMBERS = {
    "x86_64": {"pivot_root": 155, "capset": 126},
    "aarch64": {"pivot_root": 41, "capset": 91},
}.get(MACHINE, {}) | {"close_range": 436, "mount_setattr": 442}
"""From 424 on, numbers are the same on all machines."""

_LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(name: str, number: int, *arguments: object) -> int:
    """The result of a system call that may not fail."""
    return _checked(name, _LIBC.syscall(ctypes.c_long(number), *map(_as_long, arguments)))


def _as_long(argument: object) -> object:
    # A plain Python int would be passed as 32 bits, and the upper half of the register left as it was.
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``, the arguments left out being 0."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(f"prctl({option})", _LIBC.prctl(option, *map(ctypes.c_ulong, padded)))


# --- processes and privileges -----------------------------------------------------------------------------------------


def unshare(flags: int) -> None:
    """Leaves the namespaces named by ``flags`` for new ones; a new PID namespace is entered by the next child."""
    _checked("unshare", _LIBC.unshare(flags))


def die_with_parent() -> None:
    """This process is killed when the *thread* that forked it ends. Forgotten when the user id changes."""
    prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def reap_orphans() -> None:
    """Descendants whose parents die become children of this process."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def show_own_memory(shown: bool) -> None:
    """Whether processes of the same user, this one among them, may open its files in ``/proc``, memory included.

    Off after a change of user.
    """
    prctl(_PR_SET_DUMPABLE, int(shown))


def forbid_new_privileges() -> None:
    """Nothing executed from here on gains rights by set-user-id bits or file capabilities."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def keep_capabilities_over_next_change_of_user() -> None:
    """Capabilities stay permitted when the user id changes from 0, to be dropped one by one."""
    prctl(_PR_SET_KEEPCAPS, 1)


def drop_capabilities(keep: int = 0) -> None:
    """Gives up every capability, but for those whose bits are set in ``keep``."""
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    low, high = keep & 0xFFFFFFFF, keep >> 32
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    syscall("capset", _NUMBERS["capset"], header, data)


def bar_capabilities() -> None:
    """No program executed from here on can be given one. Needs the right to; without it nothing happens."""
    for capability in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:  # beyond the last one, or we were never allowed to
            break


def close_all_but(kept: set[int]) -> None:
    """Closes every descriptor from 3 on that is not in ``kept``."""
    first = 3
    for descriptor in [*sorted(number for number in kept if number >= 3), 0xFFFFFFFF]:
        if descriptor > first:
            last = descriptor if descriptor == 0xFFFFFFFF else descriptor - 1
            syscall("close_range", _NUMBERS["close_range"], first, last, 0)
        first = descriptor + 1


# --- mounts -----------------------------------------------------------------------------------------------------------


def mount(source: str, target: str, kind: str, options: str = "") -> None:
    """Mounts a new file system without set-user-id bits and devices."""
    flags = _MS_NOSUID | _MS_NODEV
    _checked(f"mount {target}", _mount(source, target, kind, flags, options))


def keep_mounts_private() -> None:
    """Nothing mounted from here on is seen in other mount namespaces, nor the other way round."""
    _checked("mount /", _mount("none", "/", "", _MS_REC | _MS_PRIVATE, ""))


def bind_read_only(source: str, target: str) -> None:
    """Shows ``source``, with all that is mounted in it, at ``target`` too; there it cannot be written.

    Needs ``mount_setattr`` (Linux 5.12).
    """
    _bind(source, target)
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0)
    path = ctypes.c_char_p(os.fsencode(target))
    number = _NUMBERS["mount_setattr"]
    syscall(f"mount_setattr {target}", number, _AT_FDCWD, path, _AT_RECURSIVE, attributes, ctypes.sizeof(attributes))


def bind_writable(source: str, target: str) -> None:
    """Shows ``source`` at ``target`` too, as it is: for devices."""
    _bind(source, target)


def _bind(source: str, target: str) -> None:
    _checked(f"bind {source}", _mount(source, target, "", _MS_BIND | _MS_REC, ""))


def _mount(source: str, target: str, kind: str, flags: int, options: str) -> int:
    names = (os.fsencode(text) or None for text in (source, target, kind))
    result: int = _LIBC.mount(*names, ctypes.c_ulong(flags), os.fsencode(options) or None)
    return result


def pivot_into(folder: str) -> None:
    """Makes the mount at ``folder`` the root of this mount namespace; what was there before can no longer be named."""
    os.chdir(folder)
    syscall("pivot_root", _NUMBERS["pivot_root"], ctypes.c_char_p(b"."), ctypes.c_char_p(b"."))
    _checked("umount", _LIBC.umount2(b".", _MNT_DETACH))
    os.chdir("/")
