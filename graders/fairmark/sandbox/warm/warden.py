"""One run, from the worker's fork to its end: see :mod:`fairmark.sandbox.walls.confine` for the three processes.

None of these functions returns: each ends its process.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import NoReturn

from fairmark.sandbox.environment import clean_environment
from fairmark.sandbox.inside.__main__ import begin
from fairmark.sandbox.walls import kernel
from fairmark.sandbox.walls.confine import Wall
from fairmark.sandbox.walls.namespaces import has_system_rights
from fairmark.sandbox.walls.reach import reach_of
from fairmark.sandbox.warm.order import Ended, Order, Ready

__all__ = ["guard"]


def guard(order: Order, leash: int, channel: int, output: int, job: int) -> NoReturn:
    """The warden. It lives outside the wall, ends the run when the other end of the leash is closed, and says on it how
    the run ended."""
    _end_with(lambda: _guard(order, leash, channel, output, job), leash)


def _guard(order: Order, leash: int, channel: int, output: int, job: int) -> None:
    os.setsid()
    kernel.close_all_but({leash, channel, output, job})
    kernel.reap_orphans()
    if order.group is not None:
        order.group.write_text("0", encoding="ascii")
    wall = Wall(
        layers=order.layers,
        reach=reach_of(order.folder, order.reads),
        limits=order.limits,
        as_root=order.may_be_root and has_system_rights(),
        grouped=order.group is not None,
    )
    owner, warden = wall.owner(), os.getpid()
    # Opened now: a private root becomes that of its whole mount namespace, and its /proc may not show us.
    children = os.open(f"/proc/self/task/{warden}/children", os.O_RDONLY | os.O_CLOEXEC)
    wall.leave_namespaces()
    told, tell = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(told)
        os.close(children)
        _end_with(lambda: _init(wall, owner, warden, order, (leash, channel, output, job, tell)), tell)
    for descriptor in (tell, channel, output, job):
        os.close(descriptor)
    _wait(init, leash)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read()
    _end_everything(children)
    ended = Ended.model_validate_json(said) if said else Ended(status=signal.SIGKILL)
    _say(leash, ended.model_copy(update=_used()))


def _used() -> dict[str, float]:
    """By this process and all that have ended below it. The kernel counts nothing for what is killed with a PID
    namespace, so this is whole only where the run has left by itself: at its last event."""
    own, below = (resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu_seconds = sum(one.ru_utime + one.ru_stime for one in (own, below))
    return {"peak_memory_bytes": below.ru_maxrss * 1024, "cpu_seconds": cpu_seconds}


def _wait(init: int, leash: int) -> None:
    """Until ``init`` has ended, which is brought about when the leash is let go."""
    ended = os.pidfd_open(init)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(leash, select.POLLIN | select.POLLHUP)
    while not any(descriptor == ended for descriptor, _ in poll.poll()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(init, signal.SIGKILL)
        poll.unregister(leash)
    os.close(ended)


def _end_everything(children: int) -> None:
    """Kills and collects whatever is left: without a PID namespace, orphans have become children of ours, of which
    ``children`` is the kernel's list."""
    while True:
        for pid in os.pread(children, 1 << 16, 0).split():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(pid), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _init(
    wall: Wall, owner: tuple[int, int], warden: int, order: Order, descriptors: tuple[int, int, int, int, int]
) -> None:
    """First process of the PID namespace, where there is one: it collects orphans, and all others end with it."""
    leash, channel, output, job, tell = descriptors
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run may send it, where only Landlock would keep it from it
    kernel.reap_orphans()
    wall.close_in(owner)
    kernel.die_with_parent()
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with socket.socket(fileno=os.dup(leash)) as line:
        socket.send_fds(line, [Ready(warden=warden).model_dump_json().encode()], [folder])
    os.close(folder)
    os.close(leash)
    run = os.fork()
    if run == 0:
        os.close(tell)
        _end_with(lambda: _run(wall, order, channel, output, job), None)
    kernel.show_own_memory(False)
    for descriptor in (channel, output, job):
        os.close(descriptor)
    os.write(tell, Ended(status=_collect_until(run)).model_dump_json().encode())


def _collect_until(run: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == run:
            return status


def _run(wall: Wall, order: Order, channel: int, output: int, job: int) -> None:
    """The process inside."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    kernel.die_with_parent()
    kernel.close_all_but({channel, output, job})
    os.environ.clear()
    os.environ.update(clean_environment(order.program, wall.reach.folder, order.pictures_folder))
    tempfile.tempdir = None  # the worker's own was found out, and kept, while it imported
    wall.lock()
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    begin(job, channel)


def _end_with(work: Callable[[], None], teller: int | None) -> NoReturn:
    """Does the work, and leaves as a forked process must: without the exit handlers it has inherited. What goes wrong
    is said to ``teller``, or printed."""
    status = 0
    try:
        work()
    except BaseException as problem:
        status = 1
        if teller is None:
            traceback.print_exc()
        else:
            ended = Ended(problem=f"{type(problem).__name__}: {problem}")
            with contextlib.suppress(OSError):
                os.write(teller, ended.model_dump_json().encode())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(status)


def _say(leash: int, message: Ended) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(leash, message.model_dump_json().encode())
