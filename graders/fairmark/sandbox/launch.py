"""How the process inside comes to be: its environment, its working folder, its pipes, and what confines it.

``Launcher`` is the one thing a backend has to provide; :class:`PlainProcess` is a process with nothing inherited but
no wall around it, and says so in every report.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairmark.sandbox.jobs import JOB, Job

__all__ = ["Child", "Launcher", "PlainProcess", "clean_environment"]


@dataclass(frozen=True)
class Child:
    """A running process inside: leader of its own session, with our ends of its two pipes (non-blocking).

    ``home`` is the value of ``HOME`` where this process and its descendants are the only ones to have it: whatever
    bears it is killed with them. None where it is not theirs alone.
    """

    pid: int
    channel: int
    output: int
    home: str | None = None


class Launcher(Protocol):
    """A way to start the process inside."""

    isolation: tuple[str, ...]
    """What confines it, as reports name it."""

    def start(self, job: Job, folder: Path, pictures_folder: Path) -> Child:
        """Starts ``job`` with ``folder`` as its working folder; ``pictures_folder`` is all it may read besides."""


class PlainProcess:
    """A fresh interpreter in a session of its own: clean environment, own folder, closed descriptors."""

    isolation: tuple[str, ...] = ("own process", "clean environment", "own folder", "watched limits")

    def start(self, job: Job, folder: Path, pictures_folder: Path) -> Child:
        (folder / "job.json").write_bytes(JOB.dump_json(job))
        channel_ours, channel_theirs = os.pipe()
        output_ours, output_theirs = os.pipe()
        try:
            with (folder / "job.json").open("rb") as asked:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "fairmark.sandbox.inside", str(channel_theirs)],
                    stdin=asked,
                    stdout=output_theirs,
                    stderr=output_theirs,
                    cwd=folder,
                    env=clean_environment(folder, pictures_folder),
                    pass_fds=(channel_theirs,),
                    start_new_session=True,
                )
        finally:
            os.close(channel_theirs)
            os.close(output_theirs)
            (folder / "job.json").unlink()
        process.returncode = 0  # the supervisor waits for the pid itself; Popen must not
        os.set_blocking(channel_ours, False)
        os.set_blocking(output_ours, False)
        return Child(process.pid, channel_ours, output_ours, home=str(folder))


def clean_environment(folder: Path, pictures_folder: Path) -> dict[str, str]:
    """Everything the process inside gets to know of ours."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        "IPYTHONDIR": str(folder / ".ipython"),
        "MPLCONFIGDIR": str(folder / ".matplotlib"),
        "MPLBACKEND": "agg",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(folder / ".keras"),
        "TF_CPP_MIN_LOG_LEVEL": "3",  # the C++ side's greetings are not the notebook's output
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "FAIRMARK_DATA": str(pictures_folder),
        **({"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}),
    }
