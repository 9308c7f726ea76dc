"""Landlock: an allow-list of files, no TCP, and no signals to the outside, for this process and all it starts.

Needs no privileges and cannot be taken back. Constants are those of ``linux/landlock.h``; what each version of the
interface (ABI) added is in the kernel's ``userspace-api/landlock.rst``.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from fairmark.sandbox.walls.kernel import syscall

__all__ = ["landlock_abi", "restrict"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_BASIC = (1 << 13) - 1  # the rights of ABI 1
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_LIST = _READ_DIR


def landlock_abi() -> int:
    """The version of the interface this kernel has; 0 where it has none or it is switched off."""
    try:
        return syscall("landlock_create_ruleset", _CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def restrict(*, readable: Iterable[str], listable: Iterable[str], writable: Iterable[str], abi: int) -> None:
    """Confines this thread for good: it may read and execute below ``readable``, list folders below ``listable``,
    and do anything but make devices below ``writable``. Paths that are not there are passed over.

    ``no_new_privs`` must have been set.
    """
    handled = _handled_rights(abi)
    ruleset = _create(handled, network=abi >= 4, scopes=abi >= 6)
    try:
        for paths, rights in (
            (readable, _READ),
            (listable, _LIST),
            (writable, handled & ~(_MAKE_CHAR | _MAKE_BLOCK)),
        ):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        syscall("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled_rights(abi: int) -> int:
    rights = _BASIC
    if abi >= 2:
        rights |= _REFER
    if abi >= 3:
        rights |= _TRUNCATE
    if abi >= 5:
        rights |= _IOCTL_DEV
    return rights


def _create(handled: int, *, network: bool, scopes: bool) -> int:
    attributes = (ctypes.c_uint64 * 3)(
        handled,
        (_BIND_TCP | _CONNECT_TCP) if network else 0,
        (_ABSTRACT_SOCKETS | _SIGNALS) if scopes else 0,
    )
    # The kernel takes a longer structure than it knows as long as the rest is zero.
    return syscall("landlock_create_ruleset", _CREATE_RULESET, attributes, ctypes.sizeof(attributes), 0)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _FOR_FILES
        if rights:
            rule = _PathBeneath(rights, descriptor)
            syscall("landlock_add_rule", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
