"""Keras in a kernel: what it does from now on is recorded, without a sandbox and without exporting anything."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairmark.frameworks import KernelMemory

if TYPE_CHECKING:  # only here: the recorder imports TensorFlow
    from fairmark.keras.recorder.recorder import Recorder

__all__ = ["watch"]

_IMPORTED_AS = "tensorflow"
"""The last of what Keras is imported by: once that is there, all is."""


class _Watcher:
    """See :class:`fairmark.frameworks.Watcher`."""

    def __init__(self, recorder: Recorder, memory: KernelMemory) -> None:
        self._recorder = recorder
        self._memory = memory

    def begin(self, cell: int, gone: Collection[str]) -> None:
        self._recorder.cell = cell
        for model in gone:
            self._recorder.described.pop(model, None)

    def record_names(self, names: dict[str, object], source: str) -> None:
        from fairmark.keras.recorder.session import record_names  # imports TensorFlow, which is there by now

        with self._recorder.guarded("names"):
            record_names(self._recorder, names, source)

    def record_left_behind(self, things: list[object]) -> None:
        from fairmark.keras.recorder.session import record_left_behind  # imports TensorFlow, which is there by now

        with self._recorder.guarded("names"):
            record_left_behind(self._recorder, things, self._memory.opened)


def watch(memory: KernelMemory, folder: Path) -> _Watcher | None:
    """Installs the recorder once the notebook has imported TensorFlow; None until then."""
    if not _is_imported(_IMPORTED_AS):
        return None
    # These import TensorFlow, which is there by now.
    from fairmark.keras.recorder import pictures, training
    from fairmark.keras.recorder.export import Exporter
    from fairmark.keras.recorder.recorder import Recorder

    class NoExporter(Exporter):
        def export(self, model: Any, moment: Any, fit: str | None = None) -> None:  # noqa: ANN401 - Keras has no types
            """Nothing leaves a kernel."""

    recorder = Recorder(memory, folder)
    pictures.install(recorder)
    training.install(recorder, NoExporter(recorder, folder), memory.opened)
    return _Watcher(recorder, memory)


def _is_imported(name: str) -> bool:
    """Whether the module is there as a whole, not just being imported."""
    module = sys.modules.get(name)
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)
