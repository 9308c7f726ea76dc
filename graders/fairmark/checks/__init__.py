"""The vocabulary graders are written in.

``grader`` says what a grader script is made of, ``expectation`` how a question is asked, ``view`` what can be asked
about. The other modules are questions ready to use, by subject: ``generators``, ``layers``, ``compile``, ``training``,
``accuracy`` and ``prediction``. To add a kind of check, write a function there that takes a part of the view and raises
``Unmet``.
"""

from fairmark.checks.expectation import Doubted, NotShown, Observed, Unmet, expect, part
from fairmark.checks.grader import Check, Exercise, Grader, load_grader
from fairmark.checks.view import RunView

__all__ = [
    "Check",
    "Doubted",
    "Exercise",
    "Grader",
    "NotShown",
    "Observed",
    "RunView",
    "Unmet",
    "expect",
    "load_grader",
    "part",
]
