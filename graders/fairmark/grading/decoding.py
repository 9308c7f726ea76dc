"""Pictures that runs open, decoded for them by threads of this process that nobody waits for.

Ahead of the first run, in the forms that the solution's text opens: while the framework is imported, a core has
nothing else to do. And beside a run, in the forms its ``fit`` is really given, for its later epochs and the runs after
it. Where it cannot be done, runs decode for themselves.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice

from fairmark.data.decoded import ensure_decoded
from fairmark.data.picture_form import NotKept, PictureForm
from fairmark.errors import FairmarkError
from fairmark.evidence import FitStarted, PicturesOpened, Stamped

__all__ = ["Decoding", "decode_ahead"]

_MOST_FORMS = 2
"""Made for one run: training and validation pictures may differ."""
_ONE_AT_A_TIME = threading.Lock()
"""Two threads would decode no faster: Pillow keeps the interpreter's lock while it does."""


class Decoding:
    """Hears of one run's events; the pictures of data set ``name`` are decoded in the forms that ``fit`` is given,
    which ``form_opened`` says (see :class:`fairmark.frameworks.Framework`)."""

    def __init__(self, name: str, form_opened: Callable[[str, PicturesOpened], Iterable[PictureForm]]) -> None:
        self._name = name
        self._form_opened = form_opened
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
                    self.begun.append(_begin(self._name, partial(self._form_opened, self._name, opened)))


def decode_ahead(name: str, forms: Callable[[], Iterable[PictureForm]]) -> threading.Thread:
    """Begins to decode the pictures of data set ``name`` in the first of ``forms``, which are asked for only then."""
    return _begin(name, lambda: islice(dict.fromkeys(forms()), _MOST_FORMS))


def _begin(name: str, forms: Callable[[], Iterable[PictureForm]]) -> threading.Thread:
    work = threading.Thread(target=_decode, args=(name, forms), name="decoding", daemon=True)
    work.start()
    return work


def _decode(name: str, forms: Callable[[], Iterable[PictureForm]]) -> None:
    # What cannot be kept costs time, not marks, and the folder may be somebody else's.
    with _ONE_AT_A_TIME, contextlib.suppress(NotKept, FairmarkError):
        ensure_decoded(name, forms())
