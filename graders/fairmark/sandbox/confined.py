"""Processes behind the wall, forked from a warm worker."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from fairmark.errors import InternalError, SandboxNotReady
from fairmark.sandbox.cgroup import MemoryGroup, memory_groups
from fairmark.sandbox.child import Child, Ending, Files
from fairmark.sandbox.jobfile import JobFile
from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.pipes import Pipes
from fairmark.sandbox.process_tree import descendants, stop_descendants
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.landlock import landlock_abi
from fairmark.sandbox.walls.layers import LAYERS, Confined, Layer, confined_by, probe_layers
from fairmark.sandbox.warm.order import Ended, Order, Ready
from fairmark.sandbox.worker import Worker

__all__ = ["ConfinedChild", "ConfinedProcess", "Handed", "order_for"]


_READY_SECONDS = 60
_END_SECONDS = 60


class ConfinedProcess:
    """Forked from a warm worker and confined by every layer this machine has. Linux only.

    ``without`` names layers to leave out, ``workers`` are some to share; for any other program one is started.
    ``may_be_root`` False has root build the wall as any other user would, ``grouped`` False makes no control groups.
    """

    def __init__(
        self,
        *,
        without: Iterable[Layer] = (),
        workers: Iterable[Worker] = (),
        may_be_root: bool = True,
        grouped: bool = True,
    ) -> None:
        self._may_be_root = may_be_root
        self._groups = memory_groups() if grouped else None
        self.layers = frozenset(probed.layer for probed in probe_layers() if probed.on) - frozenset(without)
        self._workers = {worker.program: worker for worker in workers}
        self._lock = threading.Lock()

    @property
    def isolation(self) -> tuple[str, ...]:
        ordered = (layer for layer in LAYERS if layer in self.layers)
        named = [f"landlock (ABI {landlock_abi()})" if layer == "landlock" else layer for layer in ordered]
        named += ["memory group"] if self._groups is not None else []
        return (*named, "clean environment", "own folder", "watched limits")

    @property
    def confines(self) -> frozenset[Confined]:
        return confined_by(self.layers)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Those that there are by now, one for each program."""
        with self._lock:
            return tuple(self._workers.values())

    def worker_for(self, program: Program) -> Worker:
        """The worker that forks runs of ``program``."""
        with self._lock:
            if program not in self._workers:
                self._workers[program] = Worker(program)
            return self._workers[program]

    def warm_up(self, program: Program) -> None:
        self.worker_for(program).warm_up()

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        group = MemoryGroup(self._groups, limits.memory_bytes) if self._groups is not None else None
        try:
            order = order_for(job, folder, limits, self.layers, may_be_root=self._may_be_root, group=group)
            handed = Handed(self.worker_for(job.program), order, job)
            mounted, together = "mounts" in self.layers, "processes" in self.layers
            return ConfinedChild(handed, folder, mounted=mounted, end_together=together, group=group)
        except BaseException as problem:
            if isinstance(problem, SandboxNotReady):
                self.worker_for(job.program).discard()  # it may hang; the next run gets another
            if group is not None:
                group.remove()
            raise

    def close(self) -> None:
        """Ends the workers."""
        for worker in self.workers:
            worker.close()


def order_for(
    job: Job,
    folder: Path,
    limits: Limits,
    layers: frozenset[Layer],
    *,
    may_be_root: bool = True,
    group: MemoryGroup | None = None,
) -> Order:
    """What a worker is told of a job: where, and behind which wall."""
    return Order(
        program=job.program,
        folder=folder,
        reads=job.reads,
        pictures_folder=job.pictures_folder,
        layers=layers,
        limits=limits,
        may_be_root=may_be_root,
        group=group.procs if group is not None else None,
    )


class Handed:
    """A job that ``worker`` has been handed, and our ends of what connects us with its run."""

    def __init__(self, worker: Worker, order: Order, job: Job) -> None:
        self.job = JobFile(job)
        self.leash, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pipes = Pipes()
            self.channel, self.output = pipes.channel, pipes.output
            with pipes.theirs(), theirs:
                worker.send(order, theirs.fileno(), pipes.channel_theirs, pipes.output_theirs, self.job.descriptor)
        except BaseException:
            self.leash.close()
            self.job.close()
            raise

    def close(self) -> None:
        """Closes all of them; closing the leash ends the run."""
        self.leash.close()
        os.close(self.channel)
        os.close(self.output)
        self.job.close()


class ConfinedChild:
    """A run on a leash: the warden at its other end says when it has ended, and ends it when we let go.

    ``mounted`` says that its folder is a file system of its own, ``end_together`` that its processes end with the first
    of them; where they do not, they are stopped before they are ended.
    """

    def __init__(
        self, handed: Handed, folder: Path, *, mounted: bool, end_together: bool, group: MemoryGroup | None = None
    ) -> None:
        self._group = group
        self._end_together = end_together
        self._handed = handed
        self.channel = handed.channel
        self.output = handed.output
        self._leash = leash = handed.leash
        self._ending: Ending | None = None
        leash.settimeout(_READY_SECONDS)
        message = b""
        try:
            message, descriptors, _, _ = socket.recv_fds(leash, 1 << 16, 1)
            self._warden = Ready.model_validate_json(message).warden
        except (OSError, ValidationError) as problem:
            handed.close()  # which ends whatever there is of it
            said = f"the sandbox could not be set up: {_why(message, problem)}"
            raise (InternalError if message else SandboxNotReady)(said) from problem
        leash.setblocking(False)
        if mounted:
            self.files = Files(folder, descriptors[0])
        else:
            os.close(descriptors[0])
            self.files = Files(folder)

    def processes(self) -> list[int]:
        """The notebook's own; warden and init are ours."""
        return descendants(self._warden)[1:]

    def reply(self, word: str) -> None:
        self._handed.job.reply(word)

    def ran_out(self) -> bool:
        return self._group is not None and self._group.ran_out()

    def ending(self) -> Ending | None:
        if self._ending is None:
            with contextlib.suppress(BlockingIOError):
                self._ending = self._hear()
        return self._ending

    def _hear(self) -> Ending:
        """Raises ``BlockingIOError`` where nothing has been said yet."""
        try:
            message = self._leash.recv(1 << 16)
            ended = Ended.model_validate_json(message)
        except BlockingIOError:
            raise
        except (OSError, ValidationError) as problem:  # the warden was killed, by whom we cannot know
            raise InternalError("the sandbox's warden ended without a word") from problem
        if ended.problem is not None:
            raise InternalError(f"the sandbox could not be set up: {ended.problem}")
        ran_out = os.WIFSIGNALED(ended.status) and self.ran_out()
        return Ending(ended.status, ended.peak_memory_bytes, ended.cpu_seconds, out_of_memory=ran_out)

    def kill(self) -> None:
        try:
            if self._ending is None:
                if not self._end_together:
                    stop_descendants(self._warden)
                self._leash.shutdown(socket.SHUT_WR)
                if not select.select([self._leash], [], [], _END_SECONDS)[0]:
                    raise InternalError("the sandbox's warden does not end its run")
                with contextlib.suppress(InternalError):
                    self._ending = self._hear()
        finally:
            self._handed.close()
            if self._group is not None:
                self._group.remove()


def _why(message: bytes, problem: Exception) -> str:
    if not message:
        return str(problem) if isinstance(problem, OSError) else "its worker ended"
    try:
        return Ended.model_validate_json(message).problem or str(problem)
    except ValidationError:
        return str(problem)
