"""What a run has written: how much and how many, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

from fairmark.sandbox import Files


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert Files(tmp_path).usage() == (0, 0)


def test_files_folders_and_links_count_and_bytes_are_those_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "large").write_bytes(os.urandom(100_000))
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b" / "large")
    os.mkfifo(tmp_path / "pipe")
    in_bytes, files = Files(tmp_path).usage()
    assert files == 5
    assert 100_000 <= in_bytes < 120_000


def test_a_hole_takes_no_room(tmp_path: Path) -> None:
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(1 << 34)
    assert Files(tmp_path).usage() == (0, 1)


def test_what_a_link_leads_to_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "large").write_bytes(bytes(50_000))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "ours")
    assert Files(tmp_path / "run").usage() == (0, 1)


def test_deeper_than_anybody_needs_is_more_than_any_limit_allows(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 80)
    deep.mkdir(parents=True)
    assert Files(tmp_path).usage()[1] > 10**9
    assert Files(deep).usage() == (0, 0)


def test_what_may_not_be_looked_into_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert Files(tmp_path).usage() == (0, 1)


def test_on_a_disk_they_are_no_memory_and_nothing_is_to_be_closed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.close()
    assert (files.path, files.in_memory) == (tmp_path, False)


def test_through_a_descriptor_they_are_found_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("here")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    files = Files(tmp_path / "as the run calls it", descriptor)
    assert (files.path / "here.txt").read_text() == "here"
    assert files.in_memory
    files.close()
    files.close()
    assert not Path(f"/proc/self/fd/{descriptor}").exists()
