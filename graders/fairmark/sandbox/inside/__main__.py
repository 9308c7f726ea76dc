"""Where the process inside begins: with a job, and a descriptor to send events to.

A fresh interpreter is told them by ``python -m fairmark.sandbox.inside CHANNEL``, the job on its standard input; a
forked one calls ``begin``.
"""

from __future__ import annotations

import os
import sys

from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.jobs import JOB, NotebookJob

__all__ = ["begin"]


def begin(job_json: bytes, descriptor: int) -> None:
    """Does the job. Raises ``pydantic.ValidationError`` where it is none."""
    job = JOB.validate_json(job_json)
    channel = Channel(descriptor, job.seal)
    silence_standard_input()
    # Both need TensorFlow, which takes seconds to import; a job needs only one of them.
    if isinstance(job, NotebookJob):
        from fairmark.sandbox.inside.session import run_notebook

        run_notebook(job, channel)
    else:
        from fairmark.sandbox.inside.predict import run_probe

        run_probe(job, channel)


def silence_standard_input() -> None:
    """Whatever reads standard input from here on, ``!`` commands too, meets its end at once."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.argv = ["fairmark"]


if __name__ == "__main__":
    begin(sys.stdin.buffer.read(), int(sys.argv[1]))
