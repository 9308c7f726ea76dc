"""The worker: ``python -m fairmark.sandbox.warm CONTROL`` with one end of a socket, over which orders come."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from fairmark.sandbox.walls.reach import reach_of
from fairmark.sandbox.warm.order import Ended, Order
from fairmark.sandbox.warm.warden import guard

_DESCRIPTORS = 4
_LONGEST_ORDER = 1 << 16


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens are waited for by nobody: each reports on its leash
    preload()
    gc.collect()
    gc.freeze()  # so that collecting in a child does not touch, and thus copy, what it shares with us
    control.send(b"warm")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _LONGEST_ORDER, _DESCRIPTORS)
        if not message:
            os._exit(0)  # the supervisor is gone, or has had enough of us; taking TensorFlow down costs a second
        serve(message, descriptors)


def preload() -> None:
    """Imports all that runs inside and what notebooks of the course import: what is in memory need not be read again,
    and the engine's own files cannot be read behind the wall."""
    # What notebooks of the course import.
    import matplotlib.backends.backend_agg
    import matplotlib.pyplot
    import PIL.Image
    import scipy.ndimage  # noqa: F401 - Keras's augmentation

    # What runs inside.
    import fairmark.data.dataset
    import fairmark.sandbox.inside.predict
    import fairmark.sandbox.inside.session  # noqa: F401 - for the fork

    PIL.Image.init()
    reach_of(Path("/"), [])  # what is installed is found out once, not by every fork
    assert matplotlib.pyplot is not None


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
