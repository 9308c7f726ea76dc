"""Pictures that runs open, decoded for them by threads of this process that nobody waits for.

Ahead of the first run, in the forms that the solution's text opens: while TensorFlow is being imported, a core has
nothing else to do. And beside a run, in the forms its ``fit`` is really given, for its later epochs and the runs after
it. Where it cannot be done, runs decode for themselves.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from fairmark.data.decoded import ensure_decoded, own_form
from fairmark.data.picture_form import NotKept, PictureForm
from fairmark.errors import FairmarkError
from fairmark.evidence import Cell, FitStarted, PicturesOpened, Stamped
from fairmark.notebook.fold import Folded
from fairmark.notebook.source import calls_in

__all__ = ["Decoding", "decode_ahead"]

_MOST_FORMS = 2
"""Made for one run: training and validation pictures may differ."""
_DEFAULTS = {
    "target_size": Folded(True, (256, 256)),
    "interpolation": Folded(True, "nearest"),
    "color_mode": Folded(True, "rgb"),
}
"""Keras 3.15's, of ``flow_from_directory``, where a call leaves an argument out."""
_ONE_AT_A_TIME = threading.Lock()
"""Two threads would decode no faster: Pillow keeps the interpreter's lock while it does."""


class Decoding:
    """Hears of one run's events; the pictures of data set ``name`` are decoded in the forms that ``fit`` is given."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._opened: dict[str, PicturesOpened] = {}
        self._asked: set[str] = set()
        self.begun: list[threading.Thread] = []

    def heard(self, stamped: Stamped) -> None:
        event = stamped.event
        if isinstance(event, PicturesOpened):
            self._opened[event.pictures] = event
        elif isinstance(event, FitStarted) and event.trained:
            for pictures in (event.pictures, event.validation_pictures):
                if pictures in self._opened and pictures not in self._asked and len(self.begun) < _MOST_FORMS:
                    self._asked.add(pictures)
                    opened = self._opened[pictures]
                    self.begun.append(_begin(self._name, partial(_opened_form, self._name, opened)))


def decode_ahead(name: str, cells: Iterable[Cell]) -> threading.Thread:
    """Begins to decode the pictures of data set ``name`` in the forms that the text of ``cells`` opens them in, as far
    as they can be read off."""
    return _begin(name, lambda: islice(dict.fromkeys(_written_forms(name, tuple(cells))), _MOST_FORMS))


def _begin(name: str, forms: Callable[[], Iterable[PictureForm]]) -> threading.Thread:
    work = threading.Thread(target=_decode, args=(name, forms), name="decoding", daemon=True)
    work.start()
    return work


def _decode(name: str, forms: Callable[[], Iterable[PictureForm]]) -> None:
    # What cannot be kept costs time, not marks, and the folder may be somebody else's.
    with _ONE_AT_A_TIME, contextlib.suppress(NotKept, FairmarkError):
        ensure_decoded(name, forms())


def _opened_form(name: str, opened: PicturesOpened) -> Iterator[PictureForm]:
    if opened.made_by == "image_dataset_from_directory":
        if opened.color_mode == "rgb":
            yield from _as_they_are(name)
    elif opened.target_size is not None:
        yield PictureForm(*opened.target_size, opened.interpolation, opened.color_mode)


def _written_forms(name: str, cells: Iterable[Cell]) -> Iterator[PictureForm]:
    for call in calls_in(cells):
        if "image_dataset_from_directory" in call.names:
            yield from _as_they_are(name)
        elif "flow_from_directory" in call.names:
            match [call.arguments.get(argument, default).value for argument, default in _DEFAULTS.items()]:
                case [(int(height), int(width)), str(interpolation), str(color_mode)]:
                    yield PictureForm(height, width, interpolation, color_mode)


def _as_they_are(name: str) -> Iterator[PictureForm]:
    """TensorFlow resizes in its own way, so only decoding can be spared."""
    form = own_form(name)
    if form is not None:
        yield form
