"""Notebooks in kernels: cells run one by one by IPython's shell, in a process of its own, as an editor has them run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Shown", "in_kernel"]

_PROGRAM = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.lib.pretty import pretty

shell = InteractiveShell.instance()
shell.xmode = "Plain"
told, sys.stdout = sys.stdout, sys.stderr
for cell_id, source in json.load(sys.stdin):
    result = shell.run_cell(source, store_history=True, cell_id=cell_id)
    problem, value = result.error_before_exec or result.error_in_exec, result.result
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None
    text = pretty(value) if html is not None else repr(value)
    error = None if problem is None else f"{type(problem).__name__}: {problem}"
    print(json.dumps([text, html, error]), file=told, flush=True)
"""


@dataclass(frozen=True)
class Shown:
    """What a cell's last line showed, as text and, where it has any, as HTML; and what the cell raised."""

    text: str
    html: str | None
    error: str | None

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines()]


def in_kernel(
    folder: Path, cells: Sequence[str | tuple[str | None, str]], environment: Mapping[str, str] | None = None
) -> list[Shown]:
    """What each cell showed in a kernel that was started in ``folder``; a cell may come with the id it has in its
    notebook."""
    sources: list[Any] = [cell if isinstance(cell, tuple) else (None, cell) for cell in cells]
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps(sources),
        cwd=folder,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "IPYTHONDIR": str(folder / ".ipython"), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = [Shown(*json.loads(line)) for line in finished.stdout.splitlines()]
    assert len(shown) == len(cells), finished.stderr[-3000:]
    return shown
