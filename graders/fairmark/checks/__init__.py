"""The vocabulary graders are written in.

``grader`` says what a grader script is made of, ``expectation`` how a question is asked, ``view`` what can be asked
about. Questions ready to use, by subject:

    generators                          pictures and what they are called
    layers, parameters, compile         the network and its settings
    training, callbacks, history        training and what it wrote down
    accuracy, prediction                what the trained model says
    answers, choices, cells             what a cell was to work out, choose or do without raising

To add a kind of check, write a function that takes a part of the view and raises ``CheckFailed`` if the answer is
wrong: in the grader script itself; for several scripts of a course, in a helper beside them, whose name begins with
``_`` (``graders/_rates.py``, with its tests in ``tests/graders/``); for every course, in a module here, with its tests
in ``tests/checks/``. A helper's question that reads what was typed says so: see ``answer_key``. Ask through
``run.model``, ``run.training``, ``run.training_pictures``, ``run.prediction`` and ``run.answer(name)``: what these give
has been held against the notebook's text. What ``run.all(...)`` and ``run.evidence`` hold is the recorder's word alone,
which a notebook may forge: confirm it with ``run.corroboration`` before marks hang on it.
"""

from fairmark.checks.expectation import CheckFailed, ConflictingEvidence, NoEvidence, Observed, expect, part
from fairmark.checks.grader import Check, Exercise, Grader, load_grader
from fairmark.checks.view import RunView

__all__ = [
    "Check",
    "CheckFailed",
    "ConflictingEvidence",
    "Exercise",
    "Grader",
    "NoEvidence",
    "Observed",
    "RunView",
    "expect",
    "load_grader",
    "part",
]
