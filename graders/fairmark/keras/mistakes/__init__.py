"""Mistakes: what ``fairmark verify`` changes in right answers, each a mistake that a grader must notice.

known       what the changes know of Keras: names of layers and optimizers, places of arguments, defaults
settings    optimizer, learning rate, loss, metrics
network     layers dropped, doubled, and each of their numbers
pictures    folders, sizes, batches, label modes, scaling
fitting     steps, epochs, validation, callbacks, history
naming      the one picture: its batch, threshold and class
plain       numbers, words and statements of any answer

To add a kind of mistake, write a function there that takes a :class:`fairmark.notebook.answer.Answer` and yields a
:class:`fairmark.notebook.answer.Change` for each place, and add it to the ``FAMILY`` at the end of its module.
"""

from fairmark.keras.mistakes import fitting, naming, network, pictures, plain, settings

__all__ = ["MISTAKES"]

MISTAKES = (*settings.FAMILY, *network.FAMILY, *pictures.FAMILY, *fitting.FAMILY, *naming.FAMILY, *plain.FAMILY)
