"""fairmark marks notebooks of deep-learning courses fairly: from evidence judged outside the student's process.

Grader scripts need ``Grader``, ``part`` and ``expect``, and what their framework offers; notebooks ``dataset`` and
``check``. Each is imported when it is first asked for, so that ``import fairmark`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairmark.checks import Grader, expect, part
    from fairmark.data.dataset import dataset
    from fairmark.live import check

__all__ = ["Grader", "check", "dataset", "expect", "part"]

_HOMES = {
    "Grader": "fairmark.checks",
    "expect": "fairmark.checks",
    "part": "fairmark.checks",
    "check": "fairmark.live",
    "dataset": "fairmark.data.dataset",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'fairmark' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
