"""How long a class will take from here: nothing, or within a factor of three of what it comes to."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

import pytest

from fairmark.present.time_left import TimeLeft, Work, about

RECORDED = (36.6, 41.9, 39.2, 12.8, 44.0, 38.1, 61.5, 37.4, 8.9, 40.3, 35.0, 52.2, 39.9, 28.7, 43.1, 19.6)
"""Seconds that runs of one assignment took here: most train to their last epoch, some end early, some raise."""
QUICK = (5.8, 7.0, 6.1, 5.2, 6.6, 9.4, 5.5)
"""Of an assignment in which nothing is trained."""


@dataclass(frozen=True)
class Submission:
    """``takes`` is what marking it takes, ``wall_seconds`` what its run took, whenever that was."""

    work: Work
    takes: float
    wall_seconds: float


_numbers = count()


def runs(number: int, times: Sequence[float] = RECORDED, assignment: str = "horses") -> list[Submission]:
    made = []
    for index in range(number):
        name = f"student {next(_numbers)}"
        takes = times[index % len(times)]
        made.append(Submission(Work((name, assignment, 1), f"code of {name}", is_run=True), takes, takes - 0.4))
    return made


def blanks(number: int) -> list[Submission]:
    works = [Work((f"blank {next(_numbers)}", "horses", 1), "", is_run=False) for _ in range(number)]
    return [Submission(work, 0.05, 0.0) for work in works]


def copies(of: Submission, number: int) -> list[Submission]:
    works = [Work((f"copy {next(_numbers)}", of.work.assignment, 1), of.work.like, is_run=True) for _ in range(number)]
    return [Submission(work, 0.2, of.wall_seconds) for work in works]


def kept(submissions: list[Submission]) -> list[Submission]:
    """The same in a class that was interrupted: what they came to is kept."""
    return [Submission(one.work, 0.3, one.wall_seconds) for one in submissions]


def said(submissions: list[Submission], *, slots: int, looked_after: float = 2.0) -> list[tuple[float, float | None]]:
    """At each beginning and each end: how long it takes from there, and what is said."""
    left, now, foreseen = TimeLeft(), 0.0, False
    waiting, running, held = [*submissions], list[tuple[float, int, Submission]](), set[str]()
    moments: list[tuple[float, float | None]] = []
    while waiting or running:
        for one in [*waiting]:
            if len(running) < slots and (not one.work.like or one.work.like not in held):
                waiting.remove(one)
                held.add(one.work.like)
                left.begin(one.work.key, now)
                heapq.heappush(running, (now + one.takes, next(_numbers), one))
                moments.append((now, left.seconds(now)))
        now, _, one = heapq.heappop(running)
        if not foreseen and now >= looked_after:
            left.foresee([each.work for each in submissions])
            foreseen = True
        held.discard(one.work.like)
        left.end(one.work.key, now)
        left.finish(one.work.key, one.wall_seconds)
        moments.append((now, left.seconds(now)))
    return [(now - at, seconds) for at, seconds in moments]


ONE = runs(1)[0]
CLASSES = {
    "blanks first": (blanks(30) + runs(37), 2),
    "blanks last": (runs(37) + blanks(30), 2),
    "blanks among": ([one for pair in zip(blanks(30), runs(30), strict=True) for one in pair], 4),
    "copies first": ([ONE, *copies(ONE, 25), *runs(40)], 2),
    "copies last": ([ONE, *runs(40), *copies(ONE, 25)], 2),
    "long first": (runs(12, tuple(10 * seconds for seconds in RECORDED)) + runs(50, QUICK, "loss"), 2),
    "short first": (runs(50, QUICK, "loss") + runs(30), 2),
    "cluster": (runs(400), 32),
    "resume": (kept(runs(30)) + runs(37), 2),
    "one at a time": (runs(20), 1),
    "quick ones": (blanks(5) + runs(60, QUICK), 4),
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_said_is_right_within_a_factor_of_three_from_the_first_time(name: str) -> None:
    submissions, slots = CLASSES[name]
    moments = said(submissions, slots=slots)
    shown = [(truth, seconds) for truth, seconds in moments if seconds is not None]
    for truth, seconds in shown:
        if seconds < 50:
            assert truth < 3 * 60, (truth, seconds)  # "less than a minute"
        else:
            assert truth / 3 <= seconds <= 3 * truth, (truth, seconds)
    # Of the short ones nothing is known while the long ones run.
    assert shown[0][0] > (0.15 if name == "long first" else 0.4) * moments[0][0], "it is said while it is of use"


@pytest.mark.parametrize("seed", range(20))
def test_in_whatever_order_they_come(seed: int) -> None:
    random = Random(seed)
    submissions = [*blanks(10), ONE, *copies(ONE, 6), *runs(40), *runs(20, QUICK, "loss")]
    random.shuffle(submissions)
    for truth, seconds in said(submissions, slots=random.choice([1, 2, 4, 8])):
        if seconds is not None:
            assert truth < 180 if seconds < 50 else truth / 3 <= seconds <= 3 * truth, (truth, seconds)


def test_nothing_is_said_before_it_rests_on_something() -> None:
    assert TimeLeft().seconds(5.0) is None
    submissions = blanks(20) + runs(10)
    moments = said(submissions, slots=1)
    first = next(index for index, (_, seconds) in enumerate(moments) if seconds is not None)
    assert moments[first][0] <= sum(one.takes for one in submissions[22:])  # two runs alike have ended by then


def test_nothing_is_said_where_only_blanks_and_copies_are_left() -> None:
    left = TimeLeft()
    [first] = runs(1)
    rest = [*copies(first, 3), *blanks(3)]
    left.foresee(one.work for one in (first, *rest))
    left.begin(first.work.key, 0.0)
    left.end(first.work.key, 40.0)
    left.finish(first.work.key, 40.0)
    assert left.seconds(40.0) is None


def test_nothing_is_said_until_it_is_known_what_there_is_to_do() -> None:
    assert all(seconds is None for _, seconds in said(runs(5), slots=1, looked_after=1e9))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "less than a minute"),
        (49.0, "less than a minute"),
        (50.0, "about 1 min"),
        (290.0, "about 5 min"),
        (26 * 60.0, "about 25 min"),
        (3590.0, "about 1 h"),
        (4700.0, "about 1 h 20 min"),
        (7250.0, "about 2 h"),
        (25_000.0, "about 7 h"),
    ],
)
def test_it_is_said_no_more_exactly_than_it_is_known(seconds: float, words: str) -> None:
    assert about(seconds) == words
