"""The helpers of the built-in course: they lie on no import path, so that tests ask for them by name."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from fairmark.checks.script import run_script

__all__ = ["GRADERS", "helper"]

GRADERS = Path(__file__).resolve().parent.parent / "graders"


def helper(name: str) -> ModuleType:
    """``graders/NAME.py``, as a grader script has it that imports it."""
    return run_script(GRADERS / f"{name}.py")
