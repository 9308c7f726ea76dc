"""A worker that has not imported TensorFlow: real processes, walls and channels, and cells run by ``exec``.

Everything but the last step is the engine's own; so what a test says of workers and walls costs a tenth of a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import fairmark.sandbox.bubblewrap
from fairmark.evidence import Cell, Run
from fairmark.keras.program import KERAS
from fairmark.sandbox import BubblewrapProcess, Child, Job, Launcher, Limits, Workplace, notebook_job, run_notebook
from fairmark.sandbox.program import Program
from fairmark.sandbox.worker import Worker

__all__ = ["LightBubblewrap", "light_worker", "printed_by", "run_cells"]

_PROGRAM = """
import contextlib, sys, traceback, types
from fairmark.evidence import CellError, CellFinished, CellStarted, RunFinished, SessionStarted
import fairmark.data.dataset
import fairmark.sandbox.warm.__main__ as warm

def run_notebook(job, channel, replies):
    channel.send(SessionStarted(software={{}}, numerics=job.numerics, seed=job.seed))
    names = {{}}
    for cell in job.cells:
        channel.settle()
        channel.send(CellStarted(cell=cell.position))
        channel.settle()
        error = None
        try:
            exec(cell.source, names)
        except BaseException as problem:
            error = CellError(type=type(problem).__name__, message=str(problem))
        sys.stdout.flush()
        channel.send(CellFinished(cell=cell.position, seconds=0, error=error))
    channel.send(RunFinished())

sys.modules["fairmark.keras.recorder.session"] = types.SimpleNamespace(run_notebook=run_notebook)
warm.preload = lambda program: None
{more}
sys.argv = ["warm", *sys.argv[-2:]]
warm.main()
"""


def light_worker(more: str = "") -> tuple[str, ...]:
    """For ``Worker(wrapped_in=...)``: a command that is a worker itself. ``more`` is run before it begins."""
    return (sys.executable, "-P", "-c", _PROGRAM.format(more=more))


class LightBubblewrap(BubblewrapProcess):
    """bubblewrap, with such a worker inside."""

    def warm_up(self, program: Program) -> None:
        pass

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fairmark.sandbox.bubblewrap, "Worker", _worker_inside)
            return super().start(job, folder, limits)


def _worker_inside(program: Program, *, wrapped_in: tuple[str, ...]) -> Worker:
    return Worker(program, wrapped_in=(*wrapped_in, *light_worker()))


def run_cells(launcher: Launcher, *sources: str, pictures: Path | None = None, **limits: float) -> Run:
    """A run of these cells, within these limits; a minute where none is said."""
    cells = [Cell(position=n, number=n, role="added", source=source) for n, source in enumerate(sources, start=1)]
    with Workplace() as workplace:
        return run_notebook(
            notebook_job(cells, pictures or workplace.given, numerics="float32", program=KERAS),
            workplace,
            limits=Limits(**{"run_seconds": 60, **limits}),
            launcher=launcher,
        )


def printed_by(launcher: Launcher, source: str) -> str:
    """What a single cell prints, which must not fail."""
    run = run_cells(launcher, source)
    assert run.outcome == "completed", (run.reason, run.printed, [stamped.event for stamped in run.events])
    return run.printed.get(1, "")
