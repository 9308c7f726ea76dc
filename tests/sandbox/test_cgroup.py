"""Control groups: a limit on memory that the kernel holds, where we may make one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fairmark.sandbox.cgroup import MemoryGroup, memory_groups

MIB = 1 << 20
PARENT = memory_groups()
needs_groups = pytest.mark.skipif(PARENT is None, reason="this user may make no control groups here")

EATER = """
import sys
open(sys.argv[1], "w").write("0")
taken = bytearray(int(sys.argv[2]))
print("all of it", flush=True)
"""


def eat(group: MemoryGroup, count: int) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-I", "-S", "-c", EATER, str(group.procs), str(count)]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@needs_groups
def test_a_process_that_takes_more_is_ended_and_the_group_says_so() -> None:
    assert PARENT is not None
    group = MemoryGroup(PARENT, 64 * MIB)
    try:
        assert eat(group, 256 * MIB).returncode == -9
        assert group.ran_out()
    finally:
        group.remove()
    assert not group.folder.exists()


@needs_groups
def test_a_process_that_takes_less_is_left_alone() -> None:
    assert PARENT is not None
    group = MemoryGroup(PARENT, 256 * MIB)
    try:
        assert eat(group, 16 * MIB).stdout == "all of it\n"
        assert not group.ran_out()
    finally:
        group.remove()


def test_where_there_is_no_folder_for_groups_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MemoryGroup(tmp_path / "none", 64 * MIB)


def test_two_groups_never_share_a_name(tmp_path: Path) -> None:
    # Where nothing limits memory, a file of that name is simply written: enough to see the names.
    one, other = MemoryGroup(tmp_path, MIB), MemoryGroup(tmp_path, MIB)
    assert one.folder != other.folder


@needs_groups
def test_groups_of_a_grader_that_is_gone_are_removed_and_those_of_one_that_lives_are_not() -> None:
    assert PARENT is not None
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    abandoned, mine = PARENT / f"fairmark-{int(ended.stdout)}-1", MemoryGroup(PARENT, 64 * MIB)
    abandoned.mkdir()
    try:
        memory_groups.cache_clear()
        memory_groups()
        assert not abandoned.exists()
        assert mine.folder.exists()
    finally:
        mine.remove()
