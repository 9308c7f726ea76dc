"""``check()`` in a notebook that is being marked: what students call to see their own progress says nothing here."""

from __future__ import annotations

import sys

__all__ = ["Silent", "silence_check"]


class Silent:
    """Stands in for :class:`fairmark.live.Checker`, and knows nothing: the engine's files are out of reach."""

    assignment: str | None = None

    def __call__(self, exercise: str | None = None) -> None:
        """None, at once."""

    def hint(self, exercise: str | None = None) -> None:
        """None, at once."""


def silence_check() -> None:
    """From here on ``from fairmark import check`` gives that, without importing anything."""
    vars(sys.modules["fairmark"])["check"] = Silent()
