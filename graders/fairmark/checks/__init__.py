"""The vocabulary graders are written in.

``grader`` says what a grader script is made of, ``expectation`` how a question is asked, ``view`` what can be asked
about in notebooks of any framework. Questions ready to use, by subject:

    answers, choices, cells             what a cell was to work out, choose or do without raising

Those about networks, trainings and the like stand in the framework's own package; the author's handbook lists all.

To add a kind of check, write a function that takes a part of the view and raises ``CheckFailed`` if the answer is
wrong: in the grader script itself; for several scripts of a course, in a helper beside them, whose name begins with
``_`` (``graders/_rates.py``, with its tests in ``tests/graders/``); for every course, in a module here or in the
framework's package, with its tests in the folder of that name. A helper's question that reads what was typed says so:
see ``answer_key``. Ask through ``run.model``, ``run.training``, ``run.training_pictures``, ``run.prediction`` and
``run.answer(name)``: what these give has been held against the notebook's text. What ``run.all(...)`` and
``run.evidence`` hold is the recorder's word alone, which a notebook may forge: confirm it with ``run.corroboration``
before marks hang on it.
"""

from fairmark.checks.expectation import CheckFailed, ConflictingEvidence, NoEvidence, Observed, expect, part
from fairmark.checks.grader import Check, Exercise, Grader, load_grader
from fairmark.checks.view import EvidenceView

__all__ = [
    "Check",
    "CheckFailed",
    "ConflictingEvidence",
    "EvidenceView",
    "Exercise",
    "Grader",
    "NoEvidence",
    "Observed",
    "expect",
    "load_grader",
    "part",
]
