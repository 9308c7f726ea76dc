"""Ending a training once its mark is settled: on what, and never on what a notebook only says."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from recorded import FOLDERS, TRAINING, events, hidden, submission

from fairmark.evidence import (
    CellError,
    CellFinished,
    CellStarted,
    Decided,
    EpochEnded,
    Event,
    Evidence,
    FitStarted,
    ModelExported,
    Probe,
    Stamped,
)
from fairmark.frameworks import framework_named
from fairmark.grading.early_stopping import EarlyDecision

GOOD, BAD, CLOSE = hidden(128, 128), hidden(64, 128), hidden(104, 128)


class Looks:
    """Answers to the looks, one after another, the last one again and again; and what was looked at."""

    def __init__(self, *answers: Probe | None) -> None:
        self.seen: list[Evidence] = []
        self._answers = answers

    def __call__(self, evidence: Evidence) -> Probe | None:
        self.seen.append(evidence)
        return self._answers[min(len(self.seen), len(self._answers)) - 1]


def before(**edits: Any) -> list[Event]:  # noqa: ANN401 - fields of FitStarted
    """A run up to its training."""
    recorded = events()
    first = list(recorded.values())[: list(recorded).index("fit")]
    return [*first, recorded["fit"].model_copy(update=edits)]


def epoch(number: int, loss: float = 0.5, fit: str = "fit-1") -> EpochEnded:
    return EpochEnded(fit=fit, epoch=number, steps=8, validation_steps=8, seconds=1.0, logs={"loss": loss})


def described(trainable: int | None, model: str = "model-1") -> Event:
    """A model with so many parameters to train."""
    return events()["model"].model_copy(update={"model": model, "trainable_parameters": trainable})


PAUSE = ModelExported(model="model-1", moment="epoch", folder="model-1-1", digest="aa")


def deciding(look: Callable[[Evidence], Probe | None], still_epochs: int | None = None) -> EarlyDecision:
    return EarlyDecision(
        submission(), 0.8, look, framework=framework_named(""), still_epochs=still_epochs, folders=FOLDERS
    )


def told(early: EarlyDecision, heard: Iterable[Event]) -> list[str]:
    """The words that were said."""
    words = [early.heard(Stamped(at_seconds=float(number), event=event)) for number, event in enumerate(heard)]
    return [word for word in words if word is not None]


def decided(number: int, reason: str, still_epochs: int | None = None, asked: int = 15) -> Decided:
    return Decided(fit="fit-1", epoch=number, asked=asked, reason=reason, threshold=0.8, still_epochs=still_epochs)


# --- what settles it --------------------------------------------------------------------------------------------------


def test_a_training_ends_once_hidden_pictures_leave_no_doubt() -> None:
    looks = Looks(BAD, CLOSE, GOOD)
    early = deciding(looks)
    assert told(early, [*before(), epoch(1), PAUSE, epoch(2), PAUSE, epoch(3), PAUSE]) == ["go", "go", "stop"]
    assert early.decided == decided(3, "reached")
    assert early.probe == GOOD
    assert len(looks.seen) == 3


def test_the_epochs_that_were_asked_for_are_those_of_its_fit() -> None:
    early = deciding(Looks(GOOD))
    told(early, [*before(epochs=30), epoch(2), PAUSE])
    assert early.decided == decided(2, "reached", asked=30)


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_number_ends_it_without_a_look(loss: float) -> None:
    looks = Looks(GOOD)
    early = deciding(looks)
    assert told(early, [*before(), epoch(1, loss), PAUSE]) == ["stop"]
    assert (early.decided, early.probe, looks.seen) == (decided(1, "not_a_number"), None, [])


def test_a_loss_that_does_not_move_ends_it_after_the_epochs_the_author_allows() -> None:
    still = [event for number in range(1, 5) for event in (epoch(number, 0.6931), PAUSE)]
    early = deciding(Looks(BAD), still_epochs=3)
    assert told(early, [*before(), *still]) == ["go", "go", "go", "stop"]
    assert (early.decided, early.probe) == (decided(4, "still", still_epochs=3), None)
    assert told(deciding(Looks(BAD)), [*before(), *still]) == ["go"] * 4  # an author who allows any number


def test_a_model_with_nothing_to_train_ends_it_after_one_epoch_without_a_look() -> None:
    looks = Looks(GOOD)
    early = deciding(looks)
    assert told(early, [*before(), described(0), epoch(1), PAUSE]) == ["stop"]
    assert (early.decided, early.probe, looks.seen) == (decided(1, "untrainable"), None, [])


@pytest.mark.parametrize("trainable", [1, None])
def test_a_model_with_a_weight_to_train_or_that_nobody_counted_is_trained(trainable: int | None) -> None:
    assert told(deciding(Looks(BAD)), [*before(), described(trainable), epoch(1), PAUSE]) == ["go"]


def test_what_may_be_trained_is_the_latest_of_the_model_that_is_fitted() -> None:
    frozen_before = [*before(), described(0), described(5), epoch(1), PAUSE]
    another = [*before(), described(5), described(0, model="model-2"), epoch(1), PAUSE]
    assert [told(deciding(Looks(BAD)), heard) for heard in (frozen_before, another)] == [["go"], ["go"]]


def test_a_loss_that_moves_a_little_does_not_end_it() -> None:
    early = deciding(Looks(BAD), still_epochs=2)
    assert told(early, [*before(), *(e for n in range(1, 9) for e in (epoch(n, 0.69 - n / 1000), PAUSE))]) == ["go"] * 8
    assert early.decided is None


# --- what does not ----------------------------------------------------------------------------------------------------


def test_nothing_is_said_to_a_run_that_does_not_wait() -> None:
    end = ModelExported(model="model-1", moment="fit", folder="model-1-1", digest="aa")
    assert told(deciding(Looks(GOOD)), [*before(), epoch(1), end]) == []


@pytest.mark.parametrize("answer", [None, BAD, CLOSE, hidden(128, 128, problem="a model that cannot be rebuilt")])
def test_training_goes_on_while_it_is_not_settled(answer: Probe | None) -> None:
    early = deciding(Looks(answer))
    assert told(early, [*before(), epoch(1), PAUSE]) == ["go"]
    assert (early.decided, early.probe) == (None, None)


def test_pictures_that_the_text_does_not_show_settle_nothing() -> None:
    early = deciding(Looks(GOOD))
    unseen = [event for event in before() if event.kind != "pictures_opened"]
    assert told(early, [*unseen, epoch(1), PAUSE]) == ["go"]


def test_a_look_sees_the_run_as_it_stands() -> None:
    looks = Looks(BAD)
    heard = [*before(), epoch(1), PAUSE]
    told(deciding(looks), heard)
    assert [stamped.event for stamped in looks.seen[0].run.events] == heard


# --- more than one training -------------------------------------------------------------------------------------------


def test_another_training_starts_undecided() -> None:
    early = deciding(Looks(GOOD, BAD))
    second = FitStarted.model_validate({**before()[-1].model_dump(), "fit": "fit-2"})
    assert told(early, [*before(), epoch(3), PAUSE, second]) == ["stop"]
    assert (early.decided, early.probe) == (None, None)
    assert told(early, [epoch(1, fit="fit-2"), PAUSE]) == ["go"]


def test_losses_of_an_earlier_training_do_not_count() -> None:
    early = deciding(Looks(BAD), still_epochs=2)
    second = FitStarted.model_validate({**before()[-1].model_dump(), "fit": "fit-2"})
    first = [epoch(number, 0.7) for number in range(1, 4)]
    assert told(early, [*before(), *first, second, epoch(1, 0.7, "fit-2"), PAUSE]) == ["go"]


def test_a_training_that_was_not_told_in_time_is_not_said_to_have_been_ended() -> None:
    early = deciding(Looks(GOOD))
    assert told(early, [*before(), epoch(3), PAUSE, epoch(4)]) == ["stop"]
    assert (early.decided, early.probe) == (None, None)


# --- a notebook that forges its events --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heard",
    [
        [PAUSE],
        [*before(), PAUSE],
        [*before(), epoch(1, fit="fit-9"), PAUSE],
        [epoch(1), PAUSE],
        [*before(), epoch(-1, float("nan"), "\0"), PAUSE],
    ],
    ids=["nothing", "no epoch", "unknown fit", "no fit", "nonsense"],
)
def test_a_pause_out_of_place_is_not_looked_at(heard: list[Event]) -> None:
    looks = Looks(GOOD)
    early = deciding(looks)
    assert told(early, heard) == ["go"]
    assert (early.decided, looks.seen) == (None, [])


def test_nobody_is_looked_at_for_ever() -> None:
    looks = Looks(BAD)
    assert told(deciding(looks), [*before(), epoch(1), *[PAUSE] * 500]) == ["go"] * 500
    assert len(looks.seen) == 40


def test_looking_takes_five_minutes_of_our_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("fairmark.grading.early_stopping.time", types.SimpleNamespace(monotonic=lambda: now[0]))

    def slow(evidence: Evidence) -> Probe | None:
        now[0] += 119
        return BAD

    assert told(deciding(slow), [*before(), epoch(1), *[PAUSE] * 9]) == ["go"] * 9
    assert now[0] == 3 * 119


def test_numbers_that_a_notebook_makes_up_are_only_numbers() -> None:
    early = deciding(Looks(BAD), still_epochs=1)
    wild = [epoch(number, loss) for number, loss in [(10**30, 1e308), (-5, -1e308), (0, float("nan")), (2, 0.0)]]
    assert told(early, [*before(), *(event for one in wild for event in (one, PAUSE))]) == ["go", "go", "stop", "go"]


def test_a_cell_that_raises_meanwhile_changes_nothing() -> None:
    early = deciding(Looks(GOOD))
    raised = CellFinished(cell=TRAINING, seconds=1.0, error=CellError(type="ValueError", message="no"))
    told(early, [*before(), epoch(2), PAUSE, raised, CellStarted(cell=TRAINING + 1)])
    assert early.decided == decided(2, "reached")
