"""A launcher whose process inside is a few lines of Python written in the test: the supervisor without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fairmark.keras.program import KERAS
from fairmark.sandbox import Child, Limits, Observed, Workplace, supervise
from fairmark.sandbox.jobfile import JobFile
from fairmark.sandbox.jobs import Job, NotebookJob
from fairmark.sandbox.pipes import Pipes
from fairmark.sandbox.plain import PlainChild
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Confined

__all__ = ["Scripted", "watch"]

PRELUDE = """
import hashlib, json, os, signal, subprocess, sys, time
channel = int(sys.argv[1])
job = json.loads(sys.stdin.readline())
place = 0
def write(text):
    os.write(channel, text.encode())
def sealed(text):
    global place
    key, salt = bytes.fromhex(job["seal"]), place.to_bytes(16, "little")
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=key, salt=salt).hexdigest()
    place += 1
    return f"{place - 1} {digest} {text}"
def send(kind, **fields):
    write(sealed(json.dumps({"kind": kind, **fields})) + "\\n")
def say(text):
    sys.stdout.write(text); sys.stdout.flush()
"""


@dataclass
class Scripted:
    """Runs ``program``, which finds ``job``, ``send(kind, **fields)``, ``write(text)``, ``sealed(text)`` and
    ``say(text)`` there.

    ``jobs`` and ``limits`` are those it was started with; ``confines`` is what it claims to.
    """

    program: str
    isolation: tuple[str, ...] = ("nothing",)
    confines: frozenset[Confined] = frozenset({"files", "network", "memory", "time"})
    jobs: list[Job] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)

    def warm_up(self, program: Program) -> None:
        pass

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        self.jobs.append(job)
        self.limits.append(limits)
        pipes, asked = Pipes(), JobFile(job)
        with pipes.theirs():
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", PRELUDE + self.program, str(pipes.channel_theirs)],
                stdin=asked.descriptor,
                stdout=pipes.output_theirs,
                stderr=pipes.output_theirs,
                cwd=folder,
                env={"HOME": str(folder)},
                pass_fds=(pipes.channel_theirs,),
                start_new_session=True,
            )
        return PlainChild(process, pipes, asked, folder)


def watch(program: str, *, on_event: object = None, **limits: float) -> Observed:
    """What the supervisor sees of ``program`` within these limits; a minute where none is said."""
    job = NotebookJob(program=KERAS, cells=(), pictures_folder="/nowhere", numerics="float32", seed=1)
    with Workplace() as workplace:
        within = Limits(**{"run_seconds": 60, **limits})
        child = Scripted(program).start(job, workplace.folder, within)
        return supervise(child, job.seal, within, on_event)
