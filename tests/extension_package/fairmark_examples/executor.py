"""An executor that grades one submission after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fairmark.classroom.executors import ClassWork

__all__ = ["OneByOne"]


class OneByOne:
    """Grades in this process; ``address`` is not needed, and shown."""

    runs_here = True

    def __init__(self, address: str | None) -> None:
        self._address = address

    def run(self, work: ClassWork) -> None:
        work.progress.remark(f"{len(work.pieces)} one by one, at {self._address}")
        with ThreadPoolExecutor(1) as pool:
            work.take_in(lambda piece: pool.submit(work.grade_here, piece), at_once=1)
