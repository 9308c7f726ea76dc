"""The shelf: one folder for all that a process needs, gone with it; a killed one's is removed by the next."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairmark.sandbox.temporary_directories import remove_tree, shelf

PROGRAM = """
import os, sys
from fairmark.sandbox.temporary_directories import shelf
made = shelf()
assert made == shelf()
(made / "something").write_text("here")
print(made, flush=True)
sys.stdin.readline()
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process with a shelf below ``tmp_path``, that ends when told to."""
    started: list[subprocess.Popen[str]] = []

    def make(program: str = PROGRAM) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(process)
        return process

    yield make
    for process in started:
        process.kill()
        process.communicate()


def its_shelf(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_it_is_one_folder_for_nobody_else_in_the_systems_temporary_one() -> None:
    assert shelf() == shelf()
    assert shelf().parent == Path(tempfile.gettempdir())
    assert not stat.S_IMODE(shelf().stat().st_mode) & 0o066  # where root has it entered by a run, 0o711


def test_it_goes_with_its_process(start: Start) -> None:
    process = start()
    made = its_shelf(process)
    assert (made / "something").is_file()
    process.communicate("end\n")
    assert process.returncode == 0
    assert not made.exists()


def test_that_of_a_killed_process_is_removed_by_the_next_and_one_in_use_is_not(start: Start) -> None:
    killed, busy = start(), start()
    abandoned, in_use = its_shelf(killed), its_shelf(busy)
    killed.kill()
    killed.communicate()
    assert abandoned.is_dir()
    following = its_shelf(start())
    assert not abandoned.exists()
    assert (in_use / "something").is_file()
    assert following.parent == in_use.parent


def test_many_that_begin_at_once_leave_each_other_alone(start: Start, tmp_path: Path) -> None:
    killed = start()
    abandoned = its_shelf(killed)
    killed.kill()
    killed.communicate()
    made = {its_shelf(process) for process in [start() for _ in range(8)]}
    assert {path for path in tmp_path.iterdir() if (path / "something").is_file()} == made
    assert len(made) == 8
    assert not abandoned.exists()


def test_what_only_looks_like_one_is_left_alone(start: Start, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "in-use").touch()
    (tmp_path / "fairmark-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "fairmark-file").touch()
    (tmp_path / "fairmark-folder").mkdir()  # as it is for a moment while one is made
    (tmp_path / "fairmark-trap").mkdir()
    (tmp_path / "fairmark-trap" / "in-use").symlink_to(tmp_path / "elsewhere" / "in-use")
    made = its_shelf(start())
    assert {path.name for path in tmp_path.iterdir()} == {
        "elsewhere",
        "fairmark-link",
        "fairmark-file",
        "fairmark-folder",
        "fairmark-trap",
        made.name,
    }
    assert (tmp_path / "elsewhere" / "in-use").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_that_of_another_user_is_left_alone(start: Start, tmp_path: Path) -> None:
    theirs = tmp_path / "fairmark-theirs"
    theirs.mkdir()
    (theirs / "in-use").touch()
    os.chown(theirs, 12345, 12345)
    its_shelf(start())
    assert theirs.is_dir()


def test_a_process_that_was_forked_has_its_own_and_leaves_that_of_its_parent(start: Start) -> None:
    program = """
import os, sys
from fairmark.sandbox.temporary_directories import shelf
ours = shelf()
if os.fork() == 0:
    assert shelf() != ours
    sys.exit()
os.wait()
print(ours, flush=True)
sys.stdin.readline()
"""
    made = its_shelf(start(program))
    assert [path for path in made.parent.iterdir() if path.name.startswith("fairmark-")] == [made]


# --- removing ---------------------------------------------------------------------------------------------------------


def test_a_tree_goes_though_its_rights_were_taken_away(tmp_path: Path) -> None:
    inner = tmp_path / "tree" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for path in (inner, inner.parent, inner.parent.parent):
        path.chmod(0)
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o500)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(ours)
    remove_tree(tmp_path / "tree")
    (tmp_path / "tree").symlink_to(ours)
    remove_tree(tmp_path / "tree")
    assert stat.S_IMODE(ours.stat().st_mode) == 0o500


def test_a_tree_goes_though_it_is_deeper_than_a_path_is_long(tmp_path: Path) -> None:
    dig = "import os\nfor name in ['tree', *['deep'] * 2000]:\n    os.mkdir(name), os.chdir(name)"
    subprocess.run([sys.executable, "-c", dig], cwd=tmp_path, check=True)
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_what_is_gone_already_is_no_trouble(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")
    (tmp_path / "file").touch()
    remove_tree(tmp_path / "file")
    assert (tmp_path / "file").exists()
