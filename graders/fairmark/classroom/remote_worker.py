"""Marking on another machine: what is sent there, and what is done there with it.

Sent are plain data: settings, and the notebook's bytes as handed in. Course, pictures, secret and engine are there
already, and found to be the same before anything is marked. Everything here but :class:`Batch`, :class:`Task` and
:func:`world` runs on the worker, which builds the sandbox as ``grade`` does on one machine, or refuses as it does.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from fairmark.classroom.discover import Found
from fairmark.classroom.grade import ClassOfSubmissions
from fairmark.course import Course, built_in_course
from fairmark.data import evidence_folder, hidden_pictures, load_recipe
from fairmark.errors import FairmarkError, InternalError, Interrupted, MachineError
from fairmark.evidence import Cell, CellStarted, EpochEnded, Event, Evidence, FitStarted, Stamped, StepsWatched
from fairmark.frameworks import framework_named
from fairmark.grading.evidence_store import EvidenceStore, engine_digest, versions, wing_digest
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.progress import Steps
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import Child, ConfinedProcess, Job, Limits, best_launcher, grading_launcher
from fairmark.sandbox.program import Program
from fairmark.sandbox.temporary_directories import shelf
from fairmark.sandbox.walls.layers import Confined
from fairmark.usable_cores import usable_cores

__all__ = [
    "Batch",
    "MarkedThere",
    "NotHere",
    "Task",
    "WorkerSeen",
    "close_there",
    "expected_bytes_there",
    "location_of",
    "look_there",
    "mark_there",
    "stop_there",
    "warm_up_there",
    "world",
]

_ENGINE, _COURSE, _HIDDEN = "copy of fairmark", "course folder", "stock of hidden pictures"
_REMEDIES = {
    _COURSE: "Give all machines one course folder, under the same path.",
    _HIDDEN: "Let FAIRMARK_SECRET name one folder that all machines share.",
}


# --- what is sent -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """What all tasks of one batch have in common.

    ``name`` is no other batch's: what a worker keeps, it keeps under it. ``course`` is the course's folder, the same
    path on all machines; None is the built-in one, wherever it is installed there. ``worlds`` are :func:`world` by
    assignment, as the machine that hands out has them. If ``settings`` names no number of threads, the worker's cores
    are divided among its slots.
    """

    name: str
    course: str | None
    settings: RunSettings = field(default_factory=RunSettings)
    trust: bool = False
    fresh: bool = False
    worlds: dict[str, dict[str, str]] = field(default_factory=dict, compare=False)

    def with_threads(self, threads: int) -> Batch:
        """The same, each run computing with so many."""
        return replace(self, settings=replace(self.settings, threads=threads))


@dataclass(frozen=True)
class Task:
    """One submission. ``number`` is its place in the class, ``notebook`` its bytes, ``recorded`` the evidence of an
    earlier batch as JSON, empty if there is none."""

    batch: Batch
    number: int
    student: str
    assignment: str
    notebook: bytes
    recorded: str = ""


@dataclass(frozen=True)
class MarkedThere:
    """What came of a task on the worker of this address; ``marked`` is None where that refused, for ``problem``."""

    worker: str
    marked: GradedSubmission | None
    problem: str | None = None


@dataclass(frozen=True)
class WorkerSeen:
    """A worker as it was found: its ``name`` for people, how many runs it takes at once, what it declares to have
    (Dask's resources), and why it must not be given any, with the remedy."""

    name: str
    slots: int
    resources: dict[str, float] = field(default_factory=dict)
    problem: str | None = None
    remedy: str | None = None


def location_of(course: Course) -> str | None:
    """A course as :class:`Batch` names it."""
    return None if course.root == built_in_course().root else str(course.root)


def world(pipeline: Pipeline) -> dict[str, str]:
    """Digests and versions of all that must be the same wherever submissions of one assignment are marked.

    Hidden pictures are drawn for it where they are not there yet. Raises what that raises.
    """
    recipe = load_recipe(pipeline.course.dataset_folder(pipeline.grader.dataset))
    is_probed = pipeline.grader.hidden_accuracy is not None and pipeline.settings.mode == "full"
    return {
        **versions(pipeline.framework),
        _ENGINE: engine_digest() + wing_digest(pipeline.framework),
        _COURSE: pipeline.report_digest,
        _HIDDEN: hidden_pictures(recipe).folder.parent.name if is_probed else "",
    }


class NotHere:
    """A launcher for a machine that hands out submissions and runs none."""

    isolation: tuple[str, ...] = ()
    confines: frozenset[Confined] = frozenset()

    def warm_up(self, program: Program) -> None:
        """There is nothing to warm."""

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        """Raises :class:`fairmark.errors.InternalError`."""
        raise InternalError("notebooks of this batch are run by its workers, not here")


# --- what a worker keeps ----------------------------------------------------------------------------------------------

_LOCK = threading.RLock()
_STOPPED: set[str] = set()


@lru_cache(maxsize=1)
def _class_of(batch: Batch) -> ClassOfSubmissions:
    """The class of the batch at hand, so that what its assignments need is found out once a process.

    Raises :class:`fairmark.errors.NotConfined` where this machine cannot confine notebooks.
    """
    course = Course(Path(batch.course)) if batch.course is not None else built_in_course()
    launcher = grading_launcher(trust=batch.trust)
    store = EvidenceStore(evidence_folder(), fresh=batch.fresh)

    def pipeline(name: str) -> Pipeline:
        return Pipeline(course, course.assignment(name), batch.settings, launcher, store)

    return ClassOfSubmissions(course, pipeline)


@lru_cache(maxsize=1)
def _refusal(batch: Batch) -> tuple[str, str | None] | None:
    """Why nothing of ``batch`` may be marked here, with the remedy; None where it may."""
    try:
        submissions = _class_of(batch)
        for assignment, expected in batch.worlds.items():
            pipeline = submissions.pipeline_for(assignment)
            pipeline.prepare()
            _require_same(world(pipeline), expected)
    except FairmarkError as problem:
        return problem.message, problem.remedy
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}", None
    return None


