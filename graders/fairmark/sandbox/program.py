"""What a framework has run in the sandbox. The sandbox itself knows none."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

__all__ = ["Program", "function_named"]


class Program(BaseModel):
    """``package`` is all of the engine, or of somebody else's, that stays in memory beside the notebook. In it are
    ``notebook`` and ``probe``, each ``module:function``: what runs a :class:`fairmark.sandbox.jobs.NotebookJob`, called
    with the job, the channel and the replies; and what does a :class:`fairmark.sandbox.jobs.ProbeJob`, called with the
    job and the channel.

    ``imports`` are modules that a warm worker imports ahead, beside these: what notebooks import. None of them may
    start a thread or the framework's own runtime, since a worker forks. ``environment`` is what the framework has to
    find in the process's environment, and ``folders`` variables of it that are to name a folder below the run's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    notebook: str
    probe: str
    imports: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, str], ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """What a process imports that is to run either kind of job."""
        return (*self.imports, *(one.partition(":")[0] for one in (self.notebook, self.probe)))


def function_named(name: str) -> Callable[..., object]:
    """The function that ``module:function`` names."""
    module, _, function = name.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), function)
    return found
