"""A plain process: a fresh interpreter with nothing inherited, but no wall around it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from fairmark.sandbox.child import Child, Ending, Files
from fairmark.sandbox.environment import clean_environment
from fairmark.sandbox.jobfile import JobFile
from fairmark.sandbox.jobs import Job
from fairmark.sandbox.limits import Limits
from fairmark.sandbox.pipes import Pipes
from fairmark.sandbox.process_tree import descendants
from fairmark.sandbox.program import Program
from fairmark.sandbox.walls.layers import Confined

__all__ = ["PlainChild", "PlainProcess"]


class PlainProcess:
    """In a session of its own: clean environment, own folder, closed descriptors. Works on every system."""

    isolation: tuple[str, ...] = ("own process", "clean environment", "own folder", "watched limits")
    confines: frozenset[Confined] = frozenset({"memory", "time"})

    def warm_up(self, program: Program) -> None:
        """There is nothing to keep warm: every run starts its own interpreter."""

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        asked = JobFile(job)
        try:
            pipes = Pipes()
            with pipes.theirs():
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "fairmark.sandbox.inside", str(pipes.channel_theirs)],
                    stdin=asked.descriptor,
                    stdout=pipes.output_theirs,
                    stderr=pipes.output_theirs,
                    cwd=folder,
                    env=clean_environment(job.program, folder, job.pictures_folder),
                    pass_fds=(pipes.channel_theirs,),
                    start_new_session=True,
                )
        except BaseException:
            asked.close()
            raise
        return PlainChild(process, pipes, asked, folder)


class PlainChild:
    """A child of ours, leader of its own session. ``HOME`` is its folder: no other process has that in its environment,
    so that daemons which have left the session are known by it."""

    def __init__(self, process: subprocess.Popen[bytes], pipes: Pipes, job: JobFile, folder: Path) -> None:
        self._job = job
        self.pid = process.pid
        self.channel = pipes.channel
        self.output = pipes.output
        self.files = Files(folder)
        self._home = str(folder)
        self._ending: Ending | None = None
        process.returncode = 0  # it is waited for here; Popen must not

    def processes(self) -> list[int]:
        return [self.pid, *descendants(self.pid)]

    def reply(self, word: str) -> None:
        self._job.reply(word)

    def ran_out(self) -> bool:
        return False  # nobody counts that here

    def ending(self) -> Ending | None:
        if self._ending is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self._ending = _ending(status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
        return self._ending

    def kill(self) -> None:
        for victim in self._family():
            with contextlib.suppress(psutil.Error):
                victim.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._ending is None:
            _, status, usage = os.wait4(self.pid, 0)
            self._ending = _ending(status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
        os.close(self.channel)
        os.close(self.output)
        self._job.close()

    def _family(self) -> list[psutil.Process]:
        """Descendants, what else is in its session, and daemons, which have left that but not their environment."""
        family: dict[int, psutil.Process] = {}
        for pid in descendants(self.pid):
            with contextlib.suppress(psutil.Error):
                family[pid] = psutil.Process(pid)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
                if os.getsid(process.pid) == self.pid or process.environ().get("HOME") == self._home:
                    family[process.pid] = process
        return list(family.values())


def _ending(status: int, maximum_resident: int, cpu_seconds: float) -> Ending:
    # ru_maxrss is in KiB on Linux, in bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return Ending(status, peak_memory_bytes=maximum_resident * unit, cpu_seconds=cpu_seconds)
