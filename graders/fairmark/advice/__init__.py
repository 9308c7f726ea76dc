"""Advice: what most likely went wrong where a cell raised, and what to type instead, for people who copy from notes.

The cell's text is read as data, never run, and Keras is not imported: the few names of it that courses use are written
down in ``names``. Advice mends spelling, versions and punctuation. It never says which loss, size or layer to take.
"""

from fairmark.advice.advise import advise, raised
from fairmark.advice.old_tensorflow import switch_in
from fairmark.advice.sentence import Advice

__all__ = ["Advice", "advise", "raised", "switch_in"]
