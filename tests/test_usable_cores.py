"""The number of cores that this process may use."""

from __future__ import annotations

import os

import pytest

from fairmark.usable_cores import usable_cores


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system allots no cores to a process")
def test_cores_that_are_denied_to_this_process_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {1})
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert usable_cores() == 1


@pytest.mark.parametrize(("counted", "usable"), [(8, 8), (None, 1)])
def test_where_the_system_allots_none_all_that_there_are_count(
    counted: int | None, usable: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert usable_cores() == usable
