"""Draws many pictures on all cores.

The workers are plain processes started by path (see ``drawing``), not a ``ProcessPoolExecutor``: a spawned pool
imports the parent's ``__main__`` again, which fails in an unguarded script, and its workers outlive a parent that is
killed. ``Popen`` uses ``vfork`` and ``exec``, so it is safe from threads and beside a loaded framework.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import IO, TypeAlias

from fairmark.data import drawing
from fairmark.data.atomic import disk_error
from fairmark.data.recipe import RENDER_REMEDY, Recipe
from fairmark.errors import MachineError, RecipeError
from fairmark.usable_cores import usable_cores

__all__ = ["Drawn", "Job", "Progress", "draw_all"]

Progress: TypeAlias = Callable[[int, int], object]
"""Called with how many pictures are done and how many there are."""

CHUNK = 8
"""Pictures handed to a worker at a time: some tenths of a second's work, so that the last ones end together."""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to draw: ``seed`` for its ``random.Random``, ``target`` the PNG to write."""

    seed: str
    class_name: str
    target: Path


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was written for a job: the file's size and digest, and that of its decoded pixels (hexadecimal)."""

    size_bytes: int
    sha256: str
    pixels_sha256: str


@dataclass(slots=True)
class Worker:
    process: subprocess.Popen[bytes]
    channel: Connection
    asked: list[int] = field(default_factory=list)

    def ask(self, jobs: Sequence[Job], indices: range) -> None:
        self.asked = list(indices)
        self.channel.send_bytes(
            json.dumps([[jobs[i].seed, jobs[i].class_name, str(jobs[i].target)] for i in indices]).encode()
        )


def draw_all(
    recipe: Recipe,
    jobs: Sequence[Job],
    *,
    lock: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Drawn]:
    """Draw every job's picture with the recipe's ``render.py``; answers in the order of the jobs.

    ``workers`` processes (default: as many as there are usable cores) inherit the file descriptor ``lock``. Raises
    :class:`RecipeError` where ``render.py`` is wrong, and :class:`MachineError` where the disk is full or a worker is
    killed. No worker is left when this returns or raises.
    """
    chunks = iter([range(start, min(start + CHUNK, len(jobs))) for start in range(0, len(jobs), CHUNK)])
    count = max(1, min(workers or usable_cores(), -(-len(jobs) // CHUNK)))
    drawn: dict[int, Drawn] = {}
    with _started(count, recipe, lock) as (crew, said):
        busy: dict[object, Worker] = {}
        for worker in crew:
            _next_chunk(worker, chunks, jobs, busy, said)
        while busy:
            for ready in wait([worker.channel for worker in busy.values()]):
                worker = busy[ready]
                index = worker.asked.pop(0)
                drawn[index] = _answer(worker, jobs[index], said)
                if progress:
                    progress(len(drawn), len(jobs))
                if not worker.asked:
                    del busy[worker.channel]
                    _next_chunk(worker, chunks, jobs, busy, said)
    return [drawn[index] for index in range(len(jobs))]


def _next_chunk(
    worker: Worker, chunks: Iterator[range], jobs: Sequence[Job], busy: dict[object, Worker], said: IO[bytes]
) -> None:
    indices = next(chunks, None)
    if indices is None:
        return
    busy[worker.channel] = worker
    try:
        worker.ask(jobs, indices)
    except OSError as error:
        raise _ended(worker, said) from error


def _answer(worker: Worker, job: Job, said: IO[bytes]) -> Drawn:
    try:
        message = json.loads(worker.channel.recv_bytes())
    except (EOFError, OSError) as error:
        raise _ended(worker, said) from error
    if "fault" in message:
        raise RecipeError(message["fault"], remedy=RENDER_REMEDY)
    if "errno" in message:
        raise disk_error(job.target.parent, OSError(message["errno"], os.strerror(message["errno"]), message["path"]))
    return Drawn(**message)


def _ended(worker: Worker, said: IO[bytes]) -> MachineError:
    """A worker hung up without an answer: killed for memory, or Python could not start there."""
    code = worker.process.wait()
    said.seek(0)
    last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
    ending = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    return MachineError(
        f"A process that draws pictures {ending}{': ' + last if last else ''}",
        remedy="Free some memory or use fewer workers, then run the command again.",
    )


@contextmanager
def _started(count: int, recipe: Recipe, lock: int) -> Iterator[tuple[list[Worker], IO[bytes]]]:
    """Start the workers, and end them all when the body ends, however it does."""
    crew: list[Worker] = []
    with tempfile.TemporaryFile() as said:
        try:
            for _ in range(count):
                crew.append(_start([str(recipe.render), *map(str, recipe.picture_size)], lock, said))
            yield crew, said
        finally:
            for worker in crew:
                worker.channel.close()
                worker.process.kill()
            for worker in crew:
                worker.process.wait()


def _start(arguments: list[str], lock: int, said: IO[bytes]) -> Worker:
    ours, theirs = Pipe()
    try:
        process = subprocess.Popen(
            # -P: the folder of drawing.py holds modules of ours whose names could hide others'.
            [sys.executable, "-P", "-B", drawing.__file__, str(theirs.fileno()), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=(theirs.fileno(), lock),
            start_new_session=True,  # Ctrl-C goes to the parent alone, which ends its workers
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Worker(process, ours)
