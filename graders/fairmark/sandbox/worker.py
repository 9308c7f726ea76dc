"""Our side of warm start: a worker process, kept as long as it is sound."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from fairmark.errors import InternalError
from fairmark.sandbox.environment import starting_environment
from fairmark.sandbox.process_tree import resident_bytes
from fairmark.sandbox.program import Program
from fairmark.sandbox.temporary_directories import shelf
from fairmark.sandbox.warm.order import Order

__all__ = ["Worker", "font_cache"]

_RUNS = 500
"""Runs that one worker process is forked for; the next one is a new process."""

_GROWTH = 1.5
"""A worker whose memory has grown to this multiple of what it had at first is replaced."""

_START_SECONDS = 300
"""The longest that importing a framework may take."""


class Worker:
    """A process that has imported what ``program`` needs and forks a run whenever it is asked, by any thread.

    It is started when it is first needed or by :meth:`warm_up`, replaced when it has served long enough, and ends when
    this process does, however that ends: then its socket is closed. ``runs`` is how many one process serves;
    ``wrapped_in`` is a command that runs the command behind it. ``deaths`` counts processes that ended before
    their time.
    """

    def __init__(self, program: Program, *, runs: int = _RUNS, wrapped_in: tuple[str, ...] = ()) -> None:
        self.program = program
        self._most_runs = runs
        self._wrapped_in = wrapped_in
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._runs = 0
        self.deaths = 0
        self._memory_at_first = 0
        self._is_warm = False

    @property
    def pid(self) -> int | None:
        """Of the process that would serve the next order; None where there is none yet."""
        return self._process.pid if self._process is not None else None

    def warm_up(self) -> None:
        """Starts the process, without waiting until it is ready."""
        with self._lock:
            self._ensure()

    def send(self, order: Order, leash: int, channel: int, output: int, job: int) -> None:
        """Has the order carried out. The descriptors remain the caller's to close.

        Raises :class:`InternalError` where no worker can be had.
        """
        for attempt in (1, 2):
            with self._lock:
                control = self._ensure()
                try:
                    self._wait_until_warm(control)
                    socket.send_fds(control, [order.model_dump_json().encode()], [leash, channel, output, job])
                except OSError as problem:
                    self.deaths += 1
                    why = self._end()
                    if attempt == 2:
                        raise InternalError(f"the sandbox's worker ended: {why or problem}") from problem
                else:
                    self._runs += 1
                    return

    def discard(self) -> None:
        """Ends the process, though it may not have served its time; the next order is for a new one."""
        with self._lock:
            self._end()

    def close(self) -> None:
        """Ends the process. Runs that are under way go on, and may be followed to their end."""
        with self._lock:
            if not self._said.closed:
                self._end()
                self._said.close()

    # --- one process after another; the lock is held ---

    def _ensure(self) -> socket.socket:
        if self._control is not None and self._has_served_its_time():
            self._end()
        if self._control is None:
            self._start()
        assert self._control is not None
        return self._control

    def _has_served_its_time(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            self.deaths += self._process is not None
            return True
        if self._runs == 0 or not self._is_warm:
            return False
        grown = resident_bytes([self._process.pid], enough=0) > _GROWTH * self._memory_at_first
        return self._runs >= self._most_runs or grown

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said.seek(0)
        self._said.truncate()
        with theirs:
            said = (str(theirs.fileno()), self.program.model_dump_json())
            self._process = subprocess.Popen(
                [*self._wrapped_in, sys.executable, "-P", "-m", "fairmark.sandbox.warm", *said],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                cwd="/",
                env=_environment(self.program),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.settimeout(_START_SECONDS)
        self._control, self._runs, self._is_warm = ours, 0, False

    def _wait_until_warm(self, control: socket.socket) -> None:
        if self._is_warm:
            return
        if control.recv(16) != b"warm":
            raise ConnectionResetError("it ended before it was ready")
        assert self._process is not None
        self._memory_at_first = resident_bytes([self._process.pid], enough=0)
        self._is_warm = True

    def _end(self) -> str:
        """Lets the process go; what it said last."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
            self._process.kill()
            self._process.wait()
        self._control = self._process = None
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else ""


def _environment(program: Program) -> dict[str, str]:
    return {**starting_environment(program), "HOME": "/", "MPLCONFIGDIR": str(font_cache())}


def font_cache() -> Path:
    """Where workers keep Matplotlib's list of fonts, which takes seconds to make: a place whose path, which runs can
    see, says nothing of whose it is. Where somebody else has taken it, one for this process only."""
    folder = Path(tempfile.gettempdir(), f"fairmark-fonts-{os.getuid()}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
        return folder
    own = shelf() / "fonts"
    own.mkdir(exist_ok=True)
    return own
