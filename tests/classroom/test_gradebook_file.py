"""The gradebook on disk: what somebody has written into it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fairmark.classroom.gradebook_file import GradebookFile
from fairmark.classroom.ledger import Ledger
from fairmark.errors import MachineError
from fairmark.report import Standing


def standing(student: str) -> Standing:
    return Standing(student, "steps", "passed", 1.0, 1.0, "completed")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.csv"


def test_what_was_written_is_written_over(path: Path, ledger: Ledger) -> None:
    book = GradebookFile(path, ledger)
    for students in (["ada"], ["ada", "ben"], ["ada"]):
        book.write([*map(standing, students)])
    assert (book.kept, [one.name for one in path.parent.glob("*.csv")]) == ([], ["gradebook.csv"])


def test_what_somebody_has_edited_is_kept_beside(path: Path, ledger: Ledger) -> None:
    GradebookFile(path, ledger).write([standing("ada")])
    edited = path.read_bytes().replace(b"1,1,100.0", b"0.5,1,50.0")
    path.write_bytes(edited)
    book = GradebookFile(path, ledger)
    book.write([standing("ada"), standing("ben")])
    [kept] = book.kept
    assert re.fullmatch(r"gradebook\.edited-\d{4}-\d\d-\d\d-\d{6}\.csv", kept.name)
    assert kept.read_bytes() == edited
    assert b"ben" in path.read_bytes()
    book.write([standing("ada")])
    assert book.kept == [kept]


def test_edited_twice_within_a_second_both_are_kept(path: Path, ledger: Ledger) -> None:
    book = GradebookFile(path, ledger)
    for text in ("one", "two"):
        book.write([standing("ada")])
        path.write_text(text)
    book.write([standing("ada")])
    assert [kept.read_text() for kept in book.kept] == ["one", "two"]


def test_one_that_is_removed_or_put_back_is_not_edited(path: Path, ledger: Ledger) -> None:
    book = GradebookFile(path, ledger)
    book.write([standing("ada")])
    path.unlink()
    book.write([standing("ada")])
    assert book.kept == []


def test_one_that_was_there_before_the_first_batch_is_kept(path: Path, ledger: Ledger) -> None:
    path.write_text("my own notes")
    book = GradebookFile(path, ledger)
    book.write([standing("ada")])
    assert [kept.read_text() for kept in book.kept] == ["my own notes"]


def test_a_kill_between_telling_and_writing_makes_nobodys_edit(path: Path, ledger: Ledger) -> None:
    book = GradebookFile(path, ledger)
    book.write([standing("ada")])
    ledger.gradebook_may_be("what was to be written")
    book.write([standing("ada"), standing("ben")])
    assert book.kept == []


def test_what_an_earlier_version_wrote_is_written_over(path: Path, tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")):
        path.write_text("of an earlier version")
    with closing(Ledger(tmp_path / "ledger.sqlite")) as again:
        book = GradebookFile(path, again)
        book.write([standing("ada")])
        assert book.kept == []


def test_one_that_cannot_be_read_is_left_alone(path: Path, ledger: Ledger) -> None:
    path.mkdir()
    with pytest.raises(MachineError, match=r"gradebook\.csv: cannot be read: Is a directory"):
        GradebookFile(path, ledger).write([standing("ada")])
