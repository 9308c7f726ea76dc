"""Questions about the pictures that a trained model names wrongly."""

from __future__ import annotations

import pytest
from built_in import helper
from recorded import PREDICTION, SOURCES, unmet, view

from fairmark.checks import ConflictingEvidence, NoEvidence
from fairmark.keras import RunView

_misnamed = helper("_misnamed")
keeps_order = _misnamed.keeps_order
lists_as_many_as_measured = _misnamed.lists_as_many_as_measured

WRONG = 38
"""Of 256, at the last epoch's validation accuracy of 0.85."""


def files(count: int) -> list[object]:
    return [f"horses/{number:04}.png" for number in range(count)]


def listed(value: object) -> RunView:
    return view(named={"values": {"misnamed": value}})


def ask(run: RunView) -> None:
    lists_as_many_as_measured(run, run.training, run.validation_pictures, "misnamed")


@pytest.mark.parametrize("count", [WRONG - 2, WRONG, WRONG + 2])
def test_as_many_files_as_were_measured_to_be_wrong_are_right(count: int) -> None:
    ask(listed(files(count)))


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (0, "0 of 256 files"),
        (WRONG + 3, "41 of 256 files"),
        (256 - WRONG, "218 of 256 files, as many as are named rightly"),
        (130, "130 of 256 files, about as many as where answers are held against other pictures' labels"),
    ],
)
def test_another_number_of_files_is_told_what_it_is(count: int, found: str) -> None:
    refused = unmet(ask, listed(files(count)))
    assert refused.message == (
        f"misnamed: found {found}, expected as many as the validation accuracy of the last epoch leaves, {WRONG}."
    )
    assert refused.cell == PREDICTION


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (WRONG, "misnamed: found 38, expected a list of file names."),
        ([True, False], "misnamed: found True in it, expected a list of file names."),
        (["a.png", "a.png"], "misnamed: found a file more than once, expected each file once."),
    ],
)
def test_what_is_no_list_of_files_is_refused(value: object, message: str) -> None:
    assert unmet(ask, listed(value)).message == message


def test_a_training_without_validation_shows_nothing() -> None:
    epochs = {f"epoch_{number}": {"logs": {"accuracy": 0.9}} for number in range(1, 16)}
    run = view(named={"values": {"misnamed": files(WRONG)}}, **epochs)
    with pytest.raises(NoEvidence, match=r"^The history: found no validation accuracy"):
        ask(run)


def test_an_order_that_the_text_does_not_ask_for_is_doubted() -> None:
    with pytest.raises(ConflictingEvidence, match=r"^the run reports shuffle = False, but the text says True$"):
        keeps_order(view(validation={"shuffle": False}).validation_pictures)


def test_pictures_must_keep_the_order_of_their_files() -> None:
    in_order = SOURCES["generators"].replace("batch_size=32,", "batch_size=32, shuffle=False,")
    ordered = view(validation={"shuffle": False}, sources={"generators": in_order})
    keeps_order(ordered.validation_pictures)
    shuffled = view()
    assert unmet(keeps_order, shuffled.validation_pictures).message == (
        "The order of the validation pictures: found shuffled, expected the order of the files (shuffle=False)."
    )
