"""Errors: whose fault each one is, what the command line exits with, and what people read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark import errors
from fairmark.errors import (
    AuthorError,
    ControlFlow,
    FairmarkError,
    InternalError,
    Interrupted,
    MachineError,
    NotConfined,
    NotOfThisCourse,
    StudentError,
    UnreadableNotebook,
    UsageError,
)

NAMED = [getattr(errors, name) for name in errors.__all__]
CLASSES = [error for error in NAMED if not issubclass(error, ControlFlow)]
"""Those that people read."""


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_a_fairmark_error(error: type[Exception]) -> None:
    assert issubclass(error, FairmarkError)


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_but_the_root_says_whose_fault_it_is(error: type[Exception]) -> None:
    sides = (StudentError, AuthorError, UsageError, Interrupted, MachineError, InternalError)
    assert sum(issubclass(error, side) for side in sides) == (error is not FairmarkError)


@pytest.mark.parametrize("error", NAMED)
def test_the_tree_is_drawn_at_the_top_of_the_module(error: type[Exception]) -> None:
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("error", CLASSES)
def test_what_people_can_mend_exits_with_2_and_what_they_cannot_with_3(error: type[FairmarkError]) -> None:
    ours = issubclass(error, MachineError | InternalError)
    assert error.exit_code == (130 if error is Interrupted else 3 if ours else 2)


@pytest.mark.parametrize(
    "error", [error for error in CLASSES if error not in (UnreadableNotebook, NotConfined, NotOfThisCourse)]
)
def test_message_and_remedy_are_kept(error: type[FairmarkError]) -> None:
    raised = error("there is no train/", remedy="Name another folder.")
    assert (str(raised), raised.message, raised.remedy) == (
        "there is no train/",
        "there is no train/",
        "Name another folder.",
    )


def test_what_is_caught_on_the_way_is_no_error_that_people_read() -> None:
    assert not issubclass(ControlFlow, FairmarkError)


def test_an_error_may_have_no_remedy() -> None:
    assert FairmarkError("the disk is gone").remedy is None


def test_an_unreadable_notebook_names_the_file_and_the_reason() -> None:
    raised = UnreadableNotebook(Path("ada.ipynb"), "not JSON", remedy="Save it again.")
    assert raised.message == "ada.ipynb: not JSON"
    assert (raised.path, raised.reason, raised.remedy) == (Path("ada.ipynb"), "not JSON", "Save it again.")


def test_what_is_not_confined_is_named_with_the_layers_that_are_missing_and_what_would_help() -> None:
    raised = NotConfined(("files", "network"), ("landlock: this kernel has none", "mounts: not permitted"))
    assert raised.message == (
        "This machine cannot confine files and network of the notebooks it runs "
        "(landlock: this kernel has none; mounts: not permitted)."
    )
    assert raised.remedy is not None
    assert "--trust" in raised.remedy
    assert raised.missing == ("files", "network")
