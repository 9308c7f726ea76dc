"""Watches a kernel: which cells are run, and what they do with Keras.

Whatever goes wrong in here stays in here: a student's cell neither fails nor gives another result for being watched.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from fairmark.data import data_folder
from fairmark.evidence import CellError, CellFinished, CellStarted
from fairmark.live.memory import Memory
from fairmark.notebook.stub import header_of
from fairmark.sandbox.inside.recorder import Recorder

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
        self._recorder: Recorder | None = None
        self._has_tried = False
        self._running: Any = None
        self._files: dict[str, tuple[int, str]] = {}
        self._began = time.monotonic()
        with self._harmless():
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)
            self._look_for_keras()

    @property
    def names(self) -> dict[str, object]:
        """The notebook's variables."""
        names: dict[str, object] = self.shell.user_ns
        return names

    @property
    def is_watching(self) -> bool:
        """Whether Keras is watched by now: it is once the notebook has imported TensorFlow."""
        return self._recorder is not None

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
            self._look_for_keras()
            self._note(info, source, is_watched=self._recorder is not None)

    def _note(self, info: Any, source: str, *, is_watched: bool) -> None:  # noqa: ANN401
        self._running, self._began = info, time.monotonic()
        gone = self.memory.begin(source, getattr(info, "cell_id", None), is_watched=is_watched)
        position = self.memory.runs[-1].position
        with self._harmless():
            self._files.update(dict.fromkeys(self._files_of(source), (position, source)))
        if self._recorder is not None:
            self._recorder.cell = position
            for model in self.memory.models_of(gone):  # to be described anew, though nothing has changed in it
                self._recorder.described.pop(model, None)
        self.memory.send(CellStarted(cell=position))

    def _end(self, result: Any) -> None:  # noqa: ANN401 - IPython has no types
        with self._harmless():
            if self._running is None and not self.memory.runs and str(result.info.raw_cell).strip():
                self._note(result.info, str(result.info.raw_cell), is_watched=False)  # the cell that has imported us
            if self._running is None or result.info is not self._running:
                return
            self._running = None
            self._look_for_keras()
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
        if self._recorder is not None:
            from fairmark.sandbox.inside.session import record_left_behind  # imports TensorFlow, which is there

            with self._recorder.guarded("names"):
                record_left_behind(self._recorder, locals_of(problem, files), self.memory.opened)
        return cell_error(problem, self.memory.runs[-1].source, files)

    def _record_names(self) -> None:
        if self._recorder is None or not self.memory.runs:
            return
        from fairmark.sandbox.inside.session import record_names  # imports TensorFlow, which is there by now

        with self._recorder.guarded("names"):
            record_names(self._recorder, self.names, self.memory.runs[-1].source)

    # --- Keras ---

    def _look_for_keras(self) -> None:
        """Installs the recorder once the notebook has imported TensorFlow; it is never imported on its behalf."""
        if self._has_tried or not _is_imported("tensorflow"):
            return
        self._has_tried = True
        from fairmark.sandbox.inside import pictures, training  # import TensorFlow, which is there by now
        from fairmark.sandbox.inside.export import Exporter

        class NoExporter(Exporter):
            def export(self, model: Any, moment: Any, fit: str | None = None) -> None:  # noqa: ANN401 - Keras has no types
                """Nothing leaves a kernel."""

        recorder = Recorder(self.memory, data_folder())
        recorder.cell = self.memory.runs[-1].position if self.memory.runs else 0
        pictures.install(recorder)
        training.install(recorder, NoExporter(recorder, data_folder()), self.memory.opened)
        self._recorder = recorder

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as problem:
            self.problem = self.problem or f"{type(problem).__name__}: {problem}"[:300]


def _is_imported(name: str) -> bool:
    """Whether the module is there as a whole, not just being imported."""
    module = sys.modules.get(name)
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)
