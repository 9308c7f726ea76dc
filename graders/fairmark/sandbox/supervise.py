"""Watches one process from outside: takes its events, stamps them, measures it, and ends it where a limit is reached.

The supervisor believes nothing but its own clock and the kernel. It is a plain loop over two pipes: events on one,
printed text on the other.
"""

from __future__ import annotations

import codecs
import math
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from pydantic import ValidationError

from fairmark.errors import ControlFlow, Interrupted
from fairmark.evidence import (
    EVENT,
    CellFinished,
    CellStarted,
    EpochEnded,
    Event,
    FitFinished,
    FitStarted,
    ModelExported,
    RunFinished,
    RunOutcome,
    Stamped,
)
from fairmark.sandbox.child import Child, Ending
from fairmark.sandbox.limits import GIB, MIB, Limits
from fairmark.sandbox.message_authentication import Seal, Unsealed
from fairmark.sandbox.process_tree import CpuTimes, resident_bytes

__all__ = ["Observed", "interrupted_runs", "supervise"]

_LOOK_EVERY_SECONDS = 0.2
_COUNT_FILES_EVERY_SECONDS = 2.0
"""Where they lie on a disk, and have to be counted one by one."""
_PRINTED_KEPT = 64 * 1024
_TIMED = (FitStarted, EpochEnded, FitFinished)
"""Events at which processor time is looked at: a training is held against it."""
_TIME_AGAIN_SECONDS = 0.02
"""Not more often than this, however many events come: a look takes about a millisecond."""


@dataclass
class Observed:
    """What was seen of a process that has ended. ``printed`` is by cell; ``reason`` is for people;
    ``unsealed`` counts lines on the evidence channel that the recorder did not write."""

    outcome: RunOutcome = "crashed"
    reason: str | None = None
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    events: list[Stamped] = field(default_factory=list)
    printed: dict[int, str] = field(default_factory=dict)
    unsealed: int = 0


