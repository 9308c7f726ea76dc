"""What runs in the sandbox: the cells of a notebook, and beside them what they bound to names.

It is in memory beside the notebook. So it imports what it needs to record, and nothing of how marks come about.
"""

from __future__ import annotations

import platform

from fairmark.evidence import CellFinished, CellStarted, NamesBound, RunFinished, Scalar, SessionStarted, Value
from fairmark.sandbox.inside.cells import Cells, names_bound_in
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.inside.silence import silence_check
from fairmark.sandbox.jobfile import Replies
from fairmark.sandbox.jobs import NotebookJob, ProbeJob
from fairmark_examples.pocket import Line

__all__ = ["run_notebook", "run_probe"]


def run_notebook(job: NotebookJob, channel: Channel, replies: Replies) -> None:
    """Runs every cell, whatever those before it did."""
    silence_check()
    versions = {"python": platform.python_version()}
    channel.send(SessionStarted(software=versions, numerics=job.numerics, seed=job.seed))
    cells = Cells()
    for cell in job.cells:
        channel.settle()  # so that it is known outside which cell a printed text belongs to
        channel.send(CellStarted(cell=cell.position))
        channel.settle()
        seconds, error = cells.run(cell.source, cell.position)
        bound = {name: cells.names[name] for name in names_bound_in(cell.source) & cells.names.keys()}
        values = {name: _plain(thing) for name, thing in bound.items() if isinstance(thing, int | float | str | Line)}
        channel.send(NamesBound(cell=cell.position, values=values))
        channel.send(CellFinished(cell=cell.position, seconds=seconds, error=error))
    channel.send(RunFinished())


def run_probe(job: ProbeJob, channel: Channel) -> None:
    """Nothing: a line is not shown hidden images."""


def _plain(thing: float | str | Line) -> Value:
    if not isinstance(thing, Line):
        return thing
    both: list[Scalar] = [thing.slope, thing.intercept]
    return both
