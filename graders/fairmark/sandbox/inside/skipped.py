"""How a run that trains nothing is ended."""

from __future__ import annotations

__all__ = ["TrainingSkipped"]


class TrainingSkipped(BaseException):
    """Ends a run that only asks for structure, at its first ``fit``. Not an ``Exception``: cells must not catch it."""
