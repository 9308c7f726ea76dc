"""What all of :mod:`behaviours` give, as JSON by name: ``python behaving.py plain|live|recorder``.

That is a process that is not watched, a student's kernel, or a process that runs a notebook as the sandbox does.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

from behaviours import BEHAVIOURS

__all__: list[str] = []

_CELLS = {
    "plain": ["import tensorflow"],
    "live": ["from fairmark import check", "import tensorflow", "watching = check._kernel.is_watching"],
}


def _watch(how: str) -> None:
    """Has this process watched as a student's kernel, or as a notebook in the sandbox; ``plain``: not at all."""
    if how == "recorder":
        _record()
        return
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    for cell in _CELLS[how]:
        shell.run_cell(cell, store_history=True).raise_error()
    assert shell.user_ns.get("watching", True), "the kernel is not watched"


def _record() -> None:
    from fairmark.evidence import Event, RecorderFailed
    from fairmark.keras.recorder import pictures as recorded_pictures
    from fairmark.keras.recorder import pipelines as recorded_pipelines
    from fairmark.keras.recorder import training
    from fairmark.keras.recorder.export import Exporter
    from fairmark.keras.recorder.recorder import Recorder
    from fairmark.sandbox.inside.channel import Channel

    class Nowhere(Channel):
        def __init__(self) -> None:
            """Events go nowhere; that the recorder stumbles is an error here."""

        def send(self, event: Event) -> None:
            assert not isinstance(event, RecorderFailed), event

    recorder = Recorder(Nowhere(), Path.cwd())
    recorded_pipelines.leave_untuned()
    recorded_pictures.install(recorder)
    training.install(recorder, Exporter(recorder, Path.cwd() / "export"), {})


def main(how: str) -> None:
    told, sys.stdout = sys.stdout, sys.stderr
    os.chdir(tempfile.mkdtemp())
    _watch(how)
    found = {}
    for name, show in BEHAVIOURS.items():
        try:
            found[name] = show()
        except Exception:
            found[name] = traceback.format_exc()
    json.dump(found, told, default=str)


if __name__ == "__main__":
    main(sys.argv[1])
