"""Of this package a run has what it needs, and nothing else: how marks are worked out, where hidden pictures come from
and how the wall was built is no use to a notebook.

What runs inside is forked from a process that has imported more, the wall's own modules above all. All that is not
needed is forgotten before the first cell: its modules are gone from ``sys.modules`` and empty, so that a function of
theirs that is still found in memory works no longer. Nor can they be imported again: behind a wall the package's folder
is hidden; in a plain process, which can read its files, only ``import`` refuses them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["NEEDED", "forget_the_rest", "is_needed"]

_PACKAGE = "fairmark"
_EVIDENCE, _INSIDE = "fairmark.evidence", "fairmark.sandbox.inside"
_FOR_NOTEBOOKS = "fairmark.data.dataset"

NEEDED = frozenset(
    {
        _PACKAGE,
        "fairmark.errors",
        _EVIDENCE,
        "fairmark.notebook",
        "fairmark.notebook.lexing",
        "fairmark.notebook.magics",
        "fairmark.sandbox",
        "fairmark.sandbox.jobfile",
        "fairmark.sandbox.jobs",
        "fairmark.sandbox.message_authentication",
        "fairmark.sandbox.program",
        _INSIDE,
        # `from fairmark import dataset`
        "fairmark.course",
        "fairmark.data",
        "fairmark.data.places",
        _FOR_NOTEBOOKS,
    }
)
"""Modules of this package that a run has, beside all that say what evidence is, all that are in this folder, and all
that the framework runs inside."""


def is_needed(name: str, package: str) -> bool:
    """Whether a run has the module of this package called ``name``; ``package`` is what the framework runs inside."""
    above = {package[:end] for end, letter in enumerate(package) if letter == "."}
    inside = (f"{_EVIDENCE}.", f"{_INSIDE}.", f"{package}.")
    return name in NEEDED or name == package or name in above or name.startswith(inside)


def forget_the_rest(package: str) -> None:
    """Empties and removes every module of this package that has been imported and that a run does not need, and has
    none imported again. ``package`` is what the framework runs inside.

    For a process that does nothing else any more: what called this may have been emptied too.
    """

    def is_kept(name: str) -> bool:
        return is_needed(name, package)

    importlib.import_module(_FOR_NOTEBOOKS)
    main = sys.modules["__main__"]
    forgotten = {name: module for name, module in sys.modules.items() if _is_ours(name) and not is_kept(name)}
    for name, module in list(sys.modules.items()):
        if _is_ours(name) and is_kept(name):
            _cut_off(module, forgotten)
    for name, module in forgotten.items():
        del sys.modules[name]
        _empty(module)
    started_as = getattr(main, "__spec__", None)
    if started_as is not None and _is_ours(started_as.name) and not is_kept(started_as.name):
        _empty(main)
    sys.meta_path.insert(0, _Refusal(is_kept))


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == _PACKAGE


def _cut_off(module: ModuleType, forgotten: dict[str, ModuleType]) -> None:
    """Takes away what comes from forgotten modules, as a package's own names for what is in them."""
    gone = {id(one) for one in forgotten.values()}
    for name, value in list(vars(module).items()):
        if id(value) in gone or getattr(value, "__module__", None) in forgotten:
            delattr(module, name)


def _empty(module: ModuleType) -> None:
    for name in [name for name in vars(module) if not name.startswith("__")]:
        delattr(module, name)


class _Refusal:
    """Finds nothing, and lets nobody after it look for what is not kept."""

    def __init__(self, is_kept: Callable[[str], bool]) -> None:
        self._is_kept = is_kept

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if _is_ours(name) and not self._is_kept(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None