def _require_same(here: dict[str, str], expected: dict[str, str]) -> None:
    for what, value in expected.items():
        if here.get(what) != value:
            said = f" ({here.get(what)}, not {value})" if what not in (_ENGINE, _COURSE, _HIDDEN) else ""
            raise MachineError(
                f"its {what} is not that of the machine that hands out the submissions{said}",
                remedy=_REMEDIES.get(what, "Install the same versions on all machines."),
            )


def _refused(batch: Batch) -> tuple[str, str | None] | None:
    with _LOCK:  # one at a time: pictures are drawn once, the sandbox's layers are tried once
        return _refusal(batch)


# --- what a worker does -----------------------------------------------------------------------------------------------


def look_there(batch: Batch, *, name: str, slots: int, resources: dict[str, float]) -> WorkerSeen:
    """This worker, after everything has been prepared on it."""
    problem, remedy = _refused(_divided(batch, slots)) or (None, None)
    return WorkerSeen(name, slots, resources, problem, remedy)


def warm_up_there() -> None:
    """Begins to import the framework, for the first run on this worker."""
    with _LOCK:
        best_launcher().warm_up(framework_named("").program)


def close_there() -> None:
    """Ends the process that runs are forked from, which is warm as long as the worker lives."""
    with _LOCK:
        launcher = best_launcher() if best_launcher.cache_info().currsize else None
        if isinstance(launcher, ConfinedProcess):
            for worker in launcher.workers:
                worker.discard()  # not closed: another Dask worker of this process may want the next one


def stop_there(name: str) -> None:
    """Ends the runs of the batch ``name``: each at its next sign of life, a cell's end or a step of training."""
    _STOPPED.add(name)


def expected_bytes_there(batch: Batch, assignment: str, *, slots: int = 1) -> int:
    """Memory that a run of the assignment is expected to need, measured with the reference on this worker."""
    with _LOCK:
        pipeline = _class_of(_divided(batch, slots)).pipeline_for(assignment)
    return pipeline.expected_bytes()


def mark_there(
    task: Task, *, worker: str = "", slots: int = 1, tell: Callable[[str], object] = lambda stage: None
) -> MarkedThere:
    """Marks one submission; ``worker`` is this worker's address, ``slots`` how many runs it takes at once, ``tell`` is
    told what is being done.

    Raises :class:`fairmark.errors.Interrupted` after :func:`stop_there`.
    """
    batch = _divided(task.batch, slots)
    refused = _refused(batch)
    if refused is not None:
        return MarkedThere(worker, None, refused[0])
    with _LOCK:
        submissions = _class_of(batch)
        submissions.pipeline_for(task.assignment)
    # On the shelf it is removed even where this process is killed; the folder is its owner's only.
    with tempfile.TemporaryDirectory(dir=shelf()) as folder:
        path = Path(folder, "notebook.ipynb")
        path.write_bytes(task.notebook)
        found = Found(path, task.student, task.assignment)
        recorded = Evidence.model_validate_json(task.recorded) if task.recorded else None
        marked = submissions.mark(found, task.assignment, _steps(task.batch.name, tell), recorded)
        return MarkedThere(worker, marked)


def _steps(name: str, tell: Callable[[str], object]) -> Steps:
    def go_on() -> None:
        if name in _STOPPED:
            raise Interrupted("the run was interrupted")

    def stage(text: str) -> None:
        go_on()
        tell(text)

    follower = _Follower(stage)

    def event(stamped: Stamped) -> None:
        go_on()
        follower.take(stamped.event)

    return Steps(stage=stage, cells=follower.begin, event=event)


class _Follower:
    """Says in which cell and which epoch a run is; what comes more often than once a second is left out."""

    def __init__(self, stage: Callable[[str], None]) -> None:
        self._stage = stage
        self._positions: list[int] = []
        self._epochs: dict[str, int] = {}
        self._said_at = float("-inf")

    def begin(self, cells: tuple[Cell, ...]) -> None:
        self._positions = [cell.position for cell in cells]
        self._stage("Running the notebook")

    def take(self, event: Event) -> None:
        if isinstance(event, CellStarted):
            done = sum(position <= event.cell for position in self._positions)
            self._say(f"Cell {done} of {len(self._positions)}")
        elif isinstance(event, FitStarted):
            self._epochs[event.fit] = event.epochs
        elif isinstance(event, StepsWatched | EpochEnded) and event.fit in self._epochs:
            self._say(f"Epoch {event.epoch} of {self._epochs[event.fit]}")

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= 1.0:
            self._said_at = now
            self._stage(text)


def _divided(batch: Batch, slots: int) -> Batch:
    """The batch as a worker of so many slots runs it: its cores are divided among them."""
    if batch.settings.threads is not None or slots <= 1:
        return batch
    return batch.with_threads(max(1, usable_cores() // slots))
