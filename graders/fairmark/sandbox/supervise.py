"""Watches one process from outside: takes its events, stamps them, measures it, and ends it where a limit is reached.

The supervisor believes nothing but its own clock and the kernel. It is a plain loop over two pipes: events on one,
printed text on the other.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
from pydantic import ValidationError

from fairmark.evidence import EVENT, CellFinished, CellStarted, Event, RunFinished, RunOutcome, Stamped
from fairmark.sandbox.launch import Child
from fairmark.sandbox.limits import MIB, Limits

__all__ = ["Observed", "supervise"]

_LOOK_EVERY_SECONDS = 0.2
_PRINTED_KEPT = 64 * 1024


@dataclass
class Observed:
    """What was seen of a process that has ended. ``printed`` is by cell; ``reason`` is for people."""

    outcome: RunOutcome = "crashed"
    reason: str | None = None
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    events: list[Stamped] = field(default_factory=list)
    printed: dict[int, str] = field(default_factory=dict)


class _Stop(Exception):
    """A limit was reached, or nothing more is wanted."""

    def __init__(self, outcome: RunOutcome, reason: str | None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


def supervise(child: Child, limits: Limits, on_event: Callable[[Stamped], object] | None = None) -> Observed:
    """Follows ``child`` to its end, which this function brings about where need be; nothing of it is left running.

    ``on_event`` is told of every event as it comes; returning True from it ends the process, in good order.
    """
    watch = _Watch(child, limits, on_event)
    try:
        watch.follow()
    except _Stop as stop:
        watch.seen.outcome, watch.seen.reason = stop.outcome, stop.reason
    finally:
        watch.end()
    return watch.seen


class _Watch:
    def __init__(self, child: Child, limits: Limits, on_event: Callable[[Stamped], object] | None) -> None:
        self.seen = Observed()
        self._child = child
        self._limits = limits
        self._on_event = on_event
        self._began = time.monotonic()
        self._cell = 0
        self._cell_began = self._began
        self._pending = bytearray()
        self._channel_bytes = 0
        self._output_bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a sign may come in two reads
        self._status: int | None = None

    # --- the loop ---

    def follow(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.channel, selectors.EVENT_READ, self._take_events)
            selector.register(self._child.output, selectors.EVENT_READ, self._take_output)
            next_look = 0.0
            while selector.get_map():
                for key, _ in selector.select(timeout=_LOOK_EVERY_SECONDS):
                    if not key.data():
                        selector.unregister(key.fd)
                now = time.monotonic()
                if now >= next_look:
                    next_look = now + _LOOK_EVERY_SECONDS
                    self._look(now)
                    if self._gone():
                        # A daemon it left behind may hold the pipes open for ever; what was written is read, no more.
                        self._take_output()
                        self._take_events()
                        break
        self._conclude()

    def _conclude(self) -> None:
        while not self._gone():  # both pipes are closed but it lives on
            self._look(time.monotonic())
            time.sleep(0.02)
        raise _Stop("crashed", f"the notebook's process ended early: {_how(self._status)}")

    # --- what comes out ---

    def _take_events(self) -> bool:
        """Reads what is there; False at the end of the pipe."""
        # Text printed before an event belongs to the cell before it, so what is waiting there is taken first.
        self._take_output()
        data = _read(self._child.channel)
        if data is None:
            return True
        self._channel_bytes += len(data)
        if self._channel_bytes > self._limits.channel_bytes:
            raise _Stop("output_limit", f"more than {self._limits.channel_bytes // MIB} MiB on the evidence channel")
        self._pending += data
        *lines, rest = self._pending.split(b"\n")
        self._pending = bytearray(rest)
        if max(map(len, (*lines, rest))) > self._limits.line_bytes:
            raise _Stop("crashed", "the evidence channel was filled with something that is not an event")
        for line in lines:
            self._event(bytes(line))
        return bool(data)

    def _event(self, line: bytes) -> None:
        try:
            event: Event = EVENT.validate_json(line)
        except (ValidationError, ValueError) as problem:
            raise _Stop("crashed", "the evidence channel carried something that is not an event") from problem
        if isinstance(event, CellStarted):
            self._cell, self._cell_began = event.cell, time.monotonic()
        elif isinstance(event, CellFinished):
            self._cell_began = time.monotonic()
        stamped = Stamped(at_seconds=round(time.monotonic() - self._began, 3), event=event)
        self.seen.events.append(stamped)
        enough = self._on_event is not None and self._on_event(stamped) is True
        if enough or isinstance(event, RunFinished):
            # Nothing is waited for after the last event: taking TensorFlow down in good order costs a second.
            raise _Stop("completed", None)

    def _take_output(self) -> bool:
        data = _read(self._child.output)
        if data is None:
            return True
        self._output_bytes += len(data)
        if self._output_bytes > self._limits.output_bytes:
            raise _Stop("output_limit", f"the notebook printed more than {self._limits.output_bytes // MIB} MiB")
        kept = self.seen.printed.get(self._cell, "")
        text = self._decoder.decode(data)
        if text and len(kept) < _PRINTED_KEPT:
            self.seen.printed[self._cell] = (kept + text)[:_PRINTED_KEPT]
        return bool(data)

    # --- limits ---

    def _look(self, now: float) -> None:
        resident = _resident_bytes(self._child.pid)
        self.seen.peak_memory_bytes = max(self.seen.peak_memory_bytes, resident)
        limits = self._limits
        if resident > limits.memory_bytes:
            raise _Stop("out_of_memory", f"more than {limits.memory_bytes / (1024 * MIB):.1f} GiB of memory")
        if now - self._began > limits.run_seconds:
            raise _Stop("timeout", f"the notebook ran longer than {limits.run_seconds:.0f} seconds")
        if self._cell and now - self._cell_began > limits.cell_seconds:
            raise _Stop("timeout", f"one cell ran longer than {limits.cell_seconds:.0f} seconds")

    # --- the end ---

    def _gone(self) -> bool:
        """Whether the process itself has ended; its exit status is collected once."""
        if self._status is None:
            pid, status, usage = os.wait4(self._child.pid, os.WNOHANG)
            if pid == 0:
                return False
            self._status = status
            self.seen.peak_memory_bytes = max(self.seen.peak_memory_bytes, usage.ru_maxrss * 1024)
        return True

    def end(self) -> None:
        """Kills whatever is left of it and collects it."""
        for victim in _family(self._child):
            with contextlib.suppress(psutil.Error):
                victim.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        if self._status is None:
            os.waitpid(self._child.pid, 0)
        os.close(self._child.channel)
        os.close(self._child.output)
        self.seen.wall_seconds = round(time.monotonic() - self._began, 3)


def _read(descriptor: int) -> bytes | None:
    """What is waiting; None where nothing is, b"" at the end."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return None


def _family(child: Child) -> list[psutil.Process]:
    """Descendants of the process, and children whose parent is gone: what else is in its session, and daemons, which
    have left that too but not their environment."""
    try:
        leader = psutil.Process(child.pid)
        family = {process.pid: process for process in leader.children(recursive=True)}
    except psutil.Error:
        family = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            in_session = os.getsid(process.pid) == child.pid
            if in_session or (child.home is not None and process.environ().get("HOME") == child.home):
                family[process.pid] = process
    return list(family.values())


def _resident_bytes(pid: int) -> int:
    total = 0
    try:
        leader = psutil.Process(pid)
        for process in [leader, *leader.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    except psutil.Error:
        return total
    return total


def _how(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "for a reason unknown"
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"
