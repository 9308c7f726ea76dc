"""What an answer may be read off where plain code cannot work it out: what a model said, or what trainings measured."""

from __future__ import annotations

from fairmark.checks.origin import Origin
from fairmark.keras.facts.calls import ASKING

__all__ = ["ANSWERED", "TRAINED"]

ANSWERED = Origin(frozenset(ASKING))
"""What is made of a model's answers for many pictures."""
TRAINED = Origin(frozenset({"fit", "evaluate"}))
"""What is made of the numbers that several trainings measured."""
