"""Watches a kernel: which cells are run, and what they do with the framework.

Whatever goes wrong in here stays in here: a student's cell neither fails nor gives another result for being watched.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from fairmark.data import data_folder
from fairmark.evidence import CellError, CellFinished, CellStarted
from fairmark.frameworks import Watcher, installed
from fairmark.live.memory import Memory
from fairmark.notebook.stub import header_of

__all__ = ["Kernel"]


class Kernel:
    """An IPython shell whose cells are watched from now on.

    ``problem`` is the first thing that went wrong in watching, in words; None where nothing did.
    """

    def __init__(self, shell: Any) -> None:  # noqa: ANN401 - IPython has no types
        self.shell = shell
        self.memory = Memory()
        self.problem: str | None = None
        self.hints_given: dict[tuple[str, str], int] = {}
        self._watcher: Watcher | None = None
        self._given_up: set[str] = set()
        self._running: Any = None
        self._files: dict[str, tuple[int, str]] = {}
        self._began = time.monotonic()
        with self._harmless():
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)
            self._look_for_framework()

    @property
    def names(self) -> dict[str, object]:
        """The notebook's variables."""
        names: dict[str, object] = self.shell.user_ns
        return names

    @property
    def is_watching(self) -> bool:
        """Whether the framework is watched by now: it is once the notebook has imported it."""
        return self._watcher is not None

    def has_run(self, exercise: str) -> bool:
        """Whether the kernel's own list of inputs holds the exercise: it may have run before anybody watched."""
        inputs = self.names.get("In")
        return isinstance(inputs, list) and any(header_of(str(source)) == exercise for source in inputs)

    def catch_up(self) -> None:
        """Looks at what the cell that is running now has bound so far: ``check()`` may be its own last line."""
        with self._harmless():
            self._record_names()

    # --- cells ---

    def _begin(self, info: Any) -> None:  # noqa: ANN401 - IPython has no types
        with self._harmless():
            source = str(info.raw_cell)
            # Cells that a cell runs are part of it; editors look at variables with cells that leave no history.
            if header_of(source) is None and (self._running is not None or not info.store_history):
                return
            self._look_for_framework()
            self._note(info, source, is_watched=self._watcher is not None)

    def _note(self, info: Any, source: str, *, is_watched: bool) -> None:  # noqa: ANN401
        self._running, self._began = info, time.monotonic()
        gone = self.memory.begin(source, getattr(info, "cell_id", None), is_watched=is_watched)
        position = self.memory.runs[-1].position
        with self._harmless():
            self._files.update(dict.fromkeys(self._files_of(source), (position, source)))
        if self._watcher is not None:
            self._watcher.begin(position, self.memory.models_of(gone))
        self.memory.send(CellStarted(cell=position))

    def _end(self, result: Any) -> None:  # noqa: ANN401 - IPython has no types
        with self._harmless():
            if self._running is None and not self.memory.runs and str(result.info.raw_cell).strip():
                self._note(result.info, str(result.info.raw_cell), is_watched=False)  # the cell that has imported us
            if self._running is None or result.info is not self._running:
                return
            self._running = None
            self._look_for_framework()
            self._record_names()
            problem = result.error_before_exec or result.error_in_exec
            seconds = time.monotonic() - self._began
            position = self.memory.runs[-1].position
            self.memory.send(CellFinished(cell=position, seconds=seconds, error=self._told(problem)))

    def _files_of(self, source: str) -> list[str]:
        """What the shell may file the code of a cell under, which is what tracebacks call it: IPython counts the cell
        before it tells of it, or afterwards."""
        transformed, count = self.shell.transform_cell(source), self.shell.execution_count
        return [str(self.shell.compile.get_code_name(source, transformed, one)) for one in (count, count - 1)]

    def _told(self, problem: BaseException | None) -> CellError | None:
        """The error as data; what functions that it ended had made is recorded."""
        if problem is None:
            return None
        from fairmark.sandbox.inside.cells import Ran, cell_error, locals_of  # imports IPython, which is there

        files = {name: Ran(position, source) for name, (position, source) in self._files.items()}
        if self._watcher is not None:
            self._watcher.record_left_behind(locals_of(problem, files))
        return cell_error(problem, self.memory.runs[-1].source, files)

    def _record_names(self) -> None:
        if self._watcher is not None and self.memory.runs:
            self._watcher.record_names(self.names, self.memory.runs[-1].source)

    # --- the framework ---

    def _look_for_framework(self) -> None:
        """Has the framework watched once the notebook has imported it; it is never imported on its behalf."""
        if self._watcher is not None:
            return
        for framework in installed():
            if framework.title in self._given_up:
                continue
            with self._harmless():
                self._given_up.add(framework.title)  # unless it can be asked again
                self._watcher = framework.watch(self.memory, data_folder())
                self._given_up.discard(framework.title)
            if self._watcher is not None:
                self._watcher.begin(self.memory.runs[-1].position if self.memory.runs else 0, ())
                return

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            self.problem = self.problem or f"{type(problem).__name__}: {problem}"[:300]
