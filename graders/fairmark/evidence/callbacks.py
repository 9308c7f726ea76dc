"""What came of trying the notebook's own callbacks on made-up logs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from fairmark.evidence.schema import CROSSES_THE_WALL

__all__ = ["CallbackAnswer", "CallbackTried"]


class CallbackAnswer(BaseModel):
    """What a callback did in epochs of made-up logs in which ``moved`` alone goes from bad to good, a share from 0.5 to
    1, a loss from 0.5 to 0; ``at_once`` says that it is at its best from the third epoch on.

    ``stopped_at`` is the value of ``moved`` in the ``epoch`` (from 1) after which training was stopped, None if it
    never was; ``before`` that of the epoch before, or of the last. ``elsewhere`` says that the stop was set on the
    model given to ``fit`` by another way than the callback's own ``model``; ``failed`` that it raised an error.
    """

    model_config = CROSSES_THE_WALL

    moved: str
    at_once: bool = False
    stopped_at: float | None = None
    before: float | None = None
    epoch: int | None = None
    elsewhere: bool = False
    failed: bool = False


class CallbackTried(BaseModel):
    """A callback of the notebook's own was tried on made-up logs: a new object of the class ``class_name`` that the
    cell defines, or the one that the call ``fit`` was given."""

    model_config = CROSSES_THE_WALL

    kind: Literal["callback_tried"] = "callback_tried"
    cell: int
    class_name: str
    fit: str | None = None
    answers: list[CallbackAnswer]
