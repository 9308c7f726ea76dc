"""seccomp: system calls that no notebook needs are refused, for this process and all it starts.

A list of what is refused, not of what is allowed: a framework, NumPy and whatever a student imports use some two
hundred calls between them, and files, processes and memory are confined by other layers. What is refused here is what
those leave open: sockets of every kind, ways into other processes, ways out of the namespaces, a turn before others,
and parts of the kernel with a long history of mistakes. Numbers are those of ``asm/unistd_64.h`` and
``asm-generic/unistd.h``.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterable

from fairmark.sandbox.walls.kernel import MACHINE, prctl

__all__ = ["REFUSED", "refuse_system_calls", "seccomp_fits"]

REFUSED: dict[str, tuple[int, int]] = {
    # into other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # out of the namespaces, and into the tree of files
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # the kernel itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "syslog": (103, 116),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "fanotify_init": (300, 262),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    # a turn before others: the arguments of some lie in memory, and nobody needs a policy of its own
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # memory that outlives its process, or is not counted as its own
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_secret": (447, 447),
}
"""Refused with EPERM: their numbers on x86_64 and on aarch64, -1 where there is none."""

_UNKNOWN: dict[str, tuple[int, int]] = {
    # Their arguments lie in memory, where a filter cannot look; callers fall back to the older calls.
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),  # grows without being resident memory of any process
}
"""Refused with ENOSYS, as on a kernel that does not have them."""

_SOCKET = (41, 198)
_SOCKETPAIR = (53, 199)
_SETPRIORITY = (141, 140)
_CLONE = (56, 220)
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET

_COLUMN = {"x86_64": 0, "aarch64": 1}
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # a third table of numbers on x86_64

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _THIRD_ARGUMENT_AT = 0, 4, 16, 32
_NEGATIVE = 0x80000000  # an int of 32 bits, from here on
_ALLOW, _KILL = 0x7FFF0000, 0x80000000

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def seccomp_fits() -> bool:
    """Whether the table knows this kind of processor."""
    return MACHINE in _COLUMN


def refuse_system_calls(*, socket_pairs: bool) -> None:
    """Installs the filter for this thread and whatever it starts; ``no_new_privs`` must have been set.

    ``socket_pairs`` says whether connected pairs of sockets may be made: what waits in them is memory that counts for
    no process, only for a control group. ``asyncio`` and ``multiprocessing.Pipe`` need them.
    """
    program = _program(socket_pairs=socket_pairs)
    filters = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(filters)))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(header))


def _program(*, socket_pairs: bool) -> list[bytes]:
    column = _COLUMN[MACHINE]
    return [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, _ARCHITECTURE[MACHINE], 1, 0),
        _step(_RETURN, _KILL),  # 32-bit calls have other numbers
        _step(_LOAD, _NUMBER_AT),
        *(_where(_AT_LEAST, _X32, _refusal(errno.ENOSYS)) if MACHINE == "x86_64" else ()),
        *_each(_UNKNOWN.values(), column, errno.ENOSYS),
        *_each(REFUSED.values(), column, errno.EPERM),
        *_where(_EQUAL, _SOCKET[column], _refusal(errno.ENETUNREACH)),
        *(() if socket_pairs else _where(_EQUAL, _SOCKETPAIR[column], _refusal(errno.EPERM))),
        _step(_EQUAL, _SETPRIORITY[column], 0, 4),
        _step(_LOAD, _THIRD_ARGUMENT_AT),
        *_where(_AT_LEAST, _NEGATIVE, _refusal(errno.EPERM)),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, _CLONE[column], 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        *_where(_ANY_BIT, _NEW_NAMESPACES, _refusal(errno.EPERM)),
        _step(_RETURN, _ALLOW),
    ]


def _each(numbers: Iterable[tuple[int, int]], column: int, refused_with: int) -> list[bytes]:
    steps = [_where(_EQUAL, pair[column], _refusal(refused_with)) for pair in numbers if pair[column] >= 0]
    return [step for pair in steps for step in pair]


def _where(test: int, value: int, then: int) -> list[bytes]:
    """Returns ``then`` where the test holds; goes on behind it where it does not."""
    return [_step(test, value, 0, 1), _step(_RETURN, then)]


def _refusal(number: int) -> int:
    return 0x00050000 | number


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
