"""fairmark marks Keras notebooks fairly: from evidence judged outside the student's process.

Grader scripts need ``Grader``, ``part``, ``expect`` and, for annotations, ``RunView``. Notebooks need ``dataset``.
"""

from fairmark.checks import Grader, RunView, expect, part
from fairmark.data.dataset import dataset

__all__ = ["Grader", "RunView", "dataset", "expect", "part"]
