"""The filter of system calls alone: what it refuses, and that what notebooks use still works."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from apart import answers

from fairmark.sandbox.walls.kernel import MACHINE
from fairmark.sandbox.walls.seccomp import REFUSED, seccomp_fits

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not seccomp_fits(), reason="no filter for this machine")

COLUMN = 0 if MACHINE == "x86_64" else 1
CLONE = (56, 220)[COLUMN]
UNKNOWN = {"clone3": 435, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427} | {
    "memfd_create": (319, 279)[COLUMN]
}

BEHIND = """
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.seccomp import refuse_system_calls
kernel.forbid_new_privileges()
refuse_system_calls(socket_pairs=True)
assert "Seccomp:\\t2" in open("/proc/self/status").read()  # else some of what follows would do harm
"""


def test_each_call_of_the_list_is_refused() -> None:
    calls = {name: pair[COLUMN] for name, pair in REFUSED.items() if pair[COLUMN] >= 0}
    told = answers(BEHIND, {name: f"call({number}, -1, -1, -1, -1)" for name, number in calls.items()})
    assert told == dict.fromkeys(calls, "EPERM")


def test_calls_whose_arguments_it_cannot_see_seem_not_to_be_there() -> None:
    told = answers(BEHIND, {name: f"call({number}, -1, -1, -1)" for name, number in UNKNOWN.items()})
    assert told == dict.fromkeys(UNKNOWN, "ENOSYS")


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"])
def test_there_are_no_sockets_of_any_kind(family: str) -> None:
    kinds = ("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW")
    told = answers(BEHIND, {kind: f"socket.socket(socket.{family}, socket.{kind})" for kind in kinds})
    assert told == dict.fromkeys(kinds, "ENETUNREACH")


@pytest.mark.parametrize(
    "flag", [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000], ids=hex
)
def test_a_clone_leaves_no_namespace(flag: int) -> None:
    sigchld = 17
    assert answers(BEHIND, {"clone": f"call({CLONE}, {flag | sigchld}, 0, 0, 0, 0)"}) == {"clone": "EPERM"}


def test_nobody_gets_a_turn_before_others() -> None:
    """Whoever may, as root may here."""
    wanted = {
        "first in, first out": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
        "by turns": "os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))",
        "nice": "os.nice(-40)",
        "a group": "os.setpriority(os.PRIO_PGRP, 0, -1)",
        "a user": "os.setpriority(os.PRIO_USER, 0, -20)",
    }
    assert answers(BEHIND, wanted) == dict.fromkeys(wanted, "EPERM")


def test_what_notebooks_use_still_works() -> None:
    used = {
        "threads": "import threading; one = threading.Thread(target=int); one.start(); one.join()",
        "processes": "subprocess.run(['true'], check=True)",
        "forks": "os.waitpid(os.fork() or os._exit(0), 0)",
        "pipes": "os.pipe()",
        "pairs of sockets": "[one.close() for one in socket.socketpair()]",
        "events": "import asyncio; asyncio.run(asyncio.sleep(0))",
        "memory": "import mmap; mmap.mmap(-1, 4096)",
        "turns behind others": "os.nice(1); os.setpriority(os.PRIO_PROCESS, 0, 19)",
        "all processors": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
        "clocks": "import time; time.monotonic(); time.sleep(0.001)",
        "random numbers": "os.urandom(8)",
        "its own signals": "signal.signal(signal.SIGUSR1, signal.SIG_IGN); os.kill(os.getpid(), signal.SIGUSR1)",
    }
    told = answers(BEHIND, used)
    assert told == dict.fromkeys(used, "done")


def test_what_it_starts_is_refused_as_well() -> None:
    child = (
        "subprocess.run([sys.executable, '-I', '-S', '-c', 'import socket; socket.socket()'], check=True, stderr=-3)"
    )
    assert answers(BEHIND, {"child": child})["child"].startswith("CalledProcessError")


def test_pairs_of_sockets_are_refused_where_what_waits_in_them_is_not_counted() -> None:
    before = BEHIND.replace("socket_pairs=True", "socket_pairs=False")
    questions = {
        "pair": "socket.socketpair()",
        "pipe": "os.pipe()",
        "pool": "import multiprocessing.pool as p; p.ThreadPool(1)",
    }
    assert answers(before, questions) == {"pair": "EPERM", "pipe": "done", "pool": "done"}


HEADERS = [
    (0, Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")),
    (1, Path("/usr/include/asm-generic/unistd.h")),
]


@pytest.mark.parametrize(("column", "header"), HEADERS, ids=["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernels_headers(column: int, header: Path) -> None:
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    told = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    ours = {name: pair[column] for name, pair in REFUSED.items() if name in told}
    assert ours == {name: int(told[name]) for name in ours}
    assert len(ours) > 40
    missing = {name for name, pair in REFUSED.items() if pair[column] >= 0} - told.keys()
    assert missing <= {"memfd_secret", "quotactl_fd"}  # newer than some headers
