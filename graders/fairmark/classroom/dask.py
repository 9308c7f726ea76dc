"""A class marked on Dask: on workers started elsewhere, or on some started here for as long as it takes.

A task is sent only when a slot is free, so that what a worker takes with it when it dies is its runs and nothing that
waits. Dask gives them to its workers; who waits, what is a copy of what, and what is tried again is decided here.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from fairmark.classroom.capacity import LOOK_EVERY_SECONDS, MEMORY, Slots, Workers
from fairmark.classroom.executors import ClassWork
from fairmark.classroom.grade import not_marked
from fairmark.classroom.memory_admission import free_bytes
from fairmark.classroom.plan import ClassRun, Piece
from fairmark.classroom.remote_worker import (
    Batch,
    MarkedThere,
    Task,
    WorkerSeen,
    close_there,
    expected_bytes_there,
    look_there,
    mark_there,
    stop_there,
    warm_up_there,
    world,
)
from fairmark.classroom.reporter import ClassProgress, RunProgress
from fairmark.classroom.single_flight import SingleFlight
from fairmark.errors import ControlFlow, Interrupted, MachineError, UsageError
from fairmark.grading.canonical_text import as_run
from fairmark.grading.evidence_store import Key
from fairmark.grading.pipeline import GradedSubmission
from fairmark.grading.progress import NOBODY
from fairmark.notebook.parse import read_bytes
from fairmark.notebook.read import submission_from_bytes
from fairmark.present.files import evidence_json
from fairmark.usable_cores import usable_cores

__all__ = ["LOCAL", "DaskExecutor"]

LOCAL = "local"
"""The address that stands for workers on this machine, one for each run at once."""

_INSTALL = "pip install 'fairmark[cluster]'"
_ADDRESS = re.compile(r"(?:[a-z]+://)?[^\s/]+:\d+|inproc://\S+")
_CONNECT_SECONDS = 20
_TOLD_AFTER_SECONDS = 5.0
_MOST_AT_ONCE = 256
"""Runs of one batch at once, however many slots a cluster has: each is followed by a thread."""
_LOST_AT_MOST = 2
"""Times that a run is sent anew because all workers that could take it are gone: it may be what takes them along."""
_MOST_SHOWN = 8
"""Runs with a bar of their own."""


class DaskExecutor:
    """The executor ``dask``, on the cluster at ``address``: :data:`LOCAL`, as by default, a scheduler's address or the
    file it writes."""

    runs_here = False
    """Each worker builds the sandbox, and refuses if it cannot."""

    def __init__(self, address: str | None = None) -> None:
        self._address = LOCAL if address is None else address

    def run(self, work: ClassWork) -> None:
        """Grades what there is to grade on the workers of the cluster.

        Raises :class:`fairmark.errors.UsageError` for what is no address; :class:`fairmark.errors.MachineError` where
        Dask is not installed, nothing answers, a worker cannot confine notebooks or has not the same course; and what
        :meth:`ClassWork.take_in` raises. What came in before is written.
        """
        if not work.pieces:
            work.take_in(lambda piece: Future(), at_once=1)
            return
        run, progress, is_local = work.class_run, work.progress, self._address == LOCAL
        submissions = run.submissions
        asked = dict.fromkeys(piece.assignment for piece in work.pieces)
        names = [name for name in asked if submissions.is_ready(name)]
        batch = replace(work.batch, worlds={name: world(submissions.pipeline_for(name)) for name in names})
        jobs = min(work.jobs or (usable_cores() if is_local else _MOST_AT_ONCE), len(work.pieces))
        if is_local and jobs > 1:
            batch = batch.with_threads(max(1, usable_cores() // jobs))
        with ExitStack() as stack:
            with progress.run("") as shown:
                shown.stage("Waiting for workers")
                client, local = stack.enter_context(_opened(self._address))
                with contextlib.suppress(OSError):  # a worker died over it; the others, and those to come, have it
                    client.register_plugin(_warm_plugin(is_ours=local is not None), name="fairmark")
                _wait_for_a_worker(client, progress)
                shown.stage("Looking at the workers")
                workers = stack.enter_context(Workers(client, _look, batch))
                shown.stage("Finding out how much memory a run needs")
                is_asked = jobs > 1 and (local or workers.declare(MEMORY))
                needed = _needed_bytes(run, client, batch, names) if is_asked else {}
                if local is not None and jobs > 1:
                    local.scale(max(1, min(jobs, free_bytes() // max(needed.values(), default=1))))
            _Following(replace(work, batch=batch), client, workers, needed).follow(jobs)


def _wait_for_a_worker(client: Any, progress: ClassProgress) -> None:  # noqa: ANN401 - Dask's
    """For as long as it takes: jobs may wait in a queue. Says so, once."""
    began, is_told = time.monotonic(), False
    while not client.nthreads():
        if not is_told and time.monotonic() - began > _TOLD_AFTER_SECONDS:
            progress.remark("The scheduler has no workers yet: waiting for the first. Ctrl-C ends this.")
            is_told = True
        time.sleep(LOOK_EVERY_SECONDS)


# --- Dask -------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(address: str) -> Iterator[tuple[Any, Any]]:
    """A client of the cluster, and the cluster itself where it is started here, else None."""
    try:
        # Optional, and slow to import: only where a cluster is asked for.
        from distributed import Client
    except ImportError as problem:
        raise MachineError("Dask is not installed here.", remedy=f"{_INSTALL} installs it.") from problem
    with ExitStack() as stack:
        stack.enter_context(_silent())
        is_file = address != LOCAL and Path(address).is_file()
        if address != LOCAL and not is_file and not _ADDRESS.fullmatch(address):
            raise UsageError(
                f"{address}: is no scheduler's address, nor a file that is there",
                remedy="An address ends in a port, as in tls://head.example:8786; 'local' starts workers here.",
            )
        local = stack.enter_context(_workers_here()) if address == LOCAL else None
        where: dict[str, Any] = {"scheduler_file": address} if is_file else {"address": local or address}
        try:
            client = Client(**where, name="fairmark", timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            raise MachineError(
                f"{address}: no Dask scheduler can be reached: {problem}",
                remedy="Name the address that the scheduler shows when it starts; with TLS it begins with tls://.",
            ) from problem
        yield stack.enter_context(client), local


@contextmanager
def _workers_here() -> Iterator[Any]:
    """A scheduler and one worker on this machine, which can be made more."""
    # Optional, and slow to import.
    import dask
    from distributed import LocalCluster, Security

    try:
        # Without it anybody on this machine could hand in programs to be run in our name.
        security = Security.temporary()
    except ImportError as problem:
        raise MachineError("cryptography is not installed here.", remedy=f"{_INSTALL} installs it.") from problem
    settings = {
        "distributed.scheduler.allowed-failures": 0,  # tries are counted by the batch
        "distributed.scheduler.http.routes": [],  # its pages would be open to everybody on this machine
        "distributed.worker.http.routes": [],
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            security=security,
            dashboard_address="127.0.0.1:0",
            memory_limit=None,  # runs have limits of their own, which Dask does not see
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


@contextmanager
def _silent() -> Iterator[None]:
    """Dask's remarks would stand between ours; what they are about comes back as results and errors."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _warm_plugin(*, is_ours: bool) -> Any:  # noqa: ANN401 - Dask's base class is there only where Dask is
    """Starts a worker's process that runs are forked from when the worker starts, and ends it with the worker.

    One that ``is_ours`` gets the terminal's Ctrl-C as this process does, and is ended by it.
    """
    from distributed import WorkerPlugin  # optional, and slow to import

    class Warm(WorkerPlugin):  # type: ignore[misc]
        idempotent = True

        async def setup(self, worker: object) -> None:
            if is_ours and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            with contextlib.suppress(Exception):  # looking at the worker says what is wrong with it
                await asyncio.to_thread(warm_up_there)

        def teardown(self, worker: object) -> None:
            close_there()

    return Warm()


