"""What a callback did when it was tried on made-up logs (see :mod:`fairmark.keras.recorder.callback_trial`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fairmark.checks.expectation import NoEvidence, spell
from fairmark.evidence import CallbackAnswer, CallbackTried
from fairmark.keras.views.run_view import RunView
from fairmark.notebook.source import calls_in

__all__ = ["Tried", "tried"]

_NEAR = 1e-9
_EPOCH_OF_THE_JUMP = 3


@dataclass(frozen=True)
class Tried:
    """The answers of one callback. ``keys`` are the names under which ``fit`` logs the training accuracy."""

    answers: tuple[CallbackAnswer, ...]
    keys: tuple[str, ...]

    @property
    def stops_its_model(self) -> bool:
        """Whether it ever stopped the network that it was given."""
        return any(answer.stopped_at is not None and not answer.elsewhere for answer in self.answers)

    @property
    def stops(self) -> bool:
        """Whether it stopped the network that ``fit`` trains, if only by the name that the notebook has for it, when an
        epoch had ended that was not the first."""
        return any(answer.epoch is not None and answer.epoch > 1 for answer in self.answers)

    @property
    def moved_by(self) -> list[str]:
        """The logged numbers that make it stop."""
        return [answer.moved for answer in self.answers if answer.stopped_at is not None and not answer.at_once]

    def reads_accuracy_alone(self) -> bool:
        """Whether the training accuracy makes it stop, and nothing else does."""
        return bool(self.moved_by) and set(self.moved_by) <= set(self.keys)

    def wrong_with(self, threshold: float, reachable: float) -> str | None:
        """What is wrong with when it stops; None if it stops as soon as the accuracy is at least, or more than,
        ``threshold``. ``reachable`` is the least accuracy from there on that so many pictures can give: what it does
        between the two cannot be told apart from what is right."""
        gradually = self._gradually()
        if gradually is None or gradually.stopped_at is None:
            return "no stop, not even at 100%"
        if gradually.stopped_at < threshold - _NEAR:
            return f"a stop at {_share(gradually.stopped_at)}"
        if gradually.before is not None and gradually.before > max(threshold, reachable - _NEAR) + _NEAR:
            return f"no stop at {_share(gradually.before)}"
        jumps = [answer for answer in self.answers if answer.at_once and answer.moved in self.keys]
        if gradually.moved in self.keys and any(answer.epoch != _EPOCH_OF_THE_JUMP for answer in jumps):
            return "no stop after the first epoch that reaches it"
        return None

    def _gradually(self) -> CallbackAnswer | None:
        """That of the accuracy it is to look at; of one that looks at another number, that number's."""
        found = [answer for answer in self.answers if not answer.at_once and answer.stopped_at is not None]
        return next((answer for answer in found if answer.moved in self.keys), found[0] if found else None)


def tried(run: RunView, class_name: str, keys: Collection[str]) -> Tried | None:
    """What the callback of that class did: the object that ``fit`` was given, else a new one. None if it was not tried,
    or raised an error in made-up epochs, which says nothing of real ones."""
    events = run.all(CallbackTried, lambda event: event.class_name == class_name)
    given = [event for event in events if event.fit is not None and event.cell == _cell_of_training(run)]
    for event in (*reversed(given), *reversed([event for event in events if event.fit is None])):
        if event.answers and not any(answer.failed for answer in event.answers):
            return Tried(tuple(event.answers), tuple(keys))
    return None


def _cell_of_training(run: RunView) -> int | None:
    """The cell with the call of ``fit`` whose callbacks count, where the text shows that one is given any."""
    try:
        training = run.training
    except NoEvidence:
        return None
    for call in calls_in(run.evidence.submission.cells):
        given = call.arguments.keys() & {"callbacks", "*", "**"} or len(call.positional) > _PLACE_OF_CALLBACKS
        if call.reachable and "fit" in call.names and given:
            return training.cell
    return None


_PLACE_OF_CALLBACKS = 5


def _share(value: float) -> str:
    return f"an accuracy of {spell(value)}"
