"""The object that notebooks import as ``check``."""

from __future__ import annotations

import sys
from typing import Any

from fairmark.live.answer import feedback, next_hint
from fairmark.live.card import Card
from fairmark.live.kernel import Kernel

__all__ = ["Checker", "check"]


class Checker:
    """``check("compile")`` gives feedback on an exercise, ``check.hint("compile")`` its next hint.

    ``assignment`` names the notebook's assignment where that cannot be told from the notebook itself.
    """

    def __init__(self) -> None:
        self.assignment: str | None = None
        self._kernel: Kernel | None = None
        self._watch()

    def __call__(self, exercise: str | None = None) -> Card:
        """Feedback on what this kernel has run so far of ``exercise``; without one, the exercises there are.

        Never raises: what goes wrong is said on the card.
        """
        return feedback(self._watch(), exercise, self.assignment)

    def hint(self, exercise: str | None = None) -> Card:
        """The next hint for ``exercise``: a nudge, then a pointer to the idea. Never raises."""
        return next_hint(self._watch(), exercise, self.assignment)

    def _watch(self) -> Kernel | None:
        """Begins to watch this kernel, once. None in a process without cells: a script, a plain Python console."""
        ipython = sys.modules.get("IPython")  # not imported for it: a process without it has no cells
        shell: Any = None if ipython is None else ipython.get_ipython()
        if self._kernel is None and shell is not None:
            self._kernel = Kernel(shell)
        return self._kernel

    def __repr__(self) -> str:
        return '<check: try check("name of an exercise"), or check.hint("name of an exercise")>'


check = Checker()
