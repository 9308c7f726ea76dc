"""What there is to do in a class, found out while the first of it is being done: what runs, and what is like what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fairmark.classroom.grade import ClassOfSubmissions
from fairmark.classroom.plan import Piece
from fairmark.present.time_left import Work

__all__ = ["looking_ahead", "work_of"]


def work_of(submissions: ClassOfSubmissions, piece: Piece) -> Work:
    """What ``piece`` is to its class. What cannot be read has nothing to run."""
    like, is_run = submissions.likeness_and_touch(piece.found, piece.assignment)
    return Work(piece.key, like, is_run and submissions.is_ready(piece.assignment))


@contextmanager
def looking_ahead(
    submissions: ClassOfSubmissions, pieces: Sequence[Piece], foresee: Callable[[list[Work]], object]
) -> Iterator[None]:
    """Meanwhile all ``pieces`` are looked at in a thread of its own; ``foresee`` is then told what they are. Reading
    one takes some milliseconds, and whoever marks it need not do so again."""
    stopped = threading.Event()

    def look() -> None:
        work = []
        for piece in pieces:
            if stopped.is_set():
                return
            work.append(work_of(submissions, piece))
        foresee(work)

    thread = threading.Thread(target=look, name="looking ahead", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