# --- on the worker ----------------------------------------------------------------------------------------------------


async def _look(batch: Batch, dask_worker: Any = None) -> WorkerSeen:  # noqa: ANN401 - Dask's, which fills it in
    """In a thread, so that the worker keeps answering its scheduler meanwhile."""
    state = dask_worker.state
    seen = {"name": str(dask_worker.name), "slots": state.nthreads, "resources": dict(state.total_resources)}
    return await asyncio.to_thread(look_there, batch, **seen)


def _mark(task: Task) -> MarkedThere:
    from distributed import get_worker  # optional; on a worker it is there

    worker = get_worker()

    def tell(stage: str) -> None:
        worker.log_event(_topic(task.batch), {"number": task.number, "worker": str(worker.name), "stage": stage})

    return mark_there(task, worker=worker.address, slots=worker.state.nthreads, tell=tell)


def _expected(batch: Batch, assignment: str) -> int:
    from distributed import get_worker  # optional; on a worker it is there

    return expected_bytes_there(batch, assignment, slots=get_worker().state.nthreads)


def _topic(batch: Batch) -> str:
    return f"fairmark-{batch.name}"


# --- here -------------------------------------------------------------------------------------------------------------


def _needed_bytes(run: ClassRun, client: Any, batch: Batch, names: list[str]) -> dict[str, int]:  # noqa: ANN401 - Dask's
    """Memory for a run of each assignment: what the reference takes on some worker, or the most that was measured
    earlier; where the reference does not run, the most that a run may take."""
    asked = {name: client.submit(_expected, batch, name, pure=False) for name in names}
    needed = {}
    for name, future in asked.items():
        measured = run.ledger.measured(name)
        try:
            needed[name] = max(1, int(future.result()), measured.peak_memory_bytes if measured is not None else 0)
        except Exception:  # whatever became of the worker: its runs will say
            needed[name] = batch.settings.limits.memory_bytes
    return needed


