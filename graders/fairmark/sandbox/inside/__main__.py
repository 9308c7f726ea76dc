"""Where the process inside begins: ``python -m fairmark.sandbox.inside CHANNEL`` with a job on standard input."""

from __future__ import annotations

import os
import sys

from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.jobs import JOB, NotebookJob


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    job = JOB.validate_json(sys.stdin.buffer.read())
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
    main()
