"""The worker: ``python -m fairmark.sandbox.warm CONTROL PROGRAM`` with one end of a socket, over which orders come, and
a :class:`fairmark.sandbox.program.Program` as JSON."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.reach import reach_of
from fairmark.sandbox.warm.order import Ended, Order
from fairmark.sandbox.warm.warden import guard

_DESCRIPTORS = 4
_LONGEST_ORDER = 1 << 16


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens are waited for by nobody: each reports on its leash
    preload(Program.model_validate_json(sys.argv[2]))
    gc.collect()
    gc.freeze()  # so that collecting in a child does not touch, and thus copy, what it shares with us
    control.send(b"warm")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _LONGEST_ORDER, _DESCRIPTORS)
        if not message:
            os._exit(0)  # the supervisor is gone, or has had enough of us; taking a framework down costs a second
        serve(message, descriptors)


def preload(program: Program) -> None:
    """Imports all that runs inside and what notebooks import: what is in memory need not be read again, and the
    engine's own files cannot be read behind the wall."""
    import PIL.Image  # with what reads each kind of file

    for module in ("fairmark.data.dataset", *program.modules):
        importlib.import_module(module)
    PIL.Image.init()
    reach_of(Path("/"), [])  # what is installed is found out once, not by every fork


def serve(message: bytes, descriptors: Sequence[int]) -> None:
    """Forks a warden for one order."""
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - names only
    if threads != 1:
        problem = f"the worker has {threads} threads; a fork would inherit their locks but not them"
        os.write(descriptors[0], Ended(problem=problem).model_dump_json().encode())
        raise RuntimeError(problem)
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        guard(Order.model_validate_json(message), *descriptors)
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    main()
