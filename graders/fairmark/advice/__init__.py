"""Advice: what most likely went wrong where a cell raised, and what to type instead, for people who copy from notes.

The cell's text is read as data, never run. Advice mends spelling, versions and punctuation. It never says which loss,
size or layer to take. What is here holds for all of Python; what a framework's own errors mean, and in which order all
is asked, its wing says (``raised`` of :class:`fairmark.frameworks.Framework`).
"""

from fairmark.advice.sentence import Advice

__all__ = ["Advice"]
