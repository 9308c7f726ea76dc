"""Errors recorded in the sandbox, and the whole message for each: those that differ from machine to machine (folders,
the network), that leave TensorFlow changed, or that only some versions raise."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from fairmark.evidence import CellError
from fairmark.keras.advice import raised

RECORDED = Path(__file__).resolve().parents[2] / "corpus" / "notes" / "recorded.toml"
ERRORS: list[dict[str, Any]] = tomllib.loads(RECORDED.read_text(encoding="utf-8"))["error"]


@pytest.mark.parametrize("one", ERRORS, ids=lambda one: one["name"])
def test_an_error_gets_its_cause_and_its_mend(one: dict[str, Any]) -> None:
    error = CellError(type=one["type"], message=one["message"], line=one["line"])
    assert raised(error, one["cell"], [one["above"]] if "above" in one else []) == one["says"]


def test_a_name_that_a_function_keeps_to_itself_is_not_looked_for_in_a_cell_that_failed() -> None:
    error = CellError(type="NameError", message="name 'batch' is not defined", line=1)
    said = raised(error, "batch.shape", ["def look():\n    batch = 3"])
    assert said.startswith("This cell raised NameError, line 1: name 'batch' is not defined. Nothing that ran before")


@pytest.mark.parametrize(
    "message",
    [
        "<object object at 0x7f90f8d0a020>",
        "<object object at 0x10203040>",
        "<object object at 0x00007FF61C7B8A90>",
    ],
)
def test_no_address_in_memory_is_said(message: str) -> None:
    assert raised(CellError(type="KeyError", message=message), "f()") == "This cell raised KeyError: <object object>"