class _Stop(ControlFlow):
    """A limit was reached, or nothing more is wanted."""

    def __init__(self, outcome: RunOutcome, reason: str | None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


_INTERRUPTED = threading.Event()


@contextmanager
def interrupted_runs() -> Iterator[None]:
    """Meanwhile every run of this process is ended, those that begin now too: each raises
    :class:`fairmark.errors.Interrupted` where it is supervised."""
    _INTERRUPTED.set()
    try:
        yield
    finally:
        _INTERRUPTED.clear()


def supervise(child: Child, seal: str, limits: Limits, on_event: Callable[[Stamped], object] | None = None) -> Observed:
    """Follows ``child`` to its end, which this function brings about where need be; nothing of it is left running.
    Raises :class:`fairmark.errors.Interrupted` within :func:`interrupted_runs`.

    ``seal`` is its job's. ``on_event`` is told of every event as it comes; returning True from it ends the process, in
    good order, and a text is said to the process as a reply. The time it takes is not the process's.
    """
    watch = _Watch(child, Seal(seal), limits, on_event)
    try:
        watch.follow()
    except _Stop as stop:
        watch.seen.outcome, watch.seen.reason = stop.outcome, stop.reason
    finally:
        watch.end()
    return watch.seen


class _Watch:
    def __init__(self, child: Child, seal: Seal, limits: Limits, on_event: Callable[[Stamped], object] | None) -> None:
        self.seen = Observed()
        self._child = child
        self._seal = seal
        self._limits = limits
        self._on_event = on_event
        self._began = time.monotonic()
        self._cell = 0
        self._cell_began = self._began
        self._pending = bytearray()
        self._channel_bytes = 0
        self._lines = 0
        self._has_said_goodbye = False
        self._cpu = CpuTimes()
        self._cpu_seconds, self._cpu_looked_at = 0.0, -math.inf
        self._output_bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a sign may come in two reads
        self._ending: Ending | None = None
        self._next_count = 0.0

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
        assert self._ending is not None
        if self._ending.out_of_memory:
            raise _Stop("out_of_memory", _too_much_memory(self._limits))
        raise _Stop("crashed", f"the notebook's process ended early: {_how(self._ending.status)}")

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
        self._lines += len(lines)
        if self._lines > self._limits.channel_lines:
            raise _Stop("output_limit", f"more than {self._limits.channel_lines:,} lines on the evidence channel")
        for line in lines:
            self._event(bytes(line))
        return bool(data)

    def _event(self, line: bytes) -> None:
        try:
            event: Event = EVENT.validate_json(self._seal.open(line))
        except Unsealed:
            self.seen.unsealed += 1
            return
        except (ValidationError, ValueError) as problem:
            raise _Stop("crashed", "the evidence channel carried something that is not an event") from problem
        if isinstance(event, CellStarted):
            self._cell, self._cell_began = event.cell, time.monotonic()
        elif isinstance(event, CellFinished):
            self._cell_began = time.monotonic()
        cpu = self._processor_time() if isinstance(event, _TIMED) else None
        stamped = Stamped(at_seconds=round(time.monotonic() - self._began, 3), event=event, cpu_seconds=cpu)
        self.seen.events.append(stamped)
        self._has_said_goodbye = isinstance(event, RunFinished)
        if self._told(stamped) or isinstance(event, RunFinished):
            raise _Stop("completed", None)

    def _processor_time(self) -> float:
        """All that the process and what it started have used, in seconds."""
        now = time.monotonic()
        if now - self._cpu_looked_at >= _TIME_AGAIN_SECONDS:
            self._cpu_looked_at = now
            self._cpu_seconds = round(self._cpu.seconds(self._child.processes()), 3)
        return self._cpu_seconds

    def _told(self, stamped: Stamped) -> bool:
        """Whether whoever is told of events has seen enough."""
        if self._on_event is None:
            return False
        began = time.monotonic()
        with self._looked_after(stamped.event):
            answer = self._on_event(stamped)
        taken = time.monotonic() - began
        self._began += taken
        self._cell_began += taken
        if isinstance(answer, str):
            self._child.reply(answer)
        return answer is True

    @contextmanager
    def _looked_after(self, event: Event) -> Iterator[None]:
        """A model in mid-training is looked at for seconds. The run should wait meanwhile, and need not: a thread sees
        to its limits, its time aside, which ends what has reached one."""
        if not isinstance(event, ModelExported) or event.moment != "epoch":
            yield
            return
        done, reached = threading.Event(), list[_Stop]()

        def look() -> None:
            while not done.wait(_LOOK_EVERY_SECONDS):
                try:
                    self._look_at_use(time.monotonic())
                except _Stop as stop:
                    reached.append(stop)
                    self._kill_for_now()

        thread = threading.Thread(target=look, name="limits", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        if reached:
            raise reached[0]

    def _kill_for_now(self) -> None:
        """What there is of it; whatever is left is ended at the end."""
        for pid in self._child.processes():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

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
        if _INTERRUPTED.is_set():
            raise Interrupted("the run was interrupted")
        limits = self._limits
        if now - self._began > limits.run_seconds:
            raise _Stop("timeout", f"the notebook ran longer than {limits.run_seconds:.0f} seconds")
        if self._cell and now - self._cell_began > limits.cell_seconds:
            raise _Stop("timeout", f"one cell ran longer than {limits.cell_seconds:.0f} seconds")
        self._look_at_use(now)

    def _look_at_use(self, now: float) -> None:
        limits, processes = self._limits, self._child.processes()
        if len(processes) > limits.processes:
            raise _Stop("crashed", f"the notebook had more than {limits.processes} processes at once")
        if self._cpu.seconds(processes) > limits.cpu_seconds:
            raise _Stop("timeout", f"the notebook used more than {limits.cpu_seconds:.0f} seconds of processor time")
        self._look_at_memory(processes, self._look_at_files(now))

    def _look_at_files(self, now: float) -> int:
        """The bytes among them that take memory."""
        files, limits = self._child.files, self._limits
        if not files.in_memory and now < self._next_count:
            return 0
        self._next_count = now + _COUNT_FILES_EVERY_SECONDS
        written, count = files.usage()
        # A file system of the run's own is full a little before the last byte.
        if written > 0.98 * limits.written_bytes:
            raise _Stop("output_limit", f"the notebook wrote more than {_gib(limits.written_bytes)} into files")
        if count > limits.files:
            raise _Stop("output_limit", f"the notebook made more than {limits.files} files")
        return written if files.in_memory else 0

    def _look_at_memory(self, processes: list[int], in_files: int) -> None:
        limit = self._limits.memory_bytes
        used = resident_bytes(processes, enough=limit - in_files) + in_files
        self.seen.peak_memory_bytes = max(self.seen.peak_memory_bytes, used)
        if used > limit or self._child.ran_out():
            raise _Stop("out_of_memory", _too_much_memory(self._limits))

    # --- the end ---

    def _gone(self) -> bool:
        """Whether the process itself has ended."""
        if self._ending is None:
            self._ending = self._child.ending()
        return self._ending is not None

    def _let_it_leave(self) -> None:
        """A process that has sent its last event leaves at once, and what it used is counted then; one that does not is
        killed as any other."""
        latest = time.monotonic() + _GOODBYE_SECONDS
        while self._child.ending() is None and time.monotonic() < latest:
            time.sleep(0.005)

    def end(self) -> None:
        """Ends whatever is left of it."""
        if self._has_said_goodbye:
            self._let_it_leave()
        self._child.kill()
        ending = self._child.ending()
        if ending is not None:
            self.seen.peak_memory_bytes = max(self.seen.peak_memory_bytes, ending.peak_memory_bytes)
        self.seen.wall_seconds = round(time.monotonic() - self._began, 3)


_GOODBYE_SECONDS = 0.3


def _too_much_memory(limits: Limits) -> str:
    return f"more than {limits.memory_bytes / GIB:.1f} GiB of memory"


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"


def _read(descriptor: int) -> bytes | None:
    """What is waiting; None where nothing is, b"" at the end."""
    try:
        return os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return None


def _how(status: int) -> str:
    """An exit status in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        known = number in {known.value for known in signal.Signals}  # the real-time ones have no names
        return f"killed by {signal.Signals(number).name if known else f'signal {number}'}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"
