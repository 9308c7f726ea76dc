"""What every framework's view of the evidence can be asked: events, cells, errors and values bound to names.

What is particular to a framework (models, generators, trainings) its own view adds; see ``fairmark.frameworks``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from fairmark.checks.expectation import Observed
from fairmark.checks.origin import WORKED_OUT, Origin
from fairmark.checks.scope import Scope
from fairmark.evidence import Cell, CellError, CellFinished, Evidence, FitStarted, Value

__all__ = ["EvidenceView"]

E = TypeVar("E")


class EvidenceView(ABC):
    """One submission's evidence, for the checks of one exercise (``exercise`` is its id)."""

    def __init__(self, evidence: Evidence, exercise: str = "") -> None:
        self.evidence = evidence
        self.exercise = exercise
        self._events: defaultdict[type, list[Any]] = defaultdict(list)
        for stamped in evidence.run.events:
            self._events[type(stamped.event)].append(stamped.event)
        self.scope = Scope(evidence.submission.cells, exercise)

    def all(self, kind: type[E], accepts: Callable[[E], bool] = lambda event: True) -> list[E]:
        """Events of one class, in order."""
        return [event for event in self._events.get(kind, ()) if accepts(event)]

    def nearest(self, kind: type[E], accepts: Callable[[E], bool] = lambda event: True) -> list[E]:
        """Events of one class that name a cell, in order: those of the exercise's own cells, else those of all
        exercises and given cells, else all. An experiment in a cell of the student's own is not among them."""
        return self.scope.nearest(self.all(kind, accepts))

    @abstractmethod
    def answer(self, name: str, origin: Origin = WORKED_OUT) -> Observed[Value]:
        """The value that the exercise bound to ``name``, or else the notebook last did. ``origin`` says what it may
        come from, beside what is worked out."""

    @property
    @abstractmethod
    def judged_fit(self) -> FitStarted | None:
        """The training that is judged; None if there is none."""

    @abstractmethod
    def meanings(self) -> dict[tuple[int, str], str]:
        """What each name stands for that a solution may call otherwise, by the position of the cell that bound it: the
        training images, the model and the like, in words of the framework's own choice."""

    @abstractmethod
    def told_of_error(self, error: CellError, source: str, earlier: Sequence[str] = ()) -> str:
        """What people read of an error that a cell with the text ``source`` raised below cells with the texts
        ``earlier``: the error, and its cause and what mends it if they are known. Never raises."""

    # --- cells ---

    @property
    def _cells(self) -> Sequence[Cell]:
        return self.evidence.submission.cells

    def number_of(self, position: int) -> int | None:
        """The number that people know the cell at ``position`` by."""
        return next((cell.number for cell in self._cells if cell.position == position), None)

    def cells_of(self, exercise: str) -> set[int]:
        """Positions of the cells that answer ``exercise``."""
        return {cell.position for cell in self._cells if cell.exercise == exercise}

    def error_in(self, positions: Iterable[int]) -> CellFinished | None:
        """The first cell among ``positions`` that raised."""
        wanted = set(positions)
        failed = self.all(CellFinished, lambda finished: finished.error is not None and finished.cell in wanted)
        return failed[0] if failed else None
