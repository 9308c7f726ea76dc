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
from collections.abc import Sequence
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
        _INSIDE,
        # `from fairmark import dataset`
        "fairmark.course",
        "fairmark.data",
        "fairmark.data.places",
        _FOR_NOTEBOOKS,
    }
)
"""Modules of this package that a run has, beside all that say what evidence is, and all that are in this folder."""


def is_needed(name: str) -> bool:
    """Whether a run has the module of this package called ``name``."""
    return name in NEEDED or name.startswith((f"{_EVIDENCE}.", f"{_INSIDE}."))


def forget_the_rest() -> None:
    """Empties and removes every other module of this package that has been imported, and has none imported again.

    For a process that does nothing else any more: what called this may have been emptied too.
    """
    importlib.import_module(_FOR_NOTEBOOKS)
    main = sys.modules["__main__"]
    forgotten = {name: module for name, module in sys.modules.items() if _is_ours(name) and not is_needed(name)}
    for name, module in list(sys.modules.items()):
        if _is_ours(name) and is_needed(name):
            _cut_off(module, forgotten)
    for name, module in forgotten.items():
        del sys.modules[name]
        _empty(module)
    started_as = getattr(main, "__spec__", None)
    if started_as is not None and _is_ours(started_as.name) and not is_needed(started_as.name):
        _empty(main)
    sys.meta_path.insert(0, _Refusal())


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
    """Finds nothing, and lets nobody after it look for what is not needed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if _is_ours(name) and not is_needed(name):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None
