"""Values that depend on each other, some of them in circles, worked out as far as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from fairmark.errors import ControlFlow

__all__ = ["Solver", "TooDeep"]

MAX_ROUNDS = 16
"""Times that one unknown may grow; then it is open, with what was found."""

MAX_EVALUATIONS = 20_000
"""Of one notebook; what is not known by then is open. A notebook of the course takes some hundreds."""

MAX_DEPTH = 40
"""Levels of expressions, those of the unknowns that they ask for included, beyond which an unknown is worked out by
itself first."""

K = TypeVar("K", bound=Hashable)


class TooDeep(ControlFlow):
    """``key`` is to be worked out first."""

    def __init__(self, key: Hashable) -> None:
        self.key: Any = key


class Solver(Generic[K]):
    """The smallest sets that fulfil all equations: ``evaluate`` works one of them out, asking for others by `get`, and
    gives what it contains. ``open_`` is what is contained where there may be more.

    This is the top-down solver of Le Charlier and Van Hentenryck: an unknown is worked out again where one that it
    asked for has grown since.
    """

    def __init__(self, evaluate: Callable[[K], frozenset[Any]], open_: frozenset[Any]) -> None:
        self.depth = 0
        self._evaluate = evaluate
        self._open = open_
        self._values: dict[K, frozenset[Any]] = {}
        self._stable: set[K] = set()
        self._called: list[K] = []
        self._is_called: set[K] = set()
        self._asked_by: dict[K, set[K]] = {}
        self._rounds: dict[K, int] = {}
        self._frozen: set[K] = set()
        self._evaluations = 0

    @property
    def is_solving(self) -> bool:
        return bool(self._called)

    def get(self, key: K) -> frozenset[Any]:
        """What ``key`` contains, as far as that is known now; for good where nothing else is being worked out."""
        if not self._called:
            return self._from_scratch(key)
        if key not in self._stable and key not in self._is_called:
            if self.depth > MAX_DEPTH:
                raise TooDeep(key)
            self._solve(key)
        self._asked_by.setdefault(key, set()).add(self._called[-1])
        return self._values.get(key, frozenset())

    def _from_scratch(self, key: K) -> frozenset[Any]:
        depth = self.depth
        waiting = [key]
        awaited = {key}
        while waiting:
            try:
                self.depth = 0
                if waiting[-1] not in self._stable:
                    self._solve(waiting[-1])
                awaited.discard(waiting.pop())
            except TooDeep as deeper:
                self._start_again()
                if deeper.key in awaited:
                    self._leave_open(deeper.key)
                else:
                    waiting.append(deeper.key)
                    awaited.add(deeper.key)
            except RecursionError:  # the stack was nearly used up before
                self._start_again()
                self._leave_open(waiting[-1])
        self.depth = depth
        return self._values.get(key, frozenset())

    def _start_again(self) -> None:
        self._stable -= self._is_called
        self._called.clear()
        self._is_called.clear()

    def _solve(self, key: K) -> None:
        self.depth += 1
        self._called.append(key)
        self._is_called.add(key)
        while key not in self._stable:
            self._stable.add(key)
            if key in self._frozen:
                break
            self._grow(key)
        self._called.pop()
        self._is_called.discard(key)
        self.depth -= 1

    def _grow(self, key: K) -> None:
        self._evaluations += 1
        if self._evaluations > MAX_EVALUATIONS:
            self._leave_open(key)
            return
        before = self._values.get(key, frozenset())
        after = before | self._evaluate(key)
        if after == before and key in self._values:
            return
        self._values[key] = after
        if after != before:
            self._rounds[key] = self._rounds.get(key, 0) + 1
            if self._rounds[key] >= MAX_ROUNDS:
                self._leave_open(key)
            self._unsettle(key)

    def _leave_open(self, key: K) -> None:
        self._frozen.add(key)
        self._stable.add(key)
        self._values[key] = self._values.get(key, frozenset()) | self._open
        self._unsettle(key)

    def _unsettle(self, key: K) -> None:
        """Whoever asked for ``key``, and whoever asked for those, is to be worked out again."""
        waiting = list(self._asked_by.pop(key, ()))
        while waiting:
            one = waiting.pop()
            if one in self._stable and one not in self._frozen:
                self._stable.discard(one)
                waiting += self._asked_by.pop(one, ())
