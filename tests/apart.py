"""Programs in a process of their own, for what cannot be taken back: what they print comes back as data."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

__all__ = ["answers", "apart"]

_ASKING = """
import ctypes, errno, json, os, signal, socket, subprocess, sys
asked = json.loads(sys.stdin.readline())

def answer(what):
    try:
        exec(what, globals())
    except OSError as problem:
        return errno.errorcode.get(problem.errno, str(problem))
    except BaseException as problem:
        return f"{type(problem).__name__}: {problem}"
    return "done"

LIBRARY = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    result = LIBRARY.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

"""


def apart(program: str, told: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """What ``program`` prints, as JSON; ``asked`` is there what it was told. It must not fail."""
    finished = subprocess.run(
        [sys.executable, "-c", _ASKING + program], input=json.dumps(told), capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def answers(before: str, questions: dict[str, str]) -> dict[str, str]:
    """Runs ``before`` and then each question: ``done``, or the name of the error number."""
    program = f"{before}\nprint(json.dumps({{name: answer(what) for name, what in asked.items()}}))"
    told: dict[str, str] = apart(program, questions)
    return told
