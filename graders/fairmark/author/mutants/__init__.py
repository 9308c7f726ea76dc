"""Mutants: right answers with one thing changed, each of which the grader must notice.

answer      one solved exercise cell: its text, its syntax tree, the lines between the solution markers
known       what the changes know of Keras: names of layers and optimizers, places of arguments, defaults
settings    optimizer, learning rate, loss, metrics
network     layers dropped, doubled, and each of their numbers
pictures    folders, sizes, batches, label modes, scaling
fitting     steps, epochs, validation, callbacks, history
naming      the one picture: its batch, threshold and class
plain       numbers, words and statements of any answer
make        all of them applied to a solution

To add a kind of mistake, write a function there that takes an :class:`Answer` and yields a :class:`Change` for each
place, and add it to the ``FAMILY`` at the end of its module.
"""

from fairmark.author.mutants.answer import Answer, Change
from fairmark.author.mutants.make import Mutant, answers_in, mutants_of

__all__ = ["Answer", "Change", "Mutant", "answers_in", "mutants_of"]
