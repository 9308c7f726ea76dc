"""A launcher whose process inside is a few lines of Python written in the test: the supervisor without TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fairmark.sandbox import Child, Job, Limits, Observed, Workplace, supervise
from fairmark.sandbox.jobs import JOB

__all__ = ["Scripted", "watch"]

PRELUDE = """
import json, os, signal, subprocess, sys, time
channel = int(sys.argv[1])
job = json.load(sys.stdin)
def write(text):
    os.write(channel, text.encode())
def send(kind, **fields):
    write(json.dumps({"kind": kind, **fields}) + "\\n")
def say(text):
    sys.stdout.write(text); sys.stdout.flush()
"""


@dataclass
class Scripted:
    """Runs ``program``, which finds ``job``, ``send(kind, **fields)``, ``write(text)`` and ``say(text)`` there.

    ``jobs`` are those it was started with.
    """

    program: str
    isolation: tuple[str, ...] = ("nothing",)
    jobs: list[Job] = field(default_factory=list)

    def start(self, job: Job, folder: Path, pictures_folder: Path) -> Child:
        self.jobs.append(job)
        channel_ours, channel_theirs = os.pipe()
        output_ours, output_theirs = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", PRELUDE + self.program, str(channel_theirs)],
            stdin=subprocess.PIPE,
            stdout=output_theirs,
            stderr=output_theirs,
            cwd=folder,
            env={"HOME": str(folder)},
            pass_fds=(channel_theirs,),
            start_new_session=True,
        )
        os.close(channel_theirs)
        os.close(output_theirs)
        assert process.stdin is not None
        process.stdin.write(JOB.dump_json(job))
        process.stdin.close()
        process.returncode = 0  # the supervisor waits for it
        os.set_blocking(channel_ours, False)
        os.set_blocking(output_ours, False)
        return Child(process.pid, channel_ours, output_ours, home=str(folder))


def watch(program: str, *, on_event: object = None, **limits: float) -> Observed:
    """What the supervisor sees of ``program`` within these limits; a minute where none is said."""
    job = JOB.validate_python(
        {"kind": "notebook", "cells": (), "pictures_folder": "/nowhere", "numerics": "float32", "seed": 1}
    )
    with Workplace() as workplace:
        child = Scripted(program).start(job, workplace.folder, workplace.folder)
        return supervise(child, Limits(**{"run_seconds": 60, **limits}), on_event)
