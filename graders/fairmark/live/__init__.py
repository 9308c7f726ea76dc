"""``check()`` inside a student's own notebook: the feedback of ``fairmark check`` on what has been run so far.

cell runs ──hooks──▶ Memory ──▶ Evidence of one exercise ──judge──▶ Card

Nothing here is a mark: it happens in the student's process, with the student's rights. The same recorder writes down
what the kernel does as in the sandbox, and the same judge looks at it; what needs hidden pictures, or is not for
students to see, is left to ``fairmark check`` and to handing in. Where a notebook is being marked, something that says
nothing stands in for ``check`` (:mod:`fairmark.sandbox.inside.silence`).
"""

from __future__ import annotations

from fairmark.live.checker import Checker, check

__all__ = ["Checker", "check"]