class _AllLost(ControlFlow):
    """A run was sent to workers, and anew to others, and they are all gone."""


class _Following:
    """All runs of a batch, each followed by a thread of this process."""

    def __init__(
        self,
        work: ClassWork,
        client: Any,  # noqa: ANN401 - Dask's
        workers: Workers,
        needed_bytes: dict[str, int],
    ) -> None:
        self._work = work
        self._run = work.class_run
        self._client = client
        self._batch = work.batch
        self._workers = workers
        self._needed_bytes = needed_bytes
        self._progress = work.progress
        self._bars = BoundedSemaphore(_MOST_SHOWN)
        self._shown: dict[int, RunProgress] = {}
        self._copies = SingleFlight()
        self._failed_on: dict[int, set[str]] = {}
        self._sent: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    def follow(self, jobs: int) -> None:
        """Marks all pieces; raises what :meth:`ClassWork.take_in` raises."""
        self._client.subscribe_topic(_topic(self._batch), self._heard)
        self._slots = Slots(self._workers, most=jobs)
        with ThreadPoolExecutor(min(len(self._work.pieces), _MOST_AT_ONCE)) as pool:
            try:
                self._work.take_in(lambda piece: pool.submit(self._mark, piece), at_once=_MOST_AT_ONCE)
            except BaseException:
                self._stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        self._client.unsubscribe_topic(_topic(self._batch))

    def _stop(self) -> None:
        self._slots.stop()
        with contextlib.suppress(Exception):  # there may be nobody left to be told
            self._client.run(stop_there, self._batch.name, on_error="ignore")
            self._client.cancel(list(self._sent.values()), force=True)

    def _heard(self, event: tuple[float, Any]) -> None:
        """A worker has said what it does."""
        said = event[1]
        shown = self._shown.get(said["number"])
        if shown is not None:
            shown.stage(f"{said['stage']} on {said['worker']}")

    # --- one submission ---

    def _mark(self, piece: Piece) -> GradedSubmission:
        """Whatever goes wrong with one submission, the others are marked."""
        try:
            return self._marked(piece)
        except (Interrupted, MachineError):
            raise
        except Exception as problem:
            return self._not_marked(piece, f"{type(problem).__name__}: {problem}")

    def _marked(self, piece: Piece) -> GradedSubmission:
        pipeline = self._run.submissions.pipeline_for(piece.assignment)
        try:
            notebook = read_bytes(piece.found.path)
            read = submission_from_bytes(notebook, path=piece.found.path, student=piece.student, master=pipeline.master)
        except Exception:
            return self._mark_here(piece)
        is_touched = any(cell.touched for cell in read.cells if cell.role == "exercise")
        if not is_touched or piece.assignment not in self._batch.worlds:
            return self._mark_here(piece)
        recorded = self._run.recorded(piece)
        before = "" if recorded is None else evidence_json(recorded)
        task = Task(self._batch, piece.number, piece.student, piece.assignment, notebook, before)
        like = Key.of(as_run(read.cells), {"assignment": piece.assignment}).digest
        with (
            self._copies.after_the_first(like),
            self._slots.taken(),
            self._progress.running(piece.key),
            self._bar(piece),
        ):
            return self._sent_away(piece, task)

    def _mark_here(self, piece: Piece) -> GradedSubmission:
        """Where there is nothing to run, or nothing to run it by; the report says why."""
        return self._run.submissions.mark(piece.found, piece.assignment, NOBODY)

    @contextmanager
    def _bar(self, piece: Piece) -> Iterator[None]:
        if not self._bars.acquire(blocking=False):
            yield
            return
        try:
            with self._progress.run(piece.student) as shown:
                self._shown[piece.number] = shown
                shown.stage("Waiting for a worker")
                yield
        finally:
            self._shown.pop(piece.number, None)
            self._bars.release()

    def _sent_away(self, piece: Piece, task: Task) -> GradedSubmission:
        from distributed import KilledWorker  # optional, and slow to import

        failed_on = self._failed_on.setdefault(piece.number, set())
        try:
            there = self._result(piece, task, failed_on)
        except KilledWorker as problem:
            failed_on.add(problem.last_worker.address)
            return self._not_marked(piece, f"the worker {problem.last_worker.address} was lost while it ran")
        except CancelledError as problem:
            if self._slots.stopped:
                raise Interrupted("the run was interrupted") from problem
            raise self._workers.lost() from problem
        except _AllLost:
            return self._not_marked(piece, "the workers that ran it were lost, one after the other")
        if there.marked is None:
            failed_on.add(there.worker)
            return self._not_marked(piece, f"the worker {there.worker} refused: {there.problem}")
        if any(flag.kind == "not_marked" for flag in there.marked.report.flags):
            failed_on.add(there.worker)
        return there.marked

    def _result(self, piece: Piece, task: Task, failed_on: set[str]) -> MarkedThere:
        """What its worker answers. Raises what Dask raises, what :meth:`Workers.usable` does, and :class:`_AllLost`.

        A task for workers that are all gone stays where it is for ever, also where Dask is allowed to choose others and
        others have come meanwhile (``Scheduler.bulk_schedule_unrunnable_after_adding_worker``): it is sent anew.
        """
        lost = 0
        while True:
            able, asked = self._workers.able(self._needed_bytes.get(piece.assignment, 0))
            chosen = able - failed_on or able
            key = f"{_topic(self._batch)}-{next(self._numbers)}"
            future = self._client.submit(_mark, task, key=key, workers=list(chosen), resources=asked, pure=False)
            self._sent[key] = future
            try:
                while chosen & set(self._workers.usable()):
                    with contextlib.suppress(TimeoutError):
                        marked: MarkedThere = future.result(timeout=LOOK_EVERY_SECONDS)
                        return marked
            finally:
                del self._sent[key]
            future.cancel()
            failed_on |= chosen
            lost += 1
            if lost > _LOST_AT_MOST:
                raise _AllLost
            self._workers.wait_for_one(lambda: self._slots.stopped)

    def _not_marked(self, piece: Piece, reason: str) -> GradedSubmission:
        """A failure of ours, which costs no marks; the batch tries again, elsewhere if there is an elsewhere."""
        return not_marked(piece.found, self._run.submissions.pipeline_for(piece.assignment), reason)
