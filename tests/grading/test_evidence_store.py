"""Kept evidence: what is found again, by whom, and what never is."""

from __future__ import annotations

import gzip
import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import TRAINING, hidden, right_answer

from fairmark.evidence import Cell, Evidence, RecorderFailed, RunOutcome
from fairmark.frameworks import framework_named
from fairmark.grading.evidence_store import EvidenceStore, Key, versions

SETTINGS: dict[str, object] = {"seed": 1}


def cell(source: str, **edits: Any) -> Cell:  # noqa: ANN401 - fields of Cell
    return Cell(**{"position": 1, "number": 1, "role": "added", "source": source, **edits})


def key(*sources: str, **edits: Any) -> Key:  # noqa: ANN401 - fields of Cell
    return Key.of([cell(source, **edits) for source in sources], SETTINGS)


# --- the same text and nothing else -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1 "),
        ("x = 1", "x  = 1"),
        ("x = 1", "x = 1  # one"),
        ("x = 1", "x = 1;"),
        ("x = 1", "\nx = 1"),
        ("x = 'a'", 'x = "a"'),
        ("x = 'e\u0301'", "x = '\u00e9'"),
        ("\ufb01 = 1", "fi = 1"),  # one name to Python, which reads both as NFKC
        ("x = 1\ny = 2", "x = 1\n\ty = 2"),
        ("x = 1", "x = 1\0"),
        ("x = '\ud800'", "x = '\udc00'"),
    ],
)
def test_another_text_is_another_cell(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(one=st.text(max_size=8), other=st.text(max_size=8))
@settings(deadline=None)
def test_texts_have_one_key_exactly_if_they_are_the_same(one: str, other: str) -> None:
    assert (key(one) == key(other)) == (one == other)


# --- what else decides ------------------------------------------------------------------------------------------------


def test_cells_that_do_not_run_decide_nothing() -> None:
    assert key("x = 1") == Key.of([cell("x = 1"), cell("stub", touched=False)], SETTINGS)


@pytest.mark.parametrize("edits", [{"position": 2}, {"role": "exercise"}, {"exercise": "compile"}])
def test_the_same_text_in_another_place_is_another_run(edits: dict[str, Any]) -> None:
    assert key("x = 1") != key("x = 1", **edits)


def test_where_a_cell_ends_counts() -> None:
    assert key("a()\nb()") != key("a()", "b()")


def test_other_settings_are_another_run() -> None:
    one, other = (Key.of([cell("x = 1")], {"seed": seed}) for seed in (1, 2))
    assert one != other


def test_the_interpreter_is_among_the_versions() -> None:
    assert versions(framework_named(""))["python"] == platform.python_version()


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "store")


def test_evidence_is_found_for_a_copy_and_says_nothing_of_whose_it_was(store: EvidenceStore) -> None:
    evidence = right_answer()
    store.keep(key("x = 1"), evidence)
    found = store.find(key("x = 1"))
    assert found is not None
    assert found.submission.student == found.submission.assignment == found.submission.notebook_sha256 == ""
    assert found.submission.cells == ()
    assert found.model_copy(update={"submission": evidence.submission}) == evidence
    [entry] = store.folder.glob("*/*")
    assert evidence.submission.student not in gzip.decompress(entry.read_bytes()).decode()


def test_nothing_is_found_for_anything_else(store: EvidenceStore) -> None:
    assert store.find(key("x = 1")) is None
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 2")) is None


def test_what_a_killed_writer_has_left_is_removed_once_it_is_old(store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer())
    [entry] = store.folder.glob("*/*")
    old, new = entry.with_name(".old.tmp"), entry.with_name(".new.tmp")
    for left in (old, new):
        left.write_text("half")
    os.utime(old, (0, 0))
    assert store.prune() == 0
    assert sorted(entry.parent.iterdir()) == sorted([entry, new])


def test_a_folder_that_cannot_be_written_keeps_nothing_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    store = EvidenceStore(tmp_path / "store")
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 1")) is None


@pytest.mark.parametrize("outcome", ["timeout", "out_of_memory", "crashed", "output_limit", "not_run"])
def test_what_was_cut_short_is_not_kept(outcome: RunOutcome, store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer(outcome=outcome, until="compiled"))
    assert store.find(key("x = 1")) is None


@pytest.mark.parametrize(
    "evidence",
    [
        right_answer(also=[RecorderFailed(cell=TRAINING, where="fit", message="stumbled")]),
        right_answer(probe=hidden(problem="a model that cannot be rebuilt (more than 8.0 GiB of memory)")),
    ],
    ids=["recorder", "probe"],
)
def test_what_may_go_well_another_day_is_not_kept(evidence: Evidence, store: EvidenceStore) -> None:
    store.keep(key("x = 1"), evidence)
    assert store.find(key("x = 1")) is None


def test_half_a_surrogate_pair_does_not_keep_evidence_from_being_kept(store: EvidenceStore) -> None:
    store.keep(key("x = 1"), right_answer(printed={1: "\ud800"}))
    found = store.find(key("x = 1"))
    assert found is not None
    assert found.run.printed == {1: "\\ud800"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"no gzip",
        lambda data: data[:40] + bytes([data[40] ^ 255]) + data[41:],
        lambda data: gzip.compress(b"[]"),
        lambda data: gzip.compress(b'{"run": 5}'),
    ],
)
def test_what_cannot_be_read_is_not_found_and_is_replaced(
    damage: Callable[[bytes], bytes], store: EvidenceStore
) -> None:
    store.keep(key("x = 1"), right_answer())
    [entry] = store.folder.glob("*/*")
    entry.write_bytes(damage(entry.read_bytes()))
    assert store.find(key("x = 1")) is None
    store.keep(key("x = 1"), right_answer())
    assert store.find(key("x = 1")) is not None


def test_a_fresh_batch_finds_only_what_it_has_kept_itself(tmp_path: Path) -> None:
    EvidenceStore(tmp_path).keep(key("x = 1"), right_answer())
    fresh = EvidenceStore(tmp_path, fresh=True)
    assert fresh.find(key("x = 1")) is None
    fresh.keep(key("x = 1"), right_answer())
    assert fresh.find(key("x = 1")) is not None


def test_who_wants_the_same_waits_for_what_the_first_leaves(store: EvidenceStore) -> None:
    found: list[Evidence | None] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with store.claimed(key("x = 1")):
            found.append(store.find(key("x = 1")))

    thread = threading.Thread(target=second)
    with store.claimed(key("x = 1")):
        thread.start()
        assert waiting.wait(10)
        with store.claimed(key("x = 2")):  # nobody waits for something else
            store.keep(key("x = 1"), right_answer())
    thread.join()
    assert found[0] is not None


# --- how much is kept -------------------------------------------------------------------------------------------------


def test_what_has_not_been_used_for_longest_goes_first(store: EvidenceStore) -> None:
    keys = [key(f"x = {number}") for number in range(4)]
    for number, one in enumerate(keys):
        store.keep(one, right_answer())
        os.utime(store.folder / one.digest[:2] / f"{one.digest}.json.gz", (1000 + number, 1000 + number))
    assert store.find(keys[0]) is not None  # of use again
    size_bytes = store.size_bytes()
    assert store.prune(size_bytes) == 0
    assert store.prune(size_bytes * 6 // 10) == 2
    assert [store.find(one) is not None for one in keys] == [True, False, False, True]
    assert store.size_bytes() <= size_bytes * 6 // 10
    assert store.prune(0) == 2
    assert store.size_bytes() == 0


def test_a_store_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "none")
    assert (store.size_bytes(), store.prune(0), store.find(key("x = 1"))) == (0, 0, None)
