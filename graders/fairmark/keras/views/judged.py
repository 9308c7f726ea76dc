"""Which model an exercise is judged on, as it stood when, and compiled how: one object from building to training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from fairmark.checks.scope import Scope
from fairmark.evidence import (
    CellFinished,
    FitFinished,
    FitStarted,
    InForce,
    ModelCompiled,
    ModelDescribed,
    ModelPredicted,
    NamesBound,
)

__all__ = ["Judged"]

_TOLD_BY_THEMSELVES = ("Sequential", "Functional", "Model")
"""Classes whose models know their layers before anything has called them."""


class Judged:
    """Answers for one exercise; ``events`` are those of the run, in order."""

    def __init__(self, events: Sequence[Any], scope: Scope) -> None:
        self._scope = scope
        self._events = list(enumerate(events))
        self._placed: defaultdict[type, list[tuple[int, Any]]] = defaultdict(list)
        for place, event in self._events:
            self._placed[type(event)].append((place, event))
        self._fits = self._calls_of_fit()
        self._compiled = self._all(ModelCompiled)
        self._described = self._all(ModelDescribed)

    def _all(self, kind: type) -> list[tuple[int, Any]]:
        return list(self._placed.get(kind, ()))

    def _calls_of_fit(self) -> list[tuple[int, Any]]:
        """Without those that raised an error, if there are others: whoever writes another call below means that one.
        Without those, too, that a callback made while another training was at work."""
        finished = {event.fit: place for place, event in self._all(FitFinished)}
        every = self._all(FitStarted)
        spans = [(event.fit, place, finished.get(event.fit, place)) for place, event in every]
        fits = [
            (place, event)
            for place, event in every
            if not any(begin < place < end and event.fit != other for other, begin, end in spans)
        ]
        raised = {event.cell for _, event in self._all(CellFinished) if event.error is not None}
        return [one for one in fits if one[1].fit in finished or one[1].cell not in raised] or fits

    def _nearest(self, placed: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        return self._scope.nearest(placed, lambda one: one[1].cell)

    def _in(self, placed: list[tuple[int, Any]], cells: frozenset[int]) -> list[tuple[int, Any]]:
        return [one for one in placed if one[1].cell in cells]

    # --- which training, which model ---

    @cached_property
    def fit(self) -> FitStarted | None:
        """The last call of ``fit`` in the exercise's own cells, else in those of any exercise or in a given cell, else
        anywhere; None if there is none."""
        fits = self._nearest(self._fits)
        return fits[-1][1] if fits else None

    @cached_property
    def model(self) -> str | None:
        """The id of the model that the exercise trained; else of the one that was in the end trained, compiled or made
        in cells of exercises and given cells, unless another exercise made that one anew; else of the last anywhere."""
        scope = self._scope
        ended, fits = self._last_acted_on(scope.shared), self._in(self._fits, scope.own)
        acted_on = {event.model for _, event in (*fits, *self._in(self._compiled, scope.own))}
        if ended in acted_on:  # whatever else was tried in the same cells
            return ended
        if fits:
            return _model(fits)
        compiled = _model(self._in(self._compiled, scope.own))
        own = compiled or _model(self._in(self._described, scope.own))
        if ended is None or own is None or ended == own:
            return ended or own or self._last_acted_on(None)
        made = self._first_seen(ended)
        if made is None:
            return own
        if made not in scope.shared:  # in a cell of the student's own, and exercises go on with it
            return ended if made > max(scope.own) or compiled is None else own
        return own if compiled is not None or made > max(scope.own) else ended

    def _last_acted_on(self, cells: frozenset[int] | None) -> str | None:
        for placed in (self._fits, self._compiled, self._described):
            found = _model(placed if cells is None else self._in(placed, cells))
            if found is not None:
                return found
        return None

    def _first_seen(self, model: str) -> int | None:
        """The cell in which the model was first described or compiled."""
        seen = [event.cell for _, event in (*self._described, *self._compiled) if event.model == model]
        return min(seen, default=None)

    # --- that model ---

    def description(self, model: str) -> ModelDescribed | None:
        """``model`` as it was when its judged training began, or as that has built it; without one, as it was when an
        exercise or a given cell last had to do with it. None if nobody described it."""
        fit = self._last_fit_of(model)
        described = [one for one in self._described if one[1].model == model]
        if fit is not None:
            return self._described_for(fit, described)
        until = self._last_place(model)
        before = [event for place, event in described if place <= until]
        return before[-1] if before else described[0][1] if described else None

    def trained_as(self, fit: FitStarted) -> ModelDescribed | None:
        """The model of that call of ``fit`` as it was when it began, or as it has built it."""
        place = next(place for place, event in self._events if event is fit)
        return self._described_for((place, fit), [one for one in self._described if one[1].model == fit.model])

    def _described_for(
        self, fit: tuple[int, FitStarted], described: list[tuple[int, ModelDescribed]]
    ) -> ModelDescribed | None:
        """What was in force in ``fit``: what is made of the model later is not what it trained. One that had no weights
        yet, or that is a class of the notebook's own, is told by what it calls, which its training shows."""
        before = [event for place, event in described if place < fit[0]]
        if before and before[-1].parameters and before[-1].class_name in _TOLD_BY_THEMSELVES:
            return before[-1]
        finished = [place for place, event in self._all(FitFinished) if event.fit == fit[1].fit]
        until = max([fit[0], *finished])
        known = [event for place, event in described if place <= until]
        return known[-1] if known else described[0][1] if described else None

    def _last_place(self, model: str) -> int:
        """Where in the run the last thing happened to ``model`` that counts."""
        return max([*self._touched(model, self._scope.shared), *self._added_to(model)], default=len(self._events))

    def _added_to(self, model: str) -> list[int]:
        """Where in the run a cell of the student's own changed ``model``, and one of an exercise or a given cell goes
        on with it: a part of the answer may stand there."""
        bound = [event for _, event in self._all(NamesBound)]
        names = {name for event in bound for name, thing in event.objects.items() if thing == model}
        changed = [one for one in self._described if one[1].model == model and one[1].cell not in self._scope.shared]
        return [place for place, one in changed if any(self._scope.is_gone_on_with(name, one.cell) for name in names)]

    def _touched(self, model: str, cells: frozenset[int]) -> list[int]:
        """Where in the run something happened to ``model`` in one of ``cells``."""
        return [
            place
            for place, event in self._events
            if getattr(event, "cell", None) in cells
            and (
                (isinstance(event, ModelDescribed | ModelCompiled | ModelPredicted) and event.model == model)
                or (isinstance(event, NamesBound) and model in event.objects.values())
            )
        ]

    def _fit_of(self, model: str) -> tuple[int, FitStarted] | None:
        """The judged training of ``model``; what another cell of the student's own trained is none."""
        fits = [one for one in self._fits if one[1].model == model]
        for cells in (self._scope.own, self._scope.shared):
            within = self._in(fits, cells)
            if within:
                return within[-1]
        return None

    def _last_fit_of(self, model: str) -> tuple[int, FitStarted] | None:
        """The last training of ``model`` in a cell of an exercise or a given one: a trial before it does not count."""
        fits = [one for one in self._fits if one[1].model == model]
        return next(reversed(self._in(fits, self._scope.shared)), None)

    def compiled(self, model: str) -> ModelCompiled | None:
        """How ``model`` was compiled: in the exercise's own cells, or in a later one of the student's own that the
        judged training went by; else as that training went by; else in the nearest cells. None if it never was.

        What counts is what was in force when that training began, whoever put it there behind ``compile``."""
        compiled = [one for one in self._compiled if one[1].model == model]
        if not compiled:
            return None
        fit, own = self._fit_of(model), self._in(compiled, self._scope.own)
        chosen: ModelCompiled = self._nearest(compiled)[-1][1]
        in_force = [one for one in compiled if fit is not None and one[0] < fit[0]]
        if in_force and fit is not None:
            place, event = in_force[-1]
            before = self._in(in_force, self._scope.own)
            is_used = not own or (event.cell not in self._scope.shared and place > own[-1][0])
            chosen = event if is_used or fit[1].cell in self._scope.own else (before or [(0, chosen)])[-1][1]
            return self._as_in_force(event, fit[1]) if chosen is event else chosen
        return chosen

    def _as_in_force(self, compiled: ModelCompiled, fit: FitStarted) -> ModelCompiled:
        """``compiled``, or what had been put in its place when ``fit`` began."""
        told = [event for _, event in self._all(InForce) if event.fit == fit.fit and event.moment == "begin"]
        if not told or told[-1].compiled is None or not (told[-1].replaced or told[-1].changed):
            return compiled
        return cast("ModelCompiled", told[-1].compiled.model_copy(update={"cell": compiled.cell}))


def _model(placed: list[tuple[int, Any]]) -> str | None:
    return placed[-1][1].model if placed else None
