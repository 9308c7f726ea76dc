"""Where the process inside begins: with a job, and a descriptor to send events to.

A fresh interpreter is told them by ``python -m fairmark.sandbox.inside CHANNEL``, the job on its standard input; a
forked one calls ``begin``.
"""

from __future__ import annotations

import contextlib
import multiprocessing.context
import os
import sys
import threading
import traceback
from typing import Any, NoReturn

from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.inside.needed import forget_the_rest
from fairmark.sandbox.jobfile import read_job
from fairmark.sandbox.jobs import JOB, NotebookJob
from fairmark.sandbox.program import function_named

__all__ = ["begin"]


def begin(asked: int, descriptor: int) -> NoReturn:
    """Does the job in the file ``asked`` and ends this process, without exit handlers: those of a fork are its
    parent's, taking a framework down in good order costs a second, and nobody listens any more."""
    status = 0
    try:
        _do(asked, descriptor)
    except BaseException:
        status = 1
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(status)


def _do(asked: int, descriptor: int) -> None:
    job_json, replies = read_job(os.dup(asked) if asked == 0 else asked)  # 0 is given away below
    job = JOB.validate_json(job_json)
    if not isinstance(job, NotebookJob) or job.pauses is None:
        replies.close()  # none will come
    channel = Channel(descriptor, job.seal)
    silence_standard_input()
    provide_locks()
    # Either needs the framework, which takes seconds to import; a job needs only one of them.
    if isinstance(job, NotebookJob):
        run_notebook = function_named(job.program.notebook)
        forget_the_rest(job.program.package)
        run_notebook(job, channel, replies)
    else:
        run_probe = function_named(job.program.probe)
        forget_the_rest(job.program.package)
        run_probe(job, channel)


def silence_standard_input() -> None:
    """Whatever reads standard input from here on, ``!`` commands too, meets its end at once."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.argv = ["fairmark"]


def provide_locks() -> None:
    """A framework's pool of threads asks ``multiprocessing`` for a lock, which lies in ``/dev/shm``. If a wall leaves
    none to be had, it gets one for threads."""
    try:
        multiprocessing.get_context("fork").Lock()
    except OSError:
        multiprocessing.context.BaseContext.Lock = _lock_of_threads  # type: ignore[method-assign, assignment]


def _lock_of_threads(context: object) -> Any:  # noqa: ANN401 - one that is used as the other
    return threading.Lock()


if __name__ == "__main__":
    begin(0, int(sys.argv[1]))
