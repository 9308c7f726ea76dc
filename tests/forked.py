"""A command in a process of its own, without starting Python anew: for what may hang, end the process or close streams.

The child is forked from the tests, so that everything is imported already; it runs :func:`fairmark.cli.main` as the
installed program does, with its own working folder, environment and streams.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from commands import Result

from fairmark.cli import main

__all__ = ["HANGS", "forked"]

HANGS = -1000
"""The exit code of what had not ended when its time was up."""


def forked(
    *words: object,
    cwd: Path | None = None,
    environment: Mapping[str, str | None] | None = None,
    stdout: int | None = None,
    before: Callable[[], object] = lambda: None,
    seconds: float = 60,
) -> Result:
    """What ``fairmark`` with these words comes to. ``environment`` changes variables, None takes one away; ``stdout``
    is a descriptor to write results to; ``before`` is called in the child."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.dup2(out.fileno() if stdout is None else stdout, 1)
            os.dup2(err.fileno(), 2)
            os._exit(_run([str(word) for word in words], cwd, environment or {}, before))
        code = _ended(child, seconds)
        for file in (out, err):
            file.seek(0)
        return Result(code, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


def _run(
    words: list[str], cwd: Path | None, environment: Mapping[str, str | None], before: Callable[[], object]
) -> int:
    try:
        sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123 - until the process ends
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        if cwd is not None:
            os.chdir(cwd)
        for name, value in environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        before()
        sys.argv = ["fairmark", *words]
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
        code = 99
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = 120  # as Python does
    return code


def _ended(child: int, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return HANGS
