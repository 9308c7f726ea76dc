"""Magics that belong to where a notebook comes from, and ask for nothing that is marked: none of them ends a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

__all__ = ["PASSED_OVER", "TolerantShell"]

_NOTHING_IS_INSTALLED = "nothing is installed while a notebook is marked"
_NOBODY_LOOKS_ON = "nobody is there to look at it"

PASSED_OVER = {
    "tensorboard": _NOBODY_LOOKS_ON,
    "autosave": "a notebook's page does that, and there is none",
    "autotime": "times are taken anyway",
    "clear": _NOBODY_LOOKS_ON,
    "cls": _NOBODY_LOOKS_ON,
    "less": _NOBODY_LOOKS_ON,
    "man": _NOBODY_LOOKS_ON,
    "more": _NOBODY_LOOKS_ON,
    "connect_info": "there is no kernel to connect with",
    "qtconsole": "there is no kernel to connect with",
    "debug": "nobody is there to ask the debugger",
    "pdb": "nobody is there to ask the debugger",
    "notebook": "the notebook is there already",
    "pip": _NOTHING_IS_INSTALLED,
    "conda": _NOTHING_IS_INSTALLED,
    "mamba": _NOTHING_IS_INSTALLED,
    "micromamba": _NOTHING_IS_INSTALLED,
    "uv": _NOTHING_IS_INSTALLED,
}
"""Line magics of Jupyter, of Colab and of their users' consoles that do nothing here, each with the reason."""

_EXTENSIONS = ("load_ext", "reload_ext", "unload_ext")
_FIGURES = ("inline", "agg")
"""How ``%matplotlib`` may have figures drawn; every other way opens a window, or asks a page to."""


class TolerantShell(InteractiveShell):  # type: ignore[misc] # IPython has no types
    """IPython that passes over what it cannot do where only a notebook's surroundings miss it. ``passed_over`` are the
    magics that do nothing, each with the reason."""

    passed_over: Mapping[str, str] = PASSED_OVER

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - IPython has no types
        self._texts: list[str] = []
        super().__init__(*arguments, **options)

    def run_cell(self, raw_cell: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        self._texts.append(raw_cell)
        return super().run_cell(raw_cell, *arguments, **options)

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:  # noqa: ANN401
        """What the magic gives; None where it is passed over, which the cell shows."""
        reason = self.passed_over.get(magic_name)
        if reason is not None:
            return _pass_over(magic_name, reason)
        if self.find_line_magic(magic_name) is None and self._stands_alone(magic_name):
            return _pass_over(magic_name, "there is no such magic here")
        if magic_name == "shell":  # Colab's name for it
            magic_name = "system"
        elif magic_name in ("matplotlib", "pylab"):
            line = _drawn_inline(line)
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except ImportError as problem:
            if magic_name not in _EXTENSIONS:
                raise
            return _pass_over(f"{magic_name} {line.strip()[:80]}", f"the extension is not here ({problem})")

    def magic(self, written: str) -> Any:  # noqa: ANN401
        """What older versions of IPython run a line magic by, the one in Colab too."""
        name, _, line = written.strip().lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:  # noqa: ANN401
        return super().run_cell_magic("bash" if magic_name == "shell" else magic_name, line, cell)

    def _stands_alone(self, magic_name: str) -> bool:
        """Whether some line that has been run so far holds the magic and nothing else, so that nothing needs what it
        gives."""
        alone = re.compile(rf"^[ \t]*%{re.escape(magic_name)}(?![\w.])", re.MULTILINE)
        return any(alone.search(text) for text in self._texts)


def _pass_over(magic: str, reason: str) -> None:
    display({"text/plain": f"%{magic} was passed over: {reason}."}, raw=True)


def _drawn_inline(line: str) -> str:
    word = line.split("#", maxsplit=1)[0].strip().strip("'\"")
    return word if word.startswith("-") or word in _FIGURES else "inline"
