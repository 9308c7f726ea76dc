"""Pictures that runs are trained on, decoded beside the first run that needs them so for its later epochs and for all
runs after it."""

from __future__ import annotations

import contextlib
import threading

from fairmark.data.decoded import ensure_decoded, own_form
from fairmark.data.picture_form import NotKept, PictureForm
from fairmark.errors import FairmarkError
from fairmark.evidence import FitStarted, PicturesOpened, Stamped

__all__ = ["Decoding"]

_MOST_FORMS = 2
"""Made for one run: training and validation pictures may differ."""
_ONE_AT_A_TIME = threading.Lock()
"""Two threads would decode no faster: Pillow keeps the interpreter's lock while it does."""


class Decoding:
    """Hears of one run's events; the pictures of data set ``name`` are decoded in the forms that ``fit`` is given.

    That is done by threads of this process that nobody waits for, and that end with it. Where it cannot be done, runs
    decode for themselves.
    """

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
                    work = threading.Thread(
                        target=_decode, args=(self._name, self._opened[pictures]), name="decoding", daemon=True
                    )
                    self.begun.append(work)
                    work.start()


def _decode(name: str, opened: PicturesOpened) -> None:
    # What cannot be kept costs time, not marks, and the folder may be somebody else's.
    with _ONE_AT_A_TIME, contextlib.suppress(NotKept, FairmarkError):
        form = _form(name, opened)
        if form is not None:
            ensure_decoded(name, [form])


def _form(name: str, opened: PicturesOpened) -> PictureForm | None:
    if opened.made_by == "image_dataset_from_directory":
        return own_form(name) if opened.color_mode == "rgb" else None  # TensorFlow resizes in its own way
    if opened.target_size is None:
        return None
    return PictureForm(*opened.target_size, opened.interpolation, opened.color_mode)
