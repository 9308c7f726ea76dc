"""The workers of a cluster as they come and go, and how many runs they take at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from fairmark.classroom.remote_worker import Batch, WorkerSeen
from fairmark.errors import Interrupted, MachineError

__all__ = ["LOOK_EVERY_SECONDS", "MEMORY", "Slots", "Workers"]

LOOK_EVERY_SECONDS = 1.0
GPU, MEMORY = "GPU", "MEMORY"
"""Dask's resources that are asked for where a worker declares them: graphics cards, and bytes."""


class Workers:
    """Those of the cluster that ``client`` is connected with, as a context manager. ``look`` is done on each that is
    new, before it is given anything.

    Entering it raises :class:`fairmark.errors.MachineError` where a worker must not be used; one that comes later and
    must not be used is left alone.
    """

    def __init__(self, client: Any, look: Callable[..., object], batch: Batch) -> None:  # noqa: ANN401 - Dask's
        self._client = client
        self._look = look
        self._batch = batch
        self._seen: dict[str, WorkerSeen] = {}
        self._there: list[str] = []
        self._is_lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="fairmark-workers", daemon=True)

    def __enter__(self) -> Self:
        self._look_around()
        refusing = [seen for seen in self._seen.values() if seen.problem is not None]
        if refusing:
            raise _refused(refusing[0])
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def usable(self) -> dict[str, WorkerSeen]:
        """Those that may be given submissions, by address.

        Raises :class:`fairmark.errors.MachineError` where the scheduler is lost, or all there are must not be used.
        """
        if self._is_lost:
            raise self.lost()
        there = {address: self._seen[address] for address in self._there}
        usable = {address: seen for address, seen in there.items() if seen.problem is None}
        if there and not usable:
            raise _refused(next(iter(there.values())))
        return usable

    def wait_for_one(self, stopped: Callable[[], bool]) -> None:
        """Returns as soon as there is one that may be used.

        Raises what :meth:`usable` raises, and :class:`fairmark.errors.Interrupted` once ``stopped`` says so.
        """
        while not self.usable():
            if stopped() or self._ended.wait(LOOK_EVERY_SECONDS):
                raise Interrupted("the batch was interrupted")

    def declare(self, name: str) -> bool:
        """Whether any of them says that it has this resource."""
        return any(seen.resources.get(name) for seen in self.usable().values())

    def able(self, needed_bytes: float) -> tuple[set[str], dict[str, float]]:
        """Those that a run is to be given to, and what it is to ask of them: a card and memory, where any of them
        declare that they have such; what is more than any has runs where there is most.

        Raises what :meth:`usable` raises.
        """
        able, asked = self.usable(), dict[str, float]()
        for name, needed in ((GPU, 1.0), (MEMORY, needed_bytes)):
            if most := max((seen.resources.get(name, 0.0) for seen in able.values()), default=0.0):
                asked[name] = min(needed, most)
                able = {one: seen for one, seen in able.items() if seen.resources.get(name, 0.0) >= asked[name]}
        return set(able), asked

    def slots(self) -> int:
        """Runs that those take at once that may be given any. Raises what :meth:`usable` raises."""
        seen = self.usable().values()
        cards = sum(min(one.slots, int(one.resources.get(GPU, 0))) for one in seen)
        return cards or sum(one.slots for one in seen)

    def lost(self) -> MachineError:
        """What is to be said when the scheduler does not answer any more."""
        return MachineError(
            "The connection with the Dask scheduler is lost.",
            remedy="Run the same command again: it goes on where this one stopped.",
        )

    def _keep_looking(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            try:
                self._look_around()
            except Exception:  # whatever Dask raises: without a scheduler there are no workers
                self._is_lost = not self._ended.is_set()
                return

    def _look_around(self) -> None:
        there = list(self._client.nthreads())
        new = [address for address in there if address not in self._seen]
        if new:
            # Whoever has gone meanwhile is left out; whoever could not answer is asked again.
            self._seen |= self._client.run(self._look, self._batch, workers=new, on_error="ignore")
        self._there = [address for address in there if address in self._seen]


def _refused(seen: WorkerSeen) -> MachineError:
    return MachineError(f"The worker {seen.name} cannot be used: {seen.problem}", remedy=seen.remedy)


class Slots:
    """Room for as many runs as the workers take at once, at ``most`` so many."""

    def __init__(self, workers: Workers, *, most: int) -> None:
        self._workers = workers
        self._most = most
        self._running = 0
        self._changed = threading.Condition()
        self.stopped = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Waits for a free one, and holds it.

        Raises what :meth:`Workers.usable` raises, and :class:`fairmark.errors.Interrupted` after :meth:`stop`.
        """
        with self._changed:
            while self._running >= self._free():
                if self.stopped:
                    raise Interrupted("the batch was interrupted")
                self._changed.wait(LOOK_EVERY_SECONDS)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Nobody who waits gets one any more."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()

    def _free(self) -> int:
        return 0 if self.stopped else min(self._most, self._workers.slots())
