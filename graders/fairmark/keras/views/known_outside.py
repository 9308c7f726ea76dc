"""What is known of a run outside it, for answers that are worked out from it.

Numbers of pictures are those of the data set's folders, counted outside. What a source of pictures says of itself
counts only as far as the notebook's text bears it out; what a model answered and a training measured are asked about
themselves elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from fairmark.checks.expectation import CheckFailed, ConflictingEvidence, LeftOpen, collecting_unsupported
from fairmark.evidence import EpochEnded, Event, FitStarted, ModelDescribed, ModelPredicted, NamesBound
from fairmark.keras.views.known_library import PictureSource, library
from fairmark.keras.views.pictures_view import PicturesView
from fairmark.notebook.worked_out.known_things import History, Known, Model, Thing

__all__ = ["known_of", "source_of"]

T = TypeVar("T")
_ROWS_KEPT = 16
"""Rows of a model's answer that the evidence holds."""


def known_of(
    happened: Sequence[Event], folders: Mapping[str, Mapping[str, int]], source: Callable[[str], PictureSource | None]
) -> Known:
    """What is known of all that ``happened``. ``source`` gives what is known of the source of pictures with an id."""
    return Known(
        folders=tuple((name, tuple(counts.items())) for name, counts in folders.items()),
        library=library,
        names=tuple(_names(happened, source)),
        trained=tuple(_trained(happened)),
        answered=tuple(
            (event.cell, tuple(map(tuple, event.outputs)))
            for event in happened
            if isinstance(event, ModelPredicted) and event.pictures is None and len(event.outputs) < _ROWS_KEPT
        ),
    )


def _names(
    happened: Sequence[Event], source: Callable[[str], PictureSource | None]
) -> Iterator[tuple[int, str, Thing]]:
    sources: dict[str, PictureSource | None] = {}
    models = {event.model for event in happened if isinstance(event, ModelDescribed)}
    bound = [event for event in happened if isinstance(event, NamesBound)]
    for cell, name, thing in [(one.cell, *both) for one in bound for both in one.objects.items()]:
        if thing in models:
            yield cell, name, Model()
        else:
            sources[thing] = found = sources[thing] if thing in sources else source(thing)
            if found is not None:
                yield cell, name, found


def _trained(happened: Sequence[Event]) -> list[tuple[int, History]]:
    logs: defaultdict[str, list[EpochEnded]] = defaultdict(list)
    for event in happened:
        if isinstance(event, EpochEnded):
            logs[event.fit].append(event)
    fits = [event for event in happened if isinstance(event, FitStarted)]
    return [(fit.cell, _history(logs[fit.fit], fit.initial_epoch)) for fit in fits]


def _history(epochs: Sequence[EpochEnded], begun_at: int) -> History:
    keys = dict.fromkeys(key for epoch in epochs for key in epoch.logs)
    curves = {key: tuple(epoch.logs[key] for epoch in epochs if key in epoch.logs) for key in keys}
    return History(tuple(curves.items()), begun_at)


def source_of(pictures: PicturesView) -> PictureSource:
    """What is known of a source of pictures: what the text bears out, and what was counted outside."""
    classes = _borne_out(lambda: pictures.classes.value)
    return PictureSource(
        total=_borne_out(lambda: pictures.found.value),
        classes=None if classes is None else tuple(classes),
        batch=_borne_out(lambda: pictures.batch_size.value),
        size=_borne_out(lambda: pictures.size.value),
        is_flow=pictures.is_flow,
    )


def _borne_out(observed: Callable[[], T]) -> T | None:
    with collecting_unsupported() as missing:
        try:
            value = observed()
        except (ConflictingEvidence, LeftOpen, CheckFailed):
            return None
    return None if missing else value
