"""Processes behind the wall, forked from a warm worker."""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from fairmark.errors import InternalError
from fairmark.sandbox.child import Child, Ending, Files
from fairmark.sandbox.family import descendants
from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.pipes import Pipes
from fairmark.sandbox.walls.landlock import landlock_abi
from fairmark.sandbox.walls.layers import LAYERS, Confined, Layer, confined_by, probe_layers
from fairmark.sandbox.warm.order import Ended, Order, Ready
from fairmark.sandbox.worker import Worker

__all__ = ["ConfinedChild", "ConfinedProcess", "send_order"]

_READY_SECONDS = 60
_END_SECONDS = 60


class ConfinedProcess:
    """Forked from a warm worker and confined by every layer this machine has. Linux only.

    ``without`` names layers to leave out, ``worker`` is one to share; by default an own one is started.
    """

    def __init__(self, *, without: Iterable[Layer] = (), worker: Worker | None = None) -> None:
        self.layers = frozenset(probed.layer for probed in probe_layers() if probed.on) - frozenset(without)
        self.worker = worker or Worker()

    @property
    def isolation(self) -> tuple[str, ...]:
        named = [f"landlock (ABI {landlock_abi()})" if layer == "landlock" else layer for layer in self._ordered()]
        return (*named, "clean environment", "own folder", "watched limits")

    def _ordered(self) -> list[Layer]:
        return [layer for layer in LAYERS if layer in self.layers]

    @property
    def confines(self) -> frozenset[Confined]:
        return confined_by(self.layers)

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        pipes = Pipes()
        leash = send_order(self.worker, job, folder, limits, self.layers, pipes)
        return ConfinedChild(pipes, leash, folder, mounted="mounts" in self.layers)

    def close(self) -> None:
        """Ends the worker."""
        self.worker.close()


def send_order(
    worker: Worker, job: Job, folder: Path, limits: Limits, layers: frozenset[Layer], pipes: Pipes
) -> socket.socket:
    """Has ``worker`` begin a run; our end of its leash. Where that fails, ``pipes`` are closed."""
    order = Order(folder=folder, reads=job.reads, pictures_folder=job.pictures_folder, layers=layers, limits=limits)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with pipes.theirs(), theirs:
            worker.send(order, job, theirs.fileno(), pipes.channel_theirs, pipes.output_theirs)
    except BaseException:
        ours.close()
        raise
    return ours


class ConfinedChild:
    """A run on a leash: the warden at its other end says when it has ended, and ends it when we let go."""

    def __init__(self, pipes: Pipes, leash: socket.socket, folder: Path, *, mounted: bool) -> None:
        self.channel = pipes.channel
        self.output = pipes.output
        self._leash = leash
        self._ending: Ending | None = None
        leash.settimeout(_READY_SECONDS)
        message = b""
        try:
            message, descriptors, _, _ = socket.recv_fds(leash, 1 << 16, 1)
            self._warden = Ready.model_validate_json(message).warden
        except (OSError, ValidationError) as problem:
            os.close(self.channel)
            os.close(self.output)
            raise InternalError(f"the sandbox could not be set up: {_why(message, problem)}") from problem
        leash.setblocking(False)
        if mounted:
            self.files = Files(folder, descriptors[0])
        else:
            os.close(descriptors[0])
            self.files = Files(folder)

    def processes(self) -> list[int]:
        """The notebook's own; warden and init are ours."""
        return descendants(self._warden)[1:]

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
        return Ending(ended.status, ended.peak_memory_bytes, ended.cpu_seconds)

    def kill(self) -> None:
        try:
            if self._ending is None:
                self._leash.shutdown(socket.SHUT_WR)
                if not select.select([self._leash], [], [], _END_SECONDS)[0]:
                    raise InternalError("the sandbox's warden does not end its run")
                with contextlib.suppress(InternalError):
                    self._ending = self._hear()
        finally:
            self._leash.close()
            os.close(self.channel)
            os.close(self.output)


def _why(message: bytes, problem: Exception) -> str:
    try:
        return Ended.model_validate_json(message).problem or str(problem)
    except ValidationError:
        return str(problem)
