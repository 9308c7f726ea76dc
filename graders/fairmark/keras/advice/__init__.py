"""Advice on errors in notebooks that use Keras: its own, and those of Python that such notebooks run into."""

from fairmark.keras.advice.advise import advise, raised
from fairmark.keras.advice.old_tensorflow import switch_in

__all__ = ["advise", "raised", "switch_in"]
