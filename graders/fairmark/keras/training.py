"""Questions about how a model was trained."""

from __future__ import annotations

from fairmark.checks.expectation import CheckFailed, NoEvidence, Observed, expect, spell
from fairmark.evidence import NamesBound, Value
from fairmark.keras.views.pictures_view import PicturesView
from fairmark.keras.views.run_view import RunView
from fairmark.keras.views.training_view import TrainingView
from fairmark.notebook.source import SourceCall, calls_in

__all__ = [
    "learns_from",
    "passes_steps",
    "passes_validation_steps",
    "prints_a_line_an_epoch",
    "runs_steps",
    "steps_follow",
    "trains_at_most",
    "trains_for",
    "validates_on",
    "validates_on_nothing",
]

_USUAL_BATCHES = (128, 32, 64, 16, 20, 100, 256, 10)
"""Pictures a batch that other notebooks have, from which a number of steps may have been copied."""


def steps_follow(
    run: RunView, pictures: PicturesView, *, name: str, argument: str, batch_size: int, explain: bool = False
) -> str | None:
    """The number of steps follows from how many pictures there are and how many make a batch.

    The answer is the variable ``name``, else what ``fit`` was given as ``argument``. Whole batches (rounded down) and
    all pictures (rounded up) are both right; so is a number that is right for the ``batch_size`` asked for, where the
    generator was given another, since that has cost its marks already. Remarks where pictures are left over.
    ``explain`` has the message say what the number that was found would do.
    """
    answer = _steps_answer(run, name, argument)
    steps, found = answer.value, pictures.found.value
    own = pictures.batch_size.value or batch_size
    accepted = {whole for size in (own, batch_size) for whole in (found // size, _rounded_up(found, size))}
    if steps not in accepted:
        unmet = CheckFailed(
            answer.subject,
            found=spell(steps),
            expected=f"the steps that {found:,} pictures in batches of {own} make",
            cell=answer.cell,
        )
        if explain:
            unmet.message += _what_they_do(steps, own, found)
        raise unmet
    return _left_over(int(steps), own, found, argument, run)


def _what_they_do(steps: float, batch_size: int, found: int) -> str:
    """What so many steps, a wrong number, would do in an epoch; nothing to say of what is no number of steps."""
    if not 0 < steps <= 1_000_000 or steps != int(steps):
        return " Steps are counted: a whole number of at least 1."
    seen, needed = int(steps) * batch_size, _rounded_up(found, batch_size)
    if steps == needed + 1:
        return " That is one step too many: for the last one no picture is left. Keras warns and ends the epoch early."
    if steps == found // batch_size - 1:
        return f" That is one step too few: {found - seen:,} pictures are left out of the epoch."
    other = next((size for size in _USUAL_BATCHES if size != batch_size and found // size == steps), None)
    if other is not None:
        return f" Batches of {other} would make so many; these are batches of {batch_size}."
    if seen > found:
        return f" They would need {seen:,} pictures: Keras warns and ends the epoch early."
    return f" They show {seen:,} pictures; the other {found - seen:,} are left out of the epoch."


def _steps_answer(run: RunView, name: str, argument: str) -> Observed[float]:
    try:
        answer = run.answer(name)
    except NoEvidence:
        training = run.training
        asked = training.steps_per_epoch if argument == "steps_per_epoch" else training.validation_steps
        if asked.value is None:
            raise NoEvidence(asked.subject, found="no number", expected="a number of steps", cell=asked.cell) from None
        return Observed(asked.value, asked.subject, asked.cell)
    if isinstance(answer.value, bool) or not isinstance(answer.value, int | float):
        raise CheckFailed(answer.subject, found=spell(answer.value), expected="a whole number", cell=answer.cell)
    return Observed(answer.value, answer.subject, answer.cell)


def _left_over(steps: int, batch_size: int, found: int, argument: str, run: RunView) -> str | None:
    """What to say where the steps leave pictures over, and what that did to the epochs that ran."""
    if steps * batch_size >= found:
        return None
    remark = (
        f"{steps} steps of {batch_size} do not cover the {found:,} pictures: {found - steps * batch_size:,} are left "
        f"over in each round; {_rounded_up(found, batch_size)} steps, rounded up, would take them all."
    )
    ran = _steps_ran(run) if argument == "steps_per_epoch" else []
    short = [number for number, count in enumerate(ran, start=1) if count < steps]
    if short and len(short) * 2 >= len(ran) - 1 and ran[short[0] - 1] == 1:
        every = (
            "every second epoch" if short == list(range(2, len(ran) + 1, 2)) else f"{len(short)} of {len(ran)} epochs"
        )
        remark += f" Because of that, {every} ran one single step."
    return remark


def _steps_ran(run: RunView) -> list[int]:
    try:
        return run.training.steps_run
    except NoEvidence:
        return []


def _rounded_up(found: int, batch_size: int) -> int:
    """Batches that take all pictures; in whole numbers, of any size."""
    return -(-found // batch_size)


def learns_from(training: TrainingView, pictures: PicturesView) -> None:
    """``fit`` was given this source."""
    seen = training.pictures
    if seen.value != pictures.id:
        found = "arrays, not a generator" if seen.value is None else "another source of pictures"
        raise CheckFailed(seen.subject, found=found, expected=f"the {pictures.what}", cell=seen.cell)
    training.confirm_source("x", pictures.directory.value)


def runs_steps(training: TrainingView, pictures: PicturesView) -> None:
    """The steps that really ran in the first epoch are those that were asked for, or all batches where none were.

    Only the first epoch: where steps and pictures do not fit, later ones come up short, which :func:`steps_follow`
    explains.
    """
    if not training.steps_run:
        raise NoEvidence(
            "the training", found="no epoch that ended", expected="a finished training", cell=training.cell
        )
    found, size = pictures.found.value, pictures.batch_size.value or 1
    batches = _rounded_up(found, size)
    asked = training.steps_per_epoch.value
    ran = training.steps_run[0]
    if not training.rehearsed and ran != min(asked or batches, batches):
        raise CheckFailed("the steps of an epoch", found=str(ran), expected=str(asked or batches), cell=training.cell)


def passes_steps(run: RunView, training: TrainingView, pictures: PicturesView, *, name: str) -> None:
    """``fit`` takes the steps the notebook worked out in ``name``, or goes through all pictures by itself."""
    asked = training.steps_per_epoch
    try:
        worked_out = _worked_out(run, name, asked.value, pictures)
    except NoEvidence:
        return  # the number was typed straight into fit
    batches = _rounded_up(pictures.found.value, pictures.batch_size.value or 1)
    if asked.value not in (worked_out, batches) and not (asked.value is None and worked_out == batches):
        raise CheckFailed(
            asked.subject,
            found=spell(asked.value),
            expected=f"{spell(worked_out)}, as worked out before",
            cell=asked.cell,
        )


def _worked_out(run: RunView, name: str, asked: int | None, pictures: PicturesView) -> Value:
    """The steps in ``name``. Where the exercise itself gives the name another number than the exercise that worked it
    out, that is one that follows from the pictures, or else the earlier number counts."""
    answer = run.answer(name)
    others = run.scope.answers - run.scope.own
    before = [event for event in run.all(NamesBound) if name in event.values and event.cell in others]
    if not before or answer.cell not in run.scope.own:
        return answer.value
    found, size = pictures.found.value, pictures.batch_size.value or 1
    return asked if asked in (found // size, _rounded_up(found, size)) else before[-1].values[name]


def trains_at_most(training: TrainingView, epochs: int) -> None:
    """``fit`` ended in good order after no more than ``epochs`` epochs."""
    asked = training.epochs
    if not training.finished:
        raise NoEvidence(
            "the training", found="a fit that did not end", expected="a finished training", cell=training.cell
        )
    if asked.value > epochs:
        raise CheckFailed(asked.subject, found=str(asked.value), expected=f"at most {epochs}", cell=asked.cell)


def validates_on(training: TrainingView, pictures: PicturesView) -> None:
    """``fit`` was given this source as ``validation_data``."""
    seen = training.validation_pictures
    if seen.value == pictures.id:
        training.confirm_source("validation_data", pictures.directory.value)
        return
    found = "no validation data"
    if training.has_validation:
        found = "arrays" if seen.value is None else "another source of pictures"
    unmet = CheckFailed(seen.subject, found=found, expected=f"the {pictures.what}", cell=seen.cell)
    if training.has_validation and seen.value is not None and seen.value == training.pictures.value:
        unmet.message += " These are what it learns from: they cannot say how it does on pictures it has not met."
    raise unmet


def trains_for(run: RunView, training: TrainingView, epochs: int) -> None:
    """``fit`` was asked for exactly ``epochs`` epochs, and came to its end where the run trains at all."""
    asked = training.epochs
    if not run.evidence.run.training_skipped:
        trains_at_most(training, max(epochs, asked.value))
    expect(asked).to_be(epochs)


def validates_on_nothing(training: TrainingView) -> None:
    """``fit`` was given no validation data."""
    training.confirm_no_validation()
    if training.has_validation:
        seen = training.validation_pictures
        raise CheckFailed(seen.subject, found="validation data", expected="none in this exercise", cell=seen.cell)


def passes_validation_steps(run: RunView, training: TrainingView, pictures: PicturesView, *, name: str) -> None:
    """``fit`` validates in the steps the notebook worked out in ``name``, or goes through all pictures by itself."""
    asked = training.validation_steps
    batches = _rounded_up(pictures.found.value, pictures.batch_size.value or 1)
    try:
        worked_out = _worked_out(run, name, asked.value, pictures)
    except NoEvidence:
        worked_out = batches
    if asked.value not in (None, worked_out, batches):
        expected = f"{spell(worked_out)}, as worked out before"
        raise CheckFailed(asked.subject, found=spell(asked.value), expected=expected, cell=asked.cell)


def prints_a_line_an_epoch(run: RunView, training: TrainingView) -> None:
    """``fit`` was given ``verbose=2``. Read off the text: what is printed depends on where it is printed to."""
    calls = [call for call in calls_in(run.evidence.submission.cells) if call.cell == training.cell]
    fits = [call for call in calls if call.reachable and "fit" in call.names]
    given = [_verbose_of(call) for call in fits]
    training.confirm_called()
    if given and 2 not in given and _COMPUTED not in given:
        raise CheckFailed("verbose", found=spell(given[-1]), expected="2, one line an epoch", cell=training.cell)


_COMPUTED = "a computed value"
_PLACE_OF_VERBOSE = 4


def _verbose_of(call: SourceCall) -> object:
    """What the text gives ``fit`` as ``verbose``; Keras's ``"auto"`` where it says nothing."""
    given = call.arguments.get("verbose")
    if given is None and len(call.positional) > _PLACE_OF_VERBOSE:
        given = call.positional[_PLACE_OF_VERBOSE]
    if given is not None:
        return given.value if given.known else _COMPUTED
    return _COMPUTED if {"*", "**"} & call.arguments.keys() else "auto"
