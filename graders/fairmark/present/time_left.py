"""How long a class will take from here: said only once it rests on runs of the same kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Key", "TimeLeft", "Work", "about"]

Key: TypeAlias = tuple[str, str, int]
"""Student, assignment and number of the file."""

_ENOUGH = 3
_ENOUGH_ALIKE = 2
"""Runs of an assignment that an estimate rests on: fewer where none took more than twice as long as another."""
_ALIKE = 2.0
_UNKNOWN_SHARE = 0.1
"""Of what is left, runs of assignments of which too few have been seen: with more of them nothing is said."""
_KEPT_SHARE = 0.2
"""Of the time a run took when it was made: what is marked in less was not run again."""
_NEARLY = 0.8
_LEAST_OVERDUE = 0.1
_WIDEST = 4.0
"""Between the least and the most that is left, one to another: with more nothing is said."""


@dataclass(frozen=True)
class Work:
    """What one submission is to the class: notebooks with the same ``like`` are run once; ``is_run`` is False where
    there is nothing to run, as in one that was not touched."""

    key: Key
    like: str
    is_run: bool

    @property
    def assignment(self) -> str:
        return self.key[1]


@dataclass
class _Seen:
    """Runs of one assignment: seconds each, and how many were made since one was only marked from what was kept."""

    seconds: list[float] = field(default_factory=list)
    since_kept: int = 0
    kept: int = 0

    def mean(self, running: list[float]) -> float | None:
        """Seconds that a run takes; ``running`` are those that others have taken so far. None where too few have ended,
        or more are still at it after that time: those that end first are the short ones."""
        if self.kept and self.since_kept < _ENOUGH:
            return None  # what was kept comes first in a class that goes on: it tells nothing of the rest
        count = len(self.seconds)
        alike = count >= _ENOUGH_ALIKE and max(self.seconds) <= _ALIKE * min(self.seconds)
        if count < _ENOUGH and not alike:
            return None
        mean = sum(self.seconds) / count
        longer = [elapsed for elapsed in running if elapsed >= _NEARLY * mean]
        if len(longer) > count:
            return None
        return (sum(self.seconds) + sum(max(mean, elapsed) for elapsed in longer)) / (count + len(longer))


class TimeLeft:
    """Told what there is to do and what becomes of it; times in seconds of any clock that only grows."""

    def __init__(self) -> None:
        self._work: dict[Key, Work] = {}
        self._is_foreseen = False
        self._began: dict[Key, float] = {}
        self._took: dict[Key, float] = {}
        self._finished: dict[Key, float] = {}
        self._likes: set[str] = set()
        self._seen: dict[str, _Seen] = {}
        self._most_at_once = 1

    def foresee(self, work: Iterable[Work]) -> None:
        """All that is to be done. Until then nothing is said."""
        self._work = {one.key: one for one in work}
        self._is_foreseen = True
        for key, wall_seconds in self._finished.items():
            self._learn(key, wall_seconds)

    def begin(self, key: Key, now: float) -> None:
        self._began[key] = now
        self._most_at_once = max(self._most_at_once, len(self._began))

    def end(self, key: Key, now: float) -> None:
        self._took[key] = now - self._began.pop(key, now)

    def finish(self, key: Key, wall_seconds: float) -> None:
        """It is marked; ``wall_seconds`` are those of its run, whenever that was."""
        self._finished[key] = wall_seconds
        if self._is_foreseen:
            self._learn(key, wall_seconds)

    def _learn(self, key: Key, wall_seconds: float) -> None:
        work, took = self._work.get(key), self._took.get(key, 0.0)
        if work is None or not work.is_run:
            return
        is_copy = bool(work.like) and work.like in self._likes
        self._likes.add(work.like)
        seen = self._seen.setdefault(work.assignment, _Seen())
        if took < _KEPT_SHARE * wall_seconds:
            if not is_copy:
                seen.kept, seen.since_kept = seen.kept + 1, 0
        elif not is_copy:
            seen.since_kept += 1
            seen.seconds.append(took)

    def seconds(self, now: float) -> float | None:
        """None where nothing can be said."""
        if not self._is_foreseen:
            return None
        left = self._runs_left()
        if not left:
            return None  # what is left takes no time worth saying
        means = {name: seen.mean(self._elapsed(name, now)) for name, seen in self._seen.items()}
        known = {name: mean for name, mean in means.items() if mean is not None}
        unknown = sum(work.assignment not in known for work in left)
        if not known or unknown > _UNKNOWN_SHARE * len(left):
            return None
        low = self._together([self._of(work, known, now, overdue=_LEAST_OVERDUE) for work in left])
        high = self._together([self._of(work, known, now, overdue=1.0) for work in left])
        return None if high > _WIDEST * low else (low * high) ** 0.5

    def _together(self, each: list[float]) -> float:
        return max(sum(each) / min(self._most_at_once, len(each)), *each)

    def _runs_left(self) -> list[Work]:
        """What has a run of its own yet to come or to end."""
        left: list[Work] = []
        likes = set(self._likes)
        # Whoever is running comes first: the others that are like it wait.
        for work in sorted(self._work.values(), key=lambda work: work.key not in self._began):
            if not work.is_run or work.key in self._finished or (work.like and work.like in likes):
                continue
            likes.add(work.like)
            left.append(work)
        return left

    def _elapsed(self, assignment: str, now: float) -> list[float]:
        return [now - began for key, began in self._began.items() if key[1] == assignment]

    def _of(self, work: Work, means: Mapping[str, float], now: float, *, overdue: float) -> float:
        """Of a run that has taken longer than others did nobody knows what is left: ``overdue`` of what they took."""
        mean = means.get(work.assignment, sum(means.values()) / len(means))
        began = self._began.get(work.key)
        return mean if began is None else max(mean - (now - began), overdue * mean)


def about(seconds: float) -> str:
    """No more exactly than it is known: ``less than a minute``, ``about 5 min``, ``about 1 h 20 min``."""
    if seconds < 50:
        return "less than a minute"
    minutes = max(1, round(seconds / 60))
    if minutes > 20:
        minutes = 5 * round(minutes / 5)
    if minutes < 60:
        return f"about {minutes} min"
    minutes = 10 * round(minutes / 10)
    hours, rest = divmod(minutes, 60)
    if hours >= 5 or not rest:
        return f"about {round(minutes / 60)} h"
    return f"about {hours} h {rest} min"
