"""Plain code of a notebook, worked out without running it: what numbers and words its names come to.

``cells`` answers, ``expressions`` and ``classes`` work it out, ``plain_values`` says what is plain, and
``known_things`` are those whose numbers are known outside a run.
"""
